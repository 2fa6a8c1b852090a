package kube

import (
	"encoding/json"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func meta(o metav1.Object) facts.Meta {
	return facts.Meta{
		CreatedAt: utc(o.GetCreationTimestamp().Time), Labels: o.GetLabels(),
		Annotations: kept(o.GetAnnotations()), Managers: managers(o.GetManagedFields()),
	}
}

// kept are the annotations that a snapshot may hold.
func kept(annotations map[string]string) map[string]string {
	var some map[string]string
	for key, value := range annotations {
		if facts.KeepAnnotation(key) {
			if some == nil {
				some = map[string]string{}
			}
			some[key] = value
		}
	}
	return some
}

// managers leaves out who only reports a status.
func managers(fields []metav1.ManagedFieldsEntry) []facts.Manager {
	var all []facts.Manager
	for _, f := range fields {
		if f.Subresource == "status" {
			continue
		}
		m := facts.Manager{Name: f.Manager, RoleARN: ownsRoleARN(f.FieldsV1)}
		if f.Time != nil {
			m.At = utc(f.Time.Time)
		}
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b facts.Manager) int { return a.At.Compare(b.At) })
	return all
}

// ownsRoleARN says whether the role ARN annotation is among the fields, which are a
// tree of maps with "f:" before the names of fields.
func ownsRoleARN(fields *metav1.FieldsV1) bool {
	var tree struct {
		Metadata struct {
			Annotations map[string]json.RawMessage `json:"f:annotations"`
		} `json:"f:metadata"`
	}
	if fields == nil || json.Unmarshal(fields.GetRawBytes(), &tree) != nil {
		return false
	}
	_, ok := tree.Metadata.Annotations["f:"+facts.RoleARNAnnotation]
	return ok
}

// latest returns the newest of some times, in UTC.
func latest(times ...time.Time) time.Time {
	return utc(slices.MaxFunc(times, time.Time.Compare))
}

// utc leaves out a time that JSON can not hold, which a zone makes of the first or the
// last year.
func utc(t time.Time) time.Time {
	u := t.UTC()
	if year := u.Year(); year < 0 || year > 9999 {
		return time.Time{}
	}
	return u
}
