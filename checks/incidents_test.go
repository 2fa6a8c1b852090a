package checks_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// right is the share of the incidents that must be diagnosed rightly.
const right = 0.95

// TestIncidents diagnoses every real incident, prints the share that is right and
// each miss. In a negative control nothing may fail or warn.
func TestIncidents(t *testing.T) {
	incidents, err := fixtures.Incidents("../fixtures/incidents")
	if err != nil {
		t.Fatal(err)
	}
	judged, solved := 0, 0
	for _, i := range incidents {
		s, err := i.Snapshot()
		if err != nil {
			t.Errorf("%s: %v", i.ID, err)
			continue
		}
		report := checks.Run(s, checks.All())
		if i.Control() {
			for _, f := range report.Findings {
				if f.Result == checks.Fail || f.Result == checks.Warn {
					t.Errorf("%s is sound, and %s says: %s", i.ID, f.Check.ID, f.Message)
				}
			}
			continue
		}
		judged++
		if miss := diagnosedRightly(i, report); miss != "" {
			t.Logf("missed %s (%s): %s", i.ID, i.URL, miss)
			continue
		}
		solved++
	}
	t.Logf("%d of %d incidents are diagnosed rightly", solved, judged)
	if float64(solved) < right*float64(judged) {
		t.Errorf("that is less than %.0f %%", right*100)
	}
}

// diagnosedRightly says what is wrong with the first diagnosis, or "".
func diagnosedRightly(i fixtures.Incident, report *checks.Report) string {
	if len(report.Diagnoses) == 0 || report.Diagnoses[0].Cause == nil {
		return "nothing is found"
	}
	cause := report.Diagnoses[0].Cause
	if !slices.Contains(i.Expect["cause"], cause.Check.ID) {
		return "the cause is " + cause.Check.ID + ", not " + strings.Join(i.Expect["cause"], " or ") + ": " + cause.Message
	}
	text := cause.Message + "\n" + strings.Join(cause.Details, "\n") + "\n" + cause.Error
	if cause.Remedy != nil {
		text += "\n" + cause.Remedy.Text
		for _, c := range cause.Remedy.Commands() {
			text += "\n" + c.String()
		}
	}
	for _, words := range i.Expect["says"] {
		if !strings.Contains(text, words) {
			return "it does not say " + words + ":\n" + text
		}
	}
	return ""
}

// TestHealthyVariants holds the checks to silence on set-ups that real tools make. A
// file's header says which; its sections are changes to healthy.json, in order.
func TestHealthyVariants(t *testing.T) {
	files, err := filepath.Glob("../fixtures/healthy/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
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
				t.Fatal(err)
			}
			report := checks.Run(s, checks.All())
			for _, f := range report.Findings {
				if f.Result == checks.Fail || f.Result == checks.Warn || f.Incomplete() {
					t.Errorf("%s %s %s: %s", f.Result, f.Check.ID, f.Object, f.Message)
				}
			}
			if len(report.Diagnoses) == 0 {
				t.Error("nothing was examined")
			}
		})
	}
}
