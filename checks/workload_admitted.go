package checks

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var WorkloadAdmitted = register(&Check{
	ID:    "workload-admitted",
	Link:  LinkWorkload,
	Stage: StageCreate,
	Grain: GrainWorkload,
	Worst: Error,
	Title: "the API server creates the workload's pods",
	Why: "What the webhook adds can be what another rule refuses: a projected volume that a PodSecurityPolicy does not list, or a " +
		"mount path that the container uses already (mountPath: must be unique). A quota or another admission webhook refuses " +
		"pods just as silently. The workload then stays at 0 pods, and a FailedCreate event is all that tells.",
	Fix: "Do what the event asks for. Events live an hour, so look soon after a restart.",
	Refs: []string{
		"https://kubernetes.io/docs/concepts/security/pod-security-standards/",
		"https://kubernetes.io/docs/concepts/policy/resource-quotas/",
		"https://github.com/aws/amazon-eks-pod-identity-webhook",
	},
	Judge: each((*Audit).Workloads, workloadAdmitted),
})

func workloadAdmitted(a *Audit, w *Workload) Finding {
	if w.podsErr != nil {
		return missing(w.podsErr)
	}
	if w.Suspended {
		return skip("it is suspended")
	}
	_, err := a.serviceAccount(w.account())
	switch {
	case facts.KindOf(err) == facts.Absent:
		return skip("its service account does not exist, as service-account-exists says")
	case w.Fresh.Refused && w.Fresh.Withheld.Reason == inject.Unreachable:
		return skip("the webhook can not be called, and its failurePolicy is Fail, as webhook-reaches-pods says")
	}
	if f, contested := a.mountContested(w); contested {
		return f
	}
	events := a.failedCreates([]*Workload{w})
	if len(events) > 0 {
		return refused(w, events)
	}
	n := w.podCount()
	if n > 0 {
		return pass("it has %s", plural(n, "pod"))
	}
	if _, err := a.Cluster.FailedCreates.Get(); err != nil {
		return missing(err)
	}
	if w.Replicas == 0 || w.Kind == facts.Job || w.Kind == facts.Pod {
		return skip("no pod of it is to run now")
	}
	return note("it wants %s and has none, and no event says why", plural(int(w.Replicas), "pod")).
		detail("events are kept for an hour; a restart brings them again")
}

// mountContested is about a container that mounts another volume where the webhook
// mounts the token's.
func (a *Audit) mountContested(w *Workload) (Finding, bool) {
	for _, name := range slices.Sorted(maps.Keys(w.Fresh.Containers)) {
		why := w.Fresh.Containers[name]
		if why.Reason != inject.PathContested || w.Kind == facts.Pod {
			continue
		}
		at := a.webhook().MountPath
		result, until := fail, ""
		if w.podCount() > 0 {
			result, until = warn, ", once the pods that run are replaced"
		}
		f := result("the API server refuses its pods%s: container %s mounts volume %s at %s, where the webhook mounts the token",
			until, name, why.Detail, at)
		for _, e := range a.failedCreates([]*Workload{w}) {
			f = f.detail("%s", e.line())
		}
		return f.mend(Remedy{
			Text:  fmt.Sprintf("mount volume %s of container %s elsewhere, or leave the token to the webhook and remove the volume", why.Detail, name),
			Owner: ownerOf(w.Meta),
		}), true
	}
	return Finding{}, false
}

// refused is about events that say that pods could not be created.
func refused(w *Workload, events []failedCreate) Finding {
	var f Finding
	switch n := w.podCount(); {
	case n == 0:
		f = fail("it has no pod: the API server refuses to create one")
	case w.Updating:
		f = warn("the API server refuses its new pods; older ones, %d, run on", n)
	default:
		f = warn("the API server refused a pod after the newest that runs")
	}
	for _, e := range events {
		f = f.detail("%s", e.line())
	}
	text := cmp.Or(remedyOfEvent(events[0].reason()), "do what the event asks for")
	return f.mend(Remedy{Text: text, Owner: ownerOf(w.Meta)})
}

// remedyOfEvent knows what to do about some messages of the API server.
func remedyOfEvent(message string) string {
	has := func(text string) bool { return strings.Contains(message, text) }
	switch {
	case has("projected volumes are not allowed"):
		return "add projected to the volumes of the PodSecurityPolicy, which the webhook's token needs"
	case has("PodSecurityPolicy"):
		return "let a PodSecurityPolicy that the service account may use admit the pod"
	case has("violates PodSecurity"):
		return "change what the message names in the pod template, or the level that the namespace's labels enforce"
	case has("exceeded quota"), has("failed quota"):
		return "raise the namespace's quota, or free some of it"
	case has("must be unique"):
		return "mount the volume that the message names elsewhere: the webhook mounts the token at " + inject.MountPath
	case has("admission webhook"):
		return "satisfy the admission webhook that the message names"
	}
	return ""
}
