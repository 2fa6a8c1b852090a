package checks

import (
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var TrustPolicyParses = register(&Check{
	ID:    "trust-policy-parses",
	Link:  LinkTrustPolicy,
	Stage: StagePrincipal,
	Grain: GrainRole,
	Worst: Warning,
	Title: "every part of the trust policy means to IAM what it says",
	Why: "IAM saves a policy of which parts can never match: it does not ask whether a provider exists, and takes a wildcard " +
		"under StringEquals as a character. A statement that rests on such a part admits nobody, without a word; the call ends " +
		"in AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity.",
	Fix: "Correct the parts that never match, or take them out.",
	Refs: []string{
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
	},
	Judge: each((*Audit).Roles, trustPolicyParses),
})

func trustPolicyParses(a *Audit, r *Role) Finding {
	role, err := a.role(r.ARN)
	if err != nil {
		return missing(err)
	}
	document, err := policy.Parse(string(role.TrustPolicy))
	if err != nil {
		return missing(&facts.Gap{Kind: facts.Malformed, Detail: "the trust policy of " + role.ARN + " can not be read: " + err.Error()})
	}
	var unread, idle []policy.Oddity
	for _, o := range document.Oddities() {
		if o.Unread {
			unread = append(unread, o)
		} else {
			idle = append(idle, o)
		}
	}
	switch {
	case len(unread) > 0:
		f := depends("part of the trust policy is not understood: %s", unread[0].Text)
		for _, o := range unread {
			f = f.detail("line %d, column %d: %s", o.Pos.Line, o.Pos.Column, o.Text)
		}
		return f
	case len(idle) == 0:
		return pass("%s, each part with a meaning", plural(len(document.Statements), "statement"))
	}
	// Where the policy keeps out a workload, the check that says so says why.
	f := warn("part of the trust policy does not mean what it says: %s", idle[0].Text)
	if a.keepsOutSomeone(r) {
		f.Result = Note
	}
	for _, o := range idle {
		f = f.detail("line %d, column %d: %s", o.Pos.Line, o.Pos.Column, o.Text)
	}
	return f.mend(Remedy{
		Text:  "correct that part of the trust policy of " + role.Name + ", or take it out",
		Owner: ownerOfTags(role.Tags),
	})
}

// keepsOutSomeone says whether the role's trust policy denies the call of some binding.
func (a *Audit) keepsOutSomeone(r *Role) bool {
	for _, b := range r.Bindings {
		if t := a.trust(b); t.result != nil && t.result.Decision == policy.Denied {
			return true
		}
	}
	return false
}
