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
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/report"
)

var hostile = []string{
	"\x1b[2J\x1b]0;title\x07 and \u009b31m",
	"\u202e\u2066rtl\u200b\ufeff",
	"]]> <failure/> <!-- & -->",
	"NUL \x00, \xff\xfe, \ufffe and \U0010ffff",
	"line\n✓ deployment/a/b: healthy\r\nfail x y: z\n```\n| a | b |\n# h",
	"` `` ``` ```` | \\| \\\\| *b* _i_ ~s~ <img src=x> [l](https://x.y) @everyone #1 $x$ ${y}",
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

// wellFormed renders the report in all formats and holds them to their grammar.
func wellFormed(t *testing.T, r *checks.Report) {
	t.Helper()
	options := report.Options{Tool: tool, FailOn: checks.Warn}
	for _, name := range report.Names() {
		out := render(t, name, r, options)
		if !utf8.ValidString(out) {
			t.Errorf("%s is not UTF-8", name)
		}
		for _, c := range out {
			if c != '\n' && (!unicode.IsPrint(c) || runewidth.RuneWidth(c) == 0) {
				t.Fatalf("%s contains %U", name, c)
			}
		}
		switch name {
		case "table":
			narrow(t, out, r)
		case "short":
			counts := r.Summary.Counts
			if got, want := strings.Count(out, "\n"), counts[checks.Fail]+counts[checks.Warn]+counts[checks.Unknown]+1; got != want {
				t.Errorf("short has %d lines, want %d", got, want)
			}
		case "markdown":
			intact(t, out)
		case "json":
			validate(t, out)
		case "junit":
			parses(t, out)
		}
	}
	for line := range strings.Lines(render(t, "table", r, report.Options{ASCII: true})) {
		if i := strings.IndexFunc(line, func(c rune) bool { return c >= utf8.RuneSelf }); i >= 0 && !isCommand(r, line) {
			t.Fatalf("a line of the ASCII table is not ASCII: %.200s", line)
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
		case m != "" && (line[len(m):] == "text" || line[len(m):] == "sh"):
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

// filled is a report whose texts are all from next, and whose shape is random.
func filled(next func() string, random *rand.Rand) *checks.Report {
	all := []*checks.Check{roleExists, trustPolicySubject, trustPolicyScope, podInjected, issuerReachable, providerThumbprint}
	kinds := []facts.GapKind{facts.Forbidden, facts.Unreachable, facts.Undecidable, facts.Malformed}
	verdicts := []checks.Verdict{checks.Broken, checks.Undetermined, checks.Risky, checks.Healthy}
	ref := func() facts.Ref { return facts.Ref{Kind: facts.Kind(next()), Namespace: next(), Name: next()} }
	remedy := func() checks.Remedy {
		return checks.Remedy{Text: next(), Owner: next(), Edits: []edit.Edit{typed{"kubectl", next()}, typed(nil)}}
	}
	finding := func() checks.Finding {
		f := checks.Finding{
			Check: all[random.Intn(len(all))], Result: checks.Results[random.Intn(len(checks.Results))], Object: next(),
			Affects: []facts.Ref{ref()}, Message: next(), Details: []string{next(), next()}, Error: next(),
		}
		if f.Result == checks.Unknown && random.Intn(4) > 0 {
			f.Gap = &facts.Gap{Kind: kinds[random.Intn(len(kinds))], Call: next(), Detail: next(), RequestID: next()}
		}
		if random.Intn(2) == 0 {
			mend := remedy()
			f.Remedy = &mend
		}
		return f
	}
	findings := []checks.Finding{finding()}
	for range random.Intn(8) {
		findings = append(findings, finding())
	}
	var diagnoses []checks.Diagnosis
	for range random.Intn(4) {
		d := checks.Diagnosis{
			Object: ref(), Verdict: verdicts[random.Intn(4)], Prognosis: verdicts[random.Intn(4)],
			Chain: []checks.Step{{Link: checks.LinkRole, Result: checks.Unknown, Text: next(), Checks: []string{next()}}},
		}
		if d.Verdict != checks.Healthy {
			cause := finding()
			d.Cause, d.Also, d.Remaining = &cause, []checks.Finding{finding()}, []checks.Finding{finding()}
			d.Remedies = []checks.Remedy{remedy(), remedy()}
			d.Plan = d.Remedies[0].Edits[:random.Intn(3)]
		}
		diagnoses = append(diagnoses, d)
	}
	r := newReport(diagnoses, findings)
	r.Cluster = checks.Identity{
		Context: next(), Server: next(), Name: next(), Version: next(), Issuer: next(), Region: next(), Account: next(), Caller: next(),
	}
	r.TakenAt = time.Unix(random.Int63n(1<<32), 0)
	return r
}
