package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/report"
)

// fleet is a report of n workloads for each of the ways in which many can be alike.
func fleet(n int) *checks.Report {
	var diagnoses []checks.Diagnosis
	var findings []checks.Finding
	say := func(v checks.Verdict, ref facts.Ref, cause checks.Finding, also ...checks.Finding) *checks.Diagnosis {
		d := checks.Diagnosis{Object: ref, Verdict: v, Cause: &cause, Also: also, Prognosis: checks.Undetermined,
			Chain: chain(map[checks.Link]checks.Result{cause.Check.Link: cause.Result}, nil)}
		for _, f := range append([]checks.Finding{cause}, also...) {
			if f.Remedy != nil {
				d.Remedies, d.Plan, d.Prognosis = append(d.Remedies, *f.Remedy), append(d.Plan, f.Remedy.Edits...), checks.Healthy
			}
		}
		findings = append(findings, append([]checks.Finding{cause}, also...)...)
		diagnoses = append(diagnoses, d)
		return &diagnoses[len(diagnoses)-1]
	}
	many := func(name string) (refs []facts.Ref) {
		for i := range n {
			refs = append(refs, facts.Ref{Kind: facts.Deployment, Namespace: fmt.Sprintf("team-%02d", i), Name: name})
		}
		return refs
	}
	shared := subjectFails(api)
	for i, ref := range many("api") {
		if i%10 == 9 { // another pod is to be restarted besides
			say(checks.Broken, ref, shared, notInjected(ref))
		} else {
			say(checks.Broken, ref, shared)
		}
	}
	for _, ref := range many("worker") {
		say(checks.Undetermined, ref, roleUnknown(ref))
		findings = append(findings, networkDepends(ref))
	}
	for _, ref := range many("cron") {
		say(checks.Risky, ref, notInjected(ref))
	}
	for _, ref := range many("web")[:min(n, 5)] {
		scope := checks.Finding{Check: trustPolicyScope, Result: checks.Warn, Object: ref.String(), Message: ref.Namespace + " may assume it"}
		say(checks.Risky, ref, scope)
	}
	for _, ref := range many("sound") {
		diagnoses = append(diagnoses, healthy(ref))
		findings = append(findings, passes(ref)...)
		findings = append(findings, checks.Finding{
			Check: providerThumbprint, Result: checks.Note, Object: ref.Namespace, Message: "the thumbprint is out of date",
		})
	}
	r := newReport(diagnoses, findings)
	r.Summary.LeftOut = 7
	return r
}

func TestFleetGolden(t *testing.T) {
	for _, name := range []string{"table", "short", "markdown"} {
		golden(t, "fleet."+suffixes[name], render(t, name, fleet(30), report.Options{Width: 100}))
	}
}

// TestFleet holds the formats for people to a length that does not grow with the fleet.
func TestFleet(t *testing.T) {
	for _, name := range []string{"table", "markdown"} {
		small, large := render(t, name, fleet(30), report.Options{}), render(t, name, fleet(400), report.Options{})
		if got, want := strings.Count(large, "\n"), strings.Count(small, "\n"); got > want+10 {
			t.Errorf("%s has %d lines for 30 of each and %d for 400", name, want, got)
		}
		if n := strings.Count(large, "\naws iam update-assume-role-policy"); n != 1 {
			t.Errorf("%s has the shared command %d times", name, n)
		}
	}
	json := render(t, "json", fleet(400), report.Options{})
	if got, want := strings.Count(json, `"verdict": `), len(fleet(400).Diagnoses); got != want {
		t.Errorf("JSON has %d diagnoses of %d", got, want)
	}
}

// TestOneCall tells in one row what one denied call leaves open, told or not.
func TestOneCall(t *testing.T) {
	var findings []checks.Finding
	for _, c := range []*checks.Check{roleExists, trustPolicySubject, trustPolicyScope, sessionPolicies} {
		for _, ref := range []facts.Ref{api, worker} {
			f := roleUnknown(ref)
			f.Check = c
			f.Gap.Detail += " on " + ref.Name
			findings = append(findings, f)
		}
	}
	d := undetermined(api)
	d.Cause = &findings[0]
	r := newReport([]checks.Diagnosis{d}, findings)
	leavesOpen := "leaves open role-exists, trust-policy-subject, trust-policy-scope and 1 more (2 objects)"
	for name, want := range map[string]string{
		"table":    "? unknown  4 checks  iam:GetRole: forbidden\n                       " + leavesOpen + "\n",
		"markdown": "| unknown | 4 checks | iam:GetRole: forbidden | " + leavesOpen + " |\n",
		"short":    "unknown iam:GetRole: forbidden; " + leavesOpen + "\n",
	} {
		out := render(t, name, r, report.Options{Width: 120})
		if strings.Count(out, want) != 1 || strings.Count(out, "leaves open") != 1 {
			t.Errorf("%s has no %q in\n%s", name, want, out)
		}
	}
	if n := strings.Count(render(t, "json", r, report.Options{}), `"gap": {`); n != len(findings) {
		t.Errorf("JSON has %d of %d findings", n, len(findings))
	}
}

// TestFew draws every diagnosis of a small report whose causes are not the same, and
// lists nothing again that they tell.
func TestFew(t *testing.T) {
	refs := []facts.Ref{api, worker, reports}
	var diagnoses []checks.Diagnosis
	var findings []checks.Finding
	for _, ref := range refs {
		cause := notInjected(ref)
		diagnoses = append(diagnoses, checks.Diagnosis{Object: ref, Verdict: checks.Risky, Cause: &cause, Remedies: []checks.Remedy{*cause.Remedy}, Plan: cause.Remedy.Edits})
		findings = append(findings, cause)
	}
	r := newReport(diagnoses, findings)
	for _, name := range []string{"table", "markdown"} {
		out := render(t, name, r, report.Options{})
		for _, ref := range refs {
			if !strings.Contains(out, "\nkubectl rollout restart "+string(ref.Kind)+"/"+ref.Name) {
				t.Errorf("%s does not say how to mend %s", name, ref)
			}
		}
		if n := strings.Count(out, notInjected(api).Message); n != len(refs) {
			t.Errorf("%s tells the findings %d times:\n%s", name, n, out)
		}
	}
}

// TestWide keeps prose readable on a wide terminal.
func TestWide(t *testing.T) {
	r := many()
	for line := range strings.Lines(render(t, "table", r, report.Options{Width: 200})) {
		if len([]rune(line)) > 121 && !isCommand(r, line) {
			t.Errorf("a line has %d columns: %s", len([]rune(line)), line)
		}
	}
}

// TestLeftOut says in every format that checks were left out.
func TestLeftOut(t *testing.T) {
	r := newReport([]checks.Diagnosis{healthy(ebs)}, passes(ebs))
	r.Summary.LeftOut = 41
	for name, want := range map[string]string{
		"table":    "\nleft out  41 checks\n",
		"short":    "the audit is complete; 41 checks were left out; ",
		"markdown": "the audit is complete; 41 checks were left out\n",
		"json":     `"leftOut": 41,`,
		"junit":    `<property name="left out" value="41 checks">`,
		"html":     "the audit is complete; 41 checks were left out</p>",
	} {
		if out := render(t, name, r, report.Options{}); !strings.Contains(out, want) {
			t.Errorf("%s does not say %q:\n%s", name, want, out)
		}
	}
}

// TestNoTarget tells a cluster without targets from one that could not be listed.
func TestNoTarget(t *testing.T) {
	denied := &facts.Gap{Kind: facts.Forbidden, Call: "list deployments"}
	unlisted := checks.Finding{Check: podInjected, Result: checks.Unknown, Object: "cluster", Message: denied.Error(), Gap: denied}
	for _, name := range slices.DeleteFunc(report.Names(), func(name string) bool { return name == "json" }) {
		out := render(t, name, newReport(nil, []checks.Finding{unlisted}), report.Options{Width: 120})
		if !strings.Contains(out, "could not be listed (list deployments: forbidden)") || strings.Contains(out, "no target was found") {
			t.Errorf("%s does not say what was denied:\n%s", name, out)
		}
		out = render(t, name, newReport(nil, []checks.Finding{issuerUnknown()}), report.Options{})
		if !strings.Contains(out, "no target was found") {
			t.Errorf("%s does not say that there is no target:\n%s", name, out)
		}
	}
}
