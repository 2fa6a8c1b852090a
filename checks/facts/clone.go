package facts

import (
	"maps"
	"slices"
	"strings"
)

// Clone returns a copy of s for edits to change. Its maps and listings are its own;
// what they hold is shared with s and must be replaced, never changed in place.
func (s *Snapshot) Clone() *Snapshot {
	c := *s
	c.Asked.Targets = slices.Clone(s.Asked.Targets)
	c.Cluster.Namespaces = cloned(s.Cluster.Namespaces, maps.Clone)
	c.Cluster.ServiceAccounts = cloned(s.Cluster.ServiceAccounts, maps.Clone)
	c.Cluster.Workloads = maps.Clone(s.Cluster.Workloads)
	for kind, listing := range c.Cluster.Workloads {
		c.Cluster.Workloads[kind] = cloned(listing, maps.Clone)
	}
	c.Cluster.Pods = cloned(s.Cluster.Pods, slices.Clone)
	c.Cluster.FailedCreates = cloned(s.Cluster.FailedCreates, slices.Clone)
	c.AWS.Associations = cloned(s.AWS.Associations, maps.Clone)
	c.AWS.Accounts = maps.Clone(s.AWS.Accounts)
	for id, a := range c.AWS.Accounts {
		a.Provider, a.Roles = maps.Clone(a.Provider), maps.Clone(a.Roles)
		c.AWS.Accounts[id] = a
	}
	return &c
}

// ByNamespace parts s: each part is all of s but for the objects of other namespaces.
// There is one for every namespace that some object or target is in. The parts share
// what they hold.
func (s *Snapshot) ByNamespace() map[string]*Snapshot {
	parts := map[string]*Snapshot{}
	in := func(namespace string) *Snapshot {
		if parts[namespace] == nil {
			parts[namespace] = s.withoutObjects()
		}
		return parts[namespace]
	}
	for _, target := range s.Asked.Targets {
		in(target.Namespace)
	}
	for key, sa := range s.Cluster.ServiceAccounts.Or(nil) {
		(*in(namespaceOf(key)).Cluster.ServiceAccounts.Value)[key] = sa
	}
	for kind, listing := range s.Cluster.Workloads {
		for key, w := range listing.Or(nil) {
			(*in(namespaceOf(key)).Cluster.Workloads[kind].Value)[key] = w
		}
	}
	for _, p := range s.Cluster.Pods.Or(nil) {
		pods := in(p.Owner.Namespace).Cluster.Pods.Value
		*pods = append(*pods, p)
	}
	for _, e := range s.Cluster.FailedCreates.Or(nil) {
		events := in(e.Owner.Namespace).Cluster.FailedCreates.Value
		*events = append(*events, e)
	}
	return parts
}

// withoutObjects is s with listings that are known and empty in place of the known ones.
func (s *Snapshot) withoutObjects() *Snapshot {
	e := *s
	e.Cluster.ServiceAccounts = cloned(s.Cluster.ServiceAccounts, emptyMap)
	e.Cluster.Workloads = maps.Clone(s.Cluster.Workloads)
	for kind, listing := range e.Cluster.Workloads {
		e.Cluster.Workloads[kind] = cloned(listing, emptyMap)
	}
	e.Cluster.Pods = cloned(s.Cluster.Pods, emptySlice)
	e.Cluster.FailedCreates = cloned(s.Cluster.FailedCreates, emptySlice)
	return &e
}

func emptyMap[V any](map[string]V) map[string]V { return map[string]V{} }

func emptySlice[V any]([]V) []V { return []V{} }

func namespaceOf(key string) string {
	namespace, _, _ := strings.Cut(key, "/")
	return namespace
}

// cloned is the fact with a copy of its value.
func cloned[T any](f Fact[T], clone func(T) T) Fact[T] {
	if f.Value != nil {
		f.Value = new(clone(*f.Value))
	}
	return f
}

// Clone returns a deep copy.
func (p PodTemplate) Clone() PodTemplate {
	p.Labels = maps.Clone(p.Labels)
	p.Annotations = maps.Clone(p.Annotations)
	p.Spec.NodeSelector = maps.Clone(p.Spec.NodeSelector)
	p.Spec.Containers = slices.Clone(p.Spec.Containers)
	for i := range p.Spec.Containers {
		c := &p.Spec.Containers[i]
		c.Env = slices.Clone(c.Env)
		c.EnvFrom = slices.Clone(c.EnvFrom)
		c.Mounts = slices.Clone(c.Mounts)
		c.RoleArgs = slices.Clone(c.RoleArgs)
	}
	p.Spec.Volumes = slices.Clone(p.Spec.Volumes)
	for i := range p.Spec.Volumes {
		v := &p.Spec.Volumes[i]
		v.Tokens = slices.Clone(v.Tokens)
	}
	return p
}
