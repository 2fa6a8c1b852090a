package inject

import (
	"cmp"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A Registration is a pod identity webhook that the API server is told to call.
type Registration struct {
	Configuration string // name of its MutatingWebhookConfiguration
	facts.Webhook
}

// Registered returns the pod identity webhooks, in the order in which the API server
// calls them. The error says why they are not known.
func Registered(s *facts.Snapshot) ([]Registration, error) {
	configurations, err := s.Cluster.Webhooks.Get()
	if err != nil {
		return nil, err
	}
	var found []Registration
	for name, c := range configurations {
		for _, h := range c.Webhooks {
			if isPodIdentity(name, h) {
				found = append(found, Registration{name, h})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Registration) int { return cmp.Compare(a.Configuration, b.Configuration) })
	return found, nil
}

const (
	eksHook      = "iam-for-pods.amazonaws.com"
	upstreamHook = "pod-identity-webhook.amazonaws.com"
)

// isPodIdentity knows the names of EKS, of upstream's manifest and of its charts.
func isPodIdentity(configuration string, h facts.Webhook) bool {
	return h.Name == eksHook || h.Name == upstreamHook ||
		strings.Contains(configuration, "pod-identity-webhook") ||
		strings.Contains(h.URL, "pod-identity") ||
		h.Service != nil && strings.Contains(h.Service.Name, "pod-identity")
}

// Obstacle says what keeps the API server from having the webhook mutate a pod with
// these labels; zero when nothing is known to. The error is what was not known.
func (r Registration) Obstacle(s *facts.Snapshot, namespace string, labels map[string]string) (Withheld, error) {
	var gap error
	namespaces, err := s.Cluster.Namespaces.Get()
	if err == nil {
		if out, key := r.Namespaces.Refusal(namespaceLabels(namespace, namespaces[namespace])); out {
			return Withheld{NamespaceExcluded, key}, nil
		}
	} else if len(r.Namespaces.MatchLabels)+len(r.Namespaces.Expressions) > 0 {
		gap = err
	}
	if out, key := r.Objects.Refusal(labels); out {
		return Withheld{PodExcluded, key}, nil
	}
	if why := r.Fault(s); why != "" {
		return Withheld{Unreachable, why}, nil
	}
	if r.Service != nil && gap == nil { // Fault has spoken for a Service that is not there
		_, gap = s.Cluster.Backends[r.Service.Key()].Get()
	}
	if gap == nil && len(r.MatchConditions) > 0 {
		gap = &facts.Gap{Kind: facts.Undecidable, Detail: "match conditions of the webhook: " + strings.Join(r.MatchConditions, ", ")}
	}
	return Withheld{}, gap
}

// namespaceLabels adds the label that the API server gives every namespace.
func namespaceLabels(name string, n facts.Namespace) map[string]string {
	labels := map[string]string{"kubernetes.io/metadata.name": name}
	for k, v := range n.Labels {
		labels[k] = v
	}
	return labels
}

// Fault says why the API server can call the webhook for no pod; "" when no reason
// is known.
func (r Registration) Fault(s *facts.Snapshot) string {
	switch ca := r.CABundle; {
	case ca.Problem != "":
		return "its caBundle can not be read: " + ca.Problem
	case !ca.NotAfter.IsZero() && ca.NotAfter.Before(s.TakenAt):
		return "its caBundle expired on " + ca.NotAfter.Format("2006-01-02")
	case r.Service == nil:
		return ""
	// No public CA signs for the name of a Service.
	case ca.Empty:
		return "its caBundle is empty, so that the API server trusts no certificate of its Service"
	}
	backend, err := s.Cluster.Backends[r.Service.Key()].Get()
	switch {
	case facts.KindOf(err) == facts.Absent:
		return "its Service " + r.Service.Key() + " does not exist"
	case err == nil && backend.Ready == 0:
		return "its Service " + r.Service.Key() + " has no ready endpoint"
	}
	return ""
}
