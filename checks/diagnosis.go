package checks

import (
	"cmp"
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
)

// A Verdict sums up what the checks found about one workload.
type Verdict string

const (
	Broken       Verdict = "broken"  // some finding fails
	Undetermined Verdict = "unknown" // what decides could not be had
	Risky        Verdict = "risky"   // some finding warns
	Healthy      Verdict = "healthy"
)

// verdicts are in the order of urgency. A warning says "works today", which nobody
// knows while what decides is unknown: so unknown comes before risky.
var verdicts = []Verdict{Broken, Undetermined, Risky, Healthy}

// A Diagnosis says of one workload which link of its chain is broken, and what mends it.
type Diagnosis struct {
	Object  facts.Ref // a workload, or a service account that nothing uses
	Verdict Verdict
	// Cause is the first failure that an SDK runs into, else the finding that makes the
	// verdict; nil when it is healthy.
	Cause *Finding
	Also  []Finding // further failures and warnings, in the order in which they would be met
	Chain []Step
	// Remedies mend the cause and what else there is, in order.
	Remedies []Remedy
	// Plan holds the edits of all remedies, in the order in which to make them, each once.
	Plan []edit.Edit
	// Prognosis is the verdict after Plan, judged by the same checks; Undetermined
	// without a plan.
	Prognosis Verdict
	// Remaining are the failures and warnings that Plan leaves.
	Remaining []Finding
	// Symptoms say what the error that the user gave means for the object; none when
	// none was given or it is not known.
	Symptoms []Reading
}

// Commands are what to type to carry out Plan.
func (d Diagnosis) Commands() []edit.Command { return Remedy{Edits: d.Plan}.Commands() }

// diagnose draws the diagnosis of every object in scope, the gravest first.
func diagnose(a *Audit, findings []Finding, checks []*Check) []Diagnosis {
	var all []Diagnosis
	symptoms := symptom.Recognise(a.Asked.Error)
	mine := byAffected(findings)
	namespaces := a.Snapshot.ByNamespace()
	for _, object := range a.Targets() {
		d := judged(a, object, mine.of(object))
		d.Symptoms = a.readings(symptoms, d, findings)
		d.prognose(namespaces[object.Namespace], checks)
		all = append(all, d)
	}
	slices.SortStableFunc(all, func(x, y Diagnosis) int {
		return cmp.Or(
			slices.Index(verdicts, x.Verdict)-slices.Index(verdicts, y.Verdict),
			cmp.Compare(x.Object.String(), y.Object.String()),
		)
	})
	return all
}

// An index tells the findings that affect an object, by their places: a large fleet has
// many, and a copy for each object is dear.
type index struct {
	findings []Finding
	places   map[facts.Ref][]int
}

func byAffected(findings []Finding) index {
	by := index{findings, map[facts.Ref][]int{}}
	for i, f := range findings {
		for _, object := range f.Affects {
			by.places[object] = append(by.places[object], i)
		}
	}
	return by
}

// of returns the findings that affect the object.
func (x index) of(object facts.Ref) []Finding {
	var mine []Finding
	for _, i := range x.places[object] {
		mine = append(mine, x.findings[i])
	}
	return mine
}

// judged sums up the findings that affect the object.
func judged(a *Audit, object facts.Ref, mine []Finding) Diagnosis {
	slices.SortStableFunc(mine, sdkOrder)
	d := Diagnosis{Object: object, Chain: a.chain(object, mine)}
	var bad, unsure []Finding
	for _, f := range mine {
		switch {
		case f.Result == Fail || f.Result == Warn:
			bad = append(bad, f)
		case f.Result == Unknown && f.Check.Worst == Error:
			unsure = append(unsure, f)
		}
	}
	slices.SortStableFunc(bad, func(x, y Finding) int { return slices.Index(Results, x.Result) - slices.Index(Results, y.Result) })
	switch {
	case len(bad) > 0 && bad[0].Result == Fail:
		d.Verdict, d.Cause, d.Also = Broken, &bad[0], bad[1:]
	case len(unsure) > 0:
		d.Verdict, d.Cause, d.Also = Undetermined, &unsure[0], bad
	case len(bad) > 0:
		d.Verdict, d.Cause, d.Also = Risky, &bad[0], bad[1:]
	default:
		d.Verdict = Healthy
	}
	for _, f := range bad {
		if f.Remedy != nil && !slices.ContainsFunc(d.Remedies, func(r Remedy) bool { return r.Text == f.Remedy.Text }) {
			d.Remedies = append(d.Remedies, *f.Remedy)
		}
	}
	d.Plan = plan(d.Remedies)
	return d
}

// sdkOrder sorts findings as an SDK runs into what they say.
func sdkOrder(x, y Finding) int {
	return cmp.Or(
		cmp.Compare(x.Check.Stage, y.Check.Stage),
		slices.Index(Links, x.Check.Link)-slices.Index(Links, y.Check.Link),
		cmp.Compare(x.Check.ID, y.Check.ID),
		cmp.Compare(x.Object, y.Object),
	)
}

// prognose foretells what the plan does. It looks at now, the object's namespace, alone.
// A plan that would leave the workload worse than it is does so by restarting pods that
// still work: it is tried without, and dropped when that is no better.
func (d *Diagnosis) prognose(now *facts.Snapshot, checks []*Check) {
	d.foretell(now, checks)
	if d.Prognosis.worse(d.Verdict) {
		d.Plan = slices.DeleteFunc(d.Plan, func(e edit.Edit) bool { return isRestart(e) })
		d.foretell(now, checks)
	}
	if d.Prognosis.worse(d.Verdict) {
		d.Plan = nil
		d.foretell(now, checks)
	}
	d.arrange()
}

// foretell makes the plan's edits on a copy of the snapshot and judges it again.
func (d *Diagnosis) foretell(now *facts.Snapshot, checks []*Check) {
	d.Prognosis, d.Remaining = Undetermined, nil
	if len(d.Plan) == 0 {
		if d.Verdict == Healthy {
			d.Prognosis = Healthy
		}
		return
	}
	after := now.Clone()
	after.Asked.Targets = []facts.Ref{d.Object}
	after.Asked.Namespace = d.Object.Namespace
	for _, e := range d.Plan {
		e.Apply(after)
	}
	b := NewAudit(after)
	then := judged(b, d.Object, byAffected(judge(b, checks)).of(d.Object))
	d.Prognosis = then.Verdict
	if then.Cause != nil {
		d.Remaining = append([]Finding{*then.Cause}, then.Also...)
	}
}

// worse says whether v is more urgent than other.
func (v Verdict) worse(other Verdict) bool {
	return slices.Index(verdicts, v) < slices.Index(verdicts, other)
}

// arrange puts the remedies in the order of the plan. One without an edit in it stays
// behind the one that it followed.
func (d *Diagnosis) arrange() {
	place := map[string]int{}
	last := -1
	for _, r := range d.Remedies {
		for _, e := range r.Edits {
			if i := slices.IndexFunc(d.Plan, func(p edit.Edit) bool { return p.Command().String() == e.Command().String() }); i >= 0 {
				last = i
				break
			}
		}
		place[r.Text] = last
	}
	slices.SortStableFunc(d.Remedies, func(x, y Remedy) int { return place[x.Text] - place[y.Text] })
}

func isRestart(e edit.Edit) bool {
	_, ok := e.(edit.Restart)
	return ok
}

// plan puts the edits of remedies in the order in which to make them, each once:
// first what new pods will need, then changes of a template, which roll it out, and
// last the restarts of what does not roll out anyway.
func plan(remedies []Remedy) []edit.Edit {
	var ground, templates, restarts []edit.Edit
	rolled := map[facts.Ref]bool{}
	seen := map[string]bool{}
	for _, r := range remedies {
		for _, e := range r.Edits {
			if key := e.Command().String(); key != "" {
				if seen[key] {
					continue
				}
				seen[key] = true
			}
			switch w, rolls := edit.RollsOut(e); {
			case isRestart(e):
				restarts = append(restarts, e)
			case rolls:
				templates = append(templates, e)
				rolled[w] = true
			default:
				ground = append(ground, e)
			}
		}
	}
	restarts = slices.DeleteFunc(restarts, func(e edit.Edit) bool { return rolled[e.(edit.Restart).Workload] })
	return slices.Concat(ground, templates, restarts)
}
