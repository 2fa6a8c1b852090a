package anonymous

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// snapshots are those of all fixtures, by file and section.
func snapshots(t *testing.T) map[string]*facts.Snapshot {
	t.Helper()
	all := map[string]*facts.Snapshot{"healthy.json": fixtures.Healthy()}
	add := func(name string, changes ...[]byte) *facts.Snapshot {
		s, err := fixtures.Change(changes...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = s
		return s
	}
	for _, pattern := range []string{"*.txtar", "incidents/*.txtar", "healthy/*.txtar", "demo/*.txtar"} {
		files, err := filepath.Glob("../../fixtures/" + pattern)
		if err != nil || len(files) == 0 {
			t.Fatal("no fixtures", pattern, err)
		}
		for _, file := range files {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
			if pattern == "*.txtar" {
				for i := 0; i < len(ar.Files); i += 2 {
					add(name+" "+ar.Files[i].Name, ar.Files[i].Data)
				}
				continue
			}
			var changes [][]byte
			problem := ""
			for _, f := range ar.Files {
				switch f.Name {
				case "error":
					problem = string(f.Data)
				case "expect":
				default:
					changes = append(changes, f.Data)
				}
			}
			s := add(name, changes...)
			if problem != "" {
				s.Asked.Error = problem
			}
		}
	}
	return all
}
