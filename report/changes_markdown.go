package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/changes"
)

// DiffMarkdown writes a diff for a ticket.
func DiffMarkdown(w io.Writer, d *changes.Diff, _ Options) error {
	var b strings.Builder
	b.WriteString("## irsa-doctor diff\n\n")
	for _, warning := range d.Warnings {
		fmt.Fprintf(&b, "**Warning:** %s\n\n", markdown(warning))
	}
	fmt.Fprintf(&b, "%s\n\n| | looked at |\n| --- | --- |\n| before | %s |\n| after | %s |\n\n",
		markdown(diffSummary(d)), code(lookOf(d.Before)), code(lookOf(d.After)))
	all, rest := turns(d)
	for _, one := range all[:min(len(all), mostDrawn)] {
		markdownTurn(&b, one, d.ComparedFacts())
	}
	markdownGlances(&b, all[min(len(all), mostDrawn):])
	if len(rest) > 0 {
		b.WriteString("### What else is different, the oldest first\n\n")
		markdownFacts(&b, rest)
	}
	for _, kind := range changes.Kinds {
		markdownChanged(&b, headings[kind], changeRows(d, kind))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownTurn(b *strings.Builder, one turn, compared bool) {
	v := one.verdicts[0]
	fmt.Fprintf(b, "### %s: %s\n\n", code(v.Object.String()), markdown(became(v)))
	if cause := whatFor(v); cause != "" {
		fmt.Fprintf(b, "**%s:** %s\n\n", title(kindOf(*v.After.Cause)), markdown(cause))
	}
	if was := one.whatBefore(); was != "" {
		fmt.Fprintf(b, "**%s:** %s\n\n", title(one.fate), markdown(was))
	}
	if others := one.others(); others != "" {
		fmt.Fprintf(b, "**%s:** %s\n\n", title(sameHolds), markdown(others))
	}
	if len(one.facts) > 0 {
		b.WriteString("**What is different underneath, the oldest first:**\n\n")
		markdownFacts(b, one.facts)
	} else if !one.above && compared && v.Turn() == changes.Worse && v.Before != nil {
		b.WriteString(title(unchanged) + "\n\n")
	}
	if one.above {
		b.WriteString("With facts that are told above\n\n")
	}
}

func markdownGlances(b *strings.Builder, turns []turn) {
	for i, one := range turns {
		if i == mostLines {
			fmt.Fprintf(b, "- %s\n", markdown(crowdOf(turns[i:])))
			break
		}
		fmt.Fprintf(b, "- %s\n", markdown(one.glance()))
	}
	if len(turns) > 0 {
		b.WriteString("\n")
	}
}

func markdownFacts(b *strings.Builder, all []changes.Fact) {
	told, more := blocks(all)
	for _, block := range told {
		fmt.Fprintf(b, "%s\n\n", code(block.title))
		var lines []string
		for _, f := range block.facts {
			lines = append(lines, "  "+Clean(happened(f)))
			for _, v := range values(f) {
				lines = append(lines, Clean(v))
			}
		}
		b.WriteString(fence("diff", lines) + "\n")
	}
	if more > 0 {
		fmt.Fprintf(b, "And %s more; -o json holds them\n\n", count(more, "fact"))
	}
}

func markdownChanged(b *strings.Builder, heading string, rows []changeRow) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "### %s\n\n", title(heading))
	for i, r := range rows {
		if i == mostChanged {
			fmt.Fprintf(b, "- and %d more; -o json holds them\n", len(rows)-i)
			break
		}
		fmt.Fprintf(b, "- %s, about %s: %s\n", code(r.check()), markdown(r.about()), markdown(saidOf(r[0])))
	}
	b.WriteString("\n")
}
