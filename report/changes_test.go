package report_test

import (
	"bytes"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
	"github.com/irsa-doctor/irsa-doctor/report"
)

// look is a side that holds facts.
func look(t *testing.T, name, patch string) changes.Side {
	t.Helper()
	s, err := fixtures.Change([]byte(patch))
	if err != nil {
		t.Fatal(err)
	}
	return changes.Side{Name: name, Report: checks.Run(s, checks.All()), Snapshot: s}
}

func scenario(t *testing.T, name string) changes.Side {
	t.Helper()
	for _, s := range fixtures.Scenarios() {
		if s.Name == name {
			snapshot, err := s.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			return changes.Side{Name: name + ".json", Report: checks.Run(snapshot, checks.All()), Snapshot: snapshot}
		}
	}
	t.Fatalf("there is no scenario %s", name)
	return changes.Side{}
}

func renderDiff(t *testing.T, format string, d *changes.Diff, o report.Options) string {
	t.Helper()
	f, err := report.LookupDiff(format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f(&b, d, o); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.String()
}

// yesterday is a diff in which several things happened at known times.
func yesterday(t *testing.T) *changes.Diff {
	return changes.Between(look(t, "monday.json", ""), look(t, "tuesday.json", `{
		"takenAt": "2026-11-25T03:04:05Z",
		"cluster": {
			"serviceAccounts": {"value": {"ack-system/ack-s3-controller": {
				"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/ack-s3-controler"},
				"managers": [{"name": "kubectl-annotate", "at": "2026-11-24T22:00:00Z", "roleArn": true}]
			}}},
			"webhooks": {"value": {"istio": {"createdAt": "2026-11-24T21:00:00Z", "webhooks": []}}}
		},
		"aws": {
			"eks": {"value": {"platformVersion": "eks.10"}},
			"associations": {"value": null, "gap": {"kind": "forbidden", "call": "eks:ListPodIdentityAssociations"}},
			"accounts": {"111122223333": {"roles": {"ack-s3-controler": {"gap": {"kind": "absent", "detail": "role ack-s3-controler"}}}, "roleArns": {"gap": null, "value": ["arn:aws:iam::111122223333:role/ack-s3-controller"]}}}
		}
	}`))
}

func diffs(t *testing.T) map[string]*changes.Diff {
	healthy, stale := scenario(t, "healthy"), scenario(t, "stale-pod")
	unexamined := stale
	unexamined.Report = checks.Run(stale.Snapshot, slices.DeleteFunc(checks.All(), func(c *checks.Check) bool { return c.ID == "pod-injected" }))
	return map[string]*changes.Diff{
		"yesterday":     yesterday(t),
		"trust-policy":  changes.Between(healthy, scenario(t, "wildcard-under-stringequals")),
		"mended":        changes.Between(stale, healthy),
		"other-cluster": changes.Between(healthy, scenario(t, "recreated-cluster")),
		"reports":       changes.Between(changes.Side{Name: "a.json", Report: stale.Report}, changes.Side{Name: "b.json", Report: healthy.Report}),
		"nothing":       changes.Between(healthy, healthy),
		"unexamined":    changes.Between(stale, unexamined),
	}
}

func TestDiffGolden(t *testing.T) {
	for name, d := range diffs(t) {
		for format, suffix := range map[string]string{"table": "txt", "markdown": "md", "json": "json"} {
			golden(t, "diff-"+name+"."+suffix, renderDiff(t, format, d, report.Options{Tool: tool}))
		}
		diffWellFormed(t, d)
	}
	golden(t, "diff-yesterday.color.txt", renderDiff(t, "table", yesterday(t), report.Options{Color: true}))
}

// TestDiffOfMany tells hundreds of workloads that one change broke in a screenful.
func TestDiffOfMany(t *testing.T) {
	var before, after checks.Report
	d := &changes.Diff{Before: changes.Side{Name: "a", Report: &before}, After: changes.Side{Name: "b", Report: &after}}
	for i := range 500 {
		ref := facts.Ref{Kind: facts.Deployment, Namespace: "shop", Name: fmt.Sprintf("app-%03d", i)}
		cause := subjectFails(ref)
		was, now := healthy(ref), checks.Diagnosis{Object: ref, Verdict: checks.Broken, Cause: &cause}
		d.Verdicts = append(d.Verdicts, changes.Verdict{Object: ref, Before: &was, After: &now})
		d.Findings = append(d.Findings, changes.Finding{Kind: changes.New, After: &cause})
		d.Facts = append(d.Facts, changes.Fact{Kind: changes.Deleted, Object: ref.String(), Affects: []facts.Ref{ref}})
	}
	out := renderDiff(t, "table", d, report.Options{})
	if n := strings.Count(out, "\n"); n > 150 {
		t.Errorf("the table has %d lines", n)
	}
	for _, want := range []string{"477 more objects with another verdict", "and 477 more facts; -o json holds them"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if doc := renderDiff(t, "json", d, report.Options{}); strings.Count(doc, `"predictedError"`) != 500 {
		t.Error("JSON leaves out verdicts")
	}
}

// TestDiffMarkdownLimit holds a diff to what a comment can be, and to say what is left out.
func TestDiffMarkdownLimit(t *testing.T) {
	for name, text := range map[string]string{"words": "text", "annotations": strings.Repeat("@$", 128<<10), "controls": strings.Repeat("\x1b", 4096)} {
		t.Run(name, func(t *testing.T) {
			before, after := crowded(0, ""), crowded(400, text)
			for i := range 30 {
				after.Findings = append(after.Findings, checks.Finding{Check: providerThumbprint, Result: checks.Fail, Object: fmt.Sprint("provider ", i), Message: fmt.Sprint(i, text)})
			}
			var values []string
			for i := range 50 {
				values = append(values, fmt.Sprint(i, text))
			}
			d := changes.Between(changes.Side{Name: "a", Report: before}, changes.Side{Name: "b", Report: after})
			d.Before.Snapshot, d.After.Snapshot = &facts.Snapshot{}, &facts.Snapshot{}
			for _, v := range d.Verdicts {
				d.Facts = append(d.Facts, changes.Fact{
					Kind: changes.Changed, Object: v.Object.String(), Item: "annotation", Removed: values, Added: values, Affects: []facts.Ref{v.Object},
				})
			}
			out := renderDiff(t, "markdown", d, report.Options{})
			if len(out) > mostCharacters {
				t.Errorf("it has %d bytes", len(out))
			}
			intact(t, out)
			if !strings.Contains(out, "api-00000") || !strings.Contains(out, "\n### New\n") {
				t.Error("the first object or the findings are not told")
			}
			if cut := strings.Contains(out, "**Left out, as a comment of GitHub takes"); cut != (name != "words") || cut && !strings.Contains(out, " facts; -o json holds all\n") {
				t.Errorf("it says that something is left out: %v", cut)
			}
		})
	}
}

// TestHostileDiff puts each hostile text into every field.
func TestHostileDiff(t *testing.T) {
	for seed := range int64(len(hostile) + 5) {
		random := rand.New(rand.NewSource(seed))
		next := func() string { return hostile[random.Intn(len(hostile))] }
		if seed < int64(len(hostile)) {
			next = func() string { return hostile[seed] }
		}
		d := changes.Between(changes.Side{Name: next(), Report: filled(next, random)}, changes.Side{Name: next(), Report: filled(next, random)})
		d.Warnings = append(d.Warnings, next())
		for _, kind := range []changes.Kind{changes.Created, changes.Deleted, changes.Changed, changes.Unread, changes.Read, changes.Recreated} {
			f := changes.Fact{
				Kind: kind, Object: next(), Item: next(), Link: checks.LinkRole, Removed: []string{next(), next()}, Added: []string{next()},
				At: time.Unix(random.Int63n(1<<32), 0), By: []string{next(), next()}[random.Intn(2):],
			}
			if kind == changes.Unread {
				f.Gap = &facts.Gap{Kind: facts.Forbidden, Call: next(), Detail: next()}
			}
			for _, v := range d.Verdicts {
				f.Affects = append(f.Affects, v.Object)
			}
			d.Facts = append(d.Facts, f)
		}
		if diffWellFormed(t, d); t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

// diffWellFormed renders the diff in all formats and holds them to their grammar.
func diffWellFormed(t *testing.T, d *changes.Diff) {
	t.Helper()
	for _, name := range report.DiffNames() {
		out := renderDiff(t, name, d, report.Options{Tool: tool})
		printable(t, name, out)
		switch name {
		case "table":
			for line := range strings.Lines(out) {
				if w := runewidth.StringWidth(strings.TrimSuffix(line, "\n")); w > 80 {
					t.Errorf("a line has %d columns: %.200s", w, line)
				}
			}
		case "markdown":
			intact(t, out)
		case "json":
			validateDiff(t, out)
		}
	}
	for _, c := range renderDiff(t, "table", d, report.Options{ASCII: true}) {
		if c >= utf8.RuneSelf {
			t.Fatalf("the ASCII table contains %U", c)
		}
	}
}

func TestLookupDiff(t *testing.T) {
	_, err := report.LookupDiff("junit")
	if want := `format "junit" is none of json, markdown, table`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// validateDiff holds a document to the published schema.
func validateDiff(t *testing.T, doc string) {
	t.Helper()
	schema, err := publishedDiff()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Error(err)
	}
}

var publishedDiff = sync.OnceValues(func() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile("../docs/diff.schema.json")
})
