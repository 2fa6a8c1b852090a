package checks

import (
	"fmt"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

var RoleHasPolicies = register(&Check{
	ID:    "role-has-policies",
	Link:  LinkPermissions,
	Stage: StageCall,
	Grain: GrainRole,
	Worst: Warning,
	Title: "the role has a policy, attached or inline",
	Why: "A role without any policy can be assumed and may do nothing: every call but sts:GetCallerIdentity ends in " +
		"AccessDenied … is not authorized to perform …, unless the resource's own policy allows it.",
	Fix: "Attach a policy that allows what the workload does: aws iam attach-role-policy. An ACK controller's repository " +
		"recommends one in config/iam.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
		"https://aws-controllers-k8s.github.io/community/docs/user-docs/irsa/",
	},
	Judge: each((*Audit).Roles, roleHasPolicies),
})

func roleHasPolicies(a *Audit, r *Role) Finding {
	role, err := a.role(r.ARN)
	if err != nil {
		return missing(err)
	}
	attached, attachedErr := role.Attached.Get()
	inline, inlineErr := role.Inline.Get()
	if n := len(attached) + len(inline); n > 0 {
		return pass("%s", describePolicies(facts.Role{Attached: facts.Known(attached), Inline: facts.Known(inline)}))
	}
	for _, err := range []error{attachedErr, inlineErr} {
		if err != nil {
			return missing(err)
		}
	}
	f := warn("the role has no policy, attached or inline, and so may do nothing")
	for _, b := range r.Bindings {
		for _, w := range b.Workloads {
			if service, ok := w.ackService(); ok {
				return f.mend(Remedy{
					Text: fmt.Sprintf("attach what config/iam of github.com/aws-controllers-k8s/%s-controller recommends: "+
						"recommended-policy-arn, or recommended-inline-policy, whichever it has", service),
					Owner: ownerOfTags(role.Tags),
				})
			}
		}
	}
	return f.mend(Remedy{Text: "attach a policy that allows what the workload does", Owner: ownerOfTags(role.Tags)})
}
