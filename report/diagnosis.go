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

// diagnosis writes the picture, the cause, what the pod sees, and what mends it, but
// for the last if it was told before.
func (t *terminal) diagnosis(d checks.Diagnosis, told bool) {
	t.WriteString("\n")
	drawn := t.picture(d)
	t.WriteString("\n")
	if d.Cause != nil {
		t.cause(*d.Cause, drawn)
	}
	t.symptoms(d.Symptoms)
	t.listed("also", d.Also)
	if told {
		t.label("to mend it")
		t.hang(span{text: toldAbove}, span{text: "    "})
		t.WriteString("\n")
	} else {
		t.mending(d)
	}
	if s := prognosis(d); s != "" {
		t.hang(span{text: s}, span{text: "  "})
		t.items(d.Remaining)
		t.WriteString("\n")
	}
}

// mending writes the remedies and their commands.
func (t *terminal) mending(d checks.Diagnosis) {
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
	t.commands(shell(d.Commands()))
}

// commands start in the first column and are never wrapped, to be copied as they are.
func (t *terminal) commands(lines []string) {
	for _, line := range lines {
		t.WriteString(line + "\n")
	}
	if len(lines) > 0 {
		t.WriteString("\n")
	}
}

// picture draws the chain, a line a link, and says whether it shows the cause.
func (t *terminal) picture(d checks.Diagnosis) (drawn bool) {
	for _, step := range d.Chain {
		mark, label, text := t.mark(step.Result), span{text: " " + name(step.Link)}, span{text: stands(step)}
		if text.text != "" {
			label.text = pad(label.text, 18)
		}
		if step.Text == "" || step.Result == checks.Skip {
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
	t.label(kindOf(f))
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
