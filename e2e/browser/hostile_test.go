package browser

import (
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
	"github.com/irsa-doctor/irsa-doctor/report"
)

var hostile = []string{
	`<script>window.pwned=1;alert(1)</script>`,
	`"><script>window.pwned=1;alert(1)</script>`,
	`</script><script>window.pwned=1;alert(1)</script>`,
	`</style></title></pre></code></details><script>window.pwned=1</script>`,
	`<img src=x onerror="window.pwned=1;alert(1)">`,
	`" onmouseover="window.pwned=1" onfocus="window.pwned=1" autofocus x="`,
	`' onclick='window.pwned=1' x='`,
	`<svg onload=window.pwned=1><animate onbegin=window.pwned=1 attributeName=x dur=1s>`,
	`<iframe srcdoc="<script>parent.pwned=1</script>"></iframe>`,
	`<a href="javascript:window.pwned=1">javascript:window.pwned=1</a>`,
	`javascript:window.pwned=1`,
	`<meta http-equiv="refresh" content="0;url=https://evil.example/">`,
	`<base href="https://evil.example/"><link rel=stylesheet href="https://evil.example/x.css">`,
	`<form action="https://evil.example/"><button autofocus>x`,
	`<!-- <![CDATA[ ]]> --> &lt;script&gt;window.pwned=1&lt;/script&gt; &#60;script&#62;`,
	`{{.}} {{define "x"}} ${window.pwned=1} #{window.pwned=1} <%= 1 %>`,
	"`+(window.pwned=1)+`",
	"\u2028window.pwned=1\u2029\u202e\x00\x1b[31m",
	`+ADw-script+AD4-window.pwned=1+ADw-/script+AD4-`,
	`<template><p></template><plaintext><textarea><noscript>`,
}

// typed is an edit that is nothing but its command.
type typed edit.Command

func (t typed) Command() edit.Command { return edit.Command(t) }
func (typed) Apply(*facts.Snapshot)   {}

// full has a text in every field that a cluster or an account can fill.
func full(text string) *checks.Report {
	ref := facts.Ref{Kind: facts.Kind(text), Namespace: text, Name: text}
	gap := &facts.Gap{Kind: facts.Malformed, Call: text, Detail: text, RequestID: text}
	finding := func(r checks.Result, c *checks.Check) checks.Finding {
		return checks.Finding{
			Check: c, Result: r, Object: text, Affects: []facts.Ref{ref, {Kind: facts.Pod, Namespace: text, Name: "x"}}, Message: text,
			Details: []string{text, text}, Error: text, Gap: gap,
			Remedy: &checks.Remedy{Text: text, Owner: text, Edits: []edit.Edit{typed{"kubectl", text}}},
		}
	}
	r := &checks.Report{
		Error:   text,
		Cluster: checks.Identity{Context: text, Server: text, Name: text, Version: text, Issuer: text, Region: text, Account: text, Caller: text},
		Summary: checks.Summary{Counts: map[checks.Result]int{checks.Fail: 1}, Missing: []facts.Gap{*gap, {Kind: facts.Forbidden, Call: text}}},
	}
	for i, c := range checks.All() {
		r.Findings = append(r.Findings, finding(checks.Results[i%len(checks.Results)], c))
	}
	match := symptom.Match{Symptom: symptom.All()[0], Remarks: []string{text}}
	for i, verdict := range []checks.Verdict{checks.Broken, checks.Broken, checks.Undetermined, checks.Risky, checks.Healthy} {
		cause := r.Findings[i]
		d := checks.Diagnosis{
			Object: ref, Verdict: verdict, Cause: &cause, Also: r.Findings[:2], Remaining: r.Findings[2:4],
			Remedies: []checks.Remedy{*cause.Remedy}, Plan: cause.Remedy.Edits, Prognosis: checks.Risky,
			Chain: []checks.Step{{Link: cause.Check.Link, Result: cause.Result, Text: text, Checks: []string{text}}},
			Symptoms: []checks.Reading{{Match: match, Says: text, Suspects: []checks.Suspect{
				{Cause: symptom.Cause{Text: text, Check: cause.Check.ID}, Standing: checks.Open, Finding: &cause}}}},
		}
		if verdict == checks.Healthy {
			d = checks.Diagnosis{Object: ref, Verdict: verdict}
		}
		r.Diagnoses = append(r.Diagnoses, d)
	}
	return r
}

// TestHostile shows hostile texts and runs none, though the page's policy, which would
// stop them too, is taken away.
func TestHostile(t *testing.T) {
	tab := newTab(t)
	for _, text := range append([]string{strings.Join(hostile, " ")}, hostile...) {
		before, after, ok := cutPolicy(string(render(t, full(text))))
		if !ok {
			t.Fatal("the page has no policy")
		}
		tab.show([]byte(before + after))
		unfolded := eval[int](tab, `(() => { // and touched wherever something could listen
			document.querySelectorAll('details').forEach((d) => { d.open = true; });
			const all = document.querySelectorAll('body *');
			all.forEach((e) => { for (const name of ['mouseover', 'focus', 'load', 'error']) e.dispatchEvent(new Event(name)); });
			return document.querySelectorAll('details[open]').length;
		})()`)
		if unfolded < 50 {
			t.Errorf("%d parts of the page unfold", unfolded)
		}
		tab.settle()
		if got := eval[string](tab, `typeof window.pwned`); got != "undefined" {
			t.Errorf("%q ran", text)
		}
		if n := eval[int](tab, `document.querySelectorAll('script, style').length`); n != 2 {
			t.Errorf("with %q there are %d scripts and styles", text, n)
		}
		const others = `document.querySelectorAll('img, svg, iframe, object, embed, link, base, template, textarea, noscript, a:not([href^="#"]):not([href^="https://"])').length`
		if n := eval[int](tab, others); n != 0 {
			t.Errorf("%q made %d elements", text, n)
		}
		const handlers = `Array.from(document.querySelectorAll('*')).flatMap((e) => e.getAttributeNames()).filter((n) => n.startsWith('on') || n === 'style' || n === 'autofocus')`
		if names := eval[[]string](tab, handlers); len(names) > 0 {
			t.Errorf("%q made attributes %q", text, names)
		}
		if shown := eval[string](tab, `document.querySelector('dd').textContent`); shown != report.Clean(text) {
			t.Errorf("%q is shown as %q", text, shown)
		}
	}
	for _, wrong := range tab.done() {
		t.Error(wrong)
	}
}

// cutPolicy returns a page's parts before and after the policy.
func cutPolicy(page string) (before, after string, ok bool) {
	before, rest, ok := strings.Cut(page, `<meta http-equiv="Content-Security-Policy"`)
	_, after, end := strings.Cut(rest, ">")
	return before, after, ok && end
}

// TestPolicy proves that the policy alone stops what escaping would have let through.
func TestPolicy(t *testing.T) {
	page := strings.Replace(string(render(t, fleet(25))), "</main>", `<script>window.pwned=1</script><img src="x" onerror="window.pwned=1"></main>`, 1)
	tab := newTab(t)
	tab.show([]byte(page))
	tab.settle()
	if got := eval[string](tab, `typeof window.pwned`); got != "undefined" {
		t.Error("a script that is not the page's own ran")
	}
	if wrong := tab.done(); !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, "Content Security Policy") }) {
		t.Errorf("the browser reports no violation, and so would not in other tests: %q", wrong)
	}
	before, after, _ := cutPolicy(page)
	tab.show([]byte(before + after))
	tab.await(`window.pwned === 1`) // or the tests would see nothing
}
