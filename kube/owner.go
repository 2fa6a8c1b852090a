package kube

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// kinds are those that an owner reference or an event may name.
var kinds = map[schema.GroupKind]facts.Kind{
	{Group: "apps", Kind: "Deployment"}:  facts.Deployment,
	{Group: "apps", Kind: "StatefulSet"}: facts.StatefulSet,
	{Group: "apps", Kind: "DaemonSet"}:   facts.DaemonSet,
	{Group: "apps", Kind: "ReplicaSet"}:  facts.ReplicaSet,
	{Group: "batch", Kind: "Job"}:        facts.Job,
	{Group: "batch", Kind: "CronJob"}:    facts.CronJob,
}

// kindOfObject returns the kind of an object named by apiVersion and kind, or "" when
// we do not list it.
func kindOfObject(apiVersion, kind string) facts.Kind {
	group, _, _ := strings.Cut(apiVersion, "/")
	return kinds[schema.GroupKind{Group: group, Kind: kind}]
}

func refOf(kind facts.Kind, o metav1.Object) facts.Ref {
	return facts.Ref{Kind: kind, Namespace: o.GetNamespace(), Name: o.GetName()}
}

// controllerOf returns the workload that makes an object, or the zero Ref when it is
// of no kind that we list.
func controllerOf(o metav1.Object) facts.Ref {
	owner := metav1.GetControllerOfNoCopy(o)
	if owner == nil {
		return facts.Ref{}
	}
	kind := kindOfObject(owner.APIVersion, owner.Kind)
	if kind == "" {
		return facts.Ref{}
	}
	return facts.Ref{Kind: kind, Namespace: o.GetNamespace(), Name: owner.Name}
}

// Listings are what was listed of each kind.
type listings map[facts.Kind]*facts.Fact[objects]

// top climbs from an object to the workload on top of its owner chain. The error is
// the Gap of a listing that the chain goes on in; what was reached is returned too.
func (l listings) top(ref facts.Ref) (facts.Ref, error) {
	for range facts.WorkloadKinds { // an object can name itself as its owner
		if ref.Kind != facts.Pod && ref.Kind != facts.ReplicaSet && ref.Kind != facts.Job {
			return ref, nil
		}
		listed, err := l[ref.Kind].Get()
		if err != nil {
			return ref, err
		}
		above := listed[ref.Key()].controller
		if above.IsZero() {
			return ref, nil
		}
		ref = above
	}
	return ref, nil
}

// onTop are the workloads of a kind that nothing of ours makes and whose labels the
// selector selects.
func onTop(listed objects, selector string) (map[string]facts.Workload, error) {
	selects, err := labels.Parse(selector)
	if err != nil {
		return nil, &facts.Gap{Kind: facts.Malformed, Detail: oneLine("label selector " + selector + ": " + err.Error())}
	}
	some := map[string]facts.Workload{}
	for key, o := range listed {
		if o.controller.IsZero() && selects.Matches(labels.Set(o.workload.Labels)) {
			some[key] = o.workload
		}
	}
	return some, nil
}

// owners tells what is on top of the targets that something makes. Where the chain can
// not be followed it ends at an object whose listing says why.
func (l listings) owners(targets []facts.Ref) map[facts.Ref]facts.Ref {
	owners := map[facts.Ref]facts.Ref{}
	for _, ref := range targets {
		if above, _ := l.top(ref); above != ref {
			owners[ref] = above
		}
	}
	return owners
}

// shapesByTop puts the workload on top in the place of each shape's controller.
func (l listings) shapesByTop(byController shapes) ([]facts.PodShape, error) {
	merged := shapes{}
	for _, p := range byController.sorted() {
		above, err := l.top(p.Owner)
		if err != nil {
			return nil, err
		}
		p.Owner = above
		merged.add(p)
	}
	return merged.sorted(), nil
}
