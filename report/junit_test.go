package report_test

import (
	"encoding/xml"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/report"
)

// TestJUnitSchemas holds documents to both schemas that readers use.
func TestJUnitSchemas(t *testing.T) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("NOT CHECKED AGAINST THE XSDs: xmllint is not installed (Debian: apt-get install libxml2-utils)")
	}
	var files []string
	write := func(r *checks.Report, failOn checks.Result) {
		f, err := os.CreateTemp(t.TempDir(), "*.xml")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := report.JUnit(f, r, report.Options{Tool: tool, FailOn: failOn}); err != nil {
			t.Fatal(err)
		}
		files = append(files, f.Name())
	}
	for _, failOn := range []checks.Result{"", checks.Fail, checks.Warn} {
		for _, r := range samples() {
			write(r, failOn)
		}
		for _, text := range hostile {
			write(filled(func() string { return text }, rand.New(rand.NewSource(2))), failOn)
		}
	}
	for _, schema := range []string{"junit-10.xsd", "windyroad.xsd"} {
		args := append([]string{"--noout", "--nonet", "--schema", filepath.Join("testdata", schema)}, files...)
		if out, err := exec.Command(xmllint, args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", schema, err, out)
		}
	}
}

// TestJUnitIsRedAsTheExit compares with the exit code, as its contract has it.
func TestJUnitIsRedAsTheExit(t *testing.T) {
	reports := samples()
	for i := range int64(40) {
		random := rand.New(rand.NewSource(i))
		r := filled(func() string { return hostile[random.Intn(len(hostile))] }, random)
		known := len(r.Findings) * int(i%4) / 3 // a baseline has some of them already
		changes.Mark(r, &checks.Report{Findings: slices.Clone(r.Findings[:min(known, len(r.Findings))])})
		reports[string(rune('a'+i))] = r
	}
	for name, r := range reports {
		for _, failOn := range []checks.Result{"", checks.Fail, checks.Warn} {
			exit := 0
			switch {
			case failOn != "" && r.Failed(failOn):
				exit = 1
			case r.Incomplete() || len(r.Diagnoses) == 0:
				exit = 3
			}
			if red := red(t, render(t, "junit", r, report.Options{FailOn: failOn})); red != (exit != 0) {
				t.Errorf("%s with --fail-on %q exits %d, and JUnit is red: %v", name, failOn, exit, red)
			}
		}
	}
}

// red reads a document as CI does, and holds its counts to its cases.
func red(t *testing.T, doc string) bool {
	t.Helper()
	type problem struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
	var suites struct {
		Suite []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Skipped  int `xml:"skipped,attr"`
			Case     []struct {
				Failure *problem `xml:"failure"`
				Error   *problem `xml:"error"`
				Skipped *problem `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(doc), &suites); err != nil {
		t.Fatal(err)
	}
	bad := false
	for _, s := range suites.Suite {
		failures, errors, skipped := 0, 0, 0
		for _, c := range s.Case {
			switch {
			case c.Failure != nil:
				failures++
			case c.Error != nil:
				errors++
			case c.Skipped != nil:
				skipped++
			}
			if c.Failure != nil && !strings.HasPrefix(c.Failure.Text, c.Failure.Message) {
				t.Errorf("the text of a failure does not begin with its message: %.100q", c.Failure.Text)
			}
		}
		if s.Tests != len(s.Case) || s.Failures != failures || s.Errors != errors || s.Skipped != skipped {
			t.Errorf("the counts of a suite are wrong: %+v", s)
		}
		bad = bad || failures+errors > 0
	}
	if len(suites.Suite) == 0 || len(suites.Suite[0].Case) == 0 {
		t.Error("the document holds no case")
	}
	return bad
}

// TestWarnings shows a warning as a failure only where the exit code does.
func TestWarnings(t *testing.T) {
	cause := notInjected(api)
	r := newReport([]checks.Diagnosis{{Object: api, Verdict: checks.Risky, Cause: &cause}}, []checks.Finding{cause})
	for failOn, want := range map[checks.Result]bool{checks.Warn: true, checks.Fail: false, "": false} {
		out := render(t, "junit", r, report.Options{FailOn: failOn})
		if got := strings.Contains(out, "<failure"); got != want {
			t.Errorf("--fail-on %q: a failure: %v", failOn, got)
		}
		if got := strings.Contains(out, "<system-out>warn pod-injected: 1 of 3 pods"); got == want {
			t.Errorf("--fail-on %q: told in system-out: %v", failOn, got)
		}
	}
}

// TestKnown tells in every format what a baseline has already, and makes nothing red.
func TestKnown(t *testing.T) {
	for _, r := range []*checks.Report{broken(), incomplete()} {
		changes.Mark(r, r)
		for _, name := range report.Names() {
			out := render(t, name, r, report.Options{FailOn: checks.Warn})
			mark := "known: "
			if name == "json" {
				mark = `"known": true`
				validate(t, out)
			}
			if !strings.Contains(out, mark) {
				t.Errorf("%s does not tell what is known", name)
			}
			if name == "junit" && red(t, out) {
				t.Error("JUnit is red of what is known")
			}
		}
		if r.Failed(checks.Warn) || r.Incomplete() {
			t.Error("what is known counts")
		}
	}
}
