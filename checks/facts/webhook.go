package facts

import "time"

// A WebhookConfiguration is a MutatingWebhookConfiguration.
type WebhookConfiguration struct {
	Meta
	Webhooks []Webhook `json:"webhooks"` // those that are called when a pod is created
}

// A Webhook is one webhook of a configuration.
type Webhook struct {
	Name               string      `json:"name"`
	URL                string      `json:"url,omitempty"` // scheme, host and path; "" when Service is set
	Service            *ServiceRef `json:"service,omitempty"`
	CABundle           CABundle    `json:"caBundle"`
	FailurePolicy      string      `json:"failurePolicy,omitempty"`      // Ignore or Fail
	ReinvocationPolicy string      `json:"reinvocationPolicy,omitempty"` // Never or IfNeeded
	Namespaces         Selector    `json:"namespaces,omitzero"`
	Objects            Selector    `json:"objects,omitzero"`
	MatchConditions    []string    `json:"matchConditions,omitempty"` // names of the CEL conditions, which are not evaluated
	TimeoutSeconds     int32       `json:"timeoutSeconds,omitempty"`
}

// A ServiceRef is the Service that serves a webhook.
type ServiceRef struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Port      int32  `json:"port,omitempty"` // 443 when 0
}

// Key is namespace/name.
func (r ServiceRef) Key() string { return r.Namespace + "/" + r.Name }

// A CABundle is what the API server trusts when it calls a webhook.
type CABundle struct {
	Empty    bool      `json:"empty,omitempty"`   // the API server then trusts the system's roots
	Problem  string    `json:"problem,omitempty"` // why it can not be parsed
	NotAfter time.Time `json:"notAfter,omitzero"` // when the last of its certificates expires
}

// A Backend is a Service that serves a webhook.
type Backend struct {
	Ready    int `json:"ready"`    // endpoints that are ready
	NotReady int `json:"notReady"` // endpoints that are not
}

// An Injector is how a pod identity webhook that runs in the cluster is set up.
type Injector struct {
	Workload Ref               `json:"workload"`        // what runs it
	Image    string            `json:"image,omitempty"` // which tells its version
	Flags    map[string]string `json:"flags,omitempty"` // its command line, by name without dashes; those that InjectorFlags lists
	// Roles are what its ConfigMap maps accounts to, by namespace/name ("*" for any namespace). It is
	// absent when the webhook does not watch a ConfigMap.
	Roles Fact[map[string]MappedRole] `json:"roles"`
}

// A MappedRole is what the webhook's ConfigMap gives a service account.
type MappedRole struct {
	RoleARN           string `json:"roleArn"`
	Audience          string `json:"audience,omitempty"`
	RegionalSTS       bool   `json:"regionalSts,omitempty"`
	ExpirationSeconds int64  `json:"expirationSeconds,omitempty"`
}

// InjectorFlags are the flags of the webhook that change what it injects.
var InjectorFlags = []string{
	"annotation-prefix", "token-audience", "token-expiration", "token-mount-path", "aws-default-region",
	"sts-regional-endpoint", "watch-config-map", "compose-role-arn", "namespace",
	"watch-container-credentials-config", "service-account-lookup-grace-period",
}
