package symptom

// What SDKs say when the two variables and the token file do not fit together.

const (
	refProjected = "https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken"
	refWebhook   = "https://github.com/aws/amazon-eks-pod-identity-webhook"
	refPods      = "https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html"
)

// aboutToken says whether the text is about the token file, and not about the one for
// the API server.
func (t *text) aboutToken() bool {
	if t.says(apiToken) && !t.says("eks.amazonaws.com") {
		return false
	}
	return t.says("serviceaccount/token", "/token: ", "/token'", "/token\"", `serviceaccount\token`, "eks.amazonaws.com/serviceaccount", "web identity token file", "webidentitytokenfile",
		"web_identity_token_file", "webidentityerr", "token file", "tokenfile", "open : no such file")
}

var tokenUnreadable = &Symptom{
	ID:    "token-unreadable",
	Title: "the container's user may not read the token file",
	Meaning: "Since Kubernetes 1.19 the kubelet makes the projected token readable for the container's user, whoever that is. Before, the file was root's, with mode 0600, " +
		"and another user needed an fsGroup of the pod.\n" +
		"Folklore: on a newer cluster an fsGroup for the token's sake is not needed, and its lack is not the cause.",
	Causes: []Cause{
		{"pod-token-readable", "the cluster is older than Kubernetes 1.19 and the pod has no fsGroup, or the manifest's own projected volume has a defaultMode that shuts the user out"},
		{"pod-token-path", "AWS_WEB_IDENTITY_TOKEN_FILE leads to another file, such as one of a Secret"},
		{"", "SELinux, AppArmor or a sandbox keeps the program from the file: look into the node's audit log"},
		{"", "the program changes its user after the start, to one that the pod does not name"},
	},
	Refs: []string{"https://kubernetes.io/docs/concepts/storage/projected-volumes/#securitycontext-interactions"},
	shows: func(t *text) bool {
		return t.aboutToken() && t.says("permission denied", "eacces", "accessdeniedexception: /var/run", "errno 13") ||
			t.says("unable to read file at") && !t.says("no such file")
	},
}

var tokenMissing = &Symptom{
	ID:    "token-missing",
	Title: "there is no token where the SDK looks for it",
	Meaning: "AWS_WEB_IDENTITY_TOKEN_FILE leads to a file that the container does not have. The webhook sets the variable and mounts the file together, so one of the two came " +
		"from elsewhere; where the path is empty (open : no such file), neither was set and the program asks for web identity by itself.",
	Causes: []Cause{
		{"pod-token-path", "the variable leads to a place where nothing is mounted, or to the path of another system"},
		{"pod-injected", "the container was given the variable by hand, for which reason the webhook left it alone, or it was given neither"},
		{"role-annotation", "the service account names no role, so that the webhook gave the pod nothing"},
		{"workload-service-account", "the workload runs as another service account than the one with the role"},
		{"webhook-installed", "no pod identity webhook is registered"},
		{"webhook-reaches-pods", "the webhook is not called for the pod"},
		{"", "the program looked while the kubelet renewed the file, or remembers where it was: PHP's realpath cache does"},
		{"", "a pod for Windows got the path of Linux: the webhook knows a Windows pod by its nodeSelector kubernetes.io/os alone"},
		{"", "the program does not run in the pod: the variables were copied out of it"},
	},
	Refs:  []string{refPods, refProjected},
	codes: []string{"WebIdentityTokenFileNotFound"},
	shows: func(t *text) bool {
		return t.says("webidentitytokenfile must be an absolute path") ||
			t.aboutToken() && t.says("no such file or directory", "enoent", "cannot find the file", "could not find a part of the path", "nosuchfileexception", "filenotfound",
				"cannot find the path", "file not found", "errno 2]")
	},
}

var roleARNMissing = &Symptom{
	ID:    "role-arn-missing",
	Title: "the SDK has a token and no role, or the program finds no role at the service account",
	Meaning: "Web identity takes two variables: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN. The webhook sets both or neither, and neither where the container sets one of " +
		"them itself. Programs that read the service account themselves miss its annotation eks.amazonaws.com/role-arn.",
	Causes: []Cause{
		{"pod-injected", "the container sets one of the two variables itself, so that the webhook gave it neither"},
		{"role-annotation", "the service account has no annotation eks.amazonaws.com/role-arn, or one that is misspelt, or empty"},
		{"workload-service-account", "the workload runs as another service account than the one with the role"},
		{"pod-token-path", "the token is mounted by hand, and the role was forgotten"},
		{"", "a profile with web_identity_token_file lacks role_arn"},
	},
	Refs: []string{refPods, refWebhook},
	phrases: []string{
		"role arn is not set", "has no role arn configured", "iam role must be associated with service account", "rolearn is required for web identity",
		"aws_role_arn is not set", "missing role arn", "no role arn",
	},
}
