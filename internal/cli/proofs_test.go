package cli

import (
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
	"github.com/irsa-doctor/irsa-doctor/report"
)

func TestMint(t *testing.T) {
	t.Parallel()
	stranger := kubetest.NewIssuer("https://" + issuerHost)
	for _, tc := range []struct {
		name    string
		spoil   func(*lab)
		code    int
		result  string
		message string
	}{
		{"good", func(*lab) {}, exitOK, "pass", "a good signature"},
		{"signed with a key that is not published", func(l *lab) { l.kube.Fault("/openid/v1/jwks", stranger.ServeJWKS) }, exitFindings, "fail", "signature"},
		{"minting is forbidden", func(l *lab) {
			l.kube.Fault("serviceaccounts/token", kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{Resource: "serviceaccounts"}, "", nil)))
		}, exitIncomplete, "unknown", "create serviceaccounts/token"},
		{"the keys are forbidden", func(l *lab) {
			l.kube.Fault("/openid/v1/jwks", kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{}, "", nil)))
		}, exitIncomplete, "unknown", "get /openid/v1/jwks"},
		{"what is minted is no token", func(l *lab) {
			l.kube.Fault("serviceaccounts/token", kubetest.Writing("application/json", `{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","status":{"token":"CANARY"}}`))
		}, exitFindings, "fail", "JSON Web Token"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLab(t)
			tc.spoil(l)
			o := l.check("--mint", "-o", "json", "--only", "token-claims")
			for _, f := range o.report(t).Findings {
				if o.code != tc.code || f.Result != tc.result || !strings.Contains(f.Message, tc.message) {
					t.Errorf("exit %d, %s: %s", o.code, f.Result, f.Message)
				}
			}
			if strings.Contains(o.stdout+o.stderr, "CANARY") {
				t.Errorf("the token is shown: %s%s", o.stdout, o.stderr)
			}
		})
	}
}

// TestExec looks into the running pod.
func TestExec(t *testing.T) {
	t.Parallel()
	raw := theIssuer().Sign("ack-system", "ack-s3-controller", []string{"sts.amazonaws.com"}, time.Hour)
	const file = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"
	environment := "AWS_WEB_IDENTITY_TOKEN_FILE=" + file + "\nPASSWORD=CANARY\nAWS_SECRET_ACCESS_KEY=CANARY\n"
	pod := func(env, token string) http.HandlerFunc {
		return kubetest.Running(func(r *http.Request, stdout, stderr io.Writer) metav1.Status {
			switch command := r.URL.Query()["command"]; {
			case slices.Equal(command, []string{"env"}):
				io.WriteString(stdout, env)
			case slices.Equal(command, []string{"cat", file}) && token != "":
				io.WriteString(stdout, token)
			default:
				io.WriteString(stderr, "no such file or directory")
				return kubetest.Exited(1)
			}
			return kubetest.Exited(0)
		})
	}
	distroless := kubetest.Running(func(*http.Request, io.Writer, io.Writer) metav1.Status {
		return metav1.Status{Status: metav1.StatusFailure, Message: `exec: "env": executable file not found in $PATH`}
	})
	for _, tc := range []struct {
		name   string
		serve  http.HandlerFunc
		code   int
		result string
	}{
		{"good", pod(environment, raw), exitOK, "pass"},
		{"expired", pod(environment, theIssuer().Sign("ack-system", "ack-s3-controller", []string{"sts.amazonaws.com"}, -time.Hour)), exitFindings, "fail"},
		{"of another account", pod(environment, theIssuer().Sign("ack-system", "default", []string{"sts.amazonaws.com"}, time.Hour)), exitFindings, "fail"},
		{"no token file", pod(environment, ""), exitOK, "skip"},
		{"without the variable", pod("PATH=/bin\n", ""), exitOK, "skip"},
		{"without env", distroless, exitIncomplete, "unknown"},
		{"forbidden", kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "x", nil)), exitIncomplete, "unknown"},
		{"pod gone", kubetest.Failing(apierrors.NewNotFound(schema.GroupResource{Resource: "pods"}, "x")), exitIncomplete, "unknown"},
	} {
		l := newLab(t)
		l.kube.Fault("pods/exec", tc.serve)
		saved := filepath.Join(t.TempDir(), "snapshot.json")
		o := l.check("--exec", "-o", "json", "--only", "token-claims", "--save", saved)
		if got := o.report(t).find("token-claims"); o.code != tc.code || !slices.Equal(got, []string{tc.result}) {
			t.Errorf("%s: exit %d, %s; want exit %d, %s\n%s", tc.name, o.code, got, tc.code, tc.result, o.stdout)
		}
		snapshot, err := os.ReadFile(saved)
		if err != nil {
			t.Fatal(err)
		}
		if all := o.stdout + o.stderr + string(snapshot); strings.Contains(all, "CANARY") || aToken.MatchString(all) {
			t.Errorf("%s: what must not be kept is:\n%s", tc.name, all)
		}
	}
}

// TestTokenFile judges tokens that somebody brings, from a file and from standard input.
func TestTokenFile(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	sts := []string{"sts.amazonaws.com"}
	stranger := kubetest.NewIssuer("https://" + issuerHost)
	for name, tc := range map[string]struct {
		raw    string
		code   int
		result string
	}{
		"good":              {theIssuer().Sign("ack-system", "ack-s3-controller", sts, time.Hour), exitOK, "pass"},
		"with blanks":       {" " + theIssuer().Sign("ack-system", "ack-s3-controller", sts, time.Hour) + "\n", exitOK, "pass"},
		"another audience":  {theIssuer().Sign("ack-system", "ack-s3-controller", []string{"vault"}, time.Hour), exitFindings, "fail"},
		"another account":   {theIssuer().Sign("ack-system", "default", sts, time.Hour), exitFindings, "fail"},
		"expired":           {theIssuer().Sign("ack-system", "ack-s3-controller", sts, -time.Hour), exitFindings, "fail"},
		"another's key":     {stranger.Sign("ack-system", "ack-s3-controller", sts, time.Hour), exitFindings, "fail"},
		"of a foreign host": {kubetest.NewIssuer("https://169.254.169.254/latest").Sign("ack-system", "ack-s3-controller", sts, time.Hour), exitFindings, "fail"},
		"empty":             {"", exitFindings, "fail"},
		"an access key":     {alice, exitFindings, "fail"},
		"a whole book":      {strings.Repeat("eyJ.", 1<<18), exitFindings, "fail"},
	} {
		file := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(file, []byte(tc.raw), 0o600); err != nil {
			t.Fatal(err)
		}
		args := []string{"check", controller, "-n", "ack-system", "--eks-cluster", "prod", "-o", "json", "--only", "token-claims", "--token-file"}
		fromFile := run(t.Context(), "", append(append(slices.Clone(args), file), l.args...)...)
		fromStdin := run(t.Context(), tc.raw, append(append(slices.Clone(args), "-"), l.args...)...)
		for from, o := range map[string]outcome{"file": fromFile, "stdin": fromStdin} {
			if got := o.report(t).find("token-claims"); o.code != tc.code || !slices.Equal(got, []string{tc.result}) {
				t.Errorf("%s, from %s: exit %d, %s; want exit %d, %s\n%s", name, from, o.code, got, tc.code, tc.result, o.stdout)
			}
		}
	}
}

var aToken = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.eyJ`)

// TestTokensAreNotShown looks for tokens in all that a run writes.
func TestTokensAreNotShown(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	raw := theIssuer().Sign("ack-system", "ack-s3-controller", []string{"sts.amazonaws.com"}, time.Hour)
	_, afterHeader, _ := strings.Cut(raw, ".")
	claims, signature, _ := strings.Cut(afterHeader, ".")
	broken := raw[:len(raw)-10] + "!" + raw[len(raw)-9:]
	for name, given := range map[string]string{"good": raw, "with a broken signature": broken, "cut": raw[:len(raw)/2], "twice": raw + "." + raw, "in JSON": `{"token":"` + raw + `"}`} {
		dir := t.TempDir()
		args := []string{"check", controller, "-n", "ack-system", "--eks-cluster", "prod", "--mint", "--token-file", "-", "--save", filepath.Join(dir, "snapshot")}
		for _, format := range report.Names() {
			args = append(args, "--report", format+"="+filepath.Join(dir, format))
		}
		o := run(t.Context(), given, append(args, l.args...)...)
		written := map[string]string{"stdout": o.stdout, "stderr": o.stderr}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != len(report.Names())+1 {
			t.Fatalf("%d files, %v\n%s", len(files), err, o.stderr)
		}
		for _, f := range files {
			b, err := os.ReadFile(filepath.Join(dir, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			written[f.Name()] = string(b)
		}
		for _, where := range slices.Sorted(maps.Keys(written)) {
			text := written[where]
			for what, part := range map[string]string{"claims": claims, "signature": signature, "end of the signature": signature[len(signature)-9:], "bearer token": "CANARY"} {
				if strings.Contains(text, part) {
					t.Errorf("%s: %s holds the %s", name, where, what)
				}
			}
			if found := aToken.FindString(text); found != "" {
				t.Errorf("%s: %s holds a token: %s", name, where, found)
			}
		}
		if !strings.Contains(written["snapshot"], `"source": "mint"`) || !strings.Contains(written["snapshot"], `"source": "file"`) {
			t.Errorf("%s: the snapshot tells nothing of the tokens", name)
		}
	}
	// A file that is named wrongly may be a token itself.
	o := l.check("--token-file", raw)
	o.refused(t, "what looks like a token")
	if strings.Contains(o.stderr, signature) {
		t.Errorf("the error holds the token: %s", o.stderr)
	}
}
