package kube

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Collect learns all that a Cluster holds about the asked namespace, or about all
// namespaces. It asks in three rounds at most: what can be asked at once; then what
// stands behind webhooks, and where else a missing target is; then for the ConfigMap of
// a webhook that watches one. When the API server can not be reached at all, Version
// and every listing of Workloads are unreachable.
func (c *Client) Collect(ctx context.Context, asked facts.Asked) facts.Cluster {
	known := facts.Cluster{Context: c.context, Server: c.server, CA: c.ca, Namespace: asked.Namespace}
	listed := c.survey(ctx, &known, asked)
	listed.put(&known, asked)

	second := newRound()
	backends := c.backends(ctx, second, known.Webhooks)
	hosts := c.hosts(ctx, second, backends, listed.all, asked)
	elsewhere := c.elsewhere(ctx, second, listed.all.missing(asked.Targets))
	second.wait()

	known.Backends = backendFacts(backends)
	known.Lookalikes = lookalikes(elsewhere)
	known.Injector = injector(known.Webhooks, backends, hosts, func(namespace string) facts.Fact[map[string]facts.MappedRole] {
		return c.configuredRoles(ctx, namespace)
	})
	return known
}

// A survey is what was listed, before one listing is held against another.
type survey struct {
	all    listings // but for pods
	pods   facts.Fact[podListing]
	events facts.Fact[[]facts.FailedCreate]
}

// survey is the first round. What stands for itself it puts into known.
func (c *Client) survey(ctx context.Context, known *facts.Cluster, asked facts.Asked) *survey {
	var (
		ns       = asked.Namespace
		s        = &survey{all: listings{}}
		accounts facts.Fact[[]facts.RoleMap]
		teams    facts.Fact[[]facts.RoleMap]
	)
	r := newRound()
	learn(r, &known.Version, "get /version", func() (string, error) { return c.version(ctx) })
	learn(r, &known.Namespaces, namespaceCall(ns), func() (map[string]facts.Namespace, error) { return c.namespaces(ctx, ns) })
	learn(r, &known.Webhooks, "list mutatingwebhookconfigurations", func() (map[string]facts.WebhookConfiguration, error) { return c.webhooks(ctx) })
	learn(r, &known.NetworkPolicies, "list networkpolicies", func() ([]facts.NetworkPolicy, error) { return c.networkPolicies(ctx, ns) })
	learn(r, &accounts, "list configmaps", func() ([]facts.RoleMap, error) { return c.roleMaps(ctx, ns, accountMap) })
	learn(r, &teams, "list configmaps", func() ([]facts.RoleMap, error) { return c.roleMaps(ctx, ns, teamMap) })
	learn(r, &s.events, "list events", func() ([]facts.FailedCreate, error) { return c.failedCreates(ctx, ns) })
	learn(r, &s.pods, "list pods", func() (podListing, error) { return c.pods(ctx, ns, asked.Targets) })
	for _, kind := range listedKinds {
		s.all[kind] = new(facts.Fact[objects])
		learn(r, s.all[kind], listCall(kind), func() (objects, error) { return c.list(ctx, kind, ns, labelled(kind, asked.Selector)) })
	}
	r.wait()
	known.RoleMaps = then(accounts, func(a []facts.RoleMap) ([]facts.RoleMap, error) {
		t, err := teams.Get()
		return append(a, t...), err
	})
	return s
}

// listedKinds are those listed as objects. Pods are listed in a way of their own.
var listedKinds = []facts.Kind{
	facts.Deployment, facts.StatefulSet, facts.DaemonSet, facts.ReplicaSet, facts.Job, facts.CronJob, facts.ServiceAccountKind,
}

// put holds the listings against each other.
func (s *survey) put(known *facts.Cluster, asked facts.Asked) {
	all := s.all
	all[facts.Pod] = new(then(s.pods, func(p podListing) (objects, error) { return p.objects, nil }))
	known.Workloads = map[facts.Kind]facts.Fact[map[string]facts.Workload]{}
	for _, kind := range facts.WorkloadKinds {
		known.Workloads[kind] = then(*all[kind], func(o objects) (map[string]facts.Workload, error) { return onTop(o, asked.Selector) })
	}
	known.ServiceAccounts = then(*all[facts.ServiceAccountKind], serviceAccounts)
	known.Owners = all.owners(asked.Targets)
	known.Pods = then(s.pods, func(p podListing) ([]facts.PodShape, error) { return all.shapesByTop(p.shapes) })
	known.FailedCreates = then(s.events, all.eventsByTop)
}

func listCall(kind facts.Kind) string { return "list " + string(kind) + "s" }

// labelled selects on the server what is always on top. Of the other kinds those that
// the selector leaves out may be links of an owner chain.
func labelled(kind facts.Kind, selector string) metav1.ListOptions {
	switch kind {
	case facts.Deployment, facts.StatefulSet, facts.DaemonSet, facts.CronJob:
		return metav1.ListOptions{LabelSelector: selector}
	}
	return metav1.ListOptions{}
}

func serviceAccounts(listed objects) (map[string]facts.ServiceAccount, error) {
	accounts := map[string]facts.ServiceAccount{}
	for key, o := range listed {
		accounts[key] = facts.ServiceAccount{Meta: o.workload.Meta}
	}
	return accounts, nil
}

// A podListing is what is kept of a listing of pods.
type podListing struct {
	shapes  shapes  // by what makes the pods
	objects objects // the pods that nothing of ours makes, and those asked for
}

func (c *Client) pods(ctx context.Context, namespace string, asked []facts.Ref) (podListing, error) {
	p := podListing{shapes{}, objects{}}
	err := each(ctx, c.kube.CoreV1().Pods(namespace), metav1.ListOptions{}, podsOf, func(pod *corev1.Pod) {
		shape := shapeOf(pod)
		p.shapes.add(shape)
		if o := podObject(pod, shape); o.controller.IsZero() || slices.Contains(asked, o.ref) {
			p.objects[o.ref.Key()] = o
		}
	})
	return p, err
}

func (c *Client) version(ctx context.Context) (string, error) {
	info, err := c.kube.Discovery().ServerVersionWithContext(ctx)
	switch {
	case err != nil:
		return "", err
	case info.GitVersion == "":
		return "", &facts.Gap{Kind: facts.Malformed, Detail: "the answer holds no version"}
	}
	return info.GitVersion, nil
}

func namespaceCall(name string) string {
	if name == "" {
		return "list namespaces"
	}
	return "get namespaces"
}

// namespaces holds the one of the name, or all when name is "". It holds none when
// that one is not there.
func (c *Client) namespaces(ctx context.Context, name string) (map[string]facts.Namespace, error) {
	found := map[string]facts.Namespace{}
	add := func(n *corev1.Namespace) { found[n.Name] = facts.Namespace{Meta: meta(n)} }
	if name == "" {
		return found, each(ctx, c.kube.CoreV1().Namespaces(), metav1.ListOptions{}, func(l *corev1.NamespaceList) []corev1.Namespace { return l.Items }, add)
	}
	n, err := whole(c.kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{}))
	switch {
	case apierrors.IsNotFound(err):
		return found, nil
	case err == nil:
		add(n)
	}
	return found, err
}
