package kube

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Collect learns all that a Cluster holds about the asked namespace, or about all
// namespaces. It asks in three rounds at most: what can be asked at once; then what
// webhooks are made of, and where else a missing target is; then the ConfigMap of a
// webhook that watches one. When the API server can not be reached at all, then Version
// and the listings of all Workloads are unreachable.
func (c *Client) Collect(ctx context.Context, asked facts.Asked) facts.Cluster {
	known := facts.Cluster{Context: c.context, Server: c.server, CA: c.ca}
	all := c.first(ctx, &known, asked)

	r := newRound()
	backends := c.backends(ctx, r, known.Webhooks)
	injectors := c.injectors(ctx, r, backends, all, asked)
	elsewhere := c.elsewhere(ctx, r, all.missing(asked.Targets))
	r.wait()
	known.Backends = backends.facts()
	known.Lookalikes = lookalikes(elsewhere, all)
	known.Injector = then(known.Webhooks, func(map[string]facts.WebhookConfiguration) (facts.Injector, error) {
		return injectors.find(backends)
	})

	known.Injector = then(known.Injector, func(i facts.Injector) (facts.Injector, error) {
		i.Roles = c.mappedRoles(ctx, i)
		return i, nil
	})
	return known
}

// first is the first round. It returns the listings for the rounds that follow.
func (c *Client) first(ctx context.Context, known *facts.Cluster, asked facts.Asked) listings {
	all, r, ns := listings{}, newRound(), asked.Namespace
	learn(r, &known.Version, "get /version", func() (string, error) { return c.version(ctx) })
	learn(r, &known.Namespaces, "get namespaces", func() (map[string]facts.Namespace, error) { return c.namespaces(ctx, ns) })
	learn(r, &known.Webhooks, "list mutatingwebhookconfigurations", func() (map[string]facts.WebhookConfiguration, error) { return c.webhooks(ctx) })
	learn(r, &known.NetworkPolicies, "list networkpolicies", func() ([]facts.NetworkPolicy, error) { return c.networkPolicies(ctx, ns) })
	var accounts facts.Fact[map[string]facts.ServiceAccount]
	learn(r, &accounts, "list serviceaccounts", func() (map[string]facts.ServiceAccount, error) { return c.serviceAccounts(ctx, ns) })
	var maps [len(roleMapNames)]facts.Fact[[]facts.RoleMap]
	for i, name := range roleMapNames {
		learn(r, &maps[i], "list configmaps", func() ([]facts.RoleMap, error) { return c.roleMaps(ctx, ns, name) })
	}
	var events facts.Fact[[]facts.FailedCreate]
	learn(r, &events, "list events", func() ([]facts.FailedCreate, error) { return c.failedCreates(ctx, ns) })
	var pods facts.Fact[podListing]
	learn(r, &pods, "list pods", func() (podListing, error) { return c.pods(ctx, ns, asked.Targets) })
	for _, kind := range facts.WorkloadKinds {
		all[kind] = new(facts.Fact[objects])
		if kind == facts.Pod {
			continue
		}
		learn(r, all[kind], "list "+string(kind)+"s", func() (objects, error) { return c.list(ctx, kind, ns, selected(kind, asked.Selector)) })
	}
	r.wait()
	return all
}
