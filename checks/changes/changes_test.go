package changes_test

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

func side(s *facts.Snapshot) changes.Side {
	return changes.Side{Name: "a look", Report: checks.Run(s, checks.All()), Snapshot: s}
}

func change(t *testing.T, patch string) *facts.Snapshot {
	t.Helper()
	s, err := fixtures.Change([]byte(patch))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// factless are the sections of fixtures that break something and change no fact of the
// set-up: what live proofs saw is no such fact, nor is what was asked for.
var factless = []string{
	"token_claims.txtar",                                  // the tokens
	"pod_token_path.txtar fail/not-in-the-container",      // what --exec saw
	"service_account_exists.txtar fail/named-by-the-user", // another target
	"workload_exists.txtar fail/misspelt",                 // another target
	"workload_exists.txtar fail/other-namespace",          // another target
}

// TestFixtures compares healthy.json with every section of every fixture, both ways.
func TestFixtures(t *testing.T) {
	healthy := side(fixtures.Healthy())
	files, err := filepath.Glob("../../fixtures/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	explained := map[string]bool{}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(ar.Files); i += 2 {
			name := filepath.Base(file) + " " + ar.Files[i].Name
			ill := side(change(t, string(ar.Files[i].Data)))
			id := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(file), ".txtar"), "_", "-")
			t.Run(name, func(t *testing.T) {
				toldNew(t, id, ill.Report, changes.Between(healthy, ill))
				toldGone(t, id, ill.Report, changes.Between(ill, healthy))
				if d := changes.Between(ill, ill); !d.Empty() {
					t.Errorf("it differs from itself: %+v", d)
				}
				if !breaks(id, ill.Report) || len(changes.Between(healthy, ill).Facts) > 0 {
					return
				}
				for _, f := range factless {
					if strings.HasPrefix(name, f) {
						explained[f] = true
						return
					}
				}
				t.Error("no fact is told that changed underneath")
			})
		}
	}
	for _, f := range factless {
		if !explained[f] {
			t.Errorf("%s changes facts, or is not there", f)
		}
	}
}

// breaks says whether the check of the fixture fails or warns.
func breaks(id string, r *checks.Report) bool {
	return slices.ContainsFunc(r.Findings, func(f checks.Finding) bool {
		return f.Check.ID == id && (f.Result == checks.Fail || f.Result == checks.Warn)
	})
}

func byFingerprint(d *changes.Diff) map[string]changes.Finding {
	all := map[string]changes.Finding{}
	for _, f := range d.Findings {
		all[f.Now().Fingerprint()] = f
	}
	return all
}

// toldNew holds a diff with a healthy look before to what the report after says.
func toldNew(t *testing.T, id string, ill *checks.Report, d *changes.Diff) {
	t.Helper()
	told := byFingerprint(d)
	for _, f := range ill.Findings {
		got, ok := told[f.Fingerprint()]
		switch {
		case f.Result != checks.Fail && f.Result != checks.Warn:
		case !ok || got.Kind != changes.New || !got.Worse():
			t.Errorf("%s %s %s is told as %q", f.Result, f.Check.ID, f.Object, got.Kind)
		case f.Result == checks.Fail && !d.Worse(checks.Fail), !d.Worse(checks.Warn):
			t.Errorf("%s %s is nothing worse", f.Result, f.Check.ID)
		}
	}
	for _, f := range d.Findings {
		if f.Kind == changes.Mended || f.Kind == changes.Answered {
			t.Errorf("%s %s is told as %s where all was well before", f.Now().Check.ID, f.Now().Object, f.Kind)
		}
	}
	if breaks(id, ill) && len(d.Verdicts) == 0 {
		t.Error("no verdict turned")
	}
}

// toldGone holds a diff with a healthy look after to what the report before said.
func toldGone(t *testing.T, id string, ill *checks.Report, d *changes.Diff) {
	t.Helper()
	told, passes := byFingerprint(d), map[string]bool{}
	for _, f := range d.After.Report.Findings {
		passes[f.Fingerprint()] = f.Result == checks.Pass
	}
	for _, f := range ill.Findings {
		if f.Result != checks.Fail && f.Result != checks.Warn {
			continue
		}
		want := changes.Gone
		if passes[f.Fingerprint()] {
			want = changes.Mended
		}
		if got := told[f.Fingerprint()]; got.Kind != want || want == changes.Gone && got.Why == "" {
			t.Errorf("%s %s %s is told as %q (%s), not as %s", f.Result, f.Check.ID, f.Object, got.Kind, got.Why, want)
		}
	}
	if d.Worse(checks.Warn) {
		t.Error("something is worse where all is well")
	}
}

// TestUnreadIsNoChange takes every fact away, one at a time, from either side: nothing is
// told but that it could not be read, and nothing is mended by it.
func TestUnreadIsNoChange(t *testing.T) {
	for name, s := range map[string]*facts.Snapshot{
		"healthy": fixtures.Healthy(),
		"broken":  change(t, `{"cluster": {"serviceAccounts": {"value": {"ack-system/ack-s3-controller": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/nobody"}}}}}}`),
	} {
		blinded := blind(t, s)
		if len(blinded) < 20 {
			t.Fatalf("only %d facts were found", len(blinded))
		}
		for at, hidden := range blinded {
			d := changes.Between(side(s), side(hidden))
			for _, f := range d.Facts {
				if f.Kind != changes.Unread || f.Gap == nil {
					t.Errorf("%s without %s: %s %s %s is told", name, at, f.Kind, f.Object, f.Item)
				}
			}
			for _, f := range d.Findings {
				if f.Kind == changes.Mended || f.Kind == changes.Answered || f.Worse() {
					t.Errorf("%s without %s: %s %s is told as %s", name, at, f.Now().Check.ID, f.Now().Object, f.Kind)
				}
			}
			for _, f := range changes.Between(side(hidden), side(s)).Facts {
				if f.Kind != changes.Read {
					t.Errorf("%s, and %s was not read before: %s %s %s is told", name, at, f.Kind, f.Object, f.Item)
				}
			}
		}
	}
}

// blind returns the snapshot without each of its known facts, by the path of the fact.
func blind(t *testing.T, s *facts.Snapshot) map[string]*facts.Snapshot {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var root any
	if err := json.Unmarshal(b, &root); err != nil {
		t.Fatal(err)
	}
	all := map[string]*facts.Snapshot{}
	var walk func(path string, node any)
	walk = func(path string, node any) {
		m, ok := node.(map[string]any)
		if !ok {
			return
		}
		if value, known := m["value"]; known && len(m) == 1 {
			delete(m, "value")
			m["gap"] = map[string]any{"kind": "forbidden", "call": "get " + path}
			hidden, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			if all[path], err = facts.Parse(hidden); err != nil {
				t.Fatal(err)
			}
			delete(m, "gap")
			m["value"] = value
		}
		for key, child := range m {
			walk(path+"/"+key, child)
		}
	}
	walk("", root)
	return all
}

// TestPure leaves both sides as they were.
func TestPure(t *testing.T) {
	before, after := fixtures.Healthy(), change(t, `{"cluster": {"serviceAccounts": {"value": {"ack-system/ack-s3-controller": {"annotations": null}}}}}`)
	x, y := side(before), side(after)
	changes.Between(x, y)
	if !reflect.DeepEqual(before, fixtures.Healthy()) {
		t.Error("the snapshot was changed")
	}
	if got := checks.Run(before, checks.All()); !reflect.DeepEqual(got.Findings, x.Report.Findings) {
		t.Error("the report was changed")
	}
}
