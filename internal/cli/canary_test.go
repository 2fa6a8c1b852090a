package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
	"github.com/irsa-doctor/irsa-doctor/report"
)

// A planted canary is a secret of a kind, which no output may hold a part of.
type planted struct {
	text  string
	parts []string // that tell it
	// free says that it may stand in a policy: an external ID looks the same.
	free bool
}

var canaries = map[string]planted{
	"JWT": {text: "eyJhbGciOiJSUzI1NiIsImtpZCI6IkNBTkFSWSJ9.eyJzdWIiOiJDQU5BUlkifQ.Q0FOQVJZLXNpZ25hdHVyZS1DQU5BUlk",
		parts: []string{"kpZCI6IkNBTkFSWSJ9", "eyJzdWIiOiJDQU5BUlkifQ", "Q0FOQVJZLXNpZ25hdHVyZS1DQU5BUlk"}},
	"access key":   {text: "AKIACANARYCANARY0000", parts: []string{"CANARYCANARY"}},
	"secret key":   {text: "cAn4RY/s3cReTkEyy0Fp4n1cBp1pE5b1Rd5aWx+9", parts: []string{"cAn4RY/s3cReT", "p1pE5b1Rd5aWx+9"}, free: true},
	"password URL": {text: "https://ada:CANARYpassw0rd@db.example.com/x", parts: []string{"CANARYpassw0rd"}},
	"private key": {text: "-----BEGIN EC PRIVATE KEY-----\nQ0FOQVJZcHJpdmF0ZWtleUNBTkFSWQ\nQ0FOQVJZc2Vjb25kbGluZUNBTkFSWQ==\n-----END EC PRIVATE KEY-----\n",
		parts: []string{"Q0FOQVJZcHJpdmF0ZWtleUNBTkFSWQ", "Q0FOQVJZc2Vjb25kbGluZUNBTkFSWQ"}},
}

// written are the files that a check in all formats, --save and a bundle leave, and what
// they say, by name.
func (l *lab) written(args ...string) map[string]string {
	l.t.Helper()
	dir := l.t.TempDir()
	saved, packed := filepath.Join(dir, "saved"), filepath.Join(dir, "bundle")
	check := slices.Concat([]string{"check", "--save", saved}, args)
	for _, format := range report.Names() {
		check = append(check, "--report", format+"="+filepath.Join(dir, format))
	}
	o := l.run(check...)
	if o.code == exitNothing {
		l.t.Fatalf("nothing is written: %s", o.stderr)
	}
	bundled := l.run(slices.Concat([]string{"bundle", "-o", packed}, args)...)
	if bundled.code != exitOK {
		l.t.Fatalf("no bundle is written: exit %d, %s", bundled.code, bundled.stderr)
	}
	texts := map[string]string{"stdout": o.stdout, "stderr": o.stderr, "stderr of bundle": bundled.stdout + bundled.stderr}
	for name, text := range unpacked(l.t, contentOf(l.t, packed)) {
		texts["bundle/"+name] = text
	}
	os.Remove(packed)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != len(report.Names())+1 {
		l.t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		texts[f.Name()] = string(contentOf(l.t, filepath.Join(dir, f.Name())))
	}
	return texts
}

// holds that no text has a part of the canary.
func (c planted) absent(t *testing.T, texts map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		for _, part := range c.parts {
			if i := strings.Index(texts[name], part); i >= 0 {
				t.Errorf("%s holds %q: %.300q", name, part, texts[name][max(0, i-150):])
				break
			}
		}
	}
}

// TestCanariesInTheCluster plants a secret in every text of every object that is read.
func TestCanariesInTheCluster(t *testing.T) {
	t.Parallel()
	for name, c := range canaries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.runWebhook()
			fill := filler{text: c.text, identity: false}
			for _, o := range []runtime.Object{
				&corev1.Namespace{}, &corev1.ServiceAccount{}, &corev1.Pod{}, &corev1.Event{Reason: "FailedCreate"}, &corev1.Service{}, &corev1.ConfigMap{},
				&appsv1.Deployment{}, &appsv1.StatefulSet{}, &appsv1.DaemonSet{}, &appsv1.ReplicaSet{}, &batchv1.Job{}, &batchv1.CronJob{},
				&discoveryv1.EndpointSlice{}, &networkingv1.NetworkPolicy{}, &admissionv1.MutatingWebhookConfiguration{},
			} {
				for i, identity := range []bool{false, true} {
					o := o.DeepCopyObject()
					filler{text: c.text, identity: identity, empty: true}.object(o)
					m := o.(metav1.Object)
					if !identity {
						m.SetName(fmt.Sprint("filled-", i))
					}
					if _, isNamespace := o.(*corev1.Namespace); !isNamespace {
						m.SetNamespace("ack-system")
					}
					switch o := o.(type) {
					case *admissionv1.MutatingWebhookConfiguration:
						o.Webhooks[0].Rules = []admissionv1.RuleWithOperations{{
							Operations: []admissionv1.OperationType{"CREATE"},
							Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
						}}
					case *corev1.Event:
						o.Reason = "FailedCreate"
						o.InvolvedObject = corev1.ObjectReference{Kind: "ReplicaSet", APIVersion: "apps/v1", Namespace: "ack-system", Name: "ack-s3-controller-6bd4f9c8d7"}
					}
					l.kube.Add(o)
				}
			}
			kubetest.Edit(l.kube, func(o runtime.Object) { fill.object(o) })
			l.kube.Fault("pods/exec", kubetest.Running(func(r *http.Request, stdout, _ io.Writer) metav1.Status {
				if r.URL.Query().Get("command") == "env" {
					fmt.Fprintf(stdout, "AWS_REGION=%s\nAWS_WEB_IDENTITY_TOKEN_FILE=/x/%[1]s\nAWS_SECRET_ACCESS_KEY=%[1]s\nOTHER=%[1]s\n", c.text)
				} else {
					fmt.Fprintln(stdout, "token "+c.text)
				}
				return kubetest.Exited(0)
			}))
			texts := l.written("-n", "ack-system", "--eks-cluster", "prod", "--exec", "--mint", "--error", "it says "+c.text)
			c.absent(t, texts)
			sees(t, texts["saved"])
			c.absent(t, l.written("-n", "ack-system", "--eks-cluster", "prod", "--token-file", writeFile(t, "token", []byte(c.text))))
		})
	}
}

// sees holds that the canaries stood where they are read: their stand-ins are there.
func sees(t *testing.T, saved string) {
	t.Helper()
	var s struct {
		Cluster struct {
			ServiceAccounts struct {
				Value map[string]struct{ Annotations, Labels map[string]string }
			}
			Webhooks struct {
				Value map[string]any
			}
			FailedCreates struct{ Value []struct{ Message string } }
		}
	}
	if err := json.Unmarshal([]byte(saved), &s); err != nil {
		t.Fatal(err)
	}
	a := s.Cluster.ServiceAccounts.Value["ack-system/ack-s3-controller"].Annotations["eks.amazonaws.com/role-arn"]
	if !strings.HasPrefix(a, "arn:") || strings.HasSuffix(a, "ack-s3-controller") {
		t.Errorf("the annotation is %q", a)
	}
	if len(s.Cluster.ServiceAccounts.Value) < 3 || len(s.Cluster.Webhooks.Value) < 3 || len(s.Cluster.FailedCreates.Value) < 2 {
		t.Errorf("not all is read: %+v", s)
	}
}

// TestCanariesInAWS plants a secret in what AWS answers.
func TestCanariesInAWS(t *testing.T) {
	t.Parallel()
	for name, c := range canaries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			quoted := quote(c.text)
			l.edit(func(a *awstest.Account) {
				for _, r := range a.Roles {
					r.Description += c.text
					r.Tags = map[string]string{"note": c.text, c.text: "x"}
					if !c.free {
						r.TrustPolicy = awstest.Document(strings.Replace(string(r.TrustPolicy), "{", `{"Id":`+quoted+`,`, 1))
						r.Inline["tags"] = awstest.Document(strings.Replace(string(r.Inline["tags"]), "{", `{"Id":`+quoted+`,`, 1))
					}
					r.Inline[c.text] = r.Inline["tags"]
				}
				for _, p := range a.Providers {
					p.ClientIDs, p.Tags = append(p.ClientIDs, c.text), map[string]string{"note": c.text}
				}
			})
			l.editCluster(func(k *awstest.Cluster) {
				k.PlatformVersion, k.Status, k.Tags = c.text, c.text, map[string]string{"note": c.text}
				k.Associations = map[string]*awstest.Association{"a-0123456789abcdefg": {Namespace: "ack-system", ServiceAccount: c.text, RoleARN: c.text}}
			})
			texts := l.written(controller, "-n", "ack-system", "--eks-cluster", "prod")
			c.absent(t, texts)
			if !c.free && !strings.Contains(texts["saved"], "its policy holds what looks like") {
				t.Error("the policy was not read")
			}
		})
	}
}

// TestCanariesInErrors plants a secret in what goes wrong, one call at a time.
func TestCanariesInErrors(t *testing.T) {
	t.Parallel()
	for name, c := range canaries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, where := range []string{"pods", "deployments", "serviceaccounts", "serviceaccounts/token", "pods/exec", "/version", "/.well-known/openid-configuration"} {
				l := newLab(t)
				l.kube.Fault(where, status(403, "it says "+c.text))
				c.absent(t, l.written("-n", "ack-system", "--eks-cluster", "prod", "--mint", "--exec"))
			}
			for _, call := range []string{"iam:*", "iam:GetRole", "eks:*", "sts:*"} {
				l := newLab(t)
				l.aws.Inject(awstest.Fault{Call: call, Status: 400, Code: "ValidationError", Message: "it says " + c.text})
				c.absent(t, l.written("-n", "ack-system"))
			}
		})
	}
}

// TestCanariesInRefusals plants a secret where the command line and the configuration are
// refused, which is told on standard error alone.
func TestCanariesInRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range canaries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			for _, args := range [][]string{
				{"check", c.text}, {"check", "--from", c.text}, {"check", "--token-file", c.text}, {"check", "--context", c.text}, {"check", "--profile", c.text},
				{"check", "--endpoint-url", c.text}, {"check", "--aws-role-arn", c.text}, {"check", "-l", c.text}, {"check", "--only", c.text},
				{"check", "-o", c.text}, {"check", "--color", c.text}, {"check", "--kubeconfig", c.text}, {"check", "--ack", c.text}, {c.text}, {"bundle", "--max-size", c.text},
			} {
				o := l.run(args...)
				c.absent(t, map[string]string{strings.Join(args[:min(2, len(args)-1)], " "): o.stdout + o.stderr})
			}
			kubeconfig := strings.Replace(string(contentOf(t, l.kube.Kubeconfig())), `server: "https://`, `proxy-url: "http://ada:CANARYpassw0rd@127.0.0.1:1", server: "https://ada:CANARYpassw0rd@`, 1)
			o := l.run("check", "--kubeconfig", writeFile(t, "kubeconfig", []byte(kubeconfig)), "-n", "ack-system", "--request-timeout", "2s")
			canaries["password URL"].absent(t, map[string]string{"a proxy with a password": o.stdout + o.stderr})
		})
	}
}
