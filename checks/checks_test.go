package checks_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

var update = flag.Bool("update", false, "rewrite what the checks say in the fixtures")

// TestFixtures judges each section of fixtures/<check>.txtar: a change to healthy.json,
// named for the result that it must bring about, followed by what the check then says.
func TestFixtures(t *testing.T) {
	for _, c := range checks.All() {
		t.Run(c.ID, func(t *testing.T) {
			name := filepath.Join("..", "fixtures", strings.ReplaceAll(c.ID, "-", "_")+".txtar")
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			worst := false
			for i := 0; i+1 < len(ar.Files); i += 2 {
				section, says := ar.Files[i], &ar.Files[i+1]
				if says.Name != "says" || section.Name == "says" {
					t.Fatalf("section %s is followed by %s, not by what the check says", section.Name, says.Name)
				}
				want, _, _ := strings.Cut(section.Name, "/")
				worst = worst || checks.Result(want).Severity() == c.Worst
				t.Run(section.Name, func(t *testing.T) {
					judgeSection(t, c, section, says)
				})
			}
			if !worst {
				t.Errorf("no section of %s shows the worst that the check can find, %s", name, c.Worst)
			}
			if *update {
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func judgeSection(t *testing.T, c *checks.Check, section txtar.File, says *txtar.File) {
	s, err := fixtures.Change(section.Data)
	if err != nil {
		t.Fatal(err)
	}
	before := encode(t, s)
	report := checks.Run(s, checks.All())
	if encode(t, s) != before {
		t.Error("the snapshot was changed")
	}
	want, _, _ := strings.Cut(section.Name, "/")
	mine := slices.DeleteFunc(slices.Clone(report.Findings), func(f checks.Finding) bool { return f.Check != c })
	if got := gravest(mine); string(got) != want {
		t.Errorf("the result is %s", got)
	}
	got := say(mine)
	if *update {
		says.Data = []byte(got)
	} else if got != string(says.Data) {
		t.Errorf("\ngot:\n%s\nwant:\n%s", got, says.Data)
	}
	heals(t, s, report, mine)
}

// heals makes the edits of each finding's remedy and judges again: the finding must
// be gone, and nothing that was well may be ill.
func heals(t *testing.T, s *facts.Snapshot, before *checks.Report, mine []checks.Finding) {
	t.Helper()
	for _, f := range mine {
		if f.Remedy == nil || len(f.Remedy.Edits) == 0 {
			continue
		}
		was, after := encode(t, s), s.Clone()
		for _, e := range f.Remedy.Edits {
			e.Apply(after)
		}
		if encode(t, s) != was {
			t.Errorf("the remedy %q changes the snapshot through its copy", f.Remedy.Text)
		}
		for _, g := range checks.Run(after, checks.All()).Findings {
			if g.Result != checks.Fail && g.Result != checks.Warn {
				continue
			}
			if g.Check == f.Check && g.Object == f.Object {
				t.Errorf("the remedy %q leaves: %s", f.Remedy.Text, g.Message)
			}
			if !slices.ContainsFunc(before.Findings, func(b checks.Finding) bool {
				return b.Check == g.Check && b.Object == g.Object && b.Result != checks.Pass
			}) {
				t.Errorf("the remedy %q breaks %s %s: %s", f.Remedy.Text, g.Check.ID, g.Object, g.Message)
			}
		}
	}
}

// TestPrognosis applies the plan of every diagnosis that claims to heal, in every
// section of every fixture, and judges the whole again.
func TestPrognosis(t *testing.T) {
	for name, s := range sections(t) {
		for _, d := range checks.Run(s, checks.All()).Diagnoses {
			if len(d.Plan) == 0 {
				continue
			}
			after := s.Clone()
			for _, e := range d.Plan {
				e.Apply(after)
			}
			for _, then := range checks.Run(after, checks.All()).Diagnoses {
				if then.Object == d.Object && then.Verdict != d.Prognosis {
					t.Errorf("%s: %s was to be %s and is %s", name, d.Object, d.Prognosis, then.Verdict)
				}
			}
		}
	}
}

// sections returns the snapshots of all fixtures by file and section.
func sections(t *testing.T) map[string]*facts.Snapshot {
	t.Helper()
	files, err := filepath.Glob("../fixtures/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	all := map[string]*facts.Snapshot{}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(ar.Files); i += 2 {
			s, err := fixtures.Change(ar.Files[i].Data)
			if err != nil {
				t.Fatalf("%s %s: %v", file, ar.Files[i].Name, err)
			}
			all[filepath.Base(file)+" "+ar.Files[i].Name] = s
		}
	}
	return all
}

// TestHealthy holds every check to silence where all is well.
func TestHealthy(t *testing.T) {
	report := checks.Run(fixtures.Healthy(), checks.All())
	for _, f := range report.Findings {
		if f.Result != checks.Pass && f.Result != checks.Skip {
			t.Errorf("%s %s %s: %s", f.Result, f.Check.ID, f.Object, f.Message)
		}
	}
	if len(report.Diagnoses) != 1 || report.Diagnoses[0].Verdict != checks.Healthy || !report.Summary.Complete {
		t.Errorf("the diagnosis is not healthy and complete: %+v", report.Diagnoses)
	}
}

// TestNothingKnown feeds every check a snapshot for which nobody looked.
func TestNothingKnown(t *testing.T) {
	for _, s := range []*facts.Snapshot{
		{},
		{Asked: facts.Asked{Targets: []facts.Ref{{Kind: facts.Deployment, Namespace: "a", Name: "b"}}}},
		{Asked: facts.Asked{Targets: []facts.Ref{{Kind: facts.ServiceAccountKind, Namespace: "a", Name: "b"}}}},
	} {
		spoke := map[string]bool{}
		report := checks.Run(s, checks.All())
		for _, f := range report.Findings {
			spoke[f.Check.ID] = true
			if f.Result != checks.Unknown {
				t.Errorf("%s %s says %s out of no facts at all: %s", f.Check.ID, f.Object, f.Result, f.Message)
			}
		}
		if len(spoke) != len(checks.All()) {
			t.Errorf("%d of %d checks said nothing", len(checks.All())-len(spoke), len(checks.All()))
		}
		if report.Summary.Complete {
			t.Error("the audit claims to be complete")
		}
	}
}

// TestDocumented holds each check to one name and a whole entry in the manual.
func TestDocumented(t *testing.T) {
	known := map[string]bool{}
	for _, c := range checks.All() {
		if known[c.ID] {
			t.Errorf("%s is registered twice", c.ID)
		}
		known[c.ID] = true
		if !slices.Contains(checks.Links, c.Link) || c.Stage == 0 || c.Grain == "" || c.Worst == "" ||
			c.Title == "" || c.Why == "" || c.Fix == "" || len(c.Refs) == 0 || c.Judge == nil {
			t.Errorf("%s is incomplete", c.ID)
		}
		if strings.HasSuffix(c.Title, ".") || strings.ContainsAny(c.Title+c.Why+c.Fix, "`\t") {
			t.Errorf("%s: a period ends its title, or markup mars its text", c.ID)
		}
		if _, err := os.Stat(strings.ReplaceAll(c.ID, "-", "_") + ".go"); err != nil {
			t.Errorf("%s is not in a file of its name: %v", c.ID, err)
		}
	}
	fixtures, _ := filepath.Glob("../fixtures/*.txtar")
	for _, f := range fixtures {
		if id := strings.ReplaceAll(strings.TrimSuffix(filepath.Base(f), ".txtar"), "_", "-"); !known[id] {
			t.Errorf("%s tests no check", f)
		}
	}
}

// TestPure keeps clients and the network out of the checks.
func TestPure(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(dep, "k8s.io/") || strings.HasPrefix(dep, "github.com/aws/") || dep == "net/http" || dep == "os/exec" {
			t.Errorf("checks depends on %s", dep)
		}
	}
}

// gravest is the gravest result of findings, as checks.Results ranks them.
func gravest(findings []checks.Finding) checks.Result {
	for _, r := range checks.Results {
		if slices.ContainsFunc(findings, func(f checks.Finding) bool { return f.Result == r }) {
			return r
		}
	}
	return ""
}

// say writes findings as a fixture holds them.
func say(findings []checks.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Result, f.Object, f.Message)
		for _, d := range f.Details {
			fmt.Fprintf(&b, "  %s\n", d)
		}
		if f.Error != "" {
			fmt.Fprintf(&b, "  pod sees: %s\n", f.Error)
		}
		if f.Remedy != nil {
			fmt.Fprintf(&b, "  remedy: %s\n", f.Remedy.Text)
			writeIf(&b, "  owner: %s\n", f.Remedy.Owner)
			for _, c := range f.Remedy.Commands() {
				fmt.Fprintf(&b, "  $ %s\n", c)
			}
		}
	}
	return b.String()
}

func writeIf(w io.Writer, format, text string) {
	if text != "" {
		fmt.Fprintf(w, format, text)
	}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
