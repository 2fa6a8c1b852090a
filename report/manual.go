package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// Explain writes the manual page of a check for a terminal.
func Explain(w io.Writer, c *checks.Check, o Options) error {
	t := newTerminal(o)
	t.hang(span{c.ID, inkStrong})
	t.hang(span{text: c.Title}, span{text: "    "})
	t.WriteString("\n")
	t.hang(span{text: name(c.Link)}, span{"  link   ", inkDim})
	t.hang(span{text: string(c.Grain)}, span{"  about  ", inkDim})
	t.hang(span{text: string(c.Worst)}, span{"  worst  ", inkDim})
	if c.Why != "" {
		t.WriteString("\n")
		t.block("why it matters", c.Why)
	}
	if c.Fix != "" {
		t.WriteString("\n")
		t.block("what to do", c.Fix)
	}
	if len(c.Refs) > 0 {
		t.WriteString("\n")
		t.label("see")
	}
	for _, ref := range c.Refs {
		t.WriteString("    " + t.clean(ref) + "\n") // whole, so that it can be followed
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// Manual writes docs/checks.md: every check under a heading that is its anchor.
func Manual(w io.Writer, all []*checks.Check) error {
	var b strings.Builder
	b.WriteString("# Checks\n\n" +
		"Generated from the checks themselves; `irsa-doctor explain ID` shows the same.\n\n")
	for _, link := range checks.Links {
		heading := fmt.Sprintf("## Link: %s\n\n", name(link))
		for _, c := range all {
			if c.Link != link {
				continue
			}
			b.WriteString(heading)
			heading = ""
			fmt.Fprintf(&b, "### %s\n\nAll is well when %s.\n\n", c.ID, markdown(c.Title))
			fmt.Fprintf(&b, "About: %s. Worst: %s.\n\n", c.Grain, c.Worst)
			if c.Why != "" {
				fmt.Fprintf(&b, "**Why it matters:** %s\n\n", paragraphs(c.Why))
			}
			if c.Fix != "" {
				fmt.Fprintf(&b, "**What to do:** %s\n\n", paragraphs(c.Fix))
			}
			for _, ref := range c.Refs {
				fmt.Fprintf(&b, "- <%s>\n", ref)
			}
			if len(c.Refs) > 0 {
				b.WriteString("\n")
			}
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

// Index writes the README's table of the checks.
func Index(w io.Writer, all []*checks.Check) error {
	var b strings.Builder
	b.WriteString("| check | worst | all is well when |\n| --- | --- | --- |\n")
	for _, c := range all {
		fmt.Fprintf(&b, "| [%s](docs/checks.md#%s) | %s | %s |\n", c.ID, c.ID, c.Worst, markdown(c.Title))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// paragraphs escapes each line of a text and sets them apart.
func paragraphs(s string) string {
	lines := cleanLines(s)
	for i := range lines {
		lines[i] = markdown(lines[i])
	}
	return strings.Join(lines, "\n\n")
}
