package facts

import (
	"fmt"
	"strings"
)

// Kind is a kind of Kubernetes object, in lower case and singular.
type Kind string

const (
	Deployment         Kind = "deployment"
	StatefulSet        Kind = "statefulset"
	DaemonSet          Kind = "daemonset"
	ReplicaSet         Kind = "replicaset"
	Job                Kind = "job"
	CronJob            Kind = "cronjob"
	Pod                Kind = "pod"
	ServiceAccountKind Kind = "serviceaccount"
)

// WorkloadKinds are the kinds whose objects make pods, and the pod itself.
var WorkloadKinds = []Kind{Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, Pod}

// A Ref names an object of a namespace. Its text is "kind/namespace/name".
type Ref struct {
	Kind      Kind
	Namespace string
	Name      string
}

func (r Ref) String() string { return string(r.Kind) + "/" + r.Namespace + "/" + r.Name }

// Key is the name of the object among those of its kind: "namespace/name".
func (r Ref) Key() string { return r.Namespace + "/" + r.Name }

// IsZero says whether r names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r *Ref) UnmarshalText(b []byte) error {
	parts := strings.Split(string(b), "/")
	if len(parts) != 3 {
		return fmt.Errorf("object %q is not kind/namespace/name", b)
	}
	*r = Ref{Kind(parts[0]), parts[1], parts[2]}
	return nil
}
