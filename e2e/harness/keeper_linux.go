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

// apart is for a process that outlives what ends the tests, with mounts of its own if so
// asked.
func apart(mounts bool) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if mounts {
		attr.Unshareflags = syscall.CLONE_NEWNS
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
	defer os.RemoveAll(o.Scratch)
	go func() {
		io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	dir, err := os.MkdirTemp("", "irsa-e2e-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := adopt(); err != nil {
		return fmt.Errorf("become a subreaper: %w", err)
	}
	p := &processes{logs: dir, ended: make(chan error, 8)}
	var n *node
	if o.Node {
		n = newNode(dir, o)
		defer n.remove()
		if err := n.prepare(); err != nil {
			return fmt.Errorf("prepare the node: %w", err)
		}
	}
	defer killAll()
	cp, err := newControlPlane(dir, o.Binaries)
	if err != nil {
		return fmt.Errorf("prepare the control plane: %w", err)
	}
	if err := cp.start(p); err != nil {
		return err
	}
	if n != nil {
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
	if n != nil {
		if err := n.startKubelet(p, cp.pki); err != nil {
			return err
		}
		if err := p.await(ctx, "the node", cp.nodeReady); err != nil {
			return err
		}
	}
	if err := p.await(ctx, "the controllers", cp.populated); err != nil {
		return err
	}
	started := map[string]string{"Kubeconfig": cp.pki.path("admin", "kubeconfig"), "Audit": filepath.Join(dir, "audit.log")}
	if n != nil {
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
