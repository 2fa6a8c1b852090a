package facts

import (
	"cmp"
	"net/url"
	"slices"
)

// A PodSpec is what a check reads of a pod's spec.
type PodSpec struct {
	ServiceAccount string            `json:"serviceAccount,omitempty"` // "" means "default"
	NodeSelector   map[string]string `json:"nodeSelector,omitempty"`   // the keys that name the operating system only
	HostNetwork    bool              `json:"hostNetwork,omitempty"`
	DNSPolicy      string            `json:"dnsPolicy,omitempty"`
	RunAsUser      *int64            `json:"runAsUser,omitempty"`
	FSGroup        *int64            `json:"fsGroup,omitempty"`
	Containers     []Container       `json:"containers,omitempty"` // init containers first, in their order
	Volumes        []Volume          `json:"volumes,omitempty"`
}

// Account returns the name of the service account, which the ServiceAccount
// admission plugin sets to "default" when it is empty.
func (p PodSpec) Account() string {
	if p.ServiceAccount == "" {
		return "default"
	}
	return p.ServiceAccount
}

// Volume returns the volume of that name.
func (p PodSpec) Volume(name string) (Volume, bool) {
	i := slices.IndexFunc(p.Volumes, func(v Volume) bool { return v.Name == name })
	if i < 0 {
		return Volume{}, false
	}
	return p.Volumes[i], true
}

// A Container is a container of a pod. Ephemeral containers are left out.
type Container struct {
	Name      string    `json:"name"`
	Role      string    `json:"role,omitempty"` // "" for an application container, else "init" or "sidecar" (an init container that stays)
	Image     string    `json:"image,omitempty"`
	Env       []Env     `json:"env,omitempty"`
	EnvFrom   []EnvFrom `json:"envFrom,omitempty"`
	Mounts    []Mount   `json:"mounts,omitempty"`
	RegionArg *string   `json:"regionArg,omitempty"` // the value of --aws-region, with $(VARIABLES) as written; nil when there is no such argument
	RoleArgs  []string  `json:"roleArgs,omitempty"`  // the IAM role ARNs on its command line
	RunAsUser *int64    `json:"runAsUser,omitempty"`
}

// Init says whether the container is one of spec.initContainers.
func (c Container) Init() bool { return c.Role != "" }

// Getenv returns the variable of that name. The last entry of a name counts.
func (c Container) Getenv(name string) (Env, bool) {
	for _, e := range slices.Backward(c.Env) {
		if e.Name == name {
			return e, true
		}
	}
	return Env{}, false
}

// Literal returns the value that the spec itself gives the variable. It is not ok
// when the variable is not there, or when its value is not known.
func (c Container) Literal(name string) (value string, ok bool) {
	e, found := c.Getenv(name)
	if !found || e.Value == nil {
		return "", false
	}
	return *e.Value, true
}

// An Env is an environment variable of a container.
type Env struct {
	Name  string  `json:"name"`
	Value *string `json:"value,omitempty"` // nil when it is not on the allow-list, or comes From elsewhere
	Empty bool    `json:"empty,omitempty"` // the spec gives it the empty value
	// From says where the value comes from when not from the spec itself:
	// "secret NAME key KEY", "configmap NAME key KEY", "field PATH", "resource NAME".
	From string `json:"from,omitempty"`
	// Optional says that the container goes without the variable when From is not there.
	Optional bool `json:"optional,omitempty"`
}

// EnvFrom is a source of variables that are not named one by one.
type EnvFrom struct {
	Kind   string `json:"kind"` // "configmap" or "secret"
	Name   string `json:"name"`
	Prefix string `json:"prefix,omitempty"`
}

// A Mount is a volume at a path of a container.
type Mount struct {
	Volume   string `json:"volume"`
	Path     string `json:"path"`
	SubPath  string `json:"subPath,omitempty"`
	ReadOnly bool   `json:"readOnly,omitempty"`
}

// A Volume is a volume of a pod.
type Volume struct {
	Name        string        `json:"name"`
	Kind        string        `json:"kind"`                  // as its field is called: "projected", "emptyDir", "secret"
	DefaultMode *int32        `json:"defaultMode,omitempty"` // of a projected volume
	Tokens      []TokenSource `json:"tokens,omitempty"`      // the service account tokens that are projected into it
}

// A TokenSource is a service account token that is projected into a volume.
type TokenSource struct {
	Audience          string `json:"audience,omitempty"` // "" means the API server's own
	ExpirationSeconds int64  `json:"expirationSeconds"`
	Path              string `json:"path"` // below the mount
}

// values lists the variables whose values a snapshot may hold.
var values = []string{
	"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_SESSION_NAME",
	"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_STS_REGIONAL_ENDPOINTS",
	"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
	"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT",
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SDK_LOAD_CONFIG",
	"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
	"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
	"AWS_EC2_METADATA_DISABLED",
	"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy",
}

// urls lists those of values that hold URLs, of which only scheme and host are kept.
var urls = []string{
	"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
	"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy",
}

// KeepValue says whether a snapshot may hold the value of the variable.
func KeepValue(variable string) bool { return slices.Contains(values, variable) }

// HoldsURL says whether only scheme and host of the variable's value may be kept.
func HoldsURL(variable string) bool { return slices.Contains(urls, variable) }

// keys lists the variables that hold AWS access keys under the names that SDKs read.
var keys = []string{
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AMAZON_ACCESS_KEY_ID", "AMAZON_SECRET_ACCESS_KEY", "SECRET_ACCESS_KEY",
}

// IsKey says whether the variable holds a part of a static key, which a snapshot
// names and never holds.
func IsKey(variable string) bool { return slices.Contains(keys, variable) }

// Kept returns what a snapshot may hold of a variable's value: scheme and host of a
// URL, and nothing of a secret or of what KeepValue does not keep. People put secrets
// where the name of a file or a profile belongs.
func Kept(variable, value string) string {
	if !KeepValue(variable) {
		return ""
	}
	kept, problem := value, ""
	if HoldsURL(variable) && value != "" {
		if u, err := url.Parse(value); err == nil && u.Host != "" {
			kept = u.Scheme + "://" + u.Host
		} else {
			problem = "unreadable URL"
		}
	}
	if Redact(kept) != kept {
		problem = "[a token or key]"
	}
	return cmp.Or(problem, kept)
}
