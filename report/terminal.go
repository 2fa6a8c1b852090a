package report

import (
	"strings"

	"github.com/fatih/color"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// A terminal lays out text in columns. All that is written to it is cleaned.
type terminal struct {
	strings.Builder
	width  int
	ascii  bool
	colors map[ink]*color.Color
}

// An ink is what a colour means.
type ink int

const (
	inkNone ink = iota
	inkBad
	inkDoubt
	inkGood
	inkDim
	inkStrong
)

// A span is text in one ink.
type span struct {
	text string
	ink  ink
}

// Lines of more columns are hard to read.
const narrowest, widest = 40, 120

func newTerminal(o Options) *terminal {
	t := &terminal{width: 80, ascii: o.ASCII}
	if o.Width > 0 {
		t.width = min(max(o.Width, narrowest), widest)
	}
	t.colors = map[ink]*color.Color{
		inkBad:    color.New(color.FgRed),
		inkDoubt:  color.New(color.FgYellow),
		inkGood:   color.New(color.FgGreen),
		inkDim:    color.New(color.Faint),
		inkStrong: color.New(color.Bold),
	}
	for _, c := range t.colors {
		if o.Color {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
	}
	return t
}

// clean makes a text one harmless line, of ASCII if asked for.
func (t *terminal) clean(s string) string {
	if s = Clean(s); t.ascii {
		return ascii(s)
	}
	return s
}

// paint colours text that is already clean.
func (t *terminal) paint(s span) string {
	if c := t.colors[s.ink]; c != nil && s.text != "" {
		return c.Sprint(s.text)
	}
	return s.text
}

// hang writes the prefix and, wrapped, the text after it; all its lines begin below
// one another.
func (t *terminal) hang(text span, prefix ...span) {
	indent := 0
	for _, p := range prefix {
		p.text = t.clean(p.text)
		indent += cells.StringWidth(p.text)
		t.WriteString(t.paint(p))
	}
	for i, line := range wrap(t.clean(text.text), max(t.width-indent, 20)) {
		if i > 0 {
			t.WriteString(strings.Repeat(" ", indent))
		}
		t.WriteString(t.paint(span{line, text.ink}) + "\n")
	}
}

// block writes a label and below it the text, whose line breaks are kept.
func (t *terminal) block(label, text string) {
	t.label(label)
	for _, line := range cleanLines(text) {
		t.hang(span{text: line}, span{text: "    "})
	}
}

func (t *terminal) label(s string) {
	t.hang(span{s, inkStrong}, span{text: "  "})
}

// pad fills a text up to a width in columns.
func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-cells.StringWidth(s)))
}

// mark is the sign of a result.
func (t *terminal) mark(r checks.Result) span {
	switch r {
	case checks.Fail:
		return span{t.either("✗", "x"), inkBad}
	case checks.Unknown:
		return span{"?", inkDoubt}
	case checks.Warn:
		return span{"!", inkDoubt}
	case checks.Note:
		return span{"i", inkNone}
	case checks.Pass:
		return span{t.either("✓", "+"), inkGood}
	}
	return span{t.either("·", "-"), inkDim}
}

func (t *terminal) either(pretty, ascii string) string {
	if t.ascii {
		return ascii
	}
	return pretty
}
