package checks

import (
	"slices"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

// soon is the age before which nothing is done with a pod, so that its deletion shows
// that somebody does not want it as it is.
const soon = 15 * time.Second

// deletedYoung is about a pod that the user asked for and that is deleted as soon as it is
// there. An operator that makes pods itself, and compares them with what it asked for, may
// take what the webhook adds for drift.
func (a *Audit) deletedYoung(w *Workload) (Finding, bool) {
	if w.Kind != facts.Pod || !a.isTarget(w) {
		return Finding{}, false
	}
	for _, p := range a.Cluster.Pods.Or(nil) {
		age := a.TakenAt.Sub(p.Newest)
		if p.Owner != w.Ref || !p.Terminating || p.Newest.IsZero() || age < 0 || age > soon ||
			!slices.ContainsFunc(p.Spec.Containers, inject.Injected) {
			continue
		}
		return warn("the pod has web identity, and is deleted %d seconds after it was created", int(age.Seconds())).
			detail("an operator that makes pods itself may take what the webhook adds for drift, and delete the pod over and over").
			mend(Remedy{
				Text: "where an operator makes the pod, update it, or give its resource the same variables, volume and mount",
			}), true
	}
	return Finding{}, false
}
