package kube

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

var podResource = schema.GroupResource{Resource: "pods"}

func TestGaps(t *testing.T) {
	for _, tc := range []struct {
		name   string
		fault  http.HandlerFunc
		kind   facts.GapKind
		detail string
	}{
		{"forbidden", kubetest.Failing(apierrors.NewForbidden(podResource, "", io.EOF)), facts.Forbidden, "pods is forbidden: EOF"},
		{"unauthorized", kubetest.Failing(apierrors.NewUnauthorized("x")), facts.Forbidden, "log in again"},
		{"no such resource", http.NotFound, facts.Unreachable, "could not find the requested resource"},
		{"throttled", kubetest.Failing(apierrors.NewTooManyRequestsError("later")), facts.Throttled, "later"},
		{"internal error", kubetest.Failing(apierrors.NewInternalError(io.EOF)), facts.Unreachable, "Internal error occurred: EOF"},
		{"timeout of the server", kubetest.Failing(apierrors.NewTimeoutError("slow etcd", 0)), facts.Unreachable, "slow etcd"},
		{"unavailable, in no format", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }, facts.Unreachable, "unable to handle the request"},
		{"expired again and again", kubetest.Failing(apierrors.NewResourceExpired("too old")), facts.Unreachable, "too old"},
		{"HTML", kubetest.Writing("text/html", "<html>log in</html>"), facts.Malformed, "text/html"},
		{"broken JSON", kubetest.Writing("application/json", `{"kind":"PodList"`), facts.Malformed, "json"},
		{"empty", kubetest.Writing("application/json", ""), facts.Malformed, "0-length"},
		{"JSON of no kind", kubetest.Writing("application/json", `{}`), facts.Malformed, "no list"},
		{"broken protobuf", kubetest.Writing("application/vnd.kubernetes.protobuf", "k8s\x00\x0a\xff"), facts.Malformed, "EOF"},
		{"another kind", kubetest.Writing("application/json", `{"kind":"Pod","apiVersion":"v1"}`), facts.Malformed, "no list"},
		{"connection cut", kubetest.CutOff, facts.Unreachable, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := kubetest.Start(t)
			s.Fault("pods", tc.fault)
			got := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps"})
			gap := got.Pods.Gap
			if gap == nil || gap.Kind != tc.kind || gap.Call != "list pods" || !strings.Contains(gap.Detail, tc.detail) || strings.Contains(gap.Detail, "\n") {
				t.Errorf("got %v, want %s (list pods): …%s…", gap, tc.kind, tc.detail)
			}
			if lone := got.Workloads[facts.Pod].Gap; lone == nil || lone.Kind != tc.kind {
				t.Errorf("as workloads they are %v", lone)
			}
			if _, err := got.Workloads[facts.Deployment].Get(); err != nil {
				t.Errorf("another listing: %v", err)
			}
		})
	}
}

// TestGapOfEach forbids one resource after the other, and expects the gap in its place
// and nowhere else.
func TestGapOfEach(t *testing.T) {
	workloads := func(k facts.Kind) func(facts.Cluster) error {
		return func(c facts.Cluster) error { _, err := c.Workloads[k].Get(); return err }
	}
	facets := map[string]func(facts.Cluster) error{
		"/version":                      func(c facts.Cluster) error { _, err := c.Version.Get(); return err },
		"namespaces":                    func(c facts.Cluster) error { _, err := c.Namespaces.Get(); return err },
		"serviceaccounts":               func(c facts.Cluster) error { _, err := c.ServiceAccounts.Get(); return err },
		"deployments":                   workloads(facts.Deployment),
		"statefulsets":                  workloads(facts.StatefulSet),
		"daemonsets":                    workloads(facts.DaemonSet),
		"replicasets":                   workloads(facts.ReplicaSet),
		"jobs":                          workloads(facts.Job),
		"cronjobs":                      workloads(facts.CronJob),
		"events":                        func(c facts.Cluster) error { _, err := c.FailedCreates.Get(); return err },
		"mutatingwebhookconfigurations": func(c facts.Cluster) error { _, err := c.Webhooks.Get(); return err },
		"networkpolicies":               func(c facts.Cluster) error { _, err := c.NetworkPolicies.Get(); return err },
		"configmaps":                    func(c facts.Cluster) error { _, err := c.RoleMaps.Get(); return err },
	}
	for broken := range facets {
		t.Run(broken, func(t *testing.T) {
			s := kubetest.Start(t)
			s.Fault(broken, kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{Resource: broken}, "", io.EOF)))
			got := connect(t, s).Collect(t.Context(), facts.Asked{})
			for resource, read := range facets {
				kind := facts.KindOf(read(got))
				if want := resource == broken; want != (kind == facts.Forbidden) || !want && kind != "" {
					t.Errorf("%s: %v", resource, read(got))
				}
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	s := kubetest.Start(t)
	c := connect(t, s)
	s.Close()
	got := c.Collect(t.Context(), facts.Asked{Namespace: "apps"})
	if kind := facts.KindOf(got.Version.Gap); kind != facts.Unreachable {
		t.Errorf("version: %v", got.Version.Gap)
	}
	for _, kind := range facts.WorkloadKinds {
		if gap := got.Workloads[kind].Gap; gap == nil || gap.Kind != facts.Unreachable || !strings.Contains(gap.Detail, "no answer from 127.0.0.1:") {
			t.Errorf("%ss: %v", kind, gap)
		}
	}
}

func TestSlow(t *testing.T) {
	s := kubetest.Start(t)
	s.Delay(time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	got := connect(t, s).Collect(ctx, facts.Asked{Namespace: "apps"})
	if gap := got.Pods.Gap; gap == nil || gap.Kind != facts.Unreachable || gap.Detail != "no answer in time" {
		t.Errorf("pods: %v", gap)
	}
	interrupted, stop := context.WithCancel(t.Context())
	stop()
	got = connect(t, s).Collect(interrupted, facts.Asked{Namespace: "apps"})
	if gap := got.Pods.Gap; gap == nil || gap.Kind != facts.Unreachable || !strings.HasPrefix(gap.Detail, "interrupted") {
		t.Errorf("pods: %v", gap)
	}
}
