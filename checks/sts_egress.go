package checks

import (
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

var STSEgress = register(&Check{
	ID:    "sts-egress",
	Link:  LinkPod,
	Stage: StageRegion,
	Grain: GrainWorkload,
	Worst: Notice,
	Title: "the pods can reach STS and DNS, as far as can be seen",
	Why: "The pod itself calls STS, by HTTPS, and has to resolve its name first. A NetworkPolicy that leaves out either, or a " +
		"proxy that does not let it through, ends in i/o timeout or no such host. Nobody but STS contacts the issuer: that the " +
		"pod can not reach it is no fault.",
	Fix: "Allow egress to TCP 443 and to DNS, to the addresses of the regional STS endpoint or of its interface endpoint in the " +
		"VPC. Set HTTPS_PROXY for every container that needs it, and NO_PROXY for the cluster's own addresses and 169.254.170.23.",
	Refs: []string{
		"https://kubernetes.io/docs/concepts/services-networking/network-policies/",
		"https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html",
	},
	Judge: each((*Audit).Workloads, stsEgress),
})

func stsEgress(a *Audit, w *Workload) Finding {
	pod, _ := w.Effective()
	if !slices.ContainsFunc(pod.Spec.Containers, presetsWebIdentity) {
		return skip("none of its containers has a web identity")
	}
	var seen []string
	policies, err := a.Cluster.NetworkPolicies.Get()
	if err == nil && !pod.Spec.HostNetwork {
		seen = append(seen, deniedEgress(policies, w.Namespace, pod.Labels)...)
	}
	seen = append(seen, proxied(pod.Spec)...)
	if pod.Spec.DNSPolicy == "None" {
		seen = append(seen, "dnsPolicy None: names are resolved by the servers of dnsConfig alone")
	}
	switch {
	case len(seen) > 0:
		f := note("%s", seen[0])
		for _, more := range seen[1:] {
			f = f.detail("%s", more)
		}
		return f
	case err != nil && !pod.Spec.HostNetwork:
		return missing(err)
	}
	return pass("nothing that can be seen is in the way")
}

// deniedEgress says what the NetworkPolicies that select the pod leave out. What one
// of them allows is allowed.
func deniedEgress(policies []facts.NetworkPolicy, namespace string, labels map[string]string) []string {
	var names []string
	https, dns := false, false
	for _, p := range policies {
		if p.Namespace == namespace && p.Pods.Matches(labels) {
			names = append(names, p.Name)
			https, dns = https || p.HTTPS, dns || p.DNS
		}
	}
	what := "HTTPS to the outside and DNS"
	switch {
	case len(names) == 0 || https && dns:
		return nil
	case https:
		what = "DNS"
	case dns:
		what = "HTTPS to the outside"
	}
	slices.Sort(names)
	return []string{
		"what the pod may reach leaves out " + what + ": see NetworkPolicy " + strings.Join(names, ", "),
		"whether a NetworkPolicy is enforced depends on the cluster's network plugin",
	}
}

// proxied says which proxy the containers with a web identity use, where one is set at all.
func proxied(spec facts.PodSpec) []string {
	by := map[string][]string{}
	for _, c := range spec.Containers {
		if presetsWebIdentity(c) {
			proxy := httpsProxy(c)
			by[proxy] = append(by[proxy], c.Name)
		}
	}
	var seen []string
	for proxy, containers := range by {
		if proxy != "" {
			seen = append(seen, "STS calls of "+strings.Join(containers, ", ")+" go through "+proxy+", which has to let them")
		}
	}
	slices.Sort(seen)
	if without := by[""]; len(without) > 0 && slices.ContainsFunc(spec.Containers, func(c facts.Container) bool { return httpsProxy(c) != "" }) {
		seen = append(seen, "HTTPS_PROXY is set for other containers of the pod, and not for "+strings.Join(without, ", "))
	}
	return seen
}

// httpsProxy names the proxy that the container's HTTPS calls go through, or is "".
func httpsProxy(c facts.Container) string {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		if e, ok := given(c, name); ok {
			value, from := valueOf(c, e)
			if value == "" {
				value = strings.TrimSpace("a proxy " + fromWhere(from))
			}
			return value
		}
	}
	return ""
}
