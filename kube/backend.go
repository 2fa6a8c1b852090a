package kube

import (
	"context"
	"maps"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A backend is what is learnt of a Service that serves webhooks.
type backend struct {
	facts.ServiceRef
	selector  facts.Fact[map[string]string]
	endpoints facts.Fact[facts.Backend]
}

// backends asks about the Services that webhooks name, in the order of the webhooks.
func (c *Client) backends(ctx context.Context, r *round, webhooks facts.Fact[map[string]facts.WebhookConfiguration]) []*backend {
	all := backendsOf(webhooks)
	for _, b := range all {
		learn(r, &b.selector, "get services", func() (map[string]string, error) { return c.serviceSelector(ctx, b.ServiceRef) })
		learn(r, &b.endpoints, "list endpointslices", func() (facts.Backend, error) { return c.endpoints(ctx, b.ServiceRef) })
	}
	return all
}

// backendsOf are the Services that webhooks name, nothing learnt of them.
func backendsOf(webhooks facts.Fact[map[string]facts.WebhookConfiguration]) []*backend {
	var all []*backend
	configurations := webhooks.Or(nil)
	for _, name := range slices.Sorted(maps.Keys(configurations)) {
		for _, h := range configurations[name].Webhooks {
			if h.Service != nil && !slices.ContainsFunc(all, func(b *backend) bool { return b.Key() == h.Service.Key() }) {
				all = append(all, &backend{ServiceRef: *h.Service})
			}
		}
	}
	return all
}

func (c *Client) serviceSelector(ctx context.Context, ref facts.ServiceRef) (map[string]string, error) {
	s, err := whole(c.kube.CoreV1().Services(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{}))
	if err != nil {
		return nil, err
	}
	return s.Spec.Selector, nil
}

// endpoints counts an endpoint once that is in several slices, as with dual stack.
func (c *Client) endpoints(ctx context.Context, ref facts.ServiceRef) (facts.Backend, error) {
	ready := readiness{}
	items := func(l *discoveryv1.EndpointSliceList) []discoveryv1.EndpointSlice { return l.Items }
	ofService := metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + ref.Name}
	err := each(ctx, c.kube.DiscoveryV1().EndpointSlices(ref.Namespace), ofService, items, ready.add)
	return ready.count(), err
}

// readiness is of endpoints, by the name of the pod or the address.
type readiness map[string]bool

func (r readiness) add(s *discoveryv1.EndpointSlice) {
	for _, e := range s.Endpoints {
		var name string
		if e.TargetRef != nil {
			name = e.TargetRef.Name
		} else if len(e.Addresses) > 0 {
			name = e.Addresses[0]
		}
		r[name] = r[name] || or(e.Conditions.Ready, true) // that it is not known reads as ready
	}
}

func (r readiness) count() (b facts.Backend) {
	for _, ok := range r {
		if ok {
			b.Ready++
		} else {
			b.NotReady++
		}
	}
	return b
}

// fact is absent when there is no such Service. Its endpoints are known even where the
// Service itself may not be read.
func (b *backend) fact() facts.Fact[facts.Backend] {
	if _, err := b.selector.Get(); facts.KindOf(err) == facts.Absent {
		return facts.Missing[facts.Backend](err)
	}
	return b.endpoints
}

func backendFacts(all []*backend) map[string]facts.Fact[facts.Backend] {
	known := map[string]facts.Fact[facts.Backend]{}
	for _, b := range all {
		known[b.Key()] = b.fact()
	}
	return known
}

// selects says whether the Service sends traffic to pods with these labels, as far as
// that is known: whom a Service without a selector sends it to is not.
func (b *backend) selects(labels map[string]string) bool {
	for key, value := range b.selector.Or(nil) {
		if labels[key] != value {
			return false
		}
	}
	return true
}
