package kube

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

var update = flag.Bool("update", false, "write the golden files")

var ackController = facts.Ref{Kind: facts.Deployment, Namespace: "ack-system", Name: "ack-s3-controller"}

func TestCollect(t *testing.T) {
	for _, tc := range []struct {
		name  string
		asked facts.Asked
	}{
		{"ack", facts.Asked{Targets: []facts.Ref{ackController}, Namespace: "ack-system"}},
		{"selfhosted", facts.Asked{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := kubetest.Start(t, "testdata/"+tc.name+".yaml")
			got := connect(t, s).Collect(t.Context(), tc.asked)
			if got.Server != s.URL || len(got.CA) != 64 {
				t.Errorf("server %q, CA %q", got.Server, got.CA)
			}
			got.Server, got.CA = "https://127.0.0.1", "" // which differ from run to run
			golden(t, tc.name, got)
		})
	}
}

func golden(t *testing.T, name string, c facts.Cluster) {
	t.Helper()
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, '\n')
	if i := bytes.Index(b, []byte("CANARY")); i >= 0 {
		t.Errorf("the facts hold what they must not: %s", b[max(0, i-80):min(len(b), i+40)])
	}
	var back facts.Cluster
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, back, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the facts do not survive JSON: -want +got\n%s", diff)
	}
	file := filepath.Join("testdata", name+".golden.json")
	if *update {
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(b), "\n")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
