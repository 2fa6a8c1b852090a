package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

// A report is what a test reads of the JSON report as a whole.
type report struct {
	Summary struct {
		Complete           bool
		MissingPermissions []string
	}
	Diagnoses []struct{ Object, Verdict string }
	Findings  []struct{ Check, Result string }
}

// check runs the doctor on the controller and returns exit code, report and stderr.
func (l *lab) check(t *testing.T, env []string, args ...string) (int, report, string) {
	t.Helper()
	return l.doctorSays(t, env, append([]string{"check", "deploy/" + name, "-n", namespace, "-o", "json"}, args...)...)
}

// doctorSays runs the doctor and returns exit code, JSON report and stderr.
func (l *lab) doctorSays(t *testing.T, env []string, args ...string) (int, report, string) {
	t.Helper()
	cmd := exec.Command("irsa-doctor", args...)
	cmd.Env = append(slices.Clone(l.env), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	var r report
	if stdout.Len() > 0 {
		must(t, json.Unmarshal(stdout.Bytes(), &r))
	}
	return cmd.ProcessState.ExitCode(), r, stderr.String()
}

func (l *lab) mustPass(t *testing.T, check string, args ...string) {
	t.Helper()
	_, r, _ := l.check(t, nil, args...)
	for _, f := range r.Findings {
		if f.Check == check && f.Result != "pass" {
			t.Errorf("%s: %s", check, f.Result)
		}
	}
}

// scopes names the controller in every way that there is.
func (l *lab) scopes(t *testing.T) {
	const object = "deployment/" + namespace + "/" + name
	pod := strings.Fields(l.kubectl(t, "get", "pods", "-n", namespace, "-o", "jsonpath={.items[*].metadata.name}"))[0]
	for _, args := range []string{
		"deploy/" + name + " -n " + namespace,
		"deployment.apps/" + name + " -n " + namespace,
		"sa/" + name + " -n " + namespace,
		"pod/" + pod + " -n " + namespace,
		"-n " + namespace,
		"-n " + namespace + " -l app.kubernetes.io/name=" + name,
		"-A",
		"--ack s3",
	} {
		code, r, stderr := l.doctorSays(t, nil, append(strings.Fields("check "+args), "-o", "json", "--eks-cluster", "prod")...)
		if code != 0 || len(r.Diagnoses) != 1 || r.Diagnoses[0].Object != object || r.Diagnoses[0].Verdict != "healthy" {
			t.Errorf("check %s: exit %d, %v: %s", args, code, r.Diagnoses, stderr)
		}
	}
	for args, want := range map[string]int{
		"deploy/nonesuch -n " + namespace: 1,
		"-n default":                      3,
		"--ack ec2":                       3,
		"deploy/" + name + " -n " + namespace + " --context nonesuch":            2,
		"deploy/" + name + " -n " + namespace + " --eks-cluster nonesuch":        2,
		"deploy/" + name + " -n " + namespace + " --profile nonesuch":            2,
		"deploy/" + name + " -n " + namespace + " --endpoint-url http://[::1]:1": 2,
	} {
		code, _, stderr := l.doctorSays(t, []string{"AWS_MAX_ATTEMPTS=1"}, append(strings.Fields("check "+args), "-o", "json")...)
		if code != want {
			t.Errorf("check %s: exit %d, want %d: %s", args, code, want, stderr)
		}
	}
}

// forbidden looks as an account without any right: all is unknown, and named.
func (l *lab) forbidden(t *testing.T) {
	l.kubectl(t, "create", "serviceaccount", "stranger", "-n", namespace)
	token := strings.TrimSpace(l.kubectl(t, "create", "token", "stranger", "-n", namespace))
	var config map[string]any
	must(t, json.Unmarshal([]byte(l.kubectl(t, "config", "view", "--raw", "--minify", "--flatten", "-o", "json")), &config))
	user := config["users"].([]any)[0].(map[string]any)
	user["user"] = map[string]string{"token": token}
	b, err := json.Marshal(config)
	must(t, err)
	kubeconfig := filepath.Join(t.TempDir(), "config")
	must(t, os.WriteFile(kubeconfig, b, 0o600))

	code, r, stderr := l.check(t, []string{"KUBECONFIG=" + kubeconfig})
	if code != 3 || r.Summary.Complete {
		t.Errorf("exit %d, complete %v: %s", code, r.Summary.Complete, stderr)
	}
	for _, want := range []string{"list deployments", "list pods", "list serviceaccounts", "list mutatingwebhookconfigurations"} {
		if !slices.Contains(r.Summary.MissingPermissions, want) {
			t.Errorf("%q is not among the missing permissions %q", want, r.Summary.MissingPermissions)
		}
	}
	for _, f := range r.Findings {
		if f.Result == "fail" || f.Result == "warn" {
			t.Errorf("%s says %s out of nothing", f.Check, f.Result)
		}
	}
}

// faults spoils one AWS call after another: what depends on it must be unknown, and
// nothing may pass or fail for it.
func (l *lab) faults(t *testing.T) {
	defer l.aws.Mend()
	for _, call := range []string{"iam:GetRole", "iam:GetOpenIDConnectProvider", "iam:ListOpenIDConnectProviders", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "eks:ListPodIdentityAssociations"} {
		for what, fault := range map[string]awstest.Fault{
			"denied":    awstest.Denied(call),
			"500":       {Call: call, Status: 500, Code: "InternalFailure", Message: "try again"},
			"HTML":      {Call: call, Body: "<html>"},
			"truncated": {Call: call, Truncate: true},
			"closed":    {Call: call, Close: true},
		} {
			l.aws.Mend()
			l.aws.Inject(fault)
			code, r, stderr := l.check(t, []string{"AWS_MAX_ATTEMPTS=1"}, "--eks-cluster", "prod")
			bad := slices.ContainsFunc(r.Findings, func(f struct{ Check, Result string }) bool { return f.Result == "fail" || f.Result == "warn" })
			spared := call == "iam:GetOpenIDConnectProvider" || call == "iam:ListOpenIDConnectProviders" // the other of the two tells as much
			if code != 3 && !(spared && code == 0) || bad {
				t.Errorf("%s %s: exit %d, bad %v: %s", call, what, code, bad, stderr)
			}
			if what == "denied" && code == 3 && !slices.Contains(r.Summary.MissingPermissions, call) {
				t.Errorf("%s is not among the missing permissions %q", call, r.Summary.MissingPermissions)
			}
		}
	}
}
