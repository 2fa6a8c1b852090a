package checks

import (
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

// A Binding is a service account and the role it means.
type Binding struct {
	Account facts.Ref
	// RoleARN is as written, and may be none at all; "" means that the account names no role.
	RoleARN string
	// Pinned says that the pods name the role themselves, by their manifest or since they
	// were created, and the account does not.
	Pinned    bool
	Workloads []*Workload // those that use it; none when nothing runs as the account
	// Association is the EKS Pod Identity association of the account, which the webhook
	// prefers to the role; nil when there is none or when it is not known.
	Association *facts.Association
}

// Object names the service account, and the role where a manifest pins it.
func (b *Binding) Object() string {
	if b.Pinned {
		return b.Account.String() + " as " + b.RoleARN
	}
	return b.Account.String()
}

// Affects returns the workloads, or the account itself when nothing runs as it.
func (b *Binding) Affects() []facts.Ref {
	if len(b.Workloads) == 0 {
		return []facts.Ref{b.Account}
	}
	var refs []facts.Ref
	for _, w := range b.Workloads {
		refs = append(refs, w.Ref)
	}
	return refs
}

// Subject is the sub claim of the account's tokens.
func (b *Binding) Subject() string {
	return "system:serviceaccount:" + b.Account.Namespace + ":" + b.Account.Name
}

// bind makes the bindings of what is in scope: of each account that a workload in
// scope runs as, or that was named, or that wants a role though nothing uses it; of
// each role that a manifest pins; and of each that pods hold whose account lost it.
func (a *Audit) bind() {
	for _, w := range a.workloads {
		b := a.binding(w.account())
		b.Workloads = append(b.Workloads, w)
	}
	for _, ref := range a.Asked.Targets {
		if ref.Kind == facts.ServiceAccountKind {
			a.binding(ref)
		}
	}
	if len(a.Asked.Targets) == 0 && a.Asked.Selector == "" {
		accounts, _ := a.Cluster.ServiceAccounts.Get()
		for key := range accounts {
			ref := accountRef(key)
			if (a.Asked.Namespace == "" || ref.Namespace == a.Asked.Namespace) && a.accountWantsRole(ref) {
				a.binding(ref)
			}
		}
	}
	for _, w := range a.workloads {
		pinned := w.pinnedRoles()
		if len(pinned) == 0 && a.binding(w.account()).RoleARN == "" {
			pinned = a.heldRoles(w.Ref)
		}
		for _, arn := range pinned {
			a.pin(w, arn)
		}
	}
	slices.SortFunc(a.bindings, byObject)
	for _, b := range a.bindings {
		for _, object := range b.Affects() {
			if a.deciding[object] == nil || b.Pinned && !a.deciding[object].Pinned {
				a.deciding[object] = b
			}
		}
	}
}

// bindingOf returns the binding that decides for the object: the one that its
// manifest pins, else its account's own. It is nil when there is none.
func (a *Audit) bindingOf(object facts.Ref) *Binding { return a.deciding[object] }

// A bindingKey is what tells bindings apart.
type bindingKey struct {
	account facts.Ref
	pinned  string // the role ARN; "" for the account's own
}

// binding returns the account's own binding, made at its first use.
func (a *Audit) binding(ref facts.Ref) *Binding {
	key := bindingKey{account: ref}
	if b := a.bound[key]; b != nil {
		return b
	}
	b := &Binding{Account: ref}
	a.bound[key] = b
	if sa, err := a.serviceAccount(ref); err == nil {
		id, _ := a.webhook().Identity(ref.Namespace, ref.Name, sa)
		b.RoleARN = id.RoleARN
	}
	if associations, err := a.AWS.Associations.Get(); err == nil {
		if as, ok := associations[ref.Key()]; ok {
			b.Association = &as
		}
	}
	a.bindings = append(a.bindings, b)
	return b
}

// pin records that a workload's pods name another role than its account.
func (a *Audit) pin(w *Workload, arn string) {
	own := a.binding(w.account())
	if own.RoleARN == arn {
		return
	}
	key := bindingKey{own.Account, arn}
	b := a.bound[key]
	if b == nil {
		b = &Binding{Account: own.Account, RoleARN: arn, Pinned: true}
		a.bound[key] = b
		a.bindings = append(a.bindings, b)
	}
	b.Workloads = append(b.Workloads, w)
}

// pinnedRoles are the role ARNs that the workload's manifest gives its containers.
// A pod that nothing owns is its own manifest: what the webhook gave it is no pin.
func (w *Workload) pinnedRoles() []string {
	var roles []string
	for _, c := range w.Template.Spec.Containers {
		if w.Kind == facts.Pod && inject.Injected(c) {
			continue
		}
		if arn, ok := c.Literal("AWS_ROLE_ARN"); ok && arn != "" && !slices.Contains(roles, arn) {
			roles = append(roles, arn)
		}
	}
	return roles
}
