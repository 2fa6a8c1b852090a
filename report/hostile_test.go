package report_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
	"github.com/irsa-doctor/irsa-doctor/report"
)

var hostile = []string{
	"\x1b[2J\x1b]0;title\x07 and \u009b31m",
	"\u202e\u2066rtl\u200b\ufeff",
	"]]> <failure/> <!-- & -->",
	"NUL \x00, \xff\xfe, \ufffe and \U0010ffff",
	"line\n✓ deployment/a/b: healthy\r\nfail x y: z\n```\n| a | b |\n# h",
	"` `` ``` ```` | \\| \\\\| *b* _i_ ~s~ <img src=x> [l](https://x.y) @everyone #1 $x$ ${y}",
	`"'><script>pwned()</script></script><!-- <img src=x onerror=pwned()> </pre></details> -->`,
	`javascript:pwned() {{.}} ${pwned()} </style></title>&lt;script&gt;&#60;`,
	strings.Repeat("huge 漢字 ", 4000),
	strings.Repeat("x", 50000),
	"",
}

// TestHostile puts each hostile text into every field, in every format.
func TestHostile(t *testing.T) {
	for _, text := range hostile {
		r := filled(func() string { return text }, rand.New(rand.NewSource(1)))
		wellFormed(t, r)
	}
}

// TestRandom does the same with random reports of random hostile texts.
func TestRandom(t *testing.T) {
	for seed := range int64(25) {
		random := rand.New(rand.NewSource(seed))
		wellFormed(t, filled(func() string {
			s := hostile[random.Intn(len(hostile))]
			if random.Intn(2) == 0 {
				s = s[:min(len(s), random.Intn(100))]
			}
			return s
		}, random))
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// TestHostileError explains each hostile text, set among words that are known.
func TestHostileError(t *testing.T) {
	explained := 0
	for _, text := range hostile {
		matches := symptom.Recognise("User: arn:aws:sts::1:assumed-role/" + text + "/x is not authorized to perform: s3:GetObject on resource: " + text + " host https://sts." + text + " no such host")
		var b strings.Builder
		if err := report.ExplainError(&b, matches, report.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, c := range b.String() {
			if c != '\n' && (!unicode.IsPrint(c) || runewidth.RuneWidth(c) == 0) {
				t.Fatalf("%.100q: the explanation contains %U", text, c)
			}
		}
		explained += len(matches)
	}
	if explained == 0 {
		t.Error("none was recognised")
	}
}

// TestUnknownError says so, in the formats for people that explain errors.
func TestUnknownError(t *testing.T) {
	r := newReport([]checks.Diagnosis{healthy(ebs)}, passes(ebs))
	r.Error = "panic: nil map"
	for _, name := range []string{"table", "markdown"} {
		if out := render(t, name, r, report.Options{}); !strings.Contains(out, "the error you gave is not known") {
			t.Errorf("%s does not say that the error is not known:\n%s", name, out)
		}
	}
}

// wellFormed renders the report in all formats and holds them to their grammar.
func wellFormed(t *testing.T, r *checks.Report) {
	t.Helper()
	options := report.Options{Tool: tool, FailOn: checks.Warn}
	for _, name := range report.Names() {
		out := render(t, name, r, options)
		printable(t, name, out)
		switch name {
		case "table":
			narrow(t, out, r)
		case "short":
			counts := r.Summary.Counts
			least := counts[checks.Fail] + counts[checks.Warn] + 1 // unknowns that one call would answer are one
			if got := strings.Count(out, "\n"); got < least || got > least+counts[checks.Unknown] {
				t.Errorf("short has %d lines, want %d and at most %d more", got, least, counts[checks.Unknown])
			}
		case "markdown":
			intact(t, out)
		case "json":
			validate(t, out)
		case "junit":
			parses(t, out)
		case "html":
			harmless(t, out)
		}
	}
	for line := range strings.Lines(render(t, "table", r, report.Options{ASCII: true})) {
		if i := strings.IndexFunc(line, func(c rune) bool { return c >= utf8.RuneSelf }); i >= 0 && !isCommand(r, line) {
			t.Fatalf("a line of the ASCII table is not ASCII: %.200s", line)
		}
	}
}

// printable holds a format to text that hides nothing and moves no cursor.
func printable(t *testing.T, format, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("%s is not UTF-8", format)
	}
	for _, c := range out {
		if c != '\n' && (!unicode.IsPrint(c) || runewidth.RuneWidth(c) == 0) {
			t.Fatalf("%s contains %U", format, c)
		}
	}
}

func isCommand(r *checks.Report, line string) bool {
	return slices.ContainsFunc(r.Diagnoses, func(d checks.Diagnosis) bool {
		return slices.ContainsFunc(d.Commands(), func(c edit.Command) bool { return c.String()+"\n" == line })
	})
}

// narrow holds every line that is no command to 80 columns, and the texts away from
// the first column, where the report speaks for itself.
func narrow(t *testing.T, out string, r *checks.Report) {
	t.Helper()
	for line := range strings.Lines(out) {
		if w := runewidth.StringWidth(strings.TrimSuffix(line, "\n")); w > 80 && !isCommand(r, line) {
			t.Errorf("a line has %d columns: %s", w, line)
		}
		if strings.HasPrefix(line, "✓ deployment/a/b") || strings.HasPrefix(line, "  ✓ deployment/a/b") {
			t.Errorf("a text speaks for the report: %s", line)
		}
	}
}

var (
	ticks     = regexp.MustCompile("`+")
	fenced    = regexp.MustCompile("^(`{3,})")
	ownMarkup = regexp.MustCompile("</?(details|summary)>|<br>|\\\\`|\\]\\(docs/checks.md#")
	meaning   = regexp.MustCompile(`<|@everyone|(^|[^&])#1|[^\\]\]\(|://`)
)

// intact holds Markdown to tables of even rows, fences that close, and no HTML, link
// or mention that is not the report's own.
func intact(t *testing.T, out string) {
	t.Helper()
	fence, columns := "", 0
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		switch m := fenced.FindString(line); {
		case fence != "":
			if line == fence {
				fence = ""
			}
			continue
		case m != "" && (line[len(m):] == "text" || line[len(m):] == "sh" || line[len(m):] == "diff"):
			fence = m
			continue
		}
		bars := strings.Count(line, "|")
		if columns == 0 || line == "" {
			columns = bars
		}
		if bars != columns {
			t.Errorf("a row has %d bars and the one above %d: %.200s", bars, columns, line)
		}
		prose := outsideCode(ownMarkup.ReplaceAllString(line, ""))
		if bad := meaning.FindString(prose); bad != "" {
			t.Errorf("%q is not escaped: %.200s", bad, line)
		}
	}
	if fence != "" {
		t.Errorf("the fence %s is not closed", fence)
	}
}

// outsideCode is a line without its code spans: what is between two runs of as many backticks.
func outsideCode(line string) string {
	var b strings.Builder
	runs := ticks.FindAllStringIndex(line, -1)
	from := 0
	for i := 0; i < len(runs); i++ {
		n := runs[i][1] - runs[i][0]
		for j := i + 1; j < len(runs); j++ {
			if runs[j][1]-runs[j][0] == n {
				b.WriteString(line[from:runs[i][0]])
				from, i = runs[j][1], j
				break
			}
		}
	}
	return b.String() + line[from:]
}

func parses(t *testing.T, out string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(out))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("XML: %v", err)
		}
	}
}

// TestJSONKeepsText reads back what was written, to the byte.
func TestJSONKeepsText(t *testing.T) {
	for _, text := range hostile {
		if !utf8.ValidString(text) {
			continue
		}
		out := render(t, "json", filled(func() string { return text }, rand.New(rand.NewSource(1))), report.Options{})
		var d struct {
			Clusters []struct{ Caller string }
			Findings []struct{ Message string }
		}
		if err := json.Unmarshal([]byte(out), &d); err != nil {
			t.Fatal(err)
		}
		if d.Clusters[0].Caller != text || d.Findings[0].Message != text {
			t.Errorf("%.100q became %.100q and %.100q", text, d.Clusters[0].Caller, d.Findings[0].Message)
		}
	}
}
