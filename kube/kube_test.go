package kube

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/klog/v2"

	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// The cli keeps client-go's log away in the same way.
func TestMain(m *testing.M) {
	klog.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// connect connects as the program does.
func connect(t *testing.T, s *kubetest.Server) *Client {
	t.Helper()
	flags := genericclioptions.NewConfigFlags(true)
	flags.KubeConfig = new(s.Kubeconfig())
	c, err := Connect(flags, "irsa-doctor/test")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func flagsFor(t *testing.T, kubeconfig string) *genericclioptions.ConfigFlags {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(name, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := genericclioptions.NewConfigFlags(true)
	flags.KubeConfig = &name
	return flags
}

// requests are those for a path.
func requests(s *kubetest.Server, path string) []kubetest.Request {
	var some []kubetest.Request
	for _, r := range s.Requests() {
		if r.Path == path {
			some = append(some, r)
		}
	}
	return some
}
