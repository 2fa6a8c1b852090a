// Package harness runs a real Kubernetes for the length of a test run: an API server with
// etcd, controllers and a scheduler, and a node with containers where the machine allows
// it.
//
// Another process keeps the cluster: the test binary, started again. It ends the cluster
// when its standard input closes, so that nothing is left behind when the tests panic, are
// interrupted or killed.
package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// A Cluster is one that runs.
type Cluster struct {
	// Kubeconfig is the file of an administrator.
	Kubeconfig string
	// Audit is the log of every request that the API server answered.
	Audit string
	// Host is the address at which pods reach this machine; empty without a node.
	Host string
	// NoNode says why the cluster has no node; empty when it has one.
	NoNode string

	keeper *exec.Cmd
	stdin  io.Closer
}

// orders is the variable that tells the test binary to keep a cluster.
const orders = "IRSA_DOCTOR_E2E_KEEP"

// An order says what cluster to keep.
type order struct {
	Binaries string   // the folder of [Build]
	Programs []string // that containers find in their PATH
	Scratch  string   // a folder that is removed at the end
	Node     bool
}

// An object is one of JSON.
type object map[string]any

// Start starts a cluster of the binaries of [Build]. Its containers find the programs,
// which must be static, in their PATH. There is a node where the machine can be one. The
// folder scratch is removed with the cluster.
func Start(binaries, scratch string, programs ...string) (*Cluster, error) {
	c := &Cluster{NoNode: nodeLacks()}
	what, err := json.Marshal(order{binaries, programs, scratch, c.NoNode == ""})
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c.keeper = exec.Command(self)
	c.keeper.Env = append(os.Environ(), orders+"="+string(what))
	c.keeper.Stderr = os.Stderr
	c.keeper.SysProcAttr = apart(c.NoNode == "")
	if c.stdin, err = c.keeper.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := c.keeper.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.keeper.Start(); err != nil {
		return nil, fmt.Errorf("start the cluster's keeper: %w", err)
	}
	if err := json.NewDecoder(stdout).Decode(c); err != nil {
		return nil, errors.Join(errors.New("the cluster did not start"), c.Stop())
	}
	return c, nil
}

// Stop ends the cluster and waits until all of it is gone.
func (c *Cluster) Stop() error {
	c.stdin.Close()
	return c.keeper.Wait()
}
