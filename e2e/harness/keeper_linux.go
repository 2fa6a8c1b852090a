package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
)

// apart is for a process that outlives what ends the tests. For a node it has mounts and
// processes of its own: when it dies, the kernel removes them all.
func apart(node bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if node {
		attr.Cloneflags, attr.Unshareflags = syscall.CLONE_NEWPID, syscall.CLONE_NEWNS
	}
	return attr
}

// Keep keeps a cluster and exits, if this process was started to. Call it first in TestMain.
func Keep() {
	text, ok := os.LookupEnv(orders)
	if !ok {
		return
	}
	var o order
	err := json.Unmarshal([]byte(text), &o)
	if err == nil {
		err = keep(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// keep runs a cluster until standard input closes.
func keep(o order) error {
	runtime.LockOSThread() // see processes.start
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	defer os.RemoveAll(o.Scratch)
	dir, err := os.MkdirTemp("/tmp", "irsa-e2e-") // etcd's socket wants a short path
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	n := newNode(dir, o)
	if o.Node {
		defer n.home.remove()
		if err := n.home.make(); err != nil {
			return fmt.Errorf("prepare the node: %w", err)
		}
	}
	defer killAll(n.home.thaw)
	p := &processes{logs: dir, ended: make(chan error, 8)}
	cp, err := newControlPlane(dir, o.Binaries)
	if err != nil {
		return fmt.Errorf("prepare the control plane: %w", err)
	}
	if err := up(ctx, p, cp, n); err != nil {
		return err
	}
	started := map[string]string{"Kubeconfig": cp.pki.path("admin", "kubeconfig"), "Audit": filepath.Join(dir, "audit.log")}
	if o.Node {
		own, _ := address()
		started["Host"] = own.String()
	}
	if err := json.NewEncoder(os.Stdout).Encode(started); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-p.ended:
		return err
	}
}

// up starts everything, and waits until pods can be created.
func up(ctx context.Context, p *processes, cp *controlPlane, n *node) error {
	if err := cp.start(p); err != nil {
		return err
	}
	if n.Node { // while the API server starts
		if err := n.startRuntime(ctx, p); err != nil {
			return err
		}
	}
	if err := p.await(ctx, "the API server", cp.ready); err != nil {
		return err
	}
	if err := cp.startControllers(p); err != nil {
		return err
	}
	if n.Node {
		if err := n.startKubelet(p, cp.pki); err != nil {
			return err
		}
		if err := p.await(ctx, "the node", cp.nodeReady); err != nil {
			return err
		}
	}
	return p.await(ctx, "the controllers", cp.populated)
}
