package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/irsa-doctor/irsa-doctor/e2e/harness"
)

const (
	// kubeconfigVariable names a cluster to test against in place of one of our own. It
	// must be one that may be changed.
	kubeconfigVariable = "IRSA_DOCTOR_E2E_KUBECONFIG"
	// nodeVariable, when set, has the tests fail on a machine that can not be a node.
	nodeVariable = "IRSA_DOCTOR_E2E_NODE"
	// What only our own cluster has: see [harness.Cluster].
	auditVariable = "IRSA_DOCTOR_E2E_AUDIT"
	hostVariable  = "IRSA_DOCTOR_E2E_HOST"
)

func TestMain(m *testing.M) {
	harness.Keep()
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run puts the doctor, aws and kubectl first in PATH, and has a cluster for the tests.
func run(m *testing.M) (code int, err error) {
	bin, err := os.MkdirTemp("", "irsa-e2e-bin-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(bin)
	os.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	aws := filepath.Join(bin, "aws")
	if err := build(aws, ".", "./awscli"); err != nil {
		return 0, err
	}
	if err := build(filepath.Join(bin, "irsa-doctor"), "..", "."); err != nil {
		return 0, err
	}
	if os.Getenv(kubeconfigVariable) != "" {
		return m.Run(), nil
	}
	binaries, err := harness.Build("kubeall")
	if err != nil {
		return 0, err
	}
	if err := os.Symlink(filepath.Join(binaries, "kubectl"), filepath.Join(bin, "kubectl")); err != nil {
		return 0, err
	}
	begun := time.Now()
	cluster, err := harness.Start(binaries, bin, aws)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(os.Stderr, "the cluster is up in %s\n", time.Since(begun).Round(100*time.Millisecond))
	defer func() {
		if stopped := cluster.Stop(); err == nil {
			err = stopped
		}
	}()
	switch {
	case cluster.NoNode == "":
	case os.Getenv(nodeVariable) != "":
		return 0, fmt.Errorf("%s is set, and this machine can not be a node: %s", nodeVariable, cluster.NoNode)
	default:
		fmt.Fprintln(os.Stderr, "tests that need a node are skipped, for this machine can not be one:", cluster.NoNode)
	}
	os.Setenv(kubeconfigVariable, cluster.Kubeconfig)
	os.Setenv(auditVariable, cluster.Audit)
	os.Setenv(hostVariable, cluster.Host)
	return m.Run(), nil
}

// build builds a program that needs no libraries.
func build(program, dir, source string) error {
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", program, source)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", filepath.Base(program), err, out)
	}
	return nil
}
