package checks_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// right is the share of the incidents that must be diagnosed rightly.
const right = 0.95

// TestIncidents diagnoses every real incident, prints the share that is right and
// each miss. In a negative control nothing may fail or warn, and the verdict is healthy.
func TestIncidents(t *testing.T) {
	judged, solved := 0, 0
	for _, o := range outcomes(t) {
		switch {
		case o.Control() && o.miss != "":
			t.Errorf("%s shows nothing, and %s", o.ID, o.miss)
		case o.Control():
		case o.miss != "":
			judged++
			t.Logf("missed %s (%s): %s", o.ID, o.URL, o.miss)
		default:
			judged++
			solved++
		}
	}
	t.Logf("%d of %d incidents are diagnosed rightly", solved, judged)
	if float64(solved) < right*float64(judged) {
		t.Errorf("that is less than %.0f %%", right*100)
	}
}

// An outcome is an incident with what is wrong with the answer to it, or "".
type outcome struct {
	incident
	miss string
}

// outcomes judges every incident, in the order of the IDs.
func outcomes(t *testing.T) []outcome {
	t.Helper()
	incidents, err := readIncidents("../fixtures/incidents")
	if err != nil {
		t.Fatal(err)
	}
	var all []outcome
	for _, i := range incidents {
		s, err := i.Snapshot()
		if err != nil {
			t.Errorf("%s: %v", i.ID, err)
			continue
		}
		report := checks.Run(s, checks.All())
		o := outcome{incident: i}
		if i.Control() {
			o.miss = falseAlarm(i, report)
		} else {
			o.miss = diagnosedRightly(i, report)
		}
		all = append(all, o)
	}
	return all
}

// falseAlarm is what the report has against a set-up in which nothing shows, or "".
func falseAlarm(i incident, report *checks.Report) string {
	for _, f := range report.Findings {
		if f.Result == checks.Fail || f.Result == checks.Warn {
			return f.Check.ID + " says: " + f.Message
		}
	}
	for _, d := range report.Diagnoses {
		if !slices.Contains(i.Expect["verdict"], string(d.Verdict)) {
			return "the verdict is " + string(d.Verdict) + ": " + d.Cause.Check.ID + " says: " + d.Cause.Message
		}
	}
	return ""
}

// diagnosedRightly says what is wrong with the first diagnosis, or "".
func diagnosedRightly(i incident, report *checks.Report) string {
	if len(report.Diagnoses) == 0 || report.Diagnoses[0].Cause == nil {
		return "nothing is found"
	}
	cause := report.Diagnoses[0].Cause
	if !slices.Contains(i.Expect["cause"], cause.Check.ID) {
		return "the cause is " + cause.Check.ID + ", not " + strings.Join(i.Expect["cause"], " or ") + ": " + cause.Message
	}
	text := cause.Message + "\n" + strings.Join(cause.Details, "\n") + "\n" + cause.Error
	if cause.Remedy != nil {
		text += "\n" + cause.Remedy.Text + "\n" + cause.Remedy.Owner
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

// TestHealthyVariants holds the checks to silence on set-ups that real tools make.
func TestHealthyVariants(t *testing.T) {
	for name, s := range healthyVariants(t) {
		t.Run(name, func(t *testing.T) {
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
