package inject

import (
	"cmp"
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

// An Admission is what becomes of a pod that is created now.
type Admission struct {
	Pod      facts.PodTemplate
	Identity Identity // that it is given; zero when it is given none
	// Withheld says why no web identity is given; zero when it is given.
	Withheld Withheld
	// Containers says of each container, by name, that can not use the pod's identity
	// what keeps it from that. It is empty when Withheld says it all.
	Containers map[string]Withheld
	// Refused says that the API server does not create the pod at all.
	Refused bool
	// Gap is what had to be known and was not. The rest is then as it would be if
	// that did not stand in the way.
	Gap *facts.Gap
}

// Withheld says why a pod or a container is not given a web identity.
type Withheld struct {
	Reason Reason
	Detail string // what it is about, as Reason says; hostile text
}

// A Reason is why something is not injected.
type Reason string

const (
	NoWebhook         Reason = "no-webhook"         // no pod identity webhook is registered
	NamespaceExcluded Reason = "namespace-excluded" // by the namespaceSelector; Detail is the label key
	PodExcluded       Reason = "pod-excluded"       // by the objectSelector; Detail is the label key
	Unreachable       Reason = "unreachable"        // the API server can not call it; Detail says why
	NoServiceAccount  Reason = "no-service-account" // it does not exist; Detail is its namespace/name
	NoRole            Reason = "no-role"            // the service account names none; Detail is its namespace/name
	Association       Reason = "association"        // EKS Pod Identity takes over; Detail is the association's ID

	Skipped       Reason = "skipped"        // the pod's annotation asks for it
	VariableSet   Reason = "variable-set"   // Detail is the variables that the container sets itself
	VolumeTaken   Reason = "volume-taken"   // the pod's own volume of that name holds no token; Detail is the name
	MountTaken    Reason = "mount-taken"    // the container mounts the volume elsewhere; Detail is the path where it should be
	PathContested Reason = "path-contested" // another volume is mounted there, which the API server refuses; Detail is the volume
)

// Of returns the pod identity webhook as it is set up in the snapshot's cluster:
// the one that runs there, else the one that EKS runs, else one with defaults.
func Of(s *facts.Snapshot) Webhook {
	if i, err := s.Cluster.Injector.Get(); err == nil {
		return FromInjector(i)
	}
	if name, ok := eksRegion(s); ok {
		return EKS(name)
	}
	return FromInjector(facts.Injector{})
}

// eksRegion says whether the cluster is one of EKS, and its region; "" when that is
// not known.
func eksRegion(s *facts.Snapshot) (name string, ok bool) {
	if eks, err := s.AWS.EKS.Get(); err == nil {
		// arn:PARTITION:eks:REGION:ACCOUNT:cluster/NAME
		if parts := strings.Split(eks.ARN, ":"); len(parts) > 3 {
			return parts[3], true
		}
		return region.OfIssuer(eks.Issuer), true
	}
	if d, err := s.Issuer.APIServer.Get(); err == nil && region.IsEKSIssuer(d.Issuer) {
		return region.OfIssuer(d.Issuer), true
	}
	hooks, _ := Registered(s)
	return "", slices.ContainsFunc(hooks, func(r Registration) bool { return r.Name == eksHook })
}

// Admit says what would become of a pod of this template in the namespace. That
// associations are not known reads as there being none.
func Admit(s *facts.Snapshot, namespace string, pod facts.PodTemplate) Admission {
	a := Admission{Pod: pod.Clone()}
	key := namespace + "/" + pod.Spec.Account()
	accounts, err := s.Cluster.ServiceAccounts.Get()
	if err != nil {
		a.miss(err)
		return a
	}
	sa, ok := accounts[key]
	if !ok {
		a.Refused, a.Withheld = true, Withheld{NoServiceAccount, key}
		return a
	}
	if a.reach(s, namespace); a.Withheld != (Withheld{}) {
		return a
	}
	w := Of(s)
	if association, ok := s.AWS.Associations.Or(nil)[key]; ok && w.PodIdentity {
		a.Pod = w.MutatePodIdentity(pod, sa)
		a.Withheld = Withheld{Association, association.ID}
		return a
	}
	id, ok := w.Identity(namespace, pod.Spec.Account(), sa)
	if !ok {
		a.Withheld = Withheld{NoRole, key}
		return a
	}
	a.Identity, a.Pod = id, w.Mutate(pod, id)
	a.examine(w, pod)
	return a
}

// miss records the first gap.
func (a *Admission) miss(err error) {
	if a.Gap == nil {
		a.Gap, _ = errors.AsType[*facts.Gap](err)
	}
}

// reach finds out whether some pod identity webhook is called for the pod, and
// withholds the identity when none is.
func (a *Admission) reach(s *facts.Snapshot, namespace string) {
	hooks, err := Registered(s)
	if err != nil {
		a.miss(err)
		return
	}
	if len(hooks) == 0 {
		a.Withheld = Withheld{Reason: NoWebhook}
		return
	}
	var first Withheld
	var gap error
	reached, certain := false, false
	for _, h := range hooks {
		why, err := h.Obstacle(s, namespace, a.Pod.Labels)
		switch {
		case why.Reason == Unreachable && h.FailurePolicy == "Fail":
			a.Withheld, a.Refused = why, true
			return
		case why == (Withheld{}):
			reached, certain = true, certain || err == nil
			gap = cmp.Or(gap, err)
		case first == (Withheld{}):
			first = why
		}
	}
	switch {
	case !reached:
		a.Withheld = first
	case !certain:
		a.miss(gap)
	}
}

// examine finds the containers of the mutated pod that can not use its identity.
func (a *Admission) examine(w Webhook, before facts.PodTemplate) {
	a.Containers = map[string]Withheld{}
	skipped := w.skipped(before)
	taken, isTaken := before.Spec.Volume(VolumeName)
	holdsToken := slices.ContainsFunc(taken.Tokens, func(t facts.TokenSource) bool { return path.Clean(t.Path) == tokenPath })
	for i, c := range before.Spec.Containers {
		set := present(c, webIdentityVariables)
		own, rival := mountsAt(a.Pod.Spec.Containers[i], w.MountPath)
		if own && rival != "" {
			a.Refused = true
		}
		switch {
		case slices.Contains(skipped, c.Name):
			a.Containers[c.Name] = Withheld{Skipped, c.Name}
		case own && rival != "":
			a.Containers[c.Name] = Withheld{PathContested, rival}
		case len(set) > 0:
			a.Containers[c.Name] = Withheld{VariableSet, strings.Join(set, ", ")}
		case isTaken && !holdsToken:
			a.Containers[c.Name] = Withheld{VolumeTaken, VolumeName}
		case !own:
			a.Containers[c.Name] = Withheld{MountTaken, w.MountPath}
		}
	}
}

// mountsAt says whether the token's volume is mounted at the path, and which other
// volume is.
func mountsAt(c facts.Container, at string) (own bool, rival string) {
	for _, m := range c.Mounts {
		switch {
		case path.Clean(m.Path) != path.Clean(at):
		case m.Volume == VolumeName:
			own = true
		default:
			rival = m.Volume
		}
	}
	return own, rival
}
