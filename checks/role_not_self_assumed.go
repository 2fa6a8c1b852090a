package checks

import (
	"fmt"
	"maps"
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var RoleNotSelfAssumed = register(&Check{
	ID:    "role-not-self-assumed",
	Link:  LinkPermissions,
	Stage: StageCall,
	Grain: GrainRole,
	Worst: Warning,
	Title: "whatever assumes roles from this one is told another role",
	Why: "A workload with IRSA has its role already. Where its own configuration names the same role to assume, it calls " +
		"sts:AssumeRole on itself, which a role may not unless its trust policy says so: User: arn:aws:sts::…:assumed-role/NAME/… " +
		"is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::…:role/NAME.",
	Fix: "Take the role out of the argument, ConfigMap or custom resource that names it. A role of another account that is to be " +
		"assumed has to be another role.",
	Refs: []string{
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
		"https://aws-controllers-k8s.github.io/community/docs/user-docs/cross-account-resource-management/",
	},
	Judge: each((*Audit).Roles, roleNotSelfAssumed),
})

func roleNotSelfAssumed(a *Audit, r *Role) Finding {
	role, err := a.role(r.ARN)
	if err != nil {
		return missing(err)
	}
	places, gap := a.namedToAssume(r)
	if len(places) == 0 {
		if gap != nil {
			return missing(gap)
		}
		return pass("nothing that can be seen names the role to assume")
	}
	arn, _ := facts.ParseRoleARN(r.ARN)
	decision, err := admitsItself(role, arn)
	if err != nil {
		return missing(err).detail("%s", places[0])
	}
	if decision == policy.Allowed {
		return note("the role assumes itself, as its trust policy lets it: %s", places[0])
	}
	f := warn("%s, which it has already, and the trust policy does not let the role assume itself", places[0])
	for _, place := range places[1:] {
		f = f.detail("%s", place)
	}
	return f.detail("the log then says: User: arn:%s:sts::%s:assumed-role/%s/… is not authorized to perform: sts:AssumeRole on resource: %s",
		arn.Partition, arn.Account, arn.Name, r.ARN).
		mend(Remedy{Text: "take the role out of there: web identity gives it to the workload already"})
}

// namedToAssume are the places where the configuration of a workload that has the role
// names it as a role to assume. The error says why more may be overlooked.
func (a *Audit) namedToAssume(r *Role) (places []string, gap error) {
	for _, b := range r.Bindings {
		for _, w := range b.Workloads {
			for _, c := range w.Template.Spec.Containers {
				if slices.Contains(c.RoleArgs, r.ARN) {
					places = append(places, fmt.Sprintf("an argument of container %s has %s assume the role", c.Name, w.Ref))
				}
			}
			if _, ok := w.ackService(); !ok {
				continue
			}
			roleMaps, err := a.Cluster.RoleMaps.Get()
			if err != nil {
				gap = err
			}
			places = append(places, mapped(roleMaps, w, r.ARN)...)
		}
	}
	return places, gap
}

// mapped are the entries of the ConfigMaps of an ACK controller that name a role.
func mapped(roleMaps []facts.RoleMap, w *Workload, arn string) []string {
	var places []string
	for _, m := range roleMaps {
		if m.Namespace != w.Namespace {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(m.Roles)) {
			if m.Roles[key] == arn {
				places = append(places, fmt.Sprintf("key %s of ConfigMap %s has %s assume the role", key, m.Name, w.Ref))
			}
		}
	}
	return places
}
