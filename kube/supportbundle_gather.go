package kube

import (
	"fmt"
	"maps"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// gather joins to all what the files of a directory hold of some namespaces. One that is
// missing leaves a gap.
func gather[V any](b *SupportBundle, names facts.Fact[[]string], directory, call string, all V, of func(*storedNamespace) facts.Fact[V], join func(all *V, more V)) facts.Fact[V] {
	return then(names, func(names []string) (V, error) {
		for _, name := range names {
			more, err := fileFact(b, of(b.of(name)), place{directory: directory, namespace: name}, call).Get()
			if err != nil {
				return all, err
			}
			join(&all, more)
		}
		return all, nil
	})
}

// of returns what is stored of a namespace.
func (b *SupportBundle) of(namespace string) *storedNamespace {
	if n := b.stored[namespace]; n != nil {
		return n
	}
	return new(storedNamespace)
}

func (b *SupportBundle) objects(names facts.Fact[[]string], kind facts.Kind) facts.Fact[objects] {
	if kind == facts.Pod {
		return then(b.pods(names), func(p podListing) (objects, error) { return p.objects, nil })
	}
	of := func(n *storedNamespace) facts.Fact[objects] { return n.objects[kind] }
	return gather(b, names, dirOf(kind), listCall(kind), objects{}, of, func(all *objects, more objects) { maps.Copy(*all, more) })
}

func (b *SupportBundle) pods(names facts.Fact[[]string]) facts.Fact[podListing] {
	of := func(n *storedNamespace) facts.Fact[podListing] { return n.pods }
	return gather(b, names, podDir, listCall(facts.Pod), podListing{shapes{}, objects{}}, of, func(all *podListing, more podListing) {
		maps.Copy(all.shapes, more.shapes)
		maps.Copy(all.objects, more.objects)
	})
}

func (b *SupportBundle) events(names facts.Fact[[]string]) facts.Fact[[]facts.FailedCreate] {
	of := func(n *storedNamespace) facts.Fact[[]facts.FailedCreate] { return n.events }
	return gather(b, names, eventDir, "list events", nil, of, func(all *[]facts.FailedCreate, more []facts.FailedCreate) { *all = append(*all, more...) })
}

func (b *SupportBundle) policies(names facts.Fact[[]string]) facts.Fact[[]facts.NetworkPolicy] {
	of := func(n *storedNamespace) facts.Fact[[]facts.NetworkPolicy] { return n.policies }
	found := gather(b, names, policyDir, "list networkpolicies", nil, of, func(all *[]facts.NetworkPolicy, more []facts.NetworkPolicy) { *all = append(*all, more...) })
	sortPolicies(found.Or(nil))
	return found
}

func (b *SupportBundle) configMaps(names facts.Fact[[]string]) facts.Fact[storedConfigMaps] {
	of := func(n *storedNamespace) facts.Fact[storedConfigMaps] { return n.configMaps }
	return gather(b, names, configMapDir, "list configmaps", storedConfigMaps{}, of, func(all *storedConfigMaps, more storedConfigMaps) {
		all.roleMaps = append(all.roleMaps, more.roleMaps...)
		all.webhook = more.webhook
	})
}

// configuredRoles reads the webhook's ConfigMap. One that is not there maps no account.
func (b *SupportBundle) configuredRoles(namespace string) facts.Fact[map[string]facts.MappedRole] {
	return then(b.configMaps(facts.Known([]string{namespace})), func(m storedConfigMaps) (map[string]facts.MappedRole, error) {
		return parseMappedRoles(m.webhook)
	})
}

// backends are the Services that webhooks name.
func (b *SupportBundle) backends(webhooks facts.Fact[map[string]facts.WebhookConfiguration]) []*backend {
	all := backendsOf(webhooks)
	for _, s := range all {
		services := fileFact(b, b.of(s.Namespace).services, place{directory: serviceDir, namespace: s.Namespace}, "get services")
		s.selector = then(services, func(selectors map[string]map[string]string) (map[string]string, error) {
			selector, there := selectors[s.Name]
			if !there {
				return nil, &facts.Gap{Kind: facts.Absent, Call: "get services", Detail: fmt.Sprintf("services %q not found", s.Name)}
			}
			return selector, nil
		})
		endpoints := fileFact(b, b.of(s.Namespace).endpoints, place{directory: endpointDir, namespace: s.Namespace}, "list endpointslices")
		s.endpoints = then(endpoints, func(ready map[string]readiness) (facts.Backend, error) { return ready[s.Name].count(), nil })
	}
	return all
}
