package symptom

// What is no answer of AWS, though it is met with IRSA.

var podRejected = &Symptom{
	ID:      "pod-rejected",
	Title:   "the API server does not create the pod as the webhook changed it",
	Meaning: "The webhook adds a projected volume, a mount and variables to the pod. What judges pods after it refused the result.",
	Causes: []Cause{
		{"workload-admitted", "a PodSecurityPolicy or another policy does not allow projected volumes, or a container already has something mounted at the token's place"},
		{"service-account-exists", "the service account does not exist"},
		{"webhook-reaches-pods", "the webhook does not answer, and its failurePolicy is Fail"},
	},
	Refs:    []string{"https://kubernetes.io/docs/concepts/security/pod-security-standards/"},
	phrases: []string{"unable to admit pod", "projected volumes are not allowed", "mountpath: invalid value", "error looking up service account"},
	shows:   func(t *text) bool { return t.says("failedcreate") || t.says("must be unique") && t.says("mountpath") },
}

var tokenNotMounted = &Symptom{
	ID:      "token-not-mounted",
	Title:   "the kubelet does not get the token that it is to mount, and the pod does not start",
	Meaning: "The webhook has done its part. The kubelet asks the API server for a token of the service account, for the audience of the volume, and is refused.",
	Causes: []Cause{
		{"service-account-exists", "the service account was deleted, or never was"},
		{"", "the API server issues no such tokens: it is older than Kubernetes 1.20 and --service-account-issuer is not set"},
		{"", "the node may not ask for it: its pod is gone, or the kubelet's own credentials are over"},
	},
	Refs: []string{refProjected},
	shows: func(t *text) bool {
		return t.says("failed to fetch token", "aws-iam-token") && t.says("mountvolume.setup failed")
	},
}

var webhookFailed = &Symptom{
	ID:    "webhook-failed",
	Title: "the API server could not call the pod identity webhook",
	Meaning: "Where the webhook's failurePolicy is Ignore, the pod starts without web identity; where it is Fail, no pod starts. On EKS the webhook runs beside the API server, and " +
		"nothing of it is in the cluster but its registration.",
	Causes: []Cause{
		{"webhook-reaches-pods", "its Service has no ready pod, or its certificate is over or not the one that is registered"},
		{"webhook-installed", "its registration is not the one of the webhook that runs"},
		{"", "a firewall or security group keeps the API server from the webhook's port"},
	},
	Refs: []string{"https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/", refWebhook},
	shows: func(t *text) bool {
		return t.says("failed calling webhook", "failed to call webhook") && t.says("pod-identity", "iam-for-pods")
	},
}

var notMutated = &Symptom{
	ID:    "not-mutated",
	Title: "the webhook saw the pod, and left it as it was",
	Meaning: "The webhook says this for every pod whose service account has no role, so it matters only for the one that should have: the account had no annotation, or the webhook had " +
		"not heard of it yet.",
	Causes: []Cause{
		{"role-annotation", "the service account has no annotation eks.amazonaws.com/role-arn, or one that is misspelt"},
		{"pod-injected", "the account was made, or annotated, in the moment in which the pod was: create the pod anew"},
		{"webhook-reaches-pods", "the pod is excluded"},
		{"", "the account is in the webhook's ConfigMap under a name with a wildcard, which older webhooks take literally"},
	},
	Refs:    []string{refWebhook},
	phrases: []string{"pod was not mutated"},
}

var kubernetesRBAC = &Symptom{
	ID:      "kubernetes-rbac",
	Title:   "the answer is the Kubernetes API server's, not AWS's: the service account may not do that in the cluster",
	Meaning: "It is about Roles and ClusterRoles of Kubernetes. IAM and IRSA have no part in it.",
	Causes: []Cause{
		{"", "a Role or ClusterRole, or its binding, lacks the verb or the resource: kubectl auth can-i tells"},
		{"workload-service-account", "the workload runs as another service account than the one that was given the rights"},
	},
	Refs: []string{"https://kubernetes.io/docs/reference/access-authn-authz/rbac/"},
	shows: func(t *text) bool {
		return t.says(`is forbidden: user "system:`) || t.says("cannot ") && t.says("in api group")
	},
}

// apiToken is where pods find their token for the API server.
const apiToken = "secrets/kubernetes.io/serviceaccount"

var apiTokenMissing = &Symptom{
	ID:      "api-token-missing",
	Title:   "the pod lacks its token for the Kubernetes API server, which is not the one for AWS",
	Meaning: "The program talks to the API server and finds no token of its own for that. IRSA's token is another file, below eks.amazonaws.com, and has no part in it.",
	Causes: []Cause{
		{"", "automountServiceAccountToken is false in the pod or in its service account"},
		{"", "the program does not run in a pod"},
	},
	Refs:  []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"},
	shows: func(t *text) bool { return t.says(apiToken) && t.says("no such file", "enoent", "permission denied") },
}

var kubernetesUnauthorized = &Symptom{
	ID:    "kubernetes-unauthorized",
	Title: "the answer is the Kubernetes API server's, not AWS's: it does not take the pod's own token",
	Meaning: "It is about the token for the API server, which every pod has, and not about the one for AWS. After a change of the cluster's issuer or signing key the running pods hold " +
		"tokens of the former.",
	Causes: []Cause{
		{"", "the issuer or the signing key was changed, and the pod is from before: create its pods anew, and keep the former issuer among --service-account-issuer for a while"},
		{"token-claims", "the cluster's tokens name another issuer than before"},
		{"service-account-exists", "the service account was deleted while its pods run"},
		{"", "the API server could not be asked for a moment"},
	},
	Refs:    []string{"https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/"},
	phrases: []string{"invalid bearer token", "service account token has been invalidated", "service account token has expired", "unable to authenticate the request"},
	shows: func(t *text) bool {
		return t.says("error retrieving resource lock", "leaderelection") && t.codeAt("Unauthorized") >= 0
	},
}

// Advice that is passed on and does not hold any more.

var folkloreTokenPermission = &Symptom{
	ID:    "folklore-token-permission",
	Title: "folklore: since Kubernetes 1.19 a pod needs no fsGroup to read its token",
	Meaning: "Before 1.19 the projected token was root's, with mode 0600, and containers of another user needed securityContext.fsGroup, 65534 by custom. Since then the kubelet makes " +
		"the file readable for the container's user, so that an fsGroup for this purpose changes nothing.",
	Causes: []Cause{
		{"pod-token-readable", "the cluster is older, or the manifest's own projected volume has a defaultMode that shuts the user out"},
		{"", "something else is wrong: give the error that the pod logs"},
	},
	Refs:    []string{"https://kubernetes.io/docs/concepts/storage/projected-volumes/#securitycontext-interactions"},
	phrases: []string{"fsgroup", "fs-group"},
}

var folkloreAutomount = &Symptom{
	ID:      "folklore-automount",
	Title:   "folklore: automountServiceAccountToken has no bearing on IRSA",
	Meaning: "automountServiceAccountToken decides on the token for the API server alone. The webhook mounts a volume of its own, aws-iam-token, whatever that field says.",
	Causes: []Cause{
		{"pod-injected", "the pod has no web identity, for another reason"},
		{"", "something else is wrong: give the error that the pod logs"},
	},
	Refs:    []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/", refWebhook},
	phrases: []string{"automountserviceaccounttoken"},
}
