package checks_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// TestGapsAccuseNobody takes each fact away from each healthy set-up in turn: what is
// not known may leave questions open, and nothing may fail or warn because of it.
func TestGapsAccuseNobody(t *testing.T) {
	for name, s := range healthyVariants(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var whole any
			if err := json.Unmarshal([]byte(encode(t, s)), &whole); err != nil {
				t.Fatal(err)
			}
			withhold(whole, "", func(path string) {
				s, err := facts.Parse([]byte(encode(t, whole)))
				if err != nil {
					t.Fatal(err)
				}
				if path == "/cluster/pods" && len(s.Cluster.Workloads[facts.Pod].Or(nil)) > 0 {
					return // one listing gives both
				}
				for _, f := range checks.Run(s, checks.All()).Findings {
					if f.Result == checks.Fail || f.Result == checks.Warn {
						t.Errorf("without %s: %s %s %s: %s", path, f.Result, f.Check.ID, f.Object, f.Message)
					}
				}
			})
		})
	}
}

// withhold puts a gap in the place of each fact below v, one at a time, and calls do
// with the path of the fact.
func withhold(v any, path string, do func(path string)) {
	switch v := v.(type) {
	case map[string]any:
		if value, ok := v["value"]; ok && len(v) == 1 {
			delete(v, "value")
			v["gap"] = map[string]any{"kind": facts.Forbidden, "call": "that call"}
			do(path)
			delete(v, "gap")
			v["value"] = value
		}
		for key, below := range v {
			withhold(below, path+"/"+key, do)
		}
	case []any:
		for _, below := range v {
			withhold(below, path+"/…", do)
		}
	}
}

// healthyVariants are the snapshots of fixtures/healthy by the names of their files. A
// file's header says which tool makes such a set-up; its sections are changes to
// healthy.json, in order.
func healthyVariants(t *testing.T) map[string]*facts.Snapshot {
	t.Helper()
	files, err := filepath.Glob("../fixtures/healthy/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no variants", err)
	}
	variants := map[string]*facts.Snapshot{}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var changes [][]byte
		for _, f := range ar.Files {
			changes = append(changes, f.Data)
		}
		s, err := fixtures.Change(changes...)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		variants[strings.TrimSuffix(filepath.Base(file), ".txtar")] = s
	}
	return variants
}
