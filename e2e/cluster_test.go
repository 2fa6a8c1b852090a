package e2e

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// theCluster is the one that TestMain prepared. Its namespace ack-system is deleted and
// made anew.
func theCluster(t *testing.T) cluster {
	t.Helper()
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Skip("kubectl is not installed, and the doctor's commands are for it")
	}
	return cluster{os.Getenv(kubeconfigVariable)}
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

// annotationsOf are those of a service account, as the webhook's cache would hold them.
func (c cluster) annotationsOf(namespace, account string) (annotations map[string]string) {
	out, err := c.run("", "get", "serviceaccount", account, "-n", namespace, "-o", "jsonpath={.metadata.annotations}")
	if err == nil && out != "" {
		err = json.Unmarshal([]byte(out), &annotations)
	}
	if err != nil {
		return nil // as for an account that the cache does not know
	}
	return annotations
}

// settle waits until the controller's rollout is over: as many pods as wanted, all of
// the newest ReplicaSet. They need not run: without a node they stay Pending.
func (c cluster) settle(t *testing.T) {
	t.Helper()
	c.await(t, func(d deployment) bool {
		pods := c.kubectl(t, "get", "pods", "-n", namespace, "-o", "name")
		return d.Status.UpdatedReplicas == 1 && d.Status.Replicas == 1 && strings.Count(pods, "\n") == 1
	})
}

// stuck waits until the API server refused to create a pod of the controller.
func (c cluster) stuck(t *testing.T) {
	t.Helper()
	c.await(t, func(d deployment) bool {
		return slices.ContainsFunc(d.Status.Conditions, func(c condition) bool { return c.Type == "ReplicaFailure" && c.Status == "True" })
	})
}

// A deployment is what a test reads of one.
type deployment struct {
	Metadata struct{ Generation int64 }
	Status   struct {
		ObservedGeneration, UpdatedReplicas, Replicas int64
		Conditions                                    []condition
	}
}

type condition struct{ Type, Status string }

// await waits until the controller's deployment is as it should, and not as it was.
func (c cluster) await(t *testing.T, as func(deployment) bool) {
	t.Helper()
	for range 150 {
		var d deployment
		must(t, json.Unmarshal([]byte(c.kubectl(t, "get", "deployment", name, "-n", namespace, "-o", "json")), &d))
		if d.Status.ObservedGeneration == d.Metadata.Generation && as(d) {
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
	issuer string
	hook   *hook
	// fromPods is the URL of AWS for pods; empty where none can reach it.
	fromPods string
	restarts int
}

// newLab starts AWS for the cluster as it is.
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
	if host := os.Getenv(hostVariable); host != "" {
		listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		must(t, err)
		server := httptest.NewUnstartedServer(l.aws)
		server.Listener.Close()
		server.Listener = listener
		server.Start()
		t.Cleanup(server.Close)
		l.fromPods = server.URL
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

// examine runs the doctor and returns its exit code and its one diagnosis. What it says
// to a human is shown when the test fails.
func (l *lab) examine(t *testing.T, args ...string) (int, diagnosis) {
	t.Helper()
	human := filepath.Join(t.TempDir(), "report")
	check := []string{"check", "deploy/" + name, "-n", namespace, "--eks-cluster", "prod", "-o", "json", "--report", "table=" + human}
	got := doctor(t, l.env, append(check, args...)...)
	var report struct{ Diagnoses []diagnosis }
	if err := json.Unmarshal([]byte(got.Stdout), &report); err != nil || len(report.Diagnoses) != 1 {
		t.Fatalf("no report with one diagnosis: %v\n%s%s", err, got.Stdout, got.Stderr)
	}
	t.Cleanup(func() {
		if t.Failed() {
			text, _ := os.ReadFile(human)
			t.Logf("\n%s", text)
		}
	})
	return got.Code, report.Diagnoses[0]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
