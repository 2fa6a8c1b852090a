package cli

import (
	"encoding/base64"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

func TestNothingCanBeAudited(t *testing.T) {
	kubeconfig := func(t *testing.T, text string) string {
		path := filepath.Join(t.TempDir(), "kubeconfig")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tc := range []struct {
		name  string
		spoil func(*testing.T, *lab) []string // returns further arguments
		words []string
	}{
		{"unknown context", func(*testing.T, *lab) []string { return []string{"--context", "prd"} }, []string{`no context "prd"; --context may be test`}},
		{"no kubeconfig", func(*testing.T, *lab) []string { return []string{"--kubeconfig", "testdata/nowhere"} }, []string{"testdata/nowhere"}},
		{"kubeconfig of garbage", func(t *testing.T, _ *lab) []string { return []string{"--kubeconfig", kubeconfig(t, "\x00\x01{{")} }, []string{"read the kubeconfig"}},
		{"kubeconfig that is HTML", func(t *testing.T, _ *lab) []string {
			return []string{"--kubeconfig", kubeconfig(t, "<html>\n<p>log in</p>")}
		}, []string{"read the kubeconfig"}},
		{"empty kubeconfig", func(t *testing.T, _ *lab) []string { return []string{"--kubeconfig", kubeconfig(t, "")} }, []string{"no cluster is configured", "--kubeconfig"}},
		{"the API server is down", func(_ *testing.T, l *lab) []string { l.kube.Close(); return nil }, []string{"reach the API server", "connection refused", "--context"}},
		{"a web server in the API server's place", func(_ *testing.T, l *lab) []string { l.html("/"); return nil }, []string{"the API server"}},
		{"expired credentials", func(t *testing.T, _ *lab) []string {
			t.Setenv("AWS_ACCESS_KEY_ID", expired)
			t.Setenv("AWS_SESSION_TOKEN", "CANARY-session")
			return nil
		}, []string{"credentials have expired", "aws sso login"}},
		{"deleted keys", func(t *testing.T, _ *lab) []string { t.Setenv("AWS_ACCESS_KEY_ID", "AKIAGONE000000000000"); return nil }, []string{"credentials are not valid"}},
		{"no credentials", func(t *testing.T, _ *lab) []string {
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
			return nil
		}, []string{"no AWS credentials found", "--profile"}},
		{"unknown profile", func(*testing.T, *lab) []string { return []string{"--profile", "prd"} }, []string{"no profile prd"}},
		{"no region", func(*testing.T, *lab) []string { return []string{"--region", ""} }, []string{"no AWS region is known"}},
		{"no network to AWS", func(*testing.T, *lab) []string { return []string{"--endpoint-url", "http://127.0.0.1:1"} }, []string{"no answer from 127.0.0.1:1"}},
		{"no such cluster", func(*testing.T, *lab) []string { return []string{"--eks-cluster", "prd"} }, []string{"EKS cluster prd", "aws eks list-clusters"}},
		{"another cluster, by its issuer", func(_ *testing.T, l *lab) []string {
			l.editCluster(func(c *awstest.Cluster) { c.Issuer += "F" })
			return nil
		}, []string{"EKS cluster prod is not the one that the kubeconfig reaches", "--context"}},
		{"another cluster, by CA and endpoint", func(_ *testing.T, l *lab) []string {
			l.kube.Fault("/.well-known/openid-configuration", http.NotFound)
			l.editCluster(func(c *awstest.Cluster) {
				c.Endpoint = "https://other.eks.amazonaws.com"
				c.CAData = base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
			})
			return nil
		}, []string{"EKS cluster prod is not the one that the kubeconfig reaches"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLab(t)
			args := tc.spoil(t, l)
			o := run(t.Context(), "", slices.Concat([]string{"check", controller, "-n", "ack-system", "--eks-cluster", "prod"}, l.args, args)...)
			o.refused(t, tc.words...)
			if strings.Contains(o.stderr, "CANARY") {
				t.Errorf("a secret is shown: %s", o.stderr)
			}
		})
	}
}

// html puts a page in the place of every answer of the API server.
func (l *lab) html(prefix string) {
	page := kubetest.Writing("text/html", "<!DOCTYPE html>\n<html><body>log in</body></html>")
	l.run("check", controller, "-n", "ack-system") // tells which paths there are
	for _, r := range l.kube.Requests() {
		if strings.HasPrefix(r.Path, prefix) {
			l.kube.Fault(r.Path, page)
		}
	}
}

func status(code int, reason string) http.HandlerFunc {
	return kubetest.Failing(apierrors.NewGenericServerResponse(code, "get", schema.GroupResource{Resource: "x"}, "", reason, 0, true))
}

var kubeFaults = map[string]http.HandlerFunc{
	"401":       status(http.StatusUnauthorized, "no"),
	"403":       status(http.StatusForbidden, "no"),
	"404":       status(http.StatusNotFound, "no"),
	"429":       status(http.StatusTooManyRequests, "no"),
	"500":       status(http.StatusInternalServerError, "no"),
	"HTML":      kubetest.Writing("text/html", "<html>log in</html>"),
	"no list":   kubetest.Writing("application/json", `{"kind":"Status","apiVersion":"v1","status":"Success"}`),
	"truncated": kubetest.CutOff,
	"slow":      kubetest.Hanging,
}

var awsFaults = map[string]awstest.Fault{
	"403":       {Deny: true},
	"400":       {Status: http.StatusBadRequest, Code: "ValidationError", Message: "no"},
	"404":       {Status: http.StatusNotFound, Body: "not found", Type: "text/plain"},
	"429":       {Status: http.StatusTooManyRequests, Code: "TooManyRequestsException", Message: "Rate exceeded"},
	"throttled": {Status: http.StatusBadRequest, Code: "Throttling", Message: "Rate exceeded"},
	"500":       {Status: http.StatusInternalServerError, Code: "InternalFailure", Message: "no"},
	"HTML":      {Body: "<html>log in</html>"},
	"JSON":      {Body: `{}`, Type: "application/json"},
	"truncated": {Truncate: true},
	"closed":    {Close: true},
	"slow":      {Delay: time.Minute},
}

// decidesNothing are the calls that no verdict on the healthy controller needs, and why.
var decidesNothing = map[string]string{
	"get namespaces":                        "the labels of a namespace count where the webhook selects by them",
	"list statefulsets":                     "the target is a deployment",
	"list daemonsets":                       "the target is a deployment",
	"list jobs":                             "the target is a deployment",
	"list cronjobs":                         "the target is a deployment",
	"list events":                           "they tell why there are no pods, and there are",
	"get /.well-known/openid-configuration": "EKS names the issuer, and the certificate of the API server shows that it is the cluster",
	"sts:GetCallerIdentity":                 "who looked is shown; the account is in the ARN of the cluster",
	"iam:ListOpenIDConnectProviders":        "the provider of the issuer is looked up by its own ARN",
	"get services":                          "the pods have been given their identity, so that the webhook answers",
	"list endpointslices":                   "the pods have been given their identity, so that the webhook answers",
	"get configmaps":                        "the account's annotation comes before what the webhook's ConfigMap says",
}

// A failing call is one that a look makes, and how it is spoilt.
type failingCall struct {
	call, fault string // as a Gap names it, and a word
	spoil       func(*lab)
}

// failingCalls are all calls that a look has made, each with every fault, but for those
// to leave out.
func (l *lab) failingCalls(but map[string]bool) []failingCall {
	var all []failingCall
	seen := map[string]bool{}
	for _, r := range l.kube.Requests() {
		call := callOf(r)
		if seen[r.Path] || but[call] {
			continue
		}
		seen[r.Path] = true
		for name, fault := range kubeFaults {
			if name == "404" && strings.HasPrefix(call, "get ") && !strings.HasPrefix(call, "get /") {
				continue // which says that the object is not there
			}
			all = append(all, failingCall{call, name, func(l *lab) { l.kube.Fault(r.Path, fault) }})
		}
	}
	for _, c := range l.aws.Calls() {
		if seen[c.Name()] || but[c.Name()] {
			continue
		}
		seen[c.Name()] = true
		for name, fault := range awsFaults {
			fault.Call = c.Name()
			all = append(all, failingCall{c.Name(), name, func(l *lab) { l.aws.Inject(fault) }})
		}
	}
	return all
}

// callOf is a request as a Gap names it: "list pods".
func callOf(r kubetest.Request) string {
	verb := "get "
	if r.Method == http.MethodPost {
		verb = "create "
	}
	resource, name, ok := strings.Cut(r.Path, "/namespaces/")
	switch {
	case ok:
		parts := strings.Split(name, "/")
		switch len(parts) {
		case 1:
			return verb + "namespaces"
		case 2:
			return "list " + parts[1]
		case 4:
			return verb + parts[1] + "/" + parts[3]
		}
		return verb + parts[1]
	case strings.HasPrefix(r.Path, "/api"):
		return "list " + resource[strings.LastIndex(resource, "/")+1:]
	}
	return verb + r.Path
}

// TestEveryCallFails has every call of a look fail in every way, one at a time. Then
// nothing may be healthy, nothing may fail, and the report names what is missing.
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if o := l.check("--mint", "-q"); o.code != exitOK {
		t.Fatalf("exit %d, %s", o.code, o.stderr)
	}
	failing := l.failingCalls(nil)
	known := map[string]bool{}
	for _, f := range failing {
		known[f.call] = true
		t.Run(strings.ReplaceAll(f.call, "/", "_")+"/"+f.fault, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			f.hold(t, l)
		})
	}
	if len(known) < 25 {
		t.Errorf("%d calls only", len(known))
	}
}

// TestEveryFurtherCallFails does so with the calls that only some clusters make
// necessary: the webhook is in the cluster, and the role in another account.
func TestEveryFurtherCallFails(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	if o := l.check("-q", "--mint"); o.code != exitOK {
		t.Fatalf("exit %d, %s", o.code, o.stderr)
	}
	known := map[string]bool{}
	for _, f := range l.failingCalls(nil) {
		known[f.call] = true
	}
	setUp := func(t *testing.T) (*lab, string) {
		l := newLab(t)
		l.runWebhook()
		return l, l.moveRole()
	}
	l, auditor := setUp(t)
	if o := l.check("-o", "json", "--mint", "--aws-role-arn", auditor); o.code != exitOK {
		t.Fatalf("exit %d, %s%s", o.code, o.stdout, o.stderr)
	}
	further := map[string]bool{}
	for _, f := range l.failingCalls(known) {
		further[f.call] = true
		t.Run(strings.ReplaceAll(f.call, "/", "_")+"/"+f.fault, func(t *testing.T) {
			t.Parallel()
			l, auditor := setUp(t)
			f.hold(t, l, "--aws-role-arn", auditor)
		})
	}
	want := []string{"get configmaps", "get services", "list endpointslices", "sts:AssumeRole"}
	if got := slices.Sorted(maps.Keys(further)); !slices.Equal(got, want) {
		t.Errorf("the calls are %q, want %q", got, want)
	}
}

// moveRole moves the role and the provider to another account, and returns the role to
// read that account with.
func (l *lab) moveRole() string {
	const theirs = "444455556666"
	l.aws.Edit(func(w *awstest.World) {
		mine := w.Accounts[account]
		policy := strings.ReplaceAll(string(mine.Roles["ack-s3-controller"].TrustPolicy), account, theirs)
		mine.Roles["ack-s3-controller"].TrustPolicy = awstest.Document(policy)
		trust := awstest.Document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}]}`)
		w.Accounts[theirs] = &awstest.Account{
			Providers: mine.Providers,
			Roles:     map[string]*awstest.Role{"ack-s3-controller": mine.Roles["ack-s3-controller"], "auditor": {TrustPolicy: trust}},
		}
		mine.Roles, mine.Providers = nil, nil
	})
	kubetest.Edit(l.kube, func(a *corev1.ServiceAccount) {
		for key, value := range a.Annotations {
			a.Annotations[key] = strings.ReplaceAll(value, account, theirs)
		}
	})
	kubetest.Edit(l.kube, func(p *corev1.Pod) {
		for i, v := range p.Spec.Containers[0].Env {
			p.Spec.Containers[0].Env[i].Value = strings.ReplaceAll(v.Value, account, theirs)
		}
	})
	return "arn:aws:iam::" + theirs + ":role/auditor"
}

// hold runs with the call spoilt.
func (f failingCall) hold(t *testing.T, l *lab, args ...string) {
	f.spoil(l)
	args = append(args, "-o", "json")
	if f.fault == "slow" {
		args = append(args, "--request-timeout", "500ms", "--timeout", "1s")
	}
	if f.call != "get /.well-known/openid-configuration" { // for then the host of the issuer itself would be asked
		args = append(args, "--mint")
	}
	o := l.check(args...)
	if o.code == exitNothing {
		o.refused(t)
		return
	}
	r := o.report(t)
	for _, finding := range r.Findings {
		if finding.Result == "fail" || finding.Result == "warn" {
			t.Errorf("%s is made up: %s", finding.Check, finding.Message)
		}
	}
	if why := decidesNothing[f.call]; why != "" {
		if f.fault != "slow" && (o.code != exitOK || r.Diagnoses[0].Verdict != "healthy") {
			t.Errorf("exit %d, %s, though %s", o.code, r.Diagnoses[0].Verdict, why)
		}
		return
	}
	if o.code != exitIncomplete || r.Summary.Complete || r.Summary.Unknown == 0 {
		t.Errorf("exit %d, %+v; want exit 3", o.code, r.Summary)
	}
	if f.fault != "slow" && !slices.ContainsFunc(r.Summary.Gaps, func(g gap) bool { return g.Call == f.call }) {
		t.Errorf("no gap names the call: %+v", r.Summary.Gaps)
	}
	if refused := f.fault == "403" || f.fault == "401"; refused != slices.Contains(r.Summary.MissingPermissions, f.call) {
		t.Errorf("missing permissions: %q", r.Summary.MissingPermissions)
	}
}
