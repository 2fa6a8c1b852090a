package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

const (
	awsRegion  = "us-west-2"
	awsAccount = "111122223333"
	alice      = "AKIAALICE00000000000"
	namespace  = "ack-system"
	name       = "ack-s3-controller"
	role       = "arn:aws:iam::" + awsAccount + ":role/" + name
)

// A cluster is a real control plane, reached by kubectl.
type cluster struct{ kubeconfig string }

// theCluster is the one that IRSA_DOCTOR_E2E_KUBECONFIG names. Its namespace
// ack-system is deleted and made anew.
func theCluster(t *testing.T) cluster {
	t.Helper()
	kubeconfig := os.Getenv("IRSA_DOCTOR_E2E_KUBECONFIG")
	if kubeconfig == "" {
		t.Skip("IRSA_DOCTOR_E2E_KUBECONFIG names no cluster; it must be one that may be changed")
	}
	return cluster{kubeconfig}
}

func (c cluster) run(stdin string, args ...string) (string, error) {
	cmd := exec.Command("kubectl", args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.kubeconfig)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return stderr.String(), err
	}
	return string(out), nil
}

func (c cluster) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := c.run("", args...)
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (c cluster) apply(t *testing.T, manifest string) {
	t.Helper()
	if out, err := c.run(manifest, "apply", "-f", "-"); err != nil {
		t.Fatalf("kubectl apply: %v\n%s\n%s", err, out, manifest)
	}
}

// roleOf is the role ARN annotation of an account, as the webhook's cache would hold it.
func (c cluster) roleOf(namespace, account string) string {
	out, _ := c.run("", "get", "serviceaccount", account, "-n", namespace, "-o", `jsonpath={.metadata.annotations.eks\.amazonaws\.com/role-arn}`)
	return out
}

// settle waits until the controller's rollout is over: as many pods as wanted, all of
// the newest ReplicaSet. They need not run: without a node they stay Pending.
func (c cluster) settle(t *testing.T) {
	t.Helper()
	for range 300 {
		var d struct {
			Metadata struct{ Generation int64 }
			Status   struct {
				ObservedGeneration, UpdatedReplicas, Replicas, ReadyReplicas int64
			}
		}
		must(t, json.Unmarshal([]byte(c.kubectl(t, "get", "deployment", name, "-n", namespace, "-o", "json")), &d))
		pods := strings.Fields(c.kubectl(t, "get", "pods", "-n", namespace, "-o", `jsonpath={range .items[?(@.metadata.deletionTimestamp=="")]}{.metadata.name} {end}`))
		if d.Status.ObservedGeneration == d.Metadata.Generation && d.Status.UpdatedReplicas == 1 && d.Status.Replicas == 1 && len(pods) <= 1 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the deployment does not settle:\n" + c.kubectl(t, "get", "deployment,rs,pods", "-n", namespace))
}

// A lab is the cluster with AWS beside it, and the doctor.
type lab struct {
	cluster
	aws    *awstest.Server
	env    []string // of commands that reach both
	doctor string
	issuer string
	hook   *hook
}

// newLab builds the doctor and starts AWS for the cluster as it is.
func newLab(t *testing.T) *lab {
	c := theCluster(t)
	l := &lab{cluster: c}
	var discovery struct{ Issuer string }
	must(t, json.Unmarshal([]byte(c.kubectl(t, "get", "--raw", "/.well-known/openid-configuration")), &discovery))
	l.issuer = discovery.Issuer
	view := func(path string) string {
		return c.kubectl(t, "config", "view", "--raw", "--minify", "--flatten", "-o", "jsonpath="+path)
	}
	l.aws = awstest.New(&awstest.World{
		Accounts: map[string]*awstest.Account{awsAccount: {Clusters: map[string]map[string]*awstest.Cluster{awsRegion: {"prod": {
			Endpoint: view("{.clusters[0].cluster.server}"), CAData: view("{.clusters[0].cluster.certificate-authority-data}"),
			Issuer: l.issuer, Version: "1.34",
		}}}}},
		Credentials: map[string]*awstest.Credential{alice: {ARN: "arn:aws:iam::" + awsAccount + ":user/alice"}},
	})
	l.aws.Keys = func(string) ([]byte, error) {
		out, err := c.run("", "get", "--raw", "/openid/v1/jwks")
		return []byte(out), err
	}
	l.env = append(os.Environ(), l.aws.Start(t, alice, awsRegion).List()...)
	l.env = append(l.env, "KUBECONFIG="+c.kubeconfig, "NO_COLOR=1")
	l.doctor = filepath.Join(t.TempDir(), "irsa-doctor")
	build := exec.Command("go", "build", "-o", l.doctor, ".")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the doctor: %v\n%s", err, out)
	}
	return l
}

// sh runs a line as a user would type it.
func (l *lab) sh(t *testing.T, line string) string {
	t.Helper()
	cmd := exec.Command("sh", "-euc", line)
	cmd.Env = l.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// A diagnosis is what a test reads of the JSON report.
type diagnosis struct {
	Object, Verdict, Cause, PredictedError, Prognosis string
	Commands                                          []string
}

// examine runs the doctor and returns its exit code and its one diagnosis.
func (l *lab) examine(t *testing.T, args ...string) (int, diagnosis) {
	t.Helper()
	cmd := exec.Command(l.doctor, append([]string{"check", "deploy/" + name, "-n", namespace, "--eks-cluster", "prod", "-o", "json"}, args...)...)
	cmd.Env = l.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	var report struct{ Diagnoses []diagnosis }
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil || len(report.Diagnoses) != 1 {
		t.Fatalf("no report with one diagnosis: %v\n%s%s", err, &stdout, &stderr)
	}
	t.Logf("\n%s", l.table(args...))
	return cmd.ProcessState.ExitCode(), report.Diagnoses[0]
}

func (l *lab) table(args ...string) string {
	cmd := exec.Command(l.doctor, append([]string{"check", "deploy/" + name, "-n", namespace, "--eks-cluster", "prod"}, args...)...)
	cmd.Env = l.env
	out, _ := cmd.Output()
	return string(out)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
