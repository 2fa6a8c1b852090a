package kube

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// webhooks are the configurations with a webhook that is called when a pod is created.
func (c *Client) webhooks(ctx context.Context) (map[string]facts.WebhookConfiguration, error) {
	found := map[string]facts.WebhookConfiguration{}
	items := func(l *admissionv1.MutatingWebhookConfigurationList) []admissionv1.MutatingWebhookConfiguration {
		return l.Items
	}
	err := each(ctx, c.kube.AdmissionregistrationV1().MutatingWebhookConfigurations(), metav1.ListOptions{}, items,
		func(m *admissionv1.MutatingWebhookConfiguration) {
			if known := webhookConfiguration(m); len(known.Webhooks) > 0 {
				found[m.Name] = known
			}
		})
	return found, err
}

func webhookConfiguration(m *admissionv1.MutatingWebhookConfiguration) facts.WebhookConfiguration {
	known := facts.WebhookConfiguration{Meta: meta(m)}
	for i := range m.Webhooks {
		if h := &m.Webhooks[i]; slices.ContainsFunc(h.Rules, seesNewPods) {
			known.Webhooks = append(known.Webhooks, webhook(h))
		}
	}
	return known
}

// seesNewPods says whether a rule matches CREATE of pods.
func seesNewPods(r admissionv1.RuleWithOperations) bool {
	names := func(list []string, some ...string) bool {
		return slices.ContainsFunc(list, func(s string) bool { return slices.Contains(some, s) })
	}
	operation := slices.Contains(r.Operations, admissionv1.Create) || slices.Contains(r.Operations, admissionv1.OperationAll)
	return operation && names(r.APIGroups, "", "*") && names(r.APIVersions, "v1", "*") &&
		names(r.Resources, "pods", "*", "*/*") && or(r.Scope, admissionv1.AllScopes) != admissionv1.ClusterScope
}

func webhook(h *admissionv1.MutatingWebhook) facts.Webhook {
	known := facts.Webhook{
		Name: h.Name, CABundle: caBundle(h.ClientConfig.CABundle),
		FailurePolicy: string(or(h.FailurePolicy, "")), ReinvocationPolicy: string(or(h.ReinvocationPolicy, "")),
		Namespaces: selector(h.NamespaceSelector), Objects: selector(h.ObjectSelector), TimeoutSeconds: or(h.TimeoutSeconds, 0),
	}
	if s := h.ClientConfig.Service; s != nil {
		known.Service = &facts.ServiceRef{Namespace: s.Namespace, Name: s.Name, Port: or(s.Port, 0)}
	} else if u, err := url.Parse(or(h.ClientConfig.URL, "")); err == nil && u.Host != "" {
		known.URL = u.Scheme + "://" + u.Host + u.Path
	}
	for _, m := range h.MatchConditions {
		known.MatchConditions = append(known.MatchConditions, m.Name)
	}
	return known
}

// caBundle reads the certificates as crypto/x509 does for the API server, which passes
// over what it can not read as long as it can read one.
func caBundle(text []byte) facts.CABundle {
	if len(text) == 0 {
		return facts.CABundle{Empty: true}
	}
	known := facts.CABundle{Problem: "it holds no certificate in PEM"}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" || len(block.Headers) > 0 {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		switch {
		case err == nil && known.NotAfter.IsZero():
			known = facts.CABundle{NotAfter: cert.NotAfter.UTC()}
		case err == nil:
			known.NotAfter = latest(known.NotAfter, cert.NotAfter)
		case known.NotAfter.IsZero():
			known.Problem = oneLine(err.Error())
		}
	}
	return known
}

func selector(s *metav1.LabelSelector) facts.Selector {
	if s == nil {
		return facts.Selector{}
	}
	known := facts.Selector{MatchLabels: s.MatchLabels}
	for _, e := range s.MatchExpressions {
		known.Expressions = append(known.Expressions, facts.Expression{Key: e.Key, Operator: string(e.Operator), Values: e.Values})
	}
	return known
}
