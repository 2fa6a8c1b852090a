package checks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

var ServiceAccountExists = register(&Check{
	ID:    "service-account-exists",
	Link:  LinkServiceAccount,
	Stage: StageCreate,
	Grain: GrainBinding,
	Worst: Error,
	Title: "the service account exists",
	Why: "The API server creates no pod for a service account that is not there. The workload stays at 0 pods, and only an " +
		"event of its ReplicaSet says why: FailedCreate, error looking up service account. Pods that run already can not " +
		"renew their tokens, and fail with ExpiredToken once the last one runs out.",
	Fix: "Create the service account with its annotation eks.amazonaws.com/role-arn, or name in the workload's " +
		"serviceAccountName the one that was meant. A Helm chart with serviceAccount.create=false leaves it to you.",
	Refs: []string{
		"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
	},
	Judge: each((*Audit).Accounts, serviceAccountExists),
})

func serviceAccountExists(a *Audit, b *Binding) Finding {
	_, err := a.serviceAccount(b.Account)
	if err == nil {
		return pass("it is there")
	}
	if facts.KindOf(err) != facts.Absent {
		return missing(err)
	}
	f := fail("there is no service account %s in namespace %s", b.Account.Name, b.Account.Namespace)
	for _, e := range a.failedCreates(b.Workloads) {
		f = f.detail("%s", e.line())
	}
	for _, w := range b.Workloads {
		if n := w.podCount(); n > 0 {
			f = f.detail("%s of %s/%s can not renew the token: it works until it expires", plural(n, "pod"), w.Kind, w.Name)
		}
	}
	accounts, _ := a.Cluster.ServiceAccounts.Get()
	keys := slices.Sorted(maps.Keys(accounts))
	for _, key := range keys {
		if ref := accountRef(key); ref.Name == b.Account.Name {
			f = f.detail("namespace %s has one of that name", ref.Namespace)
		}
	}
	near := nearest(b.Account.Name, namesIn(keys, b.Account.Namespace))
	near = slices.DeleteFunc(near, func(name string) bool { return name == "default" })
	if len(near) > 0 {
		f = f.detail("alike by name: %s", strings.Join(near, ", "))
	}
	return f.mend(a.bringAccount(b, near))
}

// bringAccount is the remedy for a service account that is not there: the one account
// that was surely meant in its place, else a new one.
func (a *Audit) bringAccount(b *Binding, near []string) Remedy {
	withRole := slices.DeleteFunc(slices.Clone(near), func(name string) bool {
		return !a.namesARole(facts.Ref{Kind: facts.ServiceAccountKind, Namespace: b.Account.Namespace, Name: name})
	})
	if len(b.Workloads) > 0 && len(withRole) == 1 {
		var edits []edit.Edit
		for _, w := range b.Workloads {
			edits = append(edits, edit.SetServiceAccount{Context: a.context(), Workload: w.Ref, Account: withRole[0]})
		}
		return Remedy{
			Text:  fmt.Sprintf("have the workload run as %s, which names a role", withRole[0]),
			Edits: doable(edits...),
			Owner: ownerOf(b.Workloads[0].Meta),
		}
	}
	r := Remedy{
		Text:  fmt.Sprintf("create service account %s in namespace %s, and annotate it with the ARN of its role", b.Account.Name, b.Account.Namespace),
		Edits: []edit.Edit{edit.CreateServiceAccount{Context: a.context(), Namespace: b.Account.Namespace, Name: b.Account.Name}},
	}
	if roles := lostRoles(b); len(roles) == 1 {
		key := a.webhook().Prefix + "/role-arn"
		r.Text = fmt.Sprintf("create service account %s in namespace %s, and annotate it with the role that its pods have, %s", b.Account.Name, b.Account.Namespace, roles[0])
		r.Edits = append(r.Edits, edit.Annotate{Context: a.context(), Object: b.Account, Key: key, Value: roles[0]})
	}
	return r
}
