package kube

import (
	"cmp"
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const failedCreateReason = "FailedCreate"

// failedCreates are the events of pods, or of a CronJob's jobs, that could not be
// created. Their Owner is left to eventsByTop.
func (c *Client) failedCreates(ctx context.Context, namespace string) ([]facts.FailedCreate, error) {
	found := []facts.FailedCreate{}
	selected := metav1.ListOptions{FieldSelector: "reason=" + failedCreateReason}
	items := func(l *corev1.EventList) []corev1.Event { return l.Items }
	err := each(ctx, c.kube.CoreV1().Events(namespace), selected, items, func(e *corev1.Event) {
		if f, ok := failedCreate(e); ok {
			found = append(found, f)
		}
	})
	return found, err
}

// failedCreate is not ok for an event about an object of a kind that we do not list.
func failedCreate(e *corev1.Event) (f facts.FailedCreate, ok bool) {
	kind := kindOfObject(e.InvolvedObject.APIVersion, e.InvolvedObject.Kind)
	f = facts.FailedCreate{
		Object:  facts.Ref{Kind: kind, Namespace: e.InvolvedObject.Namespace, Name: e.InvolvedObject.Name},
		Message: oneLine(e.Message), Count: int(e.Count),
		Last: latest(e.CreationTimestamp.Time, e.LastTimestamp.Time, e.EventTime.Time),
	}
	if s := e.Series; s != nil {
		f.Count, f.Last = int(s.Count), latest(f.Last, s.LastObservedTime.Time)
	}
	f.Count = max(f.Count, 1)
	return f, kind != ""
}

// eventsByTop tells the workload on top that each event is about.
func (l listings) eventsByTop(events []facts.FailedCreate) ([]facts.FailedCreate, error) {
	for i, e := range events {
		above, err := l.top(e.Object)
		if err != nil {
			return nil, err
		}
		events[i].Owner = above
	}
	slices.SortFunc(events, func(a, b facts.FailedCreate) int {
		return cmp.Or(cmp.Compare(a.Owner.String(), b.Owner.String()), a.Last.Compare(b.Last),
			cmp.Compare(a.Object.String(), b.Object.String()), cmp.Compare(a.Message, b.Message))
	})
	return events, nil
}
