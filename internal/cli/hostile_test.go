package cli

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	corev1 "k8s.io/api/core/v1"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
	"github.com/irsa-doctor/irsa-doctor/report"
)

// obeyed returns the first character that a terminal would obey, hide or reorder.
func obeyed(text string) (rune, bool) {
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.In(r, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar) {
			return r, true
		}
	}
	return 0, false
}

// TestHostileCluster puts what a terminal obeys into all that a report may show.
func TestHostileCluster(t *testing.T) {
	t.Parallel()
	const evil = "\x1b[2J\x1b]0;owned\a\u202egro\u2066.elpmaxe\u200b\r\u2028\x00\u009b31m"
	for name, spoil := range map[string]func(*lab){
		"role ARN annotation": func(l *lab) {
			kubetest.Edit(l.kube, func(a *corev1.ServiceAccount) {
				for key := range a.Annotations {
					a.Annotations[key] += evil
				}
			})
		},
		"role ARN annotation of 200 KB": func(l *lab) {
			kubetest.Edit(l.kube, func(a *corev1.ServiceAccount) {
				for key := range a.Annotations {
					a.Annotations[key] = "arn:aws:iam::" + account + ":role/" + strings.Repeat(evil, 5000)
				}
			})
		},
		"variables of the pod": func(l *lab) {
			kubetest.Edit(l.kube, func(p *corev1.Pod) {
				for i := range p.Spec.Containers[0].Env {
					p.Spec.Containers[0].Env[i].Value += evil
				}
			})
		},
		"image and container": func(l *lab) {
			kubetest.Edit(l.kube, func(p *corev1.Pod) { p.Spec.Containers[0].Image += evil; p.Spec.Containers[0].Name += evil })
		},
		"trust policy": func(l *lab) {
			l.retrust(`"ack-system`, `"ack-system`+strings.Trim(quote(evil), `"`))
			l.retrust(":ack-system:", ":"+strings.Trim(quote(evil), `"`)+":")
		},
		"message of AWS": func(l *lab) {
			l.aws.Inject(awstest.Fault{Call: "iam:GetRole", Code: "AccessDenied", Message: "you\n" + "\u202egro\u200b"})
		},
		"message of the API server": func(l *lab) { l.kube.Fault("pods", status(403, evil+"\nline")) },
		"version": func(l *lab) {
			l.kube.Fault("/version", kubetest.Writing("application/json", `{"gitVersion":`+quote("v1.34"+evil)+`}`))
		},
		"issuer": func(l *lab) {
			l.kube.Fault("/.well-known/openid-configuration", kubetest.Writing("application/json", `{"issuer":`+quote("https://issuer.example.com/"+evil)+`}`))
		},
	} {
		l := newLab(t)
		spoil(l)
		o, written := l.checkAll()
		for format, text := range written {
			if r, found := obeyed(text); found {
				t.Errorf("%s: -o %s writes %U: %.300q", name, format, r, text)
			}
		}
		if r, found := obeyed(o.stdout + o.stderr); found {
			t.Errorf("%s: the terminal is sent %U: %.300q", name, r, o.stdout+o.stderr)
		}
		if !strings.Contains(strings.ToLower(written["json"]+o.stderr), "202e") {
			t.Errorf("%s: nothing of it is shown, exit %d\n%s", name, o.code, o.stderr)
		}
	}
}

// checkAll checks once, and returns the report in every format.
func (l *lab) checkAll(args ...string) (o outcome, written map[string]string) {
	l.t.Helper()
	dir := l.t.TempDir()
	for _, format := range report.Names() {
		args = append(args, "--report", format+"="+filepath.Join(dir, format))
	}
	o = l.check(args...)
	written = map[string]string{}
	for _, format := range report.Names() {
		if b, err := os.ReadFile(filepath.Join(dir, format)); err == nil {
			written[format] = string(b)
		}
	}
	return o, written
}

// quote is the text as JSON, with every character that is not plain escaped.
func quote(s string) string {
	b := []byte{'"'}
	for _, r := range s {
		if r < ' ' || r > '~' {
			b = append(b, `\u`...)
			for shift := 12; shift >= 0; shift -= 4 {
				b = append(b, "0123456789abcdef"[r>>shift&15])
			}
			continue
		}
		b = append(b, byte(r))
	}
	return string(append(b, '"'))
}

// TestHostileTrustPolicy has IAM answer with trust policies that IAM takes from nobody.
// It computes more than it waits, and so does not run beside other tests.
func TestHostileTrustPolicy(t *testing.T) {
	statement := func(condition string) string {
		return `{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::` + account + `:oidc-provider/` + issuerHost + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":` + condition + `}`
	}
	admitted := `{"StringEquals":{"` + issuerHost + `:sub":"system:serviceaccount:ack-system:ack-s3-controller"}}`
	policy := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	for name, tc := range map[string]struct {
		policy string
		code   int
		check  string // that says so, by a finding with the result
		result string
	}{
		"no JSON":            {"Version: 2012-10-17", exitIncomplete, "trust-policy-parses", "unknown"},
		"empty":              {"", exitIncomplete, "trust-policy-parses", "unknown"},
		"a number":           {"7", exitIncomplete, "trust-policy-parses", "unknown"},
		"no policy":          {`{"kind":"Pod"}`, exitIncomplete, "trust-policy-parses", "unknown"},
		"cut off":            {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow"`, exitIncomplete, "trust-policy-parses", "unknown"},
		"deep":               {strings.Repeat(`{"Statement":[`, 80_000), exitIncomplete, "trust-policy-parses", "unknown"},
		"1 MB of blanks":     {policy(strings.Repeat(" ", 1<<20) + statement(admitted)), exitOK, "trust-policy-subject", "pass"},
		"1 MB of statements": {policy(slices.Repeat([]string{statement(`{"StringLike":{"` + issuerHost + `:sub":"*a*b*c*d*e*"}}`)}, 3500)...), exitFindings, "trust-policy-subject", "fail"},
		"1 MB of wildcards":  {policy(statement(`{"StringLike":{"` + issuerHost + `:sub":"` + strings.Repeat("*a", 1<<19) + `"}}`)), exitFindings, "trust-policy-subject", "fail"},
		"1 MB of subjects":   {policy(statement(`{"StringEquals":{"` + issuerHost + `:sub":["` + strings.Repeat(`system:serviceaccount:a:b","`, 1<<15) + `"]}}`)), exitFindings, "trust-policy-subject", "fail"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.aws.Inject(awstest.Fault{Call: "iam:GetRole", Type: "text/xml", Body: `<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role><Path>/</Path><RoleName>ack-s3-controller</RoleName>` +
				`<RoleId>AROAEXAMPLE0000000000</RoleId><Arn>arn:aws:iam::` + account + `:role/ack-s3-controller</Arn><CreateDate>2024-01-02T03:04:05Z</CreateDate><AssumeRolePolicyDocument>` +
				url.PathEscape(tc.policy) + `</AssumeRolePolicyDocument></Role></GetRoleResult></GetRoleResponse>`})
			o, written := l.checkAll("-o", "json")
			if got := o.report(t).find(tc.check); o.code != tc.code || !slices.Equal(got, []string{tc.result}) {
				t.Errorf("exit %d, %s %s; want exit %d, %s", o.code, tc.check, got, tc.code, tc.result)
			}
			for _, format := range []string{"table", "short", "markdown", "junit"} { // which people read
				if n := len(written[format]); n == 0 || n > 200_000 {
					t.Errorf("%s: %d bytes", format, n)
				}
			}
		})
	}
}
