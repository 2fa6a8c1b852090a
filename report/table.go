package report

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// Table writes the report for a person at a terminal: every diagnosis that is not
// healthy as a picture with what mends it, then the findings and the summary.
func Table(w io.Writer, r *checks.Report, o Options) error {
	t := newTerminal(o)
	for _, e := range header(r) {
		t.hang(span{text: e.value}, span{pad(e.name, 10), inkDim})
	}
	t.WriteString("\n")
	var told []string // fingerprints of what the diagnoses say
	for _, d := range r.Diagnoses {
		t.heading(d)
		if d.Verdict == checks.Healthy && len(r.Diagnoses) > 1 {
			continue
		}
		t.diagnosis(d)
		if d.Cause != nil {
			told = append(told, d.Cause.Fingerprint())
		}
		for _, f := range d.Also {
			told = append(told, f.Fingerprint())
		}
	}
	if n := len(r.Diagnoses); n > 1 && r.Diagnoses[n-1].Verdict == checks.Healthy {
		t.WriteString("\n")
	}
	if err := t.findings(r, told); err != nil {
		return err
	}
	t.hang(span{summary(r), inkStrong})
	for _, line := range missing(r.Summary) {
		t.hang(span{text: line})
	}
	if len(told) > 0 {
		t.hang(span{"irsa-doctor explain CHECK says more about a check", inkDim})
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// findings writes the table of what is worth reading. The findings that a diagnosis
// told are listed without their message, and left out where there is one diagnosis.
func (t *terminal) findings(r *checks.Report, told []string) error {
	findings := matter(r, checks.Fail, checks.Unknown, checks.Warn, checks.Note)
	if len(r.Diagnoses) == 1 {
		findings = slices.DeleteFunc(findings, func(f checks.Finding) bool { return slices.Contains(told, f.Fingerprint()) })
	}
	if len(findings) == 0 {
		return nil
	}
	widest := len("CHECK")
	for _, f := range findings {
		widest = max(widest, len(f.Check.ID))
	}
	const gaps, result = 4, 9
	room := max(t.width-result-widest-gaps, 20)
	var drawn bytes.Buffer
	table := tablewriter.NewTable(&drawn,
		tablewriter.WithRenderer(renderer.NewBlueprint()),
		tablewriter.WithRendition(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		}),
		tablewriter.WithPadding(tw.Padding{Right: "  ", Overwrite: true}),
		tablewriter.WithAlignment(tw.MakeAlign(3, tw.AlignLeft)),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
	)
	table.Header("RESULT", "CHECK", "OBJECT")
	for _, f := range findings {
		mark := t.mark(f.Result)
		lines := wrap(t.clean(f.Object), room)
		if !slices.Contains(told, f.Fingerprint()) {
			for _, line := range wrap(t.clean(brief(f)), room-2) {
				lines = append(lines, "  "+line)
			}
		}
		err := table.Append(t.paint(span{mark.text + " " + string(f.Result), mark.ink}), f.Check.ID, strings.Join(lines, "\n"))
		if err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	for line := range strings.Lines(drawn.String()) {
		t.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	t.WriteString("\n")
	return nil
}

// brief is what the table tells of a finding. One denied call can leave a score of
// checks without an answer: its details are not for each of them.
func brief(f checks.Finding) string {
	if f.Incomplete() && f.Gap != nil && f.Gap.Call != "" {
		return string(f.Gap.Kind) + " (" + f.Gap.Call + ")"
	}
	return says(f)
}
