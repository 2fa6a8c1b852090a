package kube

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// replicas adds the pods of a ReplicaSet of Deployment web in namespace apps.
func replicas(s *kubetest.Server, n int) {
	s.Add(&appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "web-1", Namespace: "apps", OwnerReferences: owner("apps/v1", "Deployment", "web")}})
	for i := range n {
		s.Add(podOfReplicaSet(i))
	}
}

func owner(apiVersion, kind, name string) []metav1.OwnerReference {
	return []metav1.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: name, UID: "u", Controller: new(true)}}
}

func podOfReplicaSet(i int) *corev1.Pod {
	token := fmt.Sprintf("kube-api-access-%05d", i)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("web-1-%05d", i), Namespace: "apps", CreationTimestamp: metav1.Unix(1700000000+int64(i), 0),
			Labels: map[string]string{"app": "web", "pod-template-hash": "1"}, OwnerReferences: owner("apps/v1", "ReplicaSet", "web-1"),
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubelet", FieldsV1: metav1.NewFieldsV1(`{"f:status":{}}`)}},
		},
		Spec: corev1.PodSpec{
			NodeName: fmt.Sprintf("node-%d", i), ServiceAccountName: "web",
			Volumes: []corev1.Volume{{Name: token, VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
				Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}}},
			}}}},
			Containers: []corev1.Container{{
				Name: "web", Image: "web:1", Env: []corev1.EnvVar{{Name: "AWS_REGION", Value: "us-west-2"}, {Name: "PASSWORD", Value: "CANARY"}},
				VolumeMounts: []corev1.VolumeMount{{Name: token, MountPath: "/var/run/secrets/kubernetes.io/serviceaccount", ReadOnly: true}},
			}},
		},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, PodIP: fmt.Sprint(i)},
	}
}

const podsPath = "/api/v1/namespaces/apps/pods"

func TestPages(t *testing.T) {
	s := kubetest.Start(t)
	replicas(s, 2*pageSize+1)
	got := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps"}).Pods
	shapes, err := got.Get()
	if err != nil || len(shapes) != 1 {
		t.Fatalf("%d shapes, %v", len(shapes), err)
	}
	p := shapes[0]
	if p.Count != 2*pageSize+1 || p.Owner.String() != "deployment/apps/web" || !slices.Equal(p.Names, []string{"web-1-00000", "web-1-00001", "web-1-00002"}) ||
		p.Oldest.Unix() != 1700000000 || p.Newest.Unix() != 1700000000+2*pageSize {
		t.Errorf("shape %+v", p)
	}
	var queries []string
	for _, r := range requests(s, podsPath) {
		queries = append(queries, r.Query)
		if !strings.HasPrefix(r.Accept, "application/vnd.kubernetes.protobuf") {
			t.Errorf("accepts %q", r.Accept)
		}
	}
	if want := []string{"limit=500", "continue=500&limit=500", "continue=1000&limit=500"}; !slices.Equal(queries, want) {
		t.Errorf("queries %q, want %q", queries, want)
	}
}

func TestExpiredOnce(t *testing.T) {
	s := kubetest.Start(t)
	replicas(s, pageSize+1)
	expired := false
	s.Fault("pods", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("continue") && !expired {
			expired = true
			kubetest.Failing(apierrors.NewResourceExpired("the continue token is too old"))(w, r)
			return
		}
		s.Answer(w, r)
	})
	shapes, err := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps"}).Pods.Get()
	if err != nil || len(shapes) != 1 || shapes[0].Count != pageSize+1 { // not those of the first attempt twice
		t.Errorf("shapes %+v, %v", shapes, err)
	}
	if n := len(requests(s, podsPath)); n != 4 {
		t.Errorf("%d requests, want 4", n)
	}
}

func TestRounds(t *testing.T) {
	for _, tc := range []struct {
		file   string
		asked  facts.Asked
		rounds int
	}{
		{"ack.yaml", facts.Asked{Targets: []facts.Ref{ackController}, Namespace: "ack-system"}, 1},
		{"ack.yaml", facts.Asked{Targets: []facts.Ref{{Kind: facts.Deployment, Namespace: "ack-system", Name: "gone"}}, Namespace: "ack-system"}, 2},
		{"selfhosted.yaml", facts.Asked{Targets: []facts.Ref{{Kind: facts.StatefulSet, Namespace: "apps", Name: "db"}}, Namespace: "apps"}, 3},
		{"selfhosted.yaml", facts.Asked{}, 3},
	} {
		var s *kubetest.Server
		for range 5 { // a busy machine makes requests late, which adds rounds and never takes any
			s = kubetest.Start(t, "testdata/"+tc.file)
			s.Delay(100 * time.Millisecond)
			connect(t, s).Collect(t.Context(), tc.asked)
			if s.Rounds() <= tc.rounds {
				break
			}
		}
		if s.Rounds() != tc.rounds {
			t.Errorf("%s: %d rounds for %+v, want %d", tc.file, s.Rounds(), tc.asked, tc.rounds)
		}
		paths := map[string]bool{}
		for _, r := range s.Requests() {
			if r.Method != http.MethodGet || strings.Contains(r.Path, "secrets") {
				t.Errorf("%s %s", r.Method, r.Path)
			}
			if at := r.Path + "?" + r.Query; paths[at] {
				t.Errorf("%s is asked for twice", at)
			} else {
				paths[at] = true
			}
		}
	}
}

func BenchmarkPods(b *testing.B) {
	pods := make([]*corev1.Pod, 10_000)
	for i := range pods {
		pods[i] = podOfReplicaSet(i)
	}
	b.ReportAllocs()
	for b.Loop() {
		s := shapes{}
		for _, p := range pods {
			s.add(shapeOf(p))
		}
		if len(s) != 1 {
			b.Fatalf("%d shapes", len(s))
		}
	}
}
