package report

import (
	"io"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// Table writes the report for a person at a terminal: every diagnosis that is not
// healthy as a picture with what mends it, then the findings and the summary.
func Table(w io.Writer, r *checks.Report, o Options) error {
	t := newTerminal(o)
	for _, e := range header(r) {
		t.hang(span{text: e.value}, span{pad(e.name, 10), inkDim})
	}
	if len(r.Diagnoses) > 1 {
		t.hang(span{verdicts(r), inkStrong}, span{pad("objects", 10), inkDim})
	}
	if r.Summary.LeftOut > 0 {
		t.hang(span{count(r.Summary.LeftOut, "check"), inkDoubt}, span{pad("left out", 10), inkDim})
	}
	t.WriteString("\n")
	ill, healthy := families(r.Diagnoses)
	if len(r.Diagnoses) == 1 {
		t.heading(r.Diagnoses[0])
		t.diagnosis(r.Diagnoses[0], false)
	} else {
		for _, f := range ill {
			t.family(f)
		}
		t.healthy(healthy)
	}
	told := told(ill)
	if err := t.findings(r, told); err != nil {
		return err
	}
	if unexplained(r) {
		t.hang(span{notKnown, inkDoubt})
		t.WriteString("\n")
	}
	t.hang(span{summary(r), inkStrong})
	for _, line := range missing(r.Summary) {
		t.hang(span{text: line})
	}
	if abridged(ill) {
		t.hang(span{pointer, inkDim})
	}
	if len(told) > 0 {
		t.hang(span{"irsa-doctor explain CHECK says more about a check", inkDim})
	}
	_, err := io.WriteString(w, t.String())
	return err
}
