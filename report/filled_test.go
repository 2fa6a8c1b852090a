package report_test

import (
	"math/rand"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
)

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
	reading := func() checks.Reading {
		known := symptom.All()
		r := checks.Reading{Says: next(), Match: symptom.Match{
			Symptom: known[random.Intn(len(known))], Code: next(), Action: next(), Caller: next(), Target: next(),
			Issuer: next(), Host: next(), Region: next(), RequestID: next(), Remarks: []string{next(), next()},
		}}
		for _, s := range []checks.Standing{checks.Confirmed, checks.Open, checks.RuledOut}[random.Intn(3):] {
			found := finding()
			r.Suspects = append(r.Suspects,
				checks.Suspect{Cause: symptom.Cause{Check: "role-exists", Text: next()}, Standing: s, Finding: &found},
				checks.Suspect{Cause: symptom.Cause{Text: next()}, Standing: s})
		}
		return r
	}
	findings := []checks.Finding{finding()}
	for range random.Intn(8) {
		findings = append(findings, finding())
	}
	var diagnoses []checks.Diagnosis
	for range random.Intn(4) * (1 + 9*(random.Intn(8)/7)) { // some are enough to be folded
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
		for range random.Intn(3) {
			d.Symptoms = append(d.Symptoms, reading())
		}
		diagnoses = append(diagnoses, d)
	}
	r := newReport(diagnoses, findings)
	r.Error = next()
	r.Cluster = checks.Identity{
		Context: next(), Server: next(), Name: next(), Version: next(), Issuer: next(), Region: next(), Account: next(), Caller: next(),
	}
	r.TakenAt = time.Unix(random.Int63n(1<<32), 0)
	return r
}
