package kube

import (
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Cluster is what the bundle tells of the asked namespace, or of all namespaces, as
// Collect tells it of a cluster.
func (b *SupportBundle) Cluster(asked facts.Asked) facts.Cluster {
	names := b.scope(asked.Namespace)
	known := facts.Cluster{
		Namespace:       asked.Namespace,
		Version:         fileFact(b, b.version, place{}, "get /version"),
		Namespaces:      then(names, b.namespacesNamed),
		Webhooks:        fileFact(b, b.webhooks, place{directory: webhooksName}, "list "+webhooksName),
		NetworkPolicies: b.policies(names),
		RoleMaps:        then(b.configMaps(names), func(m storedConfigMaps) ([]facts.RoleMap, error) { return m.roleMaps, nil }),
	}

	listed := &survey{all: listings{}, pods: b.pods(names), events: b.events(names)}
	for _, kind := range listedKinds {
		listed.all[kind] = new(b.objects(names, kind))
	}
	listed.put(&known, asked)

	backends, hosts := b.backends(known.Webhooks), hosts{}
	for _, s := range backends {
		own := facts.Known([]string{s.Namespace})
		hosts[s.Namespace] = listings{facts.Deployment: new(b.objects(own, facts.Deployment)), facts.DaemonSet: new(b.objects(own, facts.DaemonSet))}
	}
	known.Backends = backendFacts(backends)
	known.Lookalikes = lookalikes(b.elsewhere(listed.all.missing(asked.Targets)))
	known.Injector = injector(known.Webhooks, backends, hosts, b.configuredRoles)
	return known
}

// scope are the namespaces that a listing has to cover: none where it is known that the
// asked one does not exist.
func (b *SupportBundle) scope(asked string) facts.Fact[[]string] {
	names, whole := b.Namespaces()
	all, err := fileFact(b, b.namespaces, place{directory: namespacesName}, namespaceCall(asked)).Get()
	_, there := all[asked]
	switch {
	case asked != "" && whole && !there:
		return facts.Known([]string{})
	case asked != "":
		return facts.Known([]string{asked})
	case err != nil:
		return facts.Missing[[]string](err)
	case !whole:
		return facts.Missing[[]string](&facts.Gap{
			Kind: facts.NotCollected, Call: "list namespaces", Detail: oneLine("the support bundle is of some namespaces only, of which -n chooses one: " + strings.Join(names, ", ")),
		})
	}
	return facts.Known(slices.Sorted(maps.Keys(all)))
}

// namespacesNamed are the namespaces of these names.
func (b *SupportBundle) namespacesNamed(names []string) (map[string]facts.Namespace, error) {
	if len(names) == 0 {
		return nil, nil
	}
	all, err := fileFact(b, b.namespaces, place{directory: namespacesName}, "get namespaces").Get()
	some := map[string]facts.Namespace{}
	for _, name := range names {
		n, there := all[name]
		if err == nil && !there {
			err = &facts.Gap{Kind: facts.NotCollected, Call: "get namespaces", Detail: oneLine("the support bundle is not of namespace " + name)}
		}
		some[name] = n
	}
	return some, err
}

// elsewhere looks for what is missing in the whole cluster.
func (b *SupportBundle) elsewhere(missing []facts.Ref) []facts.Fact[objects] {
	found := make([]facts.Fact[objects], len(missing))
	for i, ref := range missing {
		found[i] = then(b.objects(b.scope(""), ref.Kind), func(all objects) (objects, error) {
			maps.DeleteFunc(all, func(_ string, o object) bool { return o.ref.Name != ref.Name })
			return all, nil
		})
	}
	return found
}
