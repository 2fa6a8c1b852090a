package report

import (
	"fmt"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// family writes the first groups whole, and of the others a fold each, or how many
// there are.
func (t *ticket) family(f family) {
	drawn, others := f.split()
	for _, g := range drawn {
		t.group(g)
	}
	if len(others) == 0 {
		return
	}
	if len(others) <= mostLines {
		var b strings.Builder
		for _, g := range others {
			markdownFold(&b, g)
		}
		if t.fits(b.String()) {
			return
		}
	}
	n := 0
	for _, g := range others {
		n += len(g.all())
	}
	switch {
	case !t.put("- " + markdown(crowd(others)) + "\n\n"):
		t.objects += n
	case len(others) <= mostLines:
		t.shortened += n
	}
}

// lines is how many lines the family has at least.
func (f family) lines() int {
	drawn, others := f.split()
	return len(drawn) + min(len(others), 1)
}

// group writes a group whole, or else without evidence, or else in a line.
func (t *ticket) group(g group) {
	g.told = g.told && t.shortened+t.objects == 0 // what was told may be left out
	if t.fits(markdownGroup(g)) {
		return
	}
	all := len(g.all())
	var b strings.Builder
	b.WriteString(foldBegin(glance(g)))
	markdownMending(&b, g.drawn)
	b.WriteString(foldEnd)
	if t.fits(b.String()) || t.put("- "+markdown(glance(g))+"\n\n") {
		t.shortened += all
	} else {
		t.objects += all
	}
}

// markdownFold is a group that opens by a click.
func markdownFold(b *strings.Builder, g group) {
	b.WriteString(foldBegin(glance(g)))
	markdownCause(b, g.drawn)
	markdownRest(b, g)
	b.WriteString(foldEnd)
}

// markdownGroup is the diagnosis that is drawn, and for which others it holds.
func markdownGroup(g group) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s: %s\n\n", code(g.drawn.Object.String()), g.drawn.Verdict)
	if f := g.drawn.Cause; f != nil {
		fmt.Fprintf(&b, "**%s:** %s\n\n", title(kindOf(*f)), markdown(says(*f)))
	}
	markdownCause(&b, g.drawn)
	markdownChain(&b, g.drawn)
	markdownRest(&b, g)
	return b.String()
}

// markdownCause writes the evidence of the cause.
func markdownCause(b *strings.Builder, d checks.Diagnosis) {
	f := d.Cause
	if f == nil {
		return
	}
	fmt.Fprintf(b, "%s, about %s\n\n", code(f.Check.ID), code(f.Object))
	if len(f.Details) > 0 {
		b.WriteString(fence("text", flat(f.Details)) + "\n")
	}
	if f.Error != "" {
		b.WriteString("**The pod sees:**\n\n" + fence("text", cleanLines(f.Error)) + "\n")
	}
}

// markdownRest writes what follows from the cause, but for what mends it if that was
// told before, and for which others it holds.
func markdownRest(b *strings.Builder, g group) {
	d := g.drawn
	markdownSymptoms(b, d.Symptoms)
	if len(d.Also) > 0 {
		b.WriteString("**Also:**\n\n")
		mentioned(b, d.Also)
	}
	if g.told {
		fmt.Fprintf(b, "**To mend it:** %s\n\n", toldAbove)
	} else {
		markdownMending(b, d)
	}
	if s := prognosis(d); s != "" {
		b.WriteString(markdown(s) + "\n\n")
		mentioned(b, d.Remaining)
	}
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
