package changes

import (
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// underneath compares the facts of both snapshots.
func underneath(before, after Side) []Fact {
	was, now := before.Snapshot, after.Snapshot
	l := &ledger{}
	l.cluster(was, now)
	l.accounts(was.Cluster, now.Cluster)
	l.workloads(was, now)
	l.webhooks(was.Cluster, now.Cluster)
	l.issuer(was.Issuer, now.Issuer)
	l.aws(was, now)
	inOrder(l.facts)
	return l.facts
}

// both says whether both sides looked at the namespace of a key namespace/name.
func both(was, now facts.Cluster) func(key string) bool {
	return func(key string) bool {
		namespace, _, _ := strings.Cut(key, "/")
		return (was.Namespace == "" || was.Namespace == namespace) && (now.Namespace == "" || now.Namespace == namespace)
	}
}

// whole is the cluster as a place.
func whole(part string, link checks.Link) place {
	return place{object: "cluster", part: part, link: link, scope: everywhere}
}

// inNamespace is an object that all in its namespace depend on.
func inNamespace(kind, key string, link checks.Link) place {
	namespace, _, _ := strings.Cut(key, "/")
	return place{object: kind + "/" + key, link: link, scope: "namespace/" + namespace}
}

func (l *ledger) cluster(was, now *facts.Snapshot) {
	single(l, whole("Kubernetes version", ""), was.Cluster.Version, now.Cluster.Version, func(x, y string) {
		l.values(whole("Kubernetes version", ""), "", []string{x}, []string{y})
	})
	l.compare(whole("", ""), server(was.Cluster), server(now.Cluster))
	keys := selected(was.Cluster, now.Cluster)
	listing[facts.Namespace]{
		what:  "namespaces",
		link:  checks.LinkWebhook,
		place: func(name string) place { return place{object: "namespace/" + name, link: checks.LinkWebhook} },
		meta:  func(n facts.Namespace) facts.Meta { return n.Meta },
		in:    both(was.Cluster, now.Cluster),
		each: func(p place, x, y facts.Namespace) {
			l.compare(p, labels(x.Labels, keys), labels(y.Labels, keys))
		},
	}.compare(l, was.Cluster.Namespaces, now.Cluster.Namespaces)
	listing[facts.NetworkPolicy]{
		what:  "network policies",
		link:  checks.LinkPod,
		place: func(key string) place { return inNamespace("networkpolicy", key, checks.LinkPod) },
		in:    both(was.Cluster, now.Cluster),
		each: func(p place, x, y facts.NetworkPolicy) {
			l.compare(p, egress(x), egress(y))
		},
	}.compare(l, keyed(was.Cluster.NetworkPolicies, networkPolicyKey), keyed(now.Cluster.NetworkPolicies, networkPolicyKey))
	listing[facts.RoleMap]{
		what:  "role maps",
		link:  checks.LinkRole,
		place: func(key string) place { return inNamespace("configmap", key, checks.LinkRole) },
		in:    both(was.Cluster, now.Cluster),
		each: func(p place, x, y facts.RoleMap) {
			l.compare(p, entries(x.Roles), entries(y.Roles))
		},
	}.compare(l, keyed(was.Cluster.RoleMaps, roleMapKey), keyed(now.Cluster.RoleMaps, roleMapKey))
}

func networkPolicyKey(p facts.NetworkPolicy) string { return p.Namespace + "/" + p.Name }
func roleMapKey(m facts.RoleMap) string             { return m.Namespace + "/" + m.Name }

// keyed makes a list one by key.
func keyed[T any](list facts.Fact[[]T], key func(T) string) facts.Fact[map[string]T] {
	all, err := list.Get()
	if err != nil {
		return facts.Missing[map[string]T](err)
	}
	byKey := map[string]T{}
	for _, x := range all {
		byKey[key(x)] = x
	}
	return facts.Known(byKey)
}

func server(c facts.Cluster) items {
	i := items{}
	i.add("API server", c.Server)
	i.add("CA certificate", c.CA)
	return i
}

func egress(p facts.NetworkPolicy) items {
	i := items{}
	i.add("pods", selector(p.Pods))
	i.add("lets through", map[bool]string{true: "TCP 443"}[p.HTTPS])
	i.add("lets through", map[bool]string{true: "DNS"}[p.DNS])
	return i
}

func entries(byName map[string]string) items {
	i := items{}
	for name, value := range byName {
		i.add(name, value)
	}
	return i
}
