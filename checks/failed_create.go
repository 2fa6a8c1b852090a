package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A failedCreate is an event that says that a pod of a workload could not be created.
type failedCreate facts.FailedCreate

// failedCreates are those of the workloads that nothing has overtaken: no pod that runs
// is newer. The latest comes first, and each text once.
func (a *Audit) failedCreates(workloads []*Workload) []failedCreate {
	var events []failedCreate
	for _, e := range a.Cluster.FailedCreates.Or(nil) {
		i := slices.IndexFunc(workloads, func(w *Workload) bool { return w.Ref == e.Owner })
		if i < 0 {
			continue
		}
		if pods := workloads[i].Pods; len(pods) > 0 && !e.Last.After(pods[len(pods)-1].Newest) {
			continue
		}
		events = append(events, failedCreate(e))
	}
	slices.SortStableFunc(events, func(x, y failedCreate) int {
		return cmp.Or(y.Last.Compare(x.Last), cmp.Compare(x.Object.String(), y.Object.String()))
	})
	seen := set{}
	return slices.DeleteFunc(events, func(e failedCreate) bool {
		known := seen[e.reason()]
		seen.add(e.reason())
		return known
	})
}

// reason is the message without the name of the pod, which may differ each time: of
// "Error creating: pods \"x-\" is forbidden: …" what follows the first colon.
func (e failedCreate) reason() string {
	message := strings.TrimPrefix(e.Message, "Error creating: ")
	if _, after, ok := strings.Cut(message, "failed error: "); ok { // of a StatefulSet
		message = after
	}
	return message
}

// line is the event as evidence.
func (e failedCreate) line() string {
	times := ""
	if e.Count > 1 {
		times = fmt.Sprintf(", %d times", e.Count)
	}
	return fmt.Sprintf("%s/%s says FailedCreate%s: %s", e.Object.Kind, e.Object.Name, times, e.reason())
}
