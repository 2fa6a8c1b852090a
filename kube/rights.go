package kube

import rbacv1 "k8s.io/api/rbac/v1"

// A Look is what decides which rights the calls of a Client need.
type Look struct {
	Namespace  string // that is looked into; "" means all
	Webhook    string // namespace of the pod identity webhook; "" where it is outside the cluster, as on EKS
	FindACK    bool
	Mint, Exec bool
}

// A Right is a rule of RBAC that a look needs, and what for. One that is optional is
// needed only where Why says so.
type Right struct {
	rbacv1.PolicyRule
	Namespace string // of the Role that holds it; "" is a ClusterRole
	Why       string
	Optional  bool
}

// Rights are all that a look needs, those of a ClusterRole first. Not among them is what
// no answer depends on: where else a target is that is not in its namespace, and what
// serves the webhooks that are no pod identity webhook.
func Rights(l Look) []Right {
	ns, everywhere := l.Namespace, ""
	rights := []Right{
		{Why: "the version of Kubernetes, and the issuer of tokens with its keys", PolicyRule: rbacv1.PolicyRule{
			Verbs: []string{"get"}, NonResourceURLs: []string{"/version", "/.well-known/openid-configuration", "/openid/v1/jwks"},
		}},
		right(everywhere, "the webhooks that change new pods", "list", "admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
	}
	makers := []string{"deployments", "replicasets", "statefulsets", "daemonsets"}
	if l.FindACK && ns != "" {
		makers = makers[1:]
		rights = append(rights, right(everywhere, "where the ACK controller is installed", "list", "apps", "deployments"))
	}
	rights = append(rights,
		namespaceRight(ns),
		right(ns, "the pods, and the service accounts with their roles", "list", "", "pods", "serviceaccounts"),
		right(ns, "what makes the pods", "list", "apps", makers...),
		right(ns, "what makes the pods", "list", "batch", "jobs", "cronjobs"),
		right(ns, "why pods could not be created", "list", "", "events"),
		right(ns, "whether pods may reach STS", "list", "networking.k8s.io", "networkpolicies"),
		right(ns, "roles that ACK controllers assume", "list", "", "configmaps").named(accountMap, teamMap),
	)
	if l.Mint {
		rights = append(rights, right(ns, "--mint; whoever has it can act as each of the service accounts", "create", "", "serviceaccounts/token"))
	}
	if l.Exec {
		rights = append(rights, right(ns, "--exec; whoever has it can do in each of the pods what the pod can", "create", "", "pods/exec"))
	}
	if l.Webhook != "" {
		rights = append(rights, webhookRights(l)...)
	}
	return rights
}

func namespaceRight(ns string) Right {
	verb := "get"
	if ns == "" {
		verb = "list"
	}
	return right(ns, "the labels of namespaces, by which webhooks select", verb, "", "namespaces")
}

// webhookRights are those to what runs the pod identity webhook, but for what is listed
// anyhow.
func webhookRights(l Look) []Right {
	service := right(l.Webhook, "only where two pod identity webhooks run there: which of them the Service selects", "get", "", "services")
	service.Optional = true
	rights := []Right{
		right(l.Webhook, "whether the pod identity webhook can be reached", "list", "discovery.k8s.io", "endpointslices"),
		right(l.Webhook, "the roles that the pod identity webhook reads", "get", "", "configmaps").named(injectorConfigMap),
		service,
	}
	hosts := []string{"deployments", "daemonsets"}
	switch {
	case l.Namespace == "" || l.Namespace == l.Webhook:
		return rights
	case l.FindACK:
		hosts = hosts[1:]
	}
	return append(rights, right(l.Webhook, "the flags of the pod identity webhook", "list", "apps", hosts...))
}

func right(namespace, why, verb, group string, resources ...string) Right {
	return Right{Namespace: namespace, Why: why, PolicyRule: rbacv1.PolicyRule{APIGroups: []string{group}, Resources: resources, Verbs: []string{verb}}}
}

// named restricts the right to objects of these names. A list is so restricted when it
// selects by metadata.name.
// Source: "Referring to resources" in Using RBAC Authorization, kubernetes.io.
func (r Right) named(names ...string) Right {
	r.ResourceNames = names
	return r
}
