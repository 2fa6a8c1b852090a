package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
	"github.com/irsa-doctor/irsa-doctor/report"
)

var update = flag.Bool("update", false, "rewrite the golden files and the schema")

var suffixes = map[string]string{"table": "txt", "short": "short.txt", "markdown": "md", "json": "json", "junit": "xml", "html": "html"}

func TestGolden(t *testing.T) {
	for sample, r := range samples() {
		for _, name := range report.Names() {
			out := render(t, name, r, report.Options{Tool: tool, FailOn: checks.Fail})
			if name == "html" {
				out = withoutCode(out)
			}
			golden(t, sample+"."+suffixes[name], out)
		}
	}
	golden(t, "many.color.txt", render(t, "table", many(), report.Options{Tool: tool, Color: true}))
	golden(t, "many.ascii.txt", render(t, "table", many(), report.Options{Tool: tool, ASCII: true, Width: 60}))
}

// TestFixture renders what the checks really say.
func TestFixture(t *testing.T) {
	r := checks.Run(fixtures.Healthy(), checks.All())
	wellFormed(t, r)
	table := render(t, "table", r, report.Options{})
	for _, want := range []string{"✓ deployment/ack-system/ack-s3-controller: healthy\n", "\n  ✓ workload         1 pod\n"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	manual := new(bytes.Buffer)
	if err := report.Manual(manual, checks.All()); err != nil {
		t.Fatal(err)
	}
	for _, c := range checks.All() {
		if strings.Count(manual.String(), "\n### "+c.ID+"\n") != 1 {
			t.Errorf("%s is not once in the manual", c.ID)
		}
	}
}

func TestLookup(t *testing.T) {
	_, err := report.Lookup("yaml")
	if want := `format "yaml" is none of html, json, junit, markdown, short, table`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func render(t *testing.T, format string, r *checks.Report, o report.Options) string {
	t.Helper()
	f, err := report.Lookup(format)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f(&b, r, o); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.String()
}

// golden compares with a file of testdata, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}
