package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

var RoleExists = register(&Check{
	ID:    "role-exists",
	Link:  LinkRole,
	Stage: StagePrincipal,
	Grain: GrainRole,
	Worst: Error,
	Title: "the role exists, under exactly this ARN",
	Why: "STS does not tell a role that does not exist from one that may not be assumed: it says AccessDenied: Not authorized to " +
		"perform sts:AssumeRoleWithWebIdentity for both. The path is part of the ARN: role/team/app is another one than role/app.",
	Fix: "Copy the ARN from aws iam get-role --role-name NAME, path and case included, or create the role.",
	Refs: []string{
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html",
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
	},
	Judge: each((*Audit).Roles, roleExists),
})

func roleExists(a *Audit, r *Role) Finding {
	if !slices.ContainsFunc(r.Bindings, func(b *Binding) bool { return !b.servedByPodIdentity() }) {
		return skip("EKS Pod Identity serves the account: see pod-identity-conflict")
	}
	found, err := a.role(r.ARN)
	arn, _ := facts.ParseRoleARN(r.ARN)
	switch facts.KindOf(err) {
	case "":
		return pass("IAM has it")
	case facts.Absent:
	case facts.Elsewhere:
		return missing(err).detail("it lives in account %s: to look there, give the ARN of a role of that account by --aws-role-arn", arn.Account)
	default:
		return missing(err)
	}
	var workloads []*Workload
	for _, b := range r.Bindings {
		workloads = append(workloads, b.Workloads...)
	}
	denied := logged(notAuthorized, workloads...)
	all := a.AWS.Accounts[arn.Account].RoleARNs.Or(nil)
	other := found.ARN
	if other == "" {
		other = roleOfName(arn, all)
	}
	if other != "" {
		return fail("the account has the role under another ARN").differing(r.ARN, other).seen("%s", denied).mend(a.renameRole(r, other))
	}
	f := fail("account %s has no role %s", arn.Account, arn.Name).seen("%s", denied)
	byName := map[string]string{}
	var names []string
	for _, s := range all {
		if p, ok := facts.ParseRoleARN(s); ok {
			byName[p.Name] = s
			names = append(names, p.Name)
		}
	}
	for _, name := range nearest(arn.Name, names) {
		f = f.detail("alike by name: %s", byName[name])
	}
	return f.mend(Remedy{Text: fmt.Sprintf("create the role %s, or let the account name one that exists", arn.Name)})
}

// roleOfName returns the ARN of the role that has this name in any path and case, which a
// name has once in an account.
func roleOfName(arn facts.RoleARN, all []string) string {
	for _, s := range all {
		if p, ok := facts.ParseRoleARN(s); ok && strings.EqualFold(p.Name, arn.Name) {
			return s
		}
	}
	return ""
}

// renameRole has everything that names the role name it by another ARN.
func (a *Audit) renameRole(r *Role, arn string) Remedy {
	remedy := Remedy{Text: fmt.Sprintf("name the role by its ARN %s", arn)}
	for _, b := range r.Bindings {
		sa, err := a.serviceAccount(b.Account)
		key := a.webhook().Prefix + "/role-arn"
		if b.Pinned || err != nil || sa.Annotations[key] != r.ARN {
			return Remedy{Text: remedy.Text + " wherever it is named"}
		}
		remedy.Edits = append(remedy.Edits, edit.Annotate{Context: a.context(), Object: b.Account, Key: key, Value: arn})
		if remedy.Owner == "" {
			remedy.Owner = ownerOf(sa.Meta)
		}
	}
	for _, b := range r.Bindings {
		remedy.Edits = append(remedy.Edits, a.restarts(b.Workloads)...)
		remedy.Text += anew(b.Workloads)
	}
	return remedy
}
