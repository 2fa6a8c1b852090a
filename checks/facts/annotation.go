package facts

import "strings"

// The annotations that the pod identity webhook reads, at its default prefix.
// Source: pkg/annotations.go of aws/amazon-eks-pod-identity-webhook.
const (
	RoleARNAnnotation         = "eks.amazonaws.com/role-arn"
	AudienceAnnotation        = "eks.amazonaws.com/audience"
	STSRegionalAnnotation     = "eks.amazonaws.com/sts-regional-endpoints"
	TokenExpirationAnnotation = "eks.amazonaws.com/token-expiration"
	SkipContainersAnnotation  = "eks.amazonaws.com/skip-containers" // on the pod
)

// SkipLabel keeps a pod from the webhook where its configuration selects on it.
const SkipLabel = "eks.amazonaws.com/skip-pod-identity-webhook"

// owners are annotations that tell which tool manages an object.
var owners = []string{
	"meta.helm.sh/", "argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.toolkit.fluxcd.io/",
}

// KeepAnnotation says whether a snapshot may hold the annotation: those that the
// webhook reads, those that were meant to be one of them, and those that tell who
// manages the object.
func KeepAnnotation(key string) bool {
	for _, prefix := range owners {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	k := strings.ToLower(key)
	domain, name, _ := strings.Cut(k, "/")
	flat := strings.NewReplacer("-", "", "_", "", ".", "").Replace
	return strings.Contains(domain, "amazonaws") && !strings.Contains(k, "last-applied") ||
		strings.HasSuffix(domain, "amazon.com") ||
		strings.Contains(flat(name), "rolearn") || strings.Contains(flat(k), "iamrole") || flat(k) == "rolearn"
}
