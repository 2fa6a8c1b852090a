package report

import (
	"fmt"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// markdownFamily writes the first groups whole, and of the others a line each, or how
// many there are.
func markdownFamily(b *strings.Builder, f family) {
	drawn, others := f.split()
	for _, g := range drawn {
		markdownGroup(b, g)
	}
	if len(others) > mostLines {
		fmt.Fprintf(b, "- %s\n", markdown(crowd(others)))
	} else {
		for _, g := range others {
			fmt.Fprintf(b, "- %s\n", markdown(glance(g)))
		}
	}
	if len(others) > 0 {
		b.WriteString("\n")
	}
}

// markdownGroup writes the diagnosis that is drawn, and for which others it holds.
func markdownGroup(b *strings.Builder, g group) {
	markdownDiagnosis(b, g.drawn, g.told)
	if len(g.same) > 0 {
		fmt.Fprintf(b, "**%s:** %s\n\n", title(sameHolds), markdown(names(g.same)))
	}
	if len(g.alike) > 0 {
		fmt.Fprintf(b, "**%s:** %s\n\n", title(alike), markdown(names(g.alike)))
	}
	switch further := g.further(); {
	case len(further) > mostFurther:
		fmt.Fprintf(b, "%s\n\n", tooMany(further))
	case len(further) > 0:
		b.WriteString(fence("sh", further) + "\n")
	}
}

// markdownDiagnosis writes a diagnosis, but for what mends it if that was told before.
func markdownDiagnosis(b *strings.Builder, d checks.Diagnosis, told bool) {
	fmt.Fprintf(b, "### %s: %s\n\n", code(d.Object.String()), d.Verdict)
	if f := d.Cause; f != nil {
		fmt.Fprintf(b, "**%s:** %s\n\n", title(kindOf(*f)), markdown(says(*f)))
		fmt.Fprintf(b, "%s, about %s\n\n", code(f.Check.ID), code(f.Object))
		if len(f.Details) > 0 {
			b.WriteString(fence("text", flat(f.Details)) + "\n")
		}
		if f.Error != "" {
			b.WriteString("**The pod sees:**\n\n" + fence("text", cleanLines(f.Error)) + "\n")
		}
	}
	markdownChain(b, d)
	markdownSymptoms(b, d.Symptoms)
	if len(d.Also) > 0 {
		b.WriteString("**Also:**\n\n")
		mentioned(b, d.Also)
	}
	if told {
		fmt.Fprintf(b, "**To mend it:** %s\n\n", toldAbove)
	} else {
		markdownMending(b, d)
	}
	if s := prognosis(d); s != "" {
		b.WriteString(markdown(s) + "\n\n")
		mentioned(b, d.Remaining)
	}
}

// markdownMending writes the remedies and their commands.
func markdownMending(b *strings.Builder, d checks.Diagnosis) {
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
}

// markdownChain writes the chain with an arrow at the cause.
func markdownChain(b *strings.Builder, d checks.Diagnosis) {
	if len(d.Chain) == 0 {
		return
	}
	b.WriteString("| link | result | what stands there |\n| --- | --- | --- |\n")
	for _, s := range d.Chain {
		result, text := string(s.Result), stands(s)
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

// flat returns the clean lines of all texts.
func flat(texts []string) []string {
	var lines []string
	for _, t := range texts {
		lines = append(lines, cleanLines(t)...)
	}
	return lines
}

// title begins a line of the report's own words.
func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
