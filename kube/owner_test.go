package kube

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

func inApps(name string, owners ...metav1.OwnerReference) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: "apps", OwnerReferences: owners}
}

// keysOf are the names of all workloads by kind, as kind/name.
func keysOf(c facts.Cluster) []string {
	var all []string
	for kind, listing := range c.Workloads {
		for key := range listing.Or(nil) {
			all = append(all, string(kind)+"/"+strings.TrimPrefix(key, "apps/"))
		}
	}
	slices.Sort(all)
	return all
}

func TestOwners(t *testing.T) {
	s := kubetest.Start(t)
	s.Add(
		&appsv1.Deployment{ObjectMeta: inApps("web")},
		&appsv1.ReplicaSet{ObjectMeta: inApps("web-1", owner("apps/v1", "Deployment", "web")...)},
		&appsv1.ReplicaSet{ObjectMeta: inApps("web-2", owner("apps/v1", "Deployment", "web")...)},
		&appsv1.ReplicaSet{ObjectMeta: inApps("loop", owner("apps/v1", "ReplicaSet", "loop")...)},
		&batchv1.Job{ObjectMeta: inApps("nightly-1", owner("batch/v1", "CronJob", "nightly")...)},
	)
	pods := map[string]struct {
		owner []metav1.OwnerReference
		top   string
	}{
		"a-deployment":   {owner("apps/v1", "ReplicaSet", "web-1"), "deployment/apps/web"},
		"old-revision":   {owner("apps/v1", "ReplicaSet", "web-2"), "deployment/apps/web"},
		"a-statefulset":  {owner("apps/v1", "StatefulSet", "db"), "statefulset/apps/db"},
		"a-daemonset":    {owner("apps/v1", "DaemonSet", "agent"), "daemonset/apps/agent"},
		"a-cronjob":      {owner("batch/v1", "Job", "nightly-1"), "cronjob/apps/nightly"},
		"lone":           {nil, "pod/apps/lone"},
		"static":         {owner("v1", "Node", "n"), "pod/apps/static"},
		"other-group":    {owner("apps.openkruise.io/v1", "StatefulSet", "db"), "pod/apps/other-group"},
		"unlisted-owner": {owner("apps/v1", "ReplicaSet", "gone"), "replicaset/apps/gone"},
		"cycle":          {owner("apps/v1", "ReplicaSet", "loop"), "replicaset/apps/loop"},
		"no-controller":  {[]metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: "web-1"}}, "pod/apps/no-controller"},
	}
	asked := facts.Asked{Namespace: "apps", Targets: []facts.Ref{{Kind: facts.ReplicaSet, Namespace: "apps", Name: "web-1"}, {Kind: facts.Job, Namespace: "apps", Name: "nightly-1"}}}
	owners := map[string]string{"replicaset/apps/web-1": "deployment/apps/web", "job/apps/nightly-1": "cronjob/apps/nightly"}
	tops := map[string]string{}
	for name, p := range pods {
		s.Add(&corev1.Pod{ObjectMeta: inApps(name, p.owner...)})
		tops[name] = p.top
		ref := facts.Ref{Kind: facts.Pod, Namespace: "apps", Name: name}
		asked.Targets = append(asked.Targets, ref)
		if p.top != ref.String() {
			owners[ref.String()] = p.top
		}
	}
	got := connect(t, s).Collect(t.Context(), asked)
	shapes, err := got.Pods.Get()
	if err != nil {
		t.Fatal(err)
	}
	gotTops, gotOwners := map[string]string{}, map[string]string{}
	for _, p := range shapes {
		for _, name := range p.Names {
			gotTops[name] = p.Owner.String()
		}
	}
	for ref, top := range got.Owners {
		gotOwners[ref.String()] = top.String()
	}
	if diff := cmp.Diff(tops, gotTops); diff != "" {
		t.Errorf("tops of pods: -want +got\n%s", diff)
	}
	if diff := cmp.Diff(owners, gotOwners); diff != "" {
		t.Errorf("owners of targets: -want +got\n%s", diff)
	}
	want := []string{"deployment/web", "pod/lone", "pod/no-controller", "pod/other-group", "pod/static"}
	if diff := cmp.Diff(want, keysOf(got)); diff != "" {
		t.Errorf("workloads: -want +got\n%s", diff)
	}
	if kind := facts.KindOf(got.Lookalikes.Gap); kind != facts.NotAsked {
		t.Errorf("lookalikes %+v, though every target is there", got.Lookalikes)
	}
}

func TestOwnersUnknown(t *testing.T) {
	s := kubetest.Start(t)
	replicas(s, 1)
	s.Add(&corev1.Event{
		ObjectMeta: inApps("e"), Reason: "FailedCreate", Message: "no",
		InvolvedObject: corev1.ObjectReference{APIVersion: "apps/v1", Kind: "ReplicaSet", Namespace: "apps", Name: "web-1"},
	})
	s.Fault("replicasets", kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{Resource: "replicasets"}, "", io.EOF)))
	pod := facts.Ref{Kind: facts.Pod, Namespace: "apps", Name: "web-1-00000"}
	got := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps", Targets: []facts.Ref{pod}})
	for what, gap := range map[string]*facts.Gap{"pods": got.Pods.Gap, "failed creates": got.FailedCreates.Gap} {
		if gap == nil || gap.Kind != facts.Forbidden || gap.Call != "list replicasets" {
			t.Errorf("%s: %v", what, gap)
		}
	}
	if top := got.Owners[pod]; top.String() != "replicaset/apps/web-1" { // whose listing says why nothing is known of it
		t.Errorf("the pod's owner is %s", top)
	}
}

func TestSelector(t *testing.T) {
	s := kubetest.Start(t)
	red, blue := map[string]string{"colour": "red"}, map[string]string{"colour": "blue"}
	for name, labels := range map[string]map[string]string{"red": red, "blue": blue} {
		m := metav1.ObjectMeta{Name: name, Namespace: "apps", Labels: labels}
		s.Add(&appsv1.Deployment{ObjectMeta: m}, &appsv1.StatefulSet{ObjectMeta: m}, &appsv1.DaemonSet{ObjectMeta: m}, &appsv1.ReplicaSet{ObjectMeta: m},
			&batchv1.Job{ObjectMeta: m}, &batchv1.CronJob{ObjectMeta: m}, &corev1.Pod{ObjectMeta: m}, &corev1.ServiceAccount{ObjectMeta: m})
	}
	// Their own labels say nothing about what is on top of them.
	s.Add(&batchv1.Job{ObjectMeta: inApps("red-1", owner("batch/v1", "CronJob", "red")...)},
		&corev1.Pod{ObjectMeta: inApps("red-1-x", owner("batch/v1", "Job", "red-1")...)})
	got := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps", Selector: "colour=red"})
	want := []string{"cronjob/red", "daemonset/red", "deployment/red", "job/red", "pod/red", "replicaset/red", "statefulset/red"}
	if diff := cmp.Diff(want, keysOf(got)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if !slices.ContainsFunc(got.Pods.Or(nil), func(p facts.PodShape) bool { return p.Owner.String() == "cronjob/apps/red" }) {
		t.Errorf("pods %+v lack that of the CronJob", got.Pods)
	}
	if n := len(got.ServiceAccounts.Or(nil)); n != 2 {
		t.Errorf("%d service accounts, want all", n)
	}
	if r := requests(s, "/apis/apps/v1/namespaces/apps/deployments"); len(r) != 1 || !strings.Contains(r[0].Query, "labelSelector=colour%3Dred") {
		t.Errorf("requests %+v", r)
	}
	wrong := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps", Selector: "colour in red"})
	for kind := range maps.Keys(wrong.Workloads) {
		if _, err := wrong.Workloads[kind].Get(); err == nil {
			t.Errorf("%ss are known with a selector that can not be read", kind)
		}
	}
}

func TestLookalikes(t *testing.T) {
	s := kubetest.Start(t)
	at := func(namespace string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: "web", Namespace: namespace} }
	s.Add(&appsv1.Deployment{ObjectMeta: at("prod")}, &appsv1.Deployment{ObjectMeta: at("dev")}, &corev1.ServiceAccount{ObjectMeta: at("prod")}, &corev1.Pod{ObjectMeta: at("apps")})
	target := func(k facts.Kind, name string) facts.Ref { return facts.Ref{Kind: k, Namespace: "apps", Name: name} }
	asked := facts.Asked{Namespace: "apps", Targets: []facts.Ref{
		target(facts.Deployment, "web"), target(facts.ServiceAccountKind, "web"), target(facts.Pod, "web"), target(facts.Job, "web"), target(facts.Job, "web"),
	}}
	var got []string
	for _, ref := range connect(t, s).Collect(t.Context(), asked).Lookalikes.Or(nil) {
		got = append(got, ref.String())
	}
	if want := []string{"deployment/dev/web", "deployment/prod/web", "serviceaccount/prod/web"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if r := requests(s, "/api/v1/pods"); len(r) > 0 {
		t.Errorf("the pod is there, and is looked for elsewhere: %+v", r)
	}
	if r := requests(s, "/apis/batch/v1/jobs"); len(r) != 1 || r[0].Query != "fieldSelector=metadata.name%3Dweb&limit=500" {
		t.Errorf("requests %+v", r)
	}
	s.Fault("jobs", kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{Resource: "jobs"}, "", io.EOF)))
	if f := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps", Targets: []facts.Ref{target(facts.Job, "web")}}); facts.KindOf(f.Lookalikes.Gap) != facts.NotAsked {
		t.Errorf("%+v, though nobody knows whether the target is there", f.Lookalikes)
	}
}
