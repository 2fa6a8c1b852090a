package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
)

// DiffTable writes a diff for a person at a terminal: what turned with the facts
// underneath, then the other facts and findings.
func DiffTable(w io.Writer, d *changes.Diff, o Options) error {
	t := newTerminal(o)
	for _, warning := range d.Warnings {
		t.hang(span{warning, inkDoubt}, t.mark(checks.Warn), span{text: " "})
	}
	t.hang(span{text: lookOf(d.Before)}, span{pad("before", 8), inkDim})
	t.hang(span{text: lookOf(d.After)}, span{pad("after", 8), inkDim})
	t.WriteString("\n")
	all, rest := turns(d)
	t.turns(all)
	if len(rest) > 0 {
		t.hang(span{inOrder("what else is different", rest), inkStrong})
		t.facts(rest, "  ")
	}
	for _, kind := range changes.Kinds {
		t.changed(headings[kind], changeRows(d, kind))
	}
	t.hang(span{diffSummary(d), inkStrong})
	_, err := io.WriteString(w, t.String())
	return err
}

// turns writes the first turns whole, and of the others a line each, or how many there are.
func (t *terminal) turns(all []turn) {
	whole, glanced, crowd := share(all)
	for _, one := range whole {
		t.turn(one)
	}
	for _, one := range glanced {
		t.hang(span{text: one.glance()}, t.mark(signOf(one.verdicts[0])), span{text: " "})
	}
	if len(crowd) > 0 {
		t.hang(span{text: crowdOf(crowd)}, t.mark(checks.Skip), span{text: " "})
	}
	if len(glanced) > 0 {
		t.WriteString("\n")
	}
}

func (t *terminal) turn(one turn) {
	v := one.verdicts[0]
	mark := t.mark(signOf(v))
	t.hang(span{v.Object.String() + ": " + became(v), inkStrong}, mark, span{text: " "})
	if cause := causeOf(v.After); cause != "" {
		t.hang(span{cause, mark.ink}, span{t.either("  └─▶ ", "  '-> "), mark.ink})
	}
	if was := causeOf(v.Before); was != "" {
		t.hang(span{was, inkDim}, span{"  " + one.fate + ": ", inkDim})
	}
	if others := one.others(); others != "" {
		t.hang(span{text: others}, span{"  " + sameHolds + " ", inkStrong})
	}
	if one.remark != "" {
		t.hang(span{one.remark, inkDim}, span{text: "  "})
	}
	t.WriteString("\n")
	if len(one.facts) > 0 {
		t.label(inOrder("what is different underneath", one.facts))
		t.facts(one.facts, "    ")
	}
}

// facts writes facts by object.
func (t *terminal) facts(all []changes.Fact, indent string) {
	told, more := blocks(all)
	for _, b := range told {
		t.hang(span{text: b.title}, span{text: indent})
		for _, f := range b.facts {
			t.hang(span{text: happened(f)}, span{text: indent + "  "})
			for _, line := range values(f) {
				color := inkBad
				if strings.HasPrefix(line, "+") {
					color = inkGood
				}
				t.hang(span{line[2:], color}, span{indent + "    " + line[:2], color})
			}
		}
	}
	if more > 0 {
		t.hang(span{fmt.Sprintf("and %s; -o json holds them", count(more, "more fact")), inkDim}, span{text: indent})
	}
	t.WriteString("\n")
}

// changed writes findings of one kind, if there are any.
func (t *terminal) changed(label string, rows []changeRow) {
	if len(rows) == 0 {
		return
	}
	t.hang(span{label, inkStrong})
	for i, r := range rows {
		if i == mostChanged {
			t.hang(span{fmt.Sprintf("and %d more; -o json holds them", len(rows)-i), inkDim}, span{text: "  "})
			break
		}
		result := checks.Skip // of what is said no more
		if after := r[0].After; after != nil {
			result = after.Result
		}
		t.hang(span{text: r.check() + ", about " + r.about() + ": " + saidOf(r[0])}, span{text: "  "}, t.mark(result), span{text: " "})
	}
	t.WriteString("\n")
}
