package report

import (
	"github.com/irsa-doctor/irsa-doctor/checks"
)

// family writes the first groups whole, and of the others a line each, or how many
// there are.
func (t *terminal) family(f family) {
	drawn, others := f.split()
	for _, g := range drawn {
		t.group(g)
	}
	if len(others) == 0 {
		return
	}
	mark := t.mark(signs[others[0].drawn.Verdict])
	if len(others) > mostLines {
		t.hang(span{text: crowd(others)}, mark, span{text: " "})
	} else {
		for _, g := range others {
			t.hang(span{text: glance(g)}, mark, span{text: " "})
		}
	}
	t.WriteString("\n")
}

// group writes the diagnosis that is drawn, and for which others it holds.
func (t *terminal) group(g group) {
	t.heading(g.drawn)
	if g.drawn.Cause != nil {
		t.diagnosis(g.drawn, g.told)
	} else {
		t.symptoms(g.drawn.Symptoms)
	}
	if len(g.same) > 0 {
		t.label(sameHolds)
		t.hang(span{text: names(g.same)}, span{text: "    "})
		t.WriteString("\n")
	}
	if len(g.alike) == 0 {
		return
	}
	t.label(alike)
	t.hang(span{text: names(g.alike)}, span{text: "    "})
	t.WriteString("\n")
	further := g.further()
	if len(further) > mostFurther {
		t.hang(span{text: tooMany(further)}, span{text: "    "})
		t.WriteString("\n")
	} else {
		t.commands(further)
	}
}

// healthy writes a line for each, or how many there are.
func (t *terminal) healthy(all []checks.Diagnosis) {
	mark := t.mark(checks.Pass)
	if len(all) > mostHealthy {
		t.hang(span{count(len(all), "object") + ": healthy", inkStrong}, mark, span{text: " "})
	} else {
		for _, d := range all {
			t.heading(d)
		}
	}
	if len(all) > 0 {
		t.WriteString("\n")
	}
}
