package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// Markdown writes the report for a ticket or a step summary of GitHub.
func Markdown(w io.Writer, r *checks.Report, o Options) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## irsa-doctor\n\n%s\n\n", markdown(summary(r)))
	for _, line := range missing(r.Summary) {
		fmt.Fprintf(&b, "- %s\n", markdown(line))
	}
	if len(missing(r.Summary)) > 0 {
		b.WriteString("\n")
	}
	b.WriteString("| looked at | |\n| --- | --- |\n")
	for _, e := range header(r) {
		fmt.Fprintf(&b, "| %s | %s |\n", e.name, code(e.value))
	}
	b.WriteString("\n")
	var healthy []checks.Diagnosis
	for _, d := range r.Diagnoses {
		if d.Verdict == checks.Healthy {
			healthy = append(healthy, d)
			continue
		}
		markdownDiagnosis(&b, d)
	}
	folded(&b, count(len(healthy), "healthy object"), len(healthy), func() {
		for _, d := range healthy {
			fmt.Fprintf(&b, "- %s\n", code(d.Object.String()))
		}
		b.WriteString("\n")
	})
	ill := matter(r, checks.Fail, checks.Unknown, checks.Warn, checks.Note)
	if len(ill) > 0 {
		b.WriteString("### Findings\n\n")
		markdownFindings(&b, ill)
	}
	well := matter(r, checks.Pass, checks.Skip)
	folded(&b, fmt.Sprintf("%d passed or skipped", len(well)), len(well), func() { markdownFindings(&b, well) })
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownDiagnosis(b *strings.Builder, d checks.Diagnosis) {
	fmt.Fprintf(b, "### %s: %s\n\n", code(d.Object.String()), d.Verdict)
	if f := d.Cause; f != nil {
		fmt.Fprintf(b, "**Cause:** %s\n\n", markdown(says(*f)))
		fmt.Fprintf(b, "%s, about %s\n\n", code(f.Check.ID), code(f.Object))
		if len(f.Details) > 0 {
			b.WriteString(fence("text", flat(f.Details)) + "\n")
		}
		if f.Error != "" {
			b.WriteString("**The pod sees:**\n\n" + fence("text", cleanLines(f.Error)) + "\n")
		}
	}
	markdownChain(b, d)
	if len(d.Also) > 0 {
		b.WriteString("**Also:**\n\n")
		mentioned(b, d.Also)
	}
	if len(d.Remedies) > 0 {
		b.WriteString("**To mend it:**\n\n")
	}
	for i, r := range d.Remedies {
		fmt.Fprintf(b, "%d. %s\n", i+1, markdown(r.Text))
		if r.Owner != "" {
			fmt.Fprintf(b, "   <br>%s\n", markdown(r.Owner))
		}
	}
	if len(d.Remedies) > 0 {
		b.WriteString("\n")
	}
	if commands := shell(d.Commands()); len(commands) > 0 {
		b.WriteString(fence("sh", commands) + "\n")
	}
	if s := prognosis(d); s != "" {
		b.WriteString(markdown(s) + "\n\n")
		mentioned(b, d.Remaining)
	}
}

// markdownChain writes the chain with an arrow at the cause.
func markdownChain(b *strings.Builder, d checks.Diagnosis) {
	if len(d.Chain) == 0 {
		return
	}
	b.WriteString("| link | result | what stands there |\n| --- | --- | --- |\n")
	for _, s := range d.Chain {
		result, text := string(s.Result), "not known"
		if s.Text != "" {
			text = code(s.Text)
		}
		if d.Cause != nil && d.Cause.Check.Link == s.Link {
			result = "**" + result + "** ←"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", name(s.Link), result, text)
	}
	b.WriteString("\n")
}

// mentioned writes a list of findings.
func mentioned(b *strings.Builder, findings []checks.Finding) {
	for _, f := range findings {
		fmt.Fprintf(b, "- %s %s, about %s: %s\n", f.Result, code(f.Check.ID), code(f.Object), markdown(says(f)))
	}
	if len(findings) > 0 {
		b.WriteString("\n")
	}
}

func markdownFindings(b *strings.Builder, findings []checks.Finding) {
	b.WriteString("| result | check | object | message |\n| --- | --- | --- | --- |\n")
	for _, f := range findings {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", f.Result, code(f.Check.ID), code(f.Object), markdown(says(f)))
	}
	b.WriteString("\n")
}

// folded writes a part that opens by a click, if it holds anything.
func folded(b *strings.Builder, title string, n int, write func()) {
	if n == 0 {
		return
	}
	fmt.Fprintf(b, "<details><summary>%s</summary>\n\n", title)
	write()
	b.WriteString("</details>\n\n")
}

// flat returns the clean lines of all texts.
func flat(texts []string) []string {
	var lines []string
	for _, t := range texts {
		lines = append(lines, cleanLines(t)...)
	}
	return lines
}
