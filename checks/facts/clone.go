package facts

import (
	"maps"
	"slices"
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
