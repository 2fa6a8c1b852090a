package kube

import (
	"cmp"
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func (c *Client) networkPolicies(ctx context.Context, namespace string) ([]facts.NetworkPolicy, error) {
	found := []facts.NetworkPolicy{}
	items := func(l *networkingv1.NetworkPolicyList) []networkingv1.NetworkPolicy { return l.Items }
	err := each(ctx, c.kube.NetworkingV1().NetworkPolicies(namespace), metav1.ListOptions{}, items, func(p *networkingv1.NetworkPolicy) {
		if restrictsEgress(&p.Spec) {
			found = append(found, networkPolicy(p))
		}
	})
	sortPolicies(found)
	return found, err
}

func networkPolicy(p *networkingv1.NetworkPolicy) facts.NetworkPolicy {
	return facts.NetworkPolicy{
		Namespace: p.Namespace, Name: p.Name, Pods: selector(&p.Spec.PodSelector),
		HTTPS: slices.ContainsFunc(p.Spec.Egress, allowsHTTPS), DNS: slices.ContainsFunc(p.Spec.Egress, allowsDNS),
	}
}

func sortPolicies(all []facts.NetworkPolicy) {
	slices.SortFunc(all, func(a, b facts.NetworkPolicy) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
}

// restrictsEgress: a policy without types is one of egress when it has egress rules.
// Source: PolicyTypes of networking.k8s.io/v1 NetworkPolicySpec.
func restrictsEgress(s *networkingv1.NetworkPolicySpec) bool {
	if len(s.PolicyTypes) == 0 {
		return len(s.Egress) > 0
	}
	return slices.Contains(s.PolicyTypes, networkingv1.PolicyTypeEgress)
}

// allowsHTTPS takes every block of addresses for one that may be outside the cluster:
// an endpoint of STS can have an address of the VPC.
func allowsHTTPS(r networkingv1.NetworkPolicyEgressRule) bool {
	outside := len(r.To) == 0 || slices.ContainsFunc(r.To, func(p networkingv1.NetworkPolicyPeer) bool { return p.IPBlock != nil })
	return outside && allowsPort(r, 443, func(p networkingv1.NetworkPolicyPort) bool {
		return or(p.Protocol, corev1.ProtocolTCP) == corev1.ProtocolTCP
	})
}

func allowsDNS(r networkingv1.NetworkPolicyEgressRule) bool {
	return allowsPort(r, 53, func(p networkingv1.NetworkPolicyPort) bool {
		return or(p.Protocol, corev1.ProtocolTCP) != corev1.ProtocolSCTP
	})
}

func allowsPort(r networkingv1.NetworkPolicyEgressRule, port int32, protocol func(networkingv1.NetworkPolicyPort) bool) bool {
	return len(r.Ports) == 0 || slices.ContainsFunc(r.Ports, func(p networkingv1.NetworkPolicyPort) bool {
		return protocol(p) && coversPort(p, port)
	})
}

// coversPort knows of named ports only those of CoreDNS, "dns" and "dns-tcp".
func coversPort(p networkingv1.NetworkPolicyPort, port int32) bool {
	switch {
	case p.Port == nil:
		return true
	case p.Port.Type == intstr.String:
		return port == 53 && strings.HasPrefix(p.Port.StrVal, "dns")
	}
	return p.Port.IntVal <= port && port <= or(p.EndPort, p.Port.IntVal)
}
