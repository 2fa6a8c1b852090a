package cli

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

func TestHealthy(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	o := l.check("-o", "json")
	r := o.report(t)
	if o.code != exitOK || o.stderr != "" || len(r.Diagnoses) != 1 || r.Diagnoses[0].Verdict != "healthy" || !r.Summary.Complete {
		t.Errorf("exit %d, %+v, %+v\n%s", o.code, r.Summary, r.Diagnoses, o.stderr)
	}
	for _, q := range l.kube.Requests() {
		if q.Method != http.MethodGet || strings.Contains(q.Path, "secrets") {
			t.Errorf("it asks for %s %s", q.Method, q.Path)
		}
	}
	for _, call := range l.aws.Calls() {
		if !strings.HasPrefix(call.Action, "Get") && !strings.HasPrefix(call.Action, "List") && !strings.HasPrefix(call.Action, "Describe") {
			t.Errorf("it calls %s", call.Name())
		}
	}
	table := l.check()
	for _, word := range []string{"cluster   prod", "account   " + account, "healthy"} {
		if !strings.Contains(table.stdout, word) {
			t.Errorf("the table lacks %q:\n%s", word, table.stdout)
		}
	}
	if quiet := l.check("-q"); quiet.code != exitOK || quiet.stdout != "" {
		t.Errorf("-q: exit %d, %s", quiet.code, quiet.stdout)
	}
}

func TestBroken(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*lab)
		cause string
	}{
		{"the trust policy names another namespace", func(l *lab) { l.retrust(":ack-system:", ":default:") }, "trust-policy-subject"},
		{"the provider was deleted", func(l *lab) { l.edit(func(a *awstest.Account) { delete(a.Providers, issuerHost) }) }, "provider-exists"},
		{"the role was deleted", func(l *lab) { l.edit(func(a *awstest.Account) { delete(a.Roles, "ack-s3-controller") }) }, "role-exists"},
		{"AWS_REGION is the account's ID", func(l *lab) {
			kubetest.Edit(l.kube, func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Env[1].Value = account })
			kubetest.Edit(l.kube, func(p *corev1.Pod) { p.Spec.Containers[0].Env[1].Value = account })
		}, "region-valid"},
		{"the pod is older than the annotation", func(l *lab) {
			kubetest.Edit(l.kube, func(p *corev1.Pod) { p.Spec.Containers[0].Env = p.Spec.Containers[0].Env[:2] })
		}, "pod-injected"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			tc.spoil(l)
			o := l.check("-o", "json")
			d := o.report(t).Diagnoses[0]
			if o.code != exitFindings || d.Verdict != "broken" || d.Cause != tc.cause {
				t.Errorf("exit %d, %s by %s: %s", o.code, d.Verdict, d.Cause, d.Message)
			}
			if o := l.check("-q", "--fail-on", "never"); o.code != exitOK {
				t.Errorf("--fail-on never: exit %d, %s", o.code, o.stderr)
			}
		})
	}
}

func TestFailOn(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.edit(func(a *awstest.Account) { // a role that may do nothing
		role := a.Roles["ack-s3-controller"]
		role.Attached, role.Inline = nil, nil
	})
	for level, want := range map[string]int{"warn": exitFindings, "fail": exitOK, "never": exitOK} {
		if o := l.check("-o", "json", "--fail-on", level); o.code != want || o.report(t).Diagnoses[0].Verdict != "risky" {
			t.Errorf("--fail-on %s: exit %d, %+v", level, o.code, o.report(t).Diagnoses)
		}
	}
}

func TestSaveAndJudgeAgain(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*lab){
		"healthy":    func(*lab) {},
		"broken":     func(l *lab) { l.retrust(":ack-system:", ":default:") },
		"incomplete": func(l *lab) { l.aws.Inject(awstest.Denied("iam:GetRole")) },
	} {
		l := newLab(t)
		spoil(l)
		saved := filepath.Join(t.TempDir(), "snapshot.json")
		live := l.check("-o", "json", "--mint", "--save", saved)
		again := run(t.Context(), "", "check", "--from", saved, "-o", "json")
		if diff := cmp.Diff(live.stdout, again.stdout); diff != "" || live.code != again.code {
			t.Errorf("%s: exit %d, then %d: -live +again\n%s", name, live.code, again.code, diff)
		}
		if chosen := run(t.Context(), "", "check", "sa/ack-s3-controller", "--from", saved, "-o", "json"); chosen.code != live.code {
			t.Errorf("%s: exit %d of the account alone", name, chosen.code)
		}
	}
}

func TestFromNeedsNoNewLook(t *testing.T) {
	for _, flags := range [][]string{
		{"--wait", "1m"}, {"--mint"}, {"--exec"}, {"--token-file", "-"}, {"--context", "x"}, {"--kubeconfig", "x"}, {"--region", "x"},
		{"--profile", "x"}, {"--endpoint-url", "x"}, {"--eks-cluster", "x"}, {"--ack", "s3"}, {"-l", "a=b"}, {"--timeout", "1m"}, {"--request-timeout", "1s"},
	} {
		run(t.Context(), "", append([]string{"check", "--from", "nowhere.json"}, flags...)...).refused(t, "needs a new look")
	}
}

// addWorkloads adds a Deployment that uses no role, and one of another namespace with
// the account's annotation and no more.
func (l *lab) addWorkloads() {
	deployment := func(namespace, account string) *appsv1.Deployment {
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "web", Labels: map[string]string{"app": "web"}}}
		d.Spec.Replicas = new(int32(0))
		d.Spec.Template.Spec.ServiceAccountName = account
		d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "web", Image: "web"}}
		return d
	}
	l.kube.Add(
		deployment("ack-system", "default"), deployment("apps", "web"),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "apps"}},
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "apps", Name: "web", Annotations: map[string]string{
			"eks.amazonaws.com/role-arn": "arn:aws:iam::" + account + ":role/web"}}},
	)
}

func TestTargets(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.addWorkloads()
	const ack, web, bare = "deployment/ack-system/ack-s3-controller", "deployment/apps/web", "deployment/ack-system/web"
	for _, tc := range []struct {
		args string
		code int
		want []string
	}{
		{"-n ack-system", exitOK, []string{ack}},
		{"-A", exitFindings, []string{web, ack}},
		{"-A -l app=web", exitFindings, []string{web}},
		{"-l app=web -n ack-system", exitIncomplete, nil},
		{"-n nowhere", exitIncomplete, nil},
		{"", exitIncomplete, nil}, // of namespace default
		{"-n ack-system pod/ack-s3-controller-6bd4f9c8d7-x2x7k", exitOK, []string{ack}},
		{"rs/ack-s3-controller-6bd4f9c8d7 -n ack-system", exitOK, []string{ack}},
		{"sa/ack-s3-controller -n ack-system", exitOK, []string{ack}},
		{"deploy/ack-s3-controller deployment.apps/ack-s3-controller -nack-system", exitOK, []string{ack}},
		{"deploy/web -n ack-system", exitFindings, []string{bare}},
		{"deploy/ack-s3-controler -n ack-system", exitFindings, []string{"deployment/ack-system/ack-s3-controler"}},
	} {
		o := l.run(strings.Fields("check --eks-cluster prod -o json " + tc.args)...)
		var objects []string
		for _, d := range o.report(t).Diagnoses {
			objects = append(objects, d.Object)
		}
		if o.code != tc.code || !slices.Equal(objects, tc.want) {
			t.Errorf("%s: exit %d, %q; want exit %d, %q\n%s", tc.args, o.code, objects, tc.code, tc.want, o.stderr)
		}
		if len(tc.want) == 0 && !strings.Contains(o.stderr, "no target was found") {
			t.Errorf("%s: stderr does not say that nothing was found: %s", tc.args, o.stderr)
		}
	}
}

func TestACK(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if o := l.run("check", "--ack", "s3", "--eks-cluster", "prod", "-o", "json"); o.code != exitOK || o.report(t).Diagnoses[0].Object != "deployment/ack-system/ack-s3-controller" {
		t.Errorf("found: exit %d, %s", o.code, o.stderr)
	}
	if o := l.run("check", "--ack", "sqs", "--eks-cluster", "prod"); o.code != exitIncomplete || o.stdout != "" || !strings.Contains(o.stderr, "no deployment runs the ACK controller of sqs") {
		t.Errorf("none: exit %d, %s%s", o.code, o.stdout, o.stderr)
	}
	another := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "other", Name: "ack-s3-controller"}}
	l.kube.Add(another)
	l.run("check", "--ack", "s3", "--eks-cluster", "prod").refused(t, "2 deployments run the ACK controller of s3",
		"hint: name one: deploy/ack-s3-controller -n ack-system, or deploy/ack-s3-controller -n other")
}

func TestArguments(t *testing.T) {
	for line, word := range map[string]string{
		"demo stale-pod healthy": "does not know what to do with",
		"completion bash zsh":    "does not know what to do with",
		"version 2":              "does not know what to do with",
		"check deploy/x -n":      "flag needs an argument: -n",
	} {
		run(t.Context(), "", strings.Fields(line)...).refused(t, word)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	files, _ := os.ReadDir("testdata")
	for args, word := range map[string]string{
		"-l app=(":                              `-l "app=("`,
		"-l a=b,,c":                             `-l "a=b,,c"`,
		"-A deploy/x":                           "use -n NAMESPACE",
		"-l a=b deploy/x":                       "leave one of them out",
		"--ack s3 deploy/x":                     "leave one of them out",
		"--ack s3 -l a=b":                       "leave one of them out",
		"deploy":                                "is not TYPE/NAME",
		"deploy/x/y":                            "is not TYPE/NAME",
		"deploy/":                               "is not TYPE/NAME",
		"configmap/x":                           "is of no kind that runs pods",
		"--timeout 0s":                          "--timeout 0s gives no time to look",
		"--timeout soon":                        `invalid value "soon"`,
		"--wait -1s":                            "--wait -1s is no time",
		"--request-timeout soon":                "Invalid timeout value",
		"--token-file testdata/nowhere":         "read the token: open testdata/nowhere",
		"--aws-role-arn auditor":                `"auditor" is not the ARN of a role`,
		"--color sometimes":                     "--color auto, always or never",
		"--only trust-policy-subjet":            "there is no check",
		"--only role-exists --skip role-exists": "leave no check",
		"--save testdata/nowhere/x.json":        "testdata/nowhere/x.json",
	} {
		l.run(strings.Fields("check --eks-cluster prod "+args)...).refused(t, word)
	}
	if r := l.kube.Requests(); len(r) > 0 {
		t.Errorf("something was asked before the command line was refused: %+v", r)
	}
	if calls := l.aws.Calls(); len(calls) > 0 {
		t.Errorf("AWS was asked before the command line was refused: %+v", calls)
	}
	if left, _ := os.ReadDir("testdata"); len(left) != len(files) {
		t.Errorf("files are left in testdata: %v", left)
	}
}
