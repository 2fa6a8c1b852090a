// Package inject is the pod identity webhook as a pure function: what it would do
// to a pod, and whether it would be asked at all. It follows
// aws/amazon-eks-pod-identity-webhook and was compared with the real one; what it
// does to a pod is the webhook's business, what to think of that is the checks'.
package inject

import (
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// What the webhook does unless told otherwise. Source: main.go and pkg/constants.go
// of aws/amazon-eks-pod-identity-webhook.
const (
	DefaultPrefix     = "eks.amazonaws.com"
	DefaultAudience   = "sts.amazonaws.com"
	DefaultExpiration = 86400 // seconds
	MinExpiration     = 600   // seconds; less is raised to it, more is passed on
	MountPath         = "/var/run/secrets/eks.amazonaws.com/serviceaccount"
)

// A Webhook is how a pod identity webhook is set up.
type Webhook struct {
	Prefix            string // of the annotation keys that it reads
	Audience          string
	ExpirationSeconds int64
	MountPath         string
	Region            string // that it injects; "" means none
	RegionalSTS       bool
	// ComposesARN says that it makes a role ARN of a bare role name, in the account of its own host.
	ComposesARN bool
	// PodIdentity says that it serves EKS Pod Identity associations, and prefers them to roles.
	PodIdentity bool
	// Roles are what its ConfigMap maps accounts to, by namespace/name; "*" is any namespace.
	Roles map[string]facts.MappedRole
}

// EKS is the webhook that EKS runs in its control plane, in a region: "" means that
// the region is not known, and then none is injected.
func EKS(region string) Webhook {
	w := FromInjector(facts.Injector{})
	w.Region, w.RegionalSTS, w.PodIdentity = region, true, true
	return w
}

// FromInjector is a webhook that runs in the cluster. Flags that are not given, or
// that it could not have started with, have their defaults.
func FromInjector(i facts.Injector) Webhook {
	text := func(flag, otherwise string) string {
		if v, ok := i.Flags[flag]; ok {
			return v
		}
		return otherwise
	}
	// A boolean flag may stand alone.
	set := func(flag string) bool {
		v, ok := i.Flags[flag]
		on, err := strconv.ParseBool(v)
		return ok && (v == "" || err == nil && on)
	}
	w := Webhook{
		Prefix:            text("annotation-prefix", DefaultPrefix),
		Audience:          text("token-audience", DefaultAudience),
		ExpirationSeconds: DefaultExpiration,
		MountPath:         text("token-mount-path", MountPath),
		Region:            text("aws-default-region", ""),
		RegionalSTS:       set("sts-regional-endpoint"),
		ComposesARN:       set("compose-role-arn"),
		PodIdentity:       text("watch-container-credentials-config", "") != "",
	}
	if seconds, ok := expiration(i.Flags["token-expiration"]); ok {
		w.ExpirationSeconds = seconds
	}
	if set("watch-config-map") {
		w.Roles = i.Roles.Or(nil)
	}
	return w
}

// An Identity is what a webhook gives the pods of a service account.
type Identity struct {
	RoleARN           string // as written, and maybe none at all
	Audience          string // "" means the API server's own
	ExpirationSeconds int64
	RegionalSTS       bool
	Mapped            bool // it comes from the webhook's ConfigMap, not from the annotation
}

// Identity returns what the webhook gives the pods of an account. It is not ok when
// it gives them nothing.
func (w Webhook) Identity(namespace, name string, sa facts.ServiceAccount) (Identity, bool) {
	if id := w.annotated(sa); id.RoleARN != "" {
		return id, true
	}
	m, ok := w.Roles[namespace+"/"+name]
	if !ok {
		m, ok = w.Roles["*/"+name]
	}
	if !ok || m.RoleARN == "" {
		return Identity{}, false
	}
	// Of what the ConfigMap leaves out only the expiration has a default.
	id := Identity{m.RoleARN, m.Audience, m.ExpirationSeconds, m.RegionalSTS, true}
	if id.ExpirationSeconds == 0 {
		id.ExpirationSeconds = w.ExpirationSeconds
	}
	return id, true
}

// annotated is what the annotations of an account say, over the webhook's defaults.
func (w Webhook) annotated(sa facts.ServiceAccount) Identity {
	id := Identity{
		RoleARN:           sa.Annotations[w.Prefix+"/role-arn"],
		Audience:          w.Audience,
		ExpirationSeconds: w.ExpirationSeconds,
		RegionalSTS:       w.RegionalSTS,
	}
	if audience, ok := sa.Annotations[w.Prefix+"/audience"]; ok {
		id.Audience = audience
	}
	if on, err := strconv.ParseBool(sa.Annotations[w.Prefix+"/sts-regional-endpoints"]); err == nil {
		id.RegionalSTS = on
	}
	if seconds, ok := expiration(sa.Annotations[w.Prefix+"/token-expiration"]); ok {
		id.ExpirationSeconds = seconds
	}
	return id
}

// expiration reads a number of seconds as the webhook does.
func expiration(text string) (seconds int64, ok bool) {
	seconds, err := strconv.ParseInt(text, 10, 64)
	return max(seconds, MinExpiration), err == nil
}

// SkipContainers reads the value of the skip-containers annotation as the webhook
// does: as one line of CSV, blanks and all. What is no CSV names nothing.
func SkipContainers(value string) []string {
	names, err := csv.NewReader(strings.NewReader(value)).Read()
	if err != nil {
		return nil
	}
	return names
}

// An Override is an annotation that the webhook does not take as written.
type Override struct {
	Key, Value string
	Taken      string // what it takes instead; "" means what it would without the annotation
}

// Overrides returns the annotations, of an account or a pod, whose values the webhook
// silently replaces, in the order of their keys.
func (w Webhook) Overrides(annotations map[string]string) []Override {
	var all []Override
	key := w.Prefix + "/sts-regional-endpoints"
	if v, ok := annotations[key]; ok {
		if _, err := strconv.ParseBool(v); err != nil {
			all = append(all, Override{key, v, ""})
		}
	}
	key = w.Prefix + "/token-expiration"
	if v, ok := annotations[key]; ok {
		switch seconds, err := strconv.ParseInt(v, 10, 64); {
		case err != nil:
			all = append(all, Override{key, v, ""})
		case seconds < MinExpiration:
			all = append(all, Override{key, v, strconv.Itoa(MinExpiration)})
		}
	}
	return all
}
