package facts

import (
	"maps"
	"slices"
)

// gap returns why the fact is missing, or nil.
func (f Fact[T]) gap() *Gap { return f.Gap }

// Gaps returns every gap of the snapshot, the same one as often as it was met.
func (s *Snapshot) Gaps() []*Gap {
	c, i, a := s.Cluster, s.Issuer, s.AWS
	all := []interface{ gap() *Gap }{
		c.Version, c.Namespaces, c.ServiceAccounts, c.Pods, c.FailedCreates, c.Webhooks, c.Injector,
		c.NetworkPolicies, c.RoleMaps, c.Lookalikes,
		i.APIServer, i.Keys, i.Public, i.PublicKeys, i.TLS,
		a.Caller, a.EKS, a.Associations, s.Tokens, s.Executions,
	}
	for _, kind := range WorkloadKinds {
		all = append(all, c.Workloads[kind])
	}
	for _, b := range c.Backends {
		all = append(all, b)
	}
	for _, as := range a.Associations.Or(nil) {
		all = append(all, as.RoleARN)
	}
	for _, id := range slices.Sorted(maps.Keys(a.Accounts)) {
		account := a.Accounts[id]
		all = append(all, account.Providers, account.RoleARNs)
		for _, p := range account.Provider {
			all = append(all, p)
		}
		for _, r := range account.Roles {
			all = append(all, r, r.Or(Role{}).Attached, r.Or(Role{}).Inline)
		}
	}
	var gaps []*Gap
	for _, f := range all {
		if g := f.gap(); g != nil {
			gaps = append(gaps, g)
		}
	}
	return gaps
}
