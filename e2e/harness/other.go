//go:build !linux

package harness

import (
	"fmt"
	"os"
	"syscall"
)

func nodeLacks() string { return "not Linux" }

func apart(bool) *syscall.SysProcAttr { return nil }

// Keep keeps no cluster: Kubernetes needs Linux.
func Keep() {
	if os.Getenv(orders) != "" {
		fmt.Fprintln(os.Stderr, "cluster: Kubernetes needs Linux")
		os.Exit(1)
	}
}
