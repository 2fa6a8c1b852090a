package report_test

import (
	"fmt"
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/report"
)

// mostCharacters is what GitHub takes as a comment.
const mostCharacters = 65536

// crowded is a report of n objects: the first three quarters are broken and the others
// risky, each for a reason of its own that says text, by all checks in turn.
func crowded(n int, text string) *checks.Report {
	all := checks.All()
	var diagnoses []checks.Diagnosis
	var findings []checks.Finding
	for i := range n {
		ref := facts.Ref{Kind: facts.Deployment, Namespace: fmt.Sprintf("team-%d", i%40), Name: fmt.Sprintf("api-%05d", i)}
		verdict, result := checks.Broken, checks.Fail
		if i >= n*3/4 {
			verdict, result = checks.Risky, checks.Warn
		}
		cause := checks.Finding{
			Check: all[i%len(all)], Result: result, Object: ref.String(), Affects: []facts.Ref{ref},
			Message: ref.Name + " says " + text, Details: []string{"evidence " + text, "more " + text}, Error: "AccessDenied " + text,
			Remedy: &checks.Remedy{Text: "mend " + ref.Name + " " + text, Edits: []edit.Edit{edit.Restart{Workload: ref}}, Owner: "Helm " + text},
		}
		diagnoses = append(diagnoses, checks.Diagnosis{
			Object: ref, Verdict: verdict, Cause: &cause, Remedies: []checks.Remedy{*cause.Remedy}, Plan: cause.Remedy.Edits,
			Chain: chain(map[checks.Link]checks.Result{cause.Check.Link: result}, map[checks.Link]string{checks.LinkServiceAccount: text}), Prognosis: checks.Healthy,
		})
		findings = append(findings, cause)
		findings = append(findings, passes(ref)...)
	}
	return newReport(diagnoses, findings)
}

// TestMarkdownLimit renders reports that would be longer than a comment can be.
func TestMarkdownLimit(t *testing.T) {
	annotation := strings.Repeat("@$", 128<<10)
	var evidence []string
	for range 50 {
		evidence = append(evidence, annotation)
	}
	many := crowded(10, annotation)
	many.Diagnoses[0].Cause.Details = evidence
	for name, c := range map[string]struct {
		r   *checks.Report
		cut bool
	}{
		"10":                   {crowded(10, "text"), false},
		"1000":                 {crowded(1000, "text"), true},
		"20000":                {crowded(20000, "text"), true},
		"10 with annotations":  {crowded(10, annotation), true},
		"200 with annotations": {crowded(200, annotation), true},
		"much evidence":        {many, true},
	} {
		t.Run(name, func(t *testing.T) {
			out := render(t, "markdown", c.r, report.Options{})
			if len(out) > mostCharacters {
				t.Errorf("it has %d bytes", len(out))
			}
			if c.cut && len(out) < mostCharacters*3/4 {
				t.Errorf("it has %d bytes only, and leaves something out", len(out))
			}
			if cut := strings.Contains(out, "**Left out, as "); cut != c.cut || cut != strings.Contains(out, "-o json and -o html hold all") {
				t.Errorf("it says that something is left out: %v", cut)
			}
			intact(t, out)
			balanced(t, out)
			gravestKept(t, out, c.r)
			for i, d := range c.r.Diagnoses[:min(len(c.r.Diagnoses), len(checks.All()))] {
				if !strings.Contains(name, "annotation") && name != "much evidence" && !strings.Contains(out, d.Object.Name) {
					t.Errorf("number %d is not told, the first of its check", i)
				}
			}
		})
	}
}

// TestMarkdownRandom holds long reports of hostile texts to the limit.
func TestMarkdownRandom(t *testing.T) {
	for seed := range int64(10) {
		random := rand.New(rand.NewSource(seed))
		r := crowded(200, "text")
		for i := range r.Diagnoses {
			d := &r.Diagnoses[i]
			text := hostile[random.Intn(len(hostile))]
			d.Object.Name, d.Cause.Message, d.Remedies[0].Text = text, text, text
			d.Cause.Details = []string{text, text}
			r.Findings = append(r.Findings, checks.Finding{Check: providerThumbprint, Result: checks.Fail, Object: text, Message: text})
		}
		r.Cluster = filled(func() string { return hostile[random.Intn(len(hostile))] }, random).Cluster
		out := render(t, "markdown", r, report.Options{})
		if len(out) > mostCharacters {
			t.Errorf("with seed %d it has %d bytes", seed, len(out))
		}
		intact(t, out)
		balanced(t, out)
	}
}

// balanced holds folds to be closed, outside of fences.
func balanced(t *testing.T, out string) {
	t.Helper()
	open := strings.Count(out, "<details><summary>")
	if closed := strings.Count(out, "</summary>\n\n"); closed != open {
		t.Errorf("%d summaries of %d are closed", closed, open)
	}
	if closed := strings.Count(out, "\n</details>\n\n"); closed != open {
		t.Errorf("%d folds of %d are closed", closed, open)
	}
	if !strings.HasSuffix(out, "\n\n") && !strings.HasSuffix(out, "|\n") {
		t.Errorf("it ends within something: %q", out[max(0, len(out)-80):])
	}
}

// gravestKept wants no object named unless the first objects of all that is graver are.
func gravestKept(t *testing.T, out string, r *checks.Report) {
	t.Helper()
	named := map[string]bool{}
	for _, name := range regexp.MustCompile(`api-\d{5}`).FindAllString(out, -1) {
		named[name] = true
	}
	if len(named) == 0 {
		t.Fatal("no object is named")
	}
	risky := slices.ContainsFunc(r.Diagnoses, func(d checks.Diagnosis) bool { return d.Verdict == checks.Risky && named[d.Object.Name] })
	for i, d := range r.Diagnoses[:min(len(r.Diagnoses), len(checks.All()))] { // of each check the first
		if risky && d.Verdict == checks.Broken && !named[d.Object.Name] {
			t.Errorf("an object that is risky is told, and number %d, which is broken, is not", i)
		}
	}
	if line := strings.Index(out, "\n- deployment/"); line >= 0 && strings.Contains(out[line:], "\n### `") {
		t.Error("what is told in a line stands before what is drawn")
	}
	if !named[r.Diagnoses[0].Object.Name] {
		t.Error("the first is not told")
	}
}
