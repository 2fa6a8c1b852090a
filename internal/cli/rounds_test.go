package cli

import (
	"slices"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// runWebhook has the cluster run the webhook itself.
func (l *lab) runWebhook() {
	l.t.Helper()
	l.kube.Load("testdata/selfhosted.yaml")
	kubetest.Edit(l.kube, func(c *admissionv1.MutatingWebhookConfiguration) {
		c.Webhooks[0].ClientConfig.URL = nil
		c.Webhooks[0].ClientConfig.Service = &admissionv1.ServiceReference{Namespace: "irsa", Name: "pod-identity-webhook"}
	})
}

const away = 100 * time.Millisecond

// far has every answer of both servers take its time.
func (l *lab) far() {
	l.kube.Delay(away)
	l.aws.Inject(awstest.Fault{Call: "*:*", Delay: away})
}

// TestRounds counts how many answers one target has to be waited for, one after the
// other. It does not run beside other tests, which would make requests late.
func TestRounds(t *testing.T) {
	for _, tc := range []struct {
		name  string
		setUp func(*lab)
		args  []string
		want  int
	}{
		{"on EKS", func(*lab) {}, nil, 4},
		{"with a token", func(*lab) {}, []string{"--mint"}, 4},
		{"with the webhook in the cluster", (*lab).runWebhook, nil, 6},
		{"with the webhook in the cluster and a token", (*lab).runWebhook, []string{"--mint"}, 6},
		{"with an association of another role", func(l *lab) {
			l.edit(func(a *awstest.Account) { a.Roles["other"] = new(*a.Roles["ack-s3-controller"]) })
			l.editCluster(func(c *awstest.Cluster) {
				c.Associations["a-00000000000000001"] = &awstest.Association{
					Namespace: "ack-system", ServiceAccount: "ack-s3-controller", RoleARN: "arn:aws:iam::" + account + ":role/other",
				}
			})
		}, nil, 5},
		{"by its ACK service", func(*lab) {}, []string{"--ack", "s3"}, 5},
		{"of a role that is not there", func(l *lab) { l.edit(func(a *awstest.Account) { delete(a.Roles, "ack-s3-controller") }) }, nil, 3},
	} {
		got := 0
		for range 5 { // a busy machine makes requests late, which adds rounds and never takes any
			l := newLab(t)
			tc.setUp(l)
			l.far()
			target := []string{controller, "-n", "ack-system"}
			if slices.Contains(tc.args, "--ack") {
				target = nil
			}
			o := l.run(slices.Concat([]string{"check", "--eks-cluster", "prod", "-o", "json"}, target, tc.args)...)
			if r := o.report(t); o.code == exitNothing || !r.Summary.Complete {
				t.Errorf("%s: exit %d, %+v", tc.name, o.code, r.Summary)
			}
			l.askedOnce(t)
			if got = l.kube.Rounds(); got <= tc.want {
				break
			}
		}
		if got != tc.want || got > 6 {
			t.Errorf("%s: %d rounds, want %d", tc.name, got, tc.want)
		}
	}
}

// askedOnce holds that no question was asked twice.
func (l *lab) askedOnce(t *testing.T) {
	t.Helper()
	var asked []string
	for _, r := range l.kube.Requests() {
		asked = append(asked, r.Method+" "+r.Path+"?"+r.Query)
	}
	for _, c := range l.aws.Calls() {
		asked = append(asked, c.Name()+" "+c.AccessKey+" "+c.Params.Encode())
	}
	slices.Sort(asked)
	for i := range asked[1:] {
		if asked[i] == asked[i+1] {
			t.Errorf("%s is asked for twice", asked[i])
		}
	}
}

// BenchmarkCheckLive examines one target of servers that take 100 ms for each answer.
func BenchmarkCheckLive(b *testing.B) {
	l := newLab(b)
	l.far()
	for b.Loop() {
		if o := l.check("-q"); o.code != exitOK {
			b.Fatalf("exit %d, %s", o.code, o.stderr)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(away), "rounds/op")
}

// BenchmarkDemo is from the command line to the report on an embedded scenario.
func BenchmarkDemo(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if o := run(b.Context(), "", "demo", "region-is-account-id"); o.code != exitFindings {
			b.Fatalf("exit %d, %s", o.code, o.stderr)
		}
	}
}
