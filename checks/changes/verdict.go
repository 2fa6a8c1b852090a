package changes

import (
	"cmp"
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A Verdict is a diagnosis that came out differently: with another verdict, or with
// another cause.
type Verdict struct {
	Object        facts.Ref
	Before, After *checks.Diagnosis // one of them may be nil: the object was not examined
}

// Turn says whether things turned to the worse or to the better.
type Turn int

const (
	Worse Turn = iota
	Otherwise
	Better
)

// Turn is Otherwise where a workload came or went, is as ill of another cause, or is not
// known to be better or worse.
func (v Verdict) Turn() Turn {
	// Of what is unknown nothing is known: it may have been broken all along.
	rank := map[checks.Verdict]int{checks.Broken: 1, checks.Risky: 2, checks.Healthy: 3}
	now := 0
	if v.After != nil {
		now = rank[v.After.Verdict]
	}
	was := 0
	if v.Before != nil {
		was = rank[v.Before.Verdict]
	}
	switch {
	case v.After != nil && v.After.Verdict == checks.Broken && (v.Before == nil || v.Before.Verdict != checks.Broken):
		return Worse
	case was == 0 || now == 0 || was == now:
		return Otherwise
	case now < was:
		return Worse
	}
	return Better
}

func verdicts(before, after *checks.Report) []Verdict {
	old, now := diagnoses(before), diagnoses(after)
	var all []Verdict
	for i := range after.Diagnoses {
		d := &after.Diagnoses[i]
		if was := old[d.Object]; was == nil || was.Verdict != d.Verdict || cause(was) != cause(d) {
			all = append(all, Verdict{d.Object, was, d})
		}
	}
	for i := range before.Diagnoses {
		if d := &before.Diagnoses[i]; now[d.Object] == nil {
			all = append(all, Verdict{Object: d.Object, Before: d})
		}
	}
	slices.SortStableFunc(all, func(x, y Verdict) int { return cmp.Compare(x.Turn(), y.Turn()) })
	return all
}

func diagnoses(r *checks.Report) map[facts.Ref]*checks.Diagnosis {
	all := map[facts.Ref]*checks.Diagnosis{}
	for i := range r.Diagnoses {
		all[r.Diagnoses[i].Object] = &r.Diagnoses[i]
	}
	return all
}

func cause(d *checks.Diagnosis) string {
	if d.Cause == nil {
		return ""
	}
	return d.Cause.Fingerprint()
}
