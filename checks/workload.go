package checks

import (
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

// A Workload is an object that makes pods, with its pods.
type Workload struct {
	facts.Ref
	facts.Workload
	Pods []facts.PodShape // those that run or are about to, the newest last
	// Fresh is what a pod would be that was created now.
	Fresh inject.Admission

	podsErr error // why Pods are not known
	err     error // why the workload itself is not
}

func (w *Workload) Object() string       { return w.Ref.String() }
func (w *Workload) Affects() []facts.Ref { return []facts.Ref{w.Ref} }

// attach gives a workload its pods, and the pod that would be created now.
func (a *Audit) attach(w *Workload) {
	_, w.podsErr = a.Cluster.Pods.Get()
	w.Pods = slices.Clone(a.alive[w.Ref])
	slices.SortStableFunc(w.Pods, func(x, y facts.PodShape) int { return x.Newest.Compare(y.Newest) })
	w.Fresh = inject.Admit(a.Snapshot, w.Namespace, w.Template)
}

// account names the service account that the workload's pods run as.
func (w *Workload) account() facts.Ref {
	return facts.Ref{Kind: facts.ServiceAccountKind, Namespace: w.Namespace, Name: w.Template.Spec.Account()}
}

// Effective returns the pod that the workload's behaviour is judged by: the newest
// that is alive, else the one that would be created now. Live says which.
func (w *Workload) Effective() (pod facts.PodTemplate, live bool) {
	if n := len(w.Pods); n > 0 {
		return w.Pods[n-1].PodTemplate, true
	}
	return w.Fresh.Pod, false
}

// wantsRole says whether the workload itself shows a sign of wanting a role: it is
// an ACK controller, sets a web identity variable, or carries an annotation that
// belongs on its service account.
func (w *Workload) wantsRole() bool {
	if _, ok := w.ackService(); ok {
		return true
	}
	for _, annotations := range []map[string]string{w.Annotations, w.Template.Annotations} {
		for key := range annotations {
			if namesRole(key) && key != kiamAnnotation {
				return true
			}
		}
	}
	return slices.ContainsFunc(w.Template.Spec.Containers, func(c facts.Container) bool {
		_, hasKeys := given(c, "AWS_ACCESS_KEY_ID")
		_, token := c.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
		return token || presetsWebIdentity(c) && !hasKeys
	})
}

// kiamAnnotation is what kiam and kube2iam read, on a pod. Where they run it is no sign of
// web identity.
const kiamAnnotation = "iam.amazonaws.com/role"

func presetsWebIdentity(c facts.Container) bool {
	_, role := c.Getenv("AWS_ROLE_ARN")
	_, token := c.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
	return role || token
}

// ackService returns the AWS service of an ACK controller, such as "s3".
func (w *Workload) ackService() (string, bool) {
	for _, c := range w.Template.Spec.Containers {
		if service, ok := facts.ACKService(w.Name, c.Image); ok {
			return service, true
		}
	}
	return "", false
}

// A Container is a container of a workload's effective pod.
type Container struct {
	Workload *Workload
	facts.Container
}

func (c Container) Object() string       { return c.Workload.Object() + "/" + c.Name }
func (c Container) Affects() []facts.Ref { return []facts.Ref{c.Workload.Ref} }

// namesRole says whether an annotation key is the role ARN annotation, or was
// surely meant to be it.
func namesRole(key string) bool {
	domain, name, _ := strings.Cut(strings.ToLower(key), "/")
	flat := strings.NewReplacer("-", "", "_", "", ".", "").Replace
	return strings.Contains(flat(name), "rolearn") || flat(domain+name) == "iamamazonawscomrole" || flat(key) == "rolearn"
}

// audiences are those of the web identity tokens that the effective pod's containers
// read: of the projected token at AWS_WEB_IDENTITY_TOKEN_FILE.
func (w *Workload) audiences() []string {
	pod, _ := w.Effective()
	var audiences []string
	for _, c := range pod.Spec.Containers {
		if t, ok := inject.TokenOf(pod.Spec, c); ok && !slices.Contains(audiences, t.Audience) {
			audiences = append(audiences, t.Audience)
		}
	}
	return audiences
}

// ack returns the AWS service of the ACK controller that the container runs.
func (c Container) ack() (service string, ok bool) {
	return facts.ACKService(c.Workload.Name, c.Image)
}
