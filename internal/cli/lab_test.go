package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/urfave/cli/v2"
	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

const (
	controller = "deploy/ack-s3-controller"
	account    = "111122223333"
	home       = "us-west-2"
	issuerHost = "oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001"
	alice      = "AKIAALICE00000000000"
	expired    = "ASIAEXPIRED000000000"
	canary     = "AKIACANARY0000000000" // whose secrets must appear nowhere
)

// profiles are the AWS configuration: a call is tried once, but with the profile patient.
const profiles = `[default]
max_attempts = 1
[profile patient]
aws_access_key_id = ` + canary + `
aws_secret_access_key = CANARY-secret
aws_session_token = CANARY-session
[profile hasty]
max_attempts = 1
aws_access_key_id = ` + canary + `
aws_secret_access_key = CANARY-secret
aws_session_token = CANARY-session
`

// TestMain gives the process an environment of its own, in which alice is the caller of
// AWS and nothing is configured else: tests that leave it as it is can run in parallel.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "irsa-doctor")
	if err != nil {
		panic(err)
	}
	none, aws := filepath.Join(dir, "none"), filepath.Join(dir, "aws")
	for path, text := range map[string]string{none: "", aws: profiles} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			panic(err)
		}
	}
	os.Clearenv()
	for name, value := range map[string]string{
		"HOME": dir, "PATH": "", "TMPDIR": filepath.Dir(dir), "NO_COLOR": "1", "KUBECONFIG": none,
		"AWS_CONFIG_FILE": aws, "AWS_SHARED_CREDENTIALS_FILE": none, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_ACCESS_KEY_ID": alice, "AWS_SECRET_ACCESS_KEY": "CANARY-secret",
	} {
		os.Setenv(name, value)
	}
	cli.HelpFlag = nil // to which the library writes in every run
	flag.Parse()
	flag.Set("test.parallel", "8") // the tests wait more than they compute
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// A lab is a cluster and an account in which an ACK controller has its role.
type lab struct {
	t    testing.TB
	kube *kubetest.Server
	aws  *awstest.Server
	args []string // that reach both
}

// theIssuer has the one key that all labs sign with: making keys takes time.
var theIssuer = sync.OnceValue(func() *kubetest.Issuer { return kubetest.NewIssuer("https://" + issuerHost) })

func newLab(t testing.TB) *lab {
	t.Helper()
	f, err := os.Open("testdata/world.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	world, err := awstest.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, kube: kubetest.Start(t, "testdata/ack.yaml"), aws: awstest.New(world)}
	l.kube.Issue(theIssuer())
	kubetest.Edit(l.kube, func(c *admissionv1.MutatingWebhookConfiguration) { c.Webhooks[0].ClientConfig.CABundle = l.kube.CA() })
	l.editCluster(func(c *awstest.Cluster) {
		c.Endpoint, c.CAData = l.kube.URL, base64.StdEncoding.EncodeToString(l.kube.CA())
	})
	aws := httptest.NewServer(l.kube.Count(l.aws))
	t.Cleanup(func() {
		aws.CloseClientConnections()
		aws.Close()
	})
	l.args = []string{"--kubeconfig", l.kube.Kubeconfig(), "--endpoint-url", aws.URL, "--region", home}
	return l
}

func (l *lab) edit(change func(*awstest.Account)) {
	l.aws.Edit(func(w *awstest.World) { change(w.Accounts[account]) })
}

func (l *lab) editCluster(change func(*awstest.Cluster)) {
	l.edit(func(a *awstest.Account) { change(a.Clusters[home]["prod"]) })
}

// retrust replaces a part of the role's trust policy.
func (l *lab) retrust(from, to string) {
	l.edit(func(a *awstest.Account) {
		role := a.Roles["ack-s3-controller"]
		role.TrustPolicy = awstest.Document(strings.ReplaceAll(string(role.TrustPolicy), from, to))
	})
}

// An outcome is what a run left.
type outcome struct {
	code           int
	stdout, stderr string
}

// check runs irsa-doctor check with the controller as its target.
func (l *lab) check(args ...string) outcome {
	l.t.Helper()
	return l.run(append([]string{"check", controller, "-n", "ack-system", "--eks-cluster", "prod"}, args...)...)
}

// run runs the program, in the lab.
func (l *lab) run(args ...string) outcome {
	l.t.Helper()
	return run(l.t.Context(), "", append(args, l.args...)...)
}

// run runs the program as main does, but for the signals; --wait looks again soon.
func run(ctx context.Context, stdin string, args ...string) outcome {
	quiet()
	var stdout, stderr bytes.Buffer
	p := &program{ctx, strings.NewReader(stdin), &stdout, &stderr, 10 * time.Millisecond}
	code := p.run(append([]string{"irsa-doctor"}, args...))
	return outcome{code, stdout.String(), stderr.String()}
}

// A result is what the tests read of a JSON report.
type result struct {
	Summary struct {
		Pass, Warn, Fail, Unknown int
		Complete                  bool
		MissingPermissions        []string
		Gaps                      []gap
	}
	Diagnoses []struct{ Object, Verdict, Cause, Message, Prognosis string }
	Findings  []struct{ Check, Object, Result, Message string }
}

type gap struct{ Kind, Call, Detail string }

// report reads the JSON report, which must be there and the only thing on stdout.
func (o outcome) report(t testing.TB) result {
	t.Helper()
	var r result
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatalf("exit %d, no JSON report: %v\n%s%s", o.code, err, o.stdout, o.stderr)
	}
	return r
}

// find returns the results of a check.
func (r result) find(check string) (results []string) {
	for _, f := range r.Findings {
		if f.Check == check {
			results = append(results, f.Result)
		}
	}
	return results
}

// refused holds that nothing was audited, and that stderr says why in one line, with
// the words that are given.
func (o outcome) refused(t testing.TB, words ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(o.stderr, "\n"), "\n")
	if o.code != exitNothing || o.stdout != "" || !strings.HasPrefix(lines[0], "irsa-doctor: ") ||
		len(lines) > 2 || len(lines) == 2 && !strings.HasPrefix(lines[1], "hint: ") {
		t.Fatalf("exit %d; want 2 and one line that says why\nstdout: %s\nstderr: %s", o.code, o.stdout, o.stderr)
	}
	for _, word := range words {
		if !strings.Contains(o.stderr, word) {
			t.Errorf("stderr lacks %q: %s", word, o.stderr)
		}
	}
}
