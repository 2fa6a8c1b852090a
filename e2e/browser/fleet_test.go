package browser

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const namespaces = 40

// fleet is a report of n findings, 25 a workload. Every fifth workload is broken, the
// next undetermined and the next risky, each for a reason of its own.
func fleet(n int) *checks.Report {
	all := checks.All()
	r := &checks.Report{
		TakenAt: time.Date(2026, 11, 24, 3, 4, 5, 0, time.UTC),
		Cluster: checks.Identity{Context: "prod", Name: "prod", Version: "v1.34.4", Region: "us-west-2", Account: "111122223333"},
		Summary: checks.Summary{Counts: map[checks.Result]int{}, Complete: true},
	}
	for i := range n / 25 {
		ref := facts.Ref{Kind: facts.Deployment, Namespace: fmt.Sprintf("team-%02d", i%namespaces), Name: fmt.Sprintf("api-%04d", i)}
		d := checks.Diagnosis{Object: ref, Verdict: checks.Healthy, Prognosis: checks.Healthy}
		for _, link := range checks.Links {
			d.Chain = append(d.Chain, checks.Step{Link: link, Result: checks.Pass, Text: "what stands at " + string(link)})
		}
		for j := range 25 {
			f := checks.Finding{
				Check: all[(i+j)%len(all)], Result: checks.Results[3+j%3], Object: ref.String(), Affects: []facts.Ref{ref},
				Message: fmt.Sprintf("%s was examined and answer %d was given", ref.Name, j),
			}
			if i%5 < 3 && j == 0 {
				f.Result, d.Verdict = checks.Results[i%5], []checks.Verdict{checks.Broken, checks.Undetermined, checks.Risky}[i%5]
				f.Details = []string{"statement 1 names system:serviceaccount:" + ref.Namespace + ":other", "the token names " + ref.Name}
				f.Error = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
				f.Remedy = &checks.Remedy{Text: "restart " + ref.String(), Edits: []edit.Edit{edit.Restart{Workload: ref}}}
				d.Chain[slices.Index(checks.Links, f.Check.Link)].Result = f.Result
				d.Cause, d.Remedies, d.Plan = &f, []checks.Remedy{*f.Remedy}, f.Remedy.Edits
			}
			r.Findings = append(r.Findings, f)
			r.Summary.Counts[f.Result]++
		}
		r.Diagnoses = append(r.Diagnoses, d)
	}
	return r
}

// TestFilter finds what is looked for among many findings.
func TestFilter(t *testing.T) {
	tab := open(t, render(t, fleet(1000))) // 40 workloads, one a namespace
	const shown = `Array.from(document.querySelectorAll('.kind:not([hidden])')).reduce((n, kind) => n + kind.querySelectorAll('[data-n]:not([hidden])').length, 0)`
	set := func(name, value, event string) {
		t.Helper()
		eval[bool](tab, fmt.Sprintf(`(() => { const e = document.forms[0].elements.%s; e.value = %q; return e.dispatchEvent(new Event(%q, { bubbles: true })); })()`, name, value, event))
	}
	says := func(drawn, listed int) {
		t.Helper()
		tab.await(fmt.Sprintf(`document.querySelector('output').textContent.replaceAll(',', '') === '%d of 40 diagnoses and %d of 1000 findings shown'`, drawn, listed))
		if got := eval[int](tab, shown); got != listed {
			t.Errorf("%d findings are shown, and the page says %d", got, listed)
		}
	}
	for _, result := range []string{"unknown", "warn", "note", "pass", "skip"} {
		tab.do(chromedp.Click(chromedp.CSS(`input[value=` + result + `]`)))
	}
	says(8, 8)
	tab.do(chromedp.Click(chromedp.CSS(`button[type=reset]`)))
	says(40, 1000)
	set("namespace", "5", "change") // team-05 has the broken api-0005
	says(1, 25)
	if got := eval[string](tab, `document.querySelector('.card:not([hidden]) h3').textContent`); got != "broken deployment/team-05/api-0005" {
		t.Errorf("in team-05 there is %s", got)
	}
	set("text", "api-0005 ANSWER 3", "input")
	says(0, 3) // and 13 and 23
	if !eval[bool](tab, `document.querySelector('.kind:not([hidden])').open`) {
		t.Error("what was found is folded")
	}
	set("text", "", "input")
	set("namespace", "", "change")
	says(40, 1000)
	set("text", "system:serviceaccount:team-10:other", "input") // evidence, which is folded
	says(1, 1)
}

// TestUnfold opens a finding that is folded.
func TestUnfold(t *testing.T) {
	tab := open(t, render(t, fleet(1000)))
	const finding = `document.querySelector('.kind[data-r=fail] li details')`
	if eval[bool](tab, finding+`.open`) {
		t.Error("the finding is unfolded")
	}
	tab.do(chromedp.Click(chromedp.CSS(`.kind[data-r=fail] li summary`)))
	tab.await(finding + `.open && ` + finding + `.querySelector('.copy') !== null`)
	if height := eval[float64](tab, finding+`.querySelector('pre').getBoundingClientRect().height`); height < 20 {
		t.Errorf("its evidence is %v pixels high", height)
	}
}

// TestSpeed opens and filters a page of 10,000 findings.
func TestSpeed(t *testing.T) {
	started := time.Now()
	content := render(t, fleet(10000))
	rendered := time.Since(started)
	tab := open(t, content)
	loaded := eval[float64](tab, `performance.getEntriesByType('navigation')[0].loadEventEnd`)
	tab.await(`performance.getEntriesByName('first-contentful-paint').length > 0`)
	painted := eval[float64](tab, `performance.getEntriesByName('first-contentful-paint')[0].startTime`)
	timed := func(change string) float64 {
		return eval[float64](tab, `(() => { const form = document.forms[0]; `+change+`; const before = performance.now();
			form.dispatchEvent(new Event('change')); document.body.getBoundingClientRect(); return performance.now() - before; })()`)
	}
	times := map[string]float64{
		"load":                 loaded,
		"filter by result":     timed(`form.elements.result[4].checked = false`),
		"filter by namespace":  timed(`form.elements.namespace.value = '3'`),
		"first search":         timed(`form.elements.namespace.value = ''; form.elements.text.value = 'api-0123'`),
		"another search":       timed(`form.elements.text.value = 'answer 7'`),
		"show all of it again": timed(`form.elements.text.value = ''; form.elements.result[4].checked = true`),
	}
	t.Logf("%d bytes rendered in %v; %d elements; painted after %.0f ms", len(content), rendered, eval[int](tab, `document.querySelectorAll('*').length`), painted)
	for what, ms := range times {
		t.Logf("%s: %.0f ms", what, ms)
		if limit := map[bool]float64{true: 5000, false: 1000}[what == "load"]; ms > limit {
			t.Errorf("%s takes %.0f ms", what, ms)
		}
	}
	if len(content) > 8<<20 {
		t.Errorf("the page has %d bytes", len(content))
	}
}
