package checks

import (
	"fmt"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

// neverInjected is about pods that run without web identity though one that is created
// now would be given it. The pod's spec is the proof; times are only a hint at why.
func (a *Audit) neverInjected(w *Workload, lacking []Container) Finding {
	var names []string
	for _, c := range lacking {
		names = append(names, c.Name)
	}
	why := a.whyNever(w)
	f := fail("its pods have no web identity in container %s: %s", strings.Join(names, ", "), why).asNode(w)
	for _, line := range a.ages(w) {
		f = f.detail("%s", line)
	}
	if why == missedUnseen {
		f = a.ifMissedAgain(f)
	}
	if gap := w.Fresh.Gap; gap != nil {
		return f.detail("whether a new pod would have it is not known either: %s", gap).
			mend(Remedy{Text: "find out whether the webhook works, then restart the workload"})
	}
	if image, old := a.wildcardUnknown(w); old {
		return f.detail("the webhook that runs is %s", image).
			mend(Remedy{Text: fmt.Sprintf("update the webhook, or map %s by its namespace in the webhook's ConfigMap%s", w.account().Key(), anew([]*Workload{w}))})
	}
	return f.mend(a.restart(w))
}

// missedUnseen is for pods that the webhook should have changed by all that can be seen.
const missedUnseen = "the webhook was not reached when they were created, or did not know of the annotation yet"

// ifMissedAgain adds what to look at when a restart changes nothing: a webhook that the API
// server does not trust lets every pod through as one that came late lets the first.
func (a *Audit) ifMissedAgain(f Finding) Finding {
	hooks, _ := inject.Registered(a.Snapshot)
	for _, h := range hooks {
		whose := "the webhook's certificate"
		if a.onEKS() {
			whose = "the cluster"
		}
		f = f.detail("should new pods have none either, the API server may not trust the webhook: the caBundle of "+
			"MutatingWebhookConfiguration %s has to hold the CA of %s", h.Configuration, whose)
	}
	return f
}

// whyNever is the likeliest reason for which the webhook left a pod alone.
func (a *Audit) whyNever(w *Workload) string {
	created := w.Pods[len(w.Pods)-1].Newest
	sa, _ := a.serviceAccount(w.account())
	annotated, _ := annotatedBy(sa)
	if _, old := a.wildcardUnknown(w); old {
		return "the webhook's ConfigMap maps its account in any namespace, which old webhooks do not understand"
	}
	switch {
	case w.Fresh.Withheld.Reason == inject.Association:
		return "they are older than EKS Pod Identity association " + w.Fresh.Withheld.Detail + " and than the annotation"
	case created.IsZero():
	case created.Before(annotated):
		return "they are older than the role ARN annotation"
	case within(created, sa.CreatedAt), within(created, annotated):
		return "they were created at the same time as the account or its annotation, before the webhook had heard of it"
	case created.Before(a.webhookSince()):
		return "they are older than the webhook's registration"
	}
	if w.Fresh.Gap != nil {
		return "why is not known"
	}
	return missedUnseen
}

// within says whether a pod was created so shortly after a change that the webhook may
// not have heard of it.
func within(created, change time.Time) bool {
	d := created.Sub(change)
	return !change.IsZero() && d >= 0 && d <= 10*time.Second
}

// annotatedBy is when the role ARN annotation was last changed, as far as the account's
// managed fields tell, and by whom.
func annotatedBy(sa facts.ServiceAccount) (at time.Time, manager string) {
	for _, m := range sa.Managers {
		if m.RoleARN && m.At.After(at) {
			at, manager = m.At, m.Name
		}
	}
	return at, manager
}

// webhookSince is when the first registration of a pod identity webhook was made.
func (a *Audit) webhookSince() time.Time {
	hooks, _ := inject.Registered(a.Snapshot)
	configurations := a.Cluster.Webhooks.Or(nil)
	var since time.Time
	for _, h := range hooks {
		if at := configurations[h.Configuration].CreatedAt; since.IsZero() || at.Before(since) {
			since = at
		}
	}
	return since
}

// ages are the times that bear on the question, as evidence.
func (a *Audit) ages(w *Workload) []string {
	const layout = "2006-01-02 15:04:05"
	var lines []string
	if p := w.Pods[len(w.Pods)-1]; !p.Newest.IsZero() {
		lines = append(lines, fmt.Sprintf("newest pod without it: created %s", p.Newest.UTC().Format(layout)))
	}
	sa, _ := a.serviceAccount(w.account())
	if at, by := annotatedBy(sa); !at.IsZero() {
		lines = append(lines, fmt.Sprintf("annotation:            changed %s by %s", at.UTC().Format(layout), by))
	}
	return lines
}

// wildcardUnknown says whether the workload's account is mapped as */name only, and the
// image of the webhook that runs.
func (a *Audit) wildcardUnknown(w *Workload) (image string, ok bool) {
	injector, err := a.Cluster.Injector.Get()
	if err != nil || !w.Fresh.Identity.Mapped {
		return "", false
	}
	_, exact := injector.Roles.Or(nil)[w.account().Key()]
	return injector.Image, !exact
}
