package checks

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var RoleNotAdmin = register(&Check{
	ID:    "role-not-admin",
	Link:  LinkPermissions,
	Stage: StageCall,
	Grain: GrainRole,
	Worst: Notice,
	Title: "the role has less than an administrator's permissions",
	Why: "The point of IRSA is that a workload may do what it has to and no more. Whoever gets into a pod of an administrator, " +
		"or may create pods with its service account, has the whole AWS account.",
	Fix:   "Replace the policy by one that allows the actions that the workload needs.",
	Refs:  []string{"https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html", "https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html"},
	Judge: each((*Audit).Roles, roleNotAdmin),
})

func roleNotAdmin(a *Audit, r *Role) Finding {
	role, err := a.role(r.ARN)
	if err != nil {
		return missing(err)
	}
	var gap error
	for _, listing := range []facts.Fact[[]facts.Policy]{role.Attached, role.Inline} {
		policies, err := listing.Get()
		if err != nil && gap == nil {
			gap = err
		}
		for _, p := range policies {
			power, err := powerOf(p)
			if power != "" {
				return note("policy %s allows %s on every resource", p.Name, power).
					mend(Remedy{Text: "replace the policy by one that allows what the workload needs", Owner: ownerOfTags(role.Tags)})
			}
			if err != nil && gap == nil {
				gap = err
			}
		}
	}
	if gap != nil {
		return missing(gap)
	}
	return pass("no policy allows everything")
}

// powerOf says what a policy allows on every resource when that is everything, or
// everything but some services; else it is "".
func powerOf(p facts.Policy) (string, error) {
	document, err := p.Document.Get()
	if err != nil {
		// AWS's own policies are known by name.
		if strings.HasSuffix(p.ARN, ":iam::aws:policy/AdministratorAccess") {
			return "every action", nil
		}
		return "", err
	}
	parsed, err := policy.Parse(string(document))
	if err != nil {
		return "", &facts.Gap{Kind: facts.Malformed, Detail: "policy " + p.Name + ": " + err.Error()}
	}
	for _, s := range parsed.Statements {
		switch {
		case s.Effect != "Allow" || len(s.Conditions) > 0 || !everyResource(s):
		case slices.ContainsFunc(s.Actions, func(action string) bool { return action == "*" || action == "*:*" }):
			return "every action", nil
		case len(s.NotActions) > 0:
			return "every action but " + strings.Join(s.NotActions, ", "), nil
		}
	}
	return "", nil
}

// everyResource says whether a statement is for every resource. The package policy
// keeps Resource unread, since a trust policy has none.
func everyResource(s policy.Statement) bool {
	i := slices.IndexFunc(s.Others, func(e policy.Element) bool { return e.Name == "Resource" })
	if i < 0 {
		return false
	}
	var one string
	var many []string
	if json.Unmarshal([]byte(s.Others[i].JSON), &one) == nil {
		many = []string{one}
	} else if json.Unmarshal([]byte(s.Others[i].JSON), &many) != nil {
		return false
	}
	return slices.Contains(many, "*")
}
