package facts

import "time"

// A Cluster is what the Kubernetes API said. A listing is a fact of its own: what
// a complete listing does not hold is not there.
type Cluster struct {
	Context string       `json:"context,omitempty"` // of the kubeconfig; "" in a pod
	Server  string       `json:"server,omitempty"`  // URL of the API server, without user info
	CA      string       `json:"ca,omitempty"`      // SHA-256 of the trusted CA certificate in hex; "" when the kubeconfig holds none
	Version Fact[string] `json:"version"`           // such as "v1.34.4"

	// Namespace is the one that was looked at; "" means all.
	Namespace string `json:"namespace,omitempty"`

	// Namespaces are by name: the one looked at, or all.
	Namespaces Fact[map[string]Namespace] `json:"namespaces"`
	// ServiceAccounts are by namespace/name.
	ServiceAccounts Fact[map[string]ServiceAccount] `json:"serviceAccounts"`
	// Workloads are by kind, then by namespace/name. A kind that is not a key was
	// not looked at. Objects that another workload owns are not among them.
	Workloads map[Kind]Fact[map[string]Workload] `json:"workloads"`
	// Pods are those of all workloads, alike ones once.
	Pods Fact[[]PodShape] `json:"pods"`
	// FailedCreates are the events of pods that could not be created.
	FailedCreates Fact[[]FailedCreate] `json:"failedCreates"`
	// Webhooks are the MutatingWebhookConfigurations that are called when a pod is created, by name.
	Webhooks Fact[map[string]WebhookConfiguration] `json:"webhooks"`
	// Backends are the Services that Webhooks name, by namespace/name.
	Backends map[string]Fact[Backend] `json:"backends,omitempty"`
	// Injector is how a pod identity webhook that runs in the cluster is set up.
	// It is absent where none runs in the cluster, as on EKS.
	Injector Fact[Injector] `json:"injector"`
	// NetworkPolicies are those that restrict egress.
	NetworkPolicies Fact[[]NetworkPolicy] `json:"networkPolicies"`
	// RoleMaps are the ConfigMaps that have a controller assume further roles from its own.
	RoleMaps Fact[[]RoleMap] `json:"roleMaps"`
	// Owners tells the workload on top of an asked object that another one owns.
	Owners map[Ref]Ref `json:"owners,omitempty"`
	// Lookalikes are objects of other namespaces with the name of a target that is
	// not there. It is not-asked when every target is there.
	Lookalikes Fact[[]Ref] `json:"lookalikes"`
}

// Meta is what every object carries.
type Meta struct {
	CreatedAt   time.Time         `json:"createdAt,omitzero"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"` // those that KeepAnnotation keeps
	Managers    []Manager         `json:"managers,omitempty"`    // oldest first
}

// A Manager is an entry of metadata.managedFields: a program that changed the object.
type Manager struct {
	Name    string    `json:"name"` // such as "kubectl-annotate", "helm", "argocd-controller"
	At      time.Time `json:"at,omitzero"`
	RoleARN bool      `json:"roleArn,omitempty"` // it owns the role ARN annotation
}

// A Namespace is a namespace.
type Namespace struct {
	Meta
}

// A ServiceAccount is a service account.
type ServiceAccount struct {
	Meta
}

// A Workload is an object that makes pods, or a pod that nothing owns.
type Workload struct {
	Meta
	Template  PodTemplate `json:"template"`
	Replicas  int32       `json:"replicas"`            // pods wanted; 0 for a CronJob, 1 for a Pod
	Suspended bool        `json:"suspended,omitempty"` // a Job or CronJob that makes no pods now
	Updating  bool        `json:"updating,omitempty"`  // a rollout is under way
}

// A PodTemplate is a pod as it is asked for.
type PodTemplate struct {
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"` // those that KeepAnnotation keeps
	Spec        PodSpec           `json:"spec"`
}

// A PodShape is the pods of one owner that are alike in all that a check reads.
type PodShape struct {
	Owner  Ref       `json:"owner"` // the workload on top of the owner chain; the pod itself when nothing owns it
	Count  int       `json:"count"`
	Names  []string  `json:"names"`           // three of them at most
	Oldest time.Time `json:"oldest,omitzero"` // creation of the oldest
	Newest time.Time `json:"newest,omitzero"`

	Phase       string   `json:"phase"`                 // Pending, Running, Succeeded, Failed, Unknown
	Terminating bool     `json:"terminating,omitempty"` // deletion was asked for
	Waiting     []string `json:"waiting,omitempty"`     // "container: reason", such as "controller: CrashLoopBackOff"

	PodTemplate
}

// Alive says whether the pods run or are about to.
func (p PodShape) Alive() bool {
	return !p.Terminating && p.Phase != "Succeeded" && p.Phase != "Failed"
}

// A FailedCreate is an event that says that a pod could not be created.
type FailedCreate struct {
	Owner   Ref       `json:"owner"`  // the workload whose pod it was to be
	Object  Ref       `json:"object"` // the object that the event is about, such as a ReplicaSet
	Message string    `json:"message"`
	Count   int       `json:"count"`
	Last    time.Time `json:"last,omitzero"`
}

// A RoleMap is a ConfigMap that names roles for a controller to assume: ACK's
// ack-role-account-map or ack-role-team-map, keyed by account or team.
type RoleMap struct {
	Namespace string            `json:"namespace"`
	Name      string            `json:"name"`
	Roles     map[string]string `json:"roles"` // the values that are role ARNs, by key
}

// A NetworkPolicy is what a NetworkPolicy says about the egress of the pods it selects.
type NetworkPolicy struct {
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Pods      Selector `json:"pods"`
	// HTTPS and DNS say whether some egress rule allows TCP 443 to anywhere outside the
	// cluster, and port 53 to anything.
	HTTPS bool `json:"https,omitempty"`
	DNS   bool `json:"dns,omitempty"`
}
