package report

import (
	"fmt"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// signs are the results whose marks stand for the verdicts.
var signs = map[checks.Verdict]checks.Result{
	checks.Broken:       checks.Fail,
	checks.Undetermined: checks.Unknown,
	checks.Risky:        checks.Warn,
	checks.Healthy:      checks.Pass,
}

func (t *terminal) heading(d checks.Diagnosis) {
	mark := t.mark(signs[d.Verdict])
	t.hang(span{d.Object.String() + ": " + string(d.Verdict), inkStrong}, mark, span{text: " "})
}

// diagnosis writes the picture, the cause, what the pod sees, and what mends it.
func (t *terminal) diagnosis(d checks.Diagnosis) {
	t.WriteString("\n")
	drawn := t.picture(d)
	t.WriteString("\n")
	if d.Cause != nil {
		t.cause(*d.Cause, drawn)
	}
	t.listed("also", d.Also)
	if len(d.Remedies) > 0 {
		t.label("to mend it")
		for i, r := range d.Remedies {
			number := fmt.Sprintf("    %d. ", i+1)
			t.hang(span{text: r.Text}, span{text: number})
			if r.Owner != "" {
				t.hang(span{r.Owner, inkDoubt}, span{text: pad("", len(number))})
			}
		}
		t.WriteString("\n")
	}
	// Commands start in the first column and are never wrapped, to be copied as they are.
	for _, c := range d.Commands() {
		t.WriteString(c.String() + "\n")
	}
	if len(d.Commands()) > 0 {
		t.WriteString("\n")
	}
	if s := prognosis(d); s != "" {
		t.hang(span{text: s}, span{text: "  "})
		t.items(d.Remaining)
		t.WriteString("\n")
	}
}

// picture draws the chain, a line a link, and says whether it shows the cause.
func (t *terminal) picture(d checks.Diagnosis) (drawn bool) {
	for _, step := range d.Chain {
		mark, label, text := t.mark(step.Result), span{text: " " + pad(name(step.Link), 17)}, span{text: step.Text}
		switch {
		case step.Text == "":
			text = span{"not known", inkDim}
		case step.Result == checks.Skip:
			text.ink = inkDim
		}
		here := d.Cause != nil && d.Cause.Check.Link == step.Link
		if here {
			label.ink = mark.ink
		}
		t.hang(text, span{text: "  "}, mark, label)
		if here {
			t.hang(span{says(*d.Cause), mark.ink}, span{t.either("  └─▶ ", "  '-> "), mark.ink})
			drawn = true
		}
	}
	return drawn
}

// cause writes the evidence, and the message where the picture does not show it.
func (t *terminal) cause(f checks.Finding, drawn bool) {
	t.label("cause")
	t.hang(span{text: f.Check.ID + ", about " + f.Object}, span{text: "    "})
	if !drawn {
		t.hang(span{text: says(f)}, span{text: "    "})
	}
	for _, line := range f.Details {
		t.hang(span{text: line}, span{text: "    - "})
	}
	t.WriteString("\n")
	if f.Error != "" {
		t.block("the pod sees", f.Error)
		t.WriteString("\n")
	}
}

// listed writes findings under a label, if there are any.
func (t *terminal) listed(label string, findings []checks.Finding) {
	if len(findings) > 0 {
		t.label(label)
		t.items(findings)
		t.WriteString("\n")
	}
}

func (t *terminal) items(findings []checks.Finding) {
	for _, f := range findings {
		t.hang(span{text: f.Check.ID + ", about " + f.Object + ": " + says(f)}, span{text: "    "}, t.mark(f.Result), span{text: " "})
	}
}
