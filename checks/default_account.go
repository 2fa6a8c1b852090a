package checks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// isDefault says whether the account is the one that pods run as which name none.
func (b *Binding) isDefault() bool { return b.Account.Name == "default" }

// ranAsDefault adds to a finding about the account default how its workloads came to run
// as it, and which accounts may have been meant.
func (a *Audit) ranAsDefault(f Finding, b *Binding) Finding {
	for _, w := range b.Workloads {
		if w.Template.Spec.ServiceAccount == "" {
			f = f.detail("the template of %s/%s sets no serviceAccountName", w.Kind, w.Name)
		}
	}
	if idle := a.idleAccounts(b.Account.Namespace); len(idle) > 0 {
		f = f.detail("service accounts of the namespace that name a role, and that nothing runs as: %s", strings.Join(idle, ", "))
	}
	return f
}

// idleAccounts are the service accounts of a namespace that name a role and that certainly
// nothing runs as.
func (a *Audit) idleAccounts(namespace string) []string {
	// Workloads without the labels may use what seems unused.
	if a.Asked.Selector != "" {
		return nil
	}
	var idle []string
	for _, key := range slices.Sorted(maps.Keys(a.Cluster.ServiceAccounts.Or(nil))) {
		ref := accountRef(key)
		if ref.Namespace != namespace || !a.namesARole(ref) {
			continue
		}
		if used, err := a.isUsed(ref); err == nil && !used {
			idle = append(idle, ref.Name)
		}
	}
	return idle
}

// leaveDefault is the remedy for workloads that run as default and are to have a role.
func leaveDefault(b *Binding) Remedy {
	var names []string
	for _, w := range b.Workloads {
		names = append(names, string(w.Kind)+"/"+w.Name)
	}
	return Remedy{
		Text: fmt.Sprintf("have %s run as a service account that names its role, by serviceAccountName: "+
			"what default names is for every pod of namespace %s that names no account", strings.Join(names, ", "), b.Account.Namespace),
		Owner: ownerOf(b.Workloads[0].Meta),
	}
}
