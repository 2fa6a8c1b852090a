package anonymous

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/report"
)

// nothingLeft looks for names in a snapshot without, and in its report in all formats.
func nothingLeft(t *testing.T, hidden *facts.Snapshot, r *checks.Report, names *Names, labels map[string]bool) {
	t.Helper()
	visit(hidden, func(text string, r rule) {
		for _, left := range names.leftIn(text, nil) {
			if r.how != prose && r.how != keep {
				t.Errorf("%q is left in %q", left, text)
			}
		}
	})
	for format, text := range written(t, hidden, r) {
		for _, left := range names.leftIn(text, labels) {
			t.Errorf("%q is left in %s", left, format)
		}
		for _, n := range names.Table() {
			if !isOneRun(n.Original) && len(n.Original) >= 4 && strings.Contains(text, n.Original) && len(names.leftIn(n.Original, labels)) > 0 {
				t.Errorf("the %s %q is left in %s", n.Kind, n.Original, format)
			}
		}
	}
}

// labels are the words of the reports themselves.
func labels(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	files, err := filepath.Glob("../../report/*.go")
	templates, err2 := filepath.Glob("../../report/html/*")
	if err != nil || err2 != nil || len(files) == 0 {
		t.Fatal("no sources of reports", err, err2)
	}
	files = append(files, templates...)
	for _, file := range files {
		switch {
		case strings.HasSuffix(file, "_test.go"):
		case strings.HasSuffix(file, ".go"):
			readWords(t, file, found)
		default:
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for p := range pieces(string(b)) {
				found[folded(p.text)] = found[folded(p.text)] || p.run
			}
		}
	}
	return found
}

// leftIn are the words and runs of four characters and more that are replaced and stand
// in a text all the same. Those that the doctor says itself, or labels has, do not count
// where labels is given, nor do numbers but accounts.
func (n *Names) leftIn(text string, labels map[string]bool) []string {
	runs := map[string]bool{}
	for p := range pieces(text) {
		if p.run && !strings.Contains(p.text, ".") {
			runs[p.text] = true
		}
	}
	var left []string
	for text := range runs {
		run := folded(text)
		if n.words.stays(run) || labels != nil && (speaks(text) || labels[run]) {
			continue
		}
		if n.words.originals[run] && len(run) >= 4 && n.run(run) != run && (!isDigits(run) || len(run) >= 12) {
			left = append(left, run)
		}
		for _, w := range append(slices.Collect(byHumps(text)), n.wordsOf(run)...) {
			if n.words.originals[w] && len(w) >= 4 && n.words.of(w) != w && (!isDigits(w) || len(w) >= 12) {
				left = append(left, w)
			}
		}
	}
	return left
}

// written are the snapshot and its report in all formats.
func written(t *testing.T, s *facts.Snapshot, r *checks.Report) map[string]string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"snapshot": string(b)}
	for _, name := range report.Names() {
		format, err := report.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := format(&b, r, report.Options{Tool: report.Tool{Name: "irsa-doctor", Version: "v0"}}); err != nil {
			t.Fatal(err)
		}
		all[name] = b.String()
	}
	return all
}
