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
	// Open says that the cause before was not examined again: it may be there still.
	Open bool
}

// Turn says whether things turned to the worse or to the better.
type Turn int

const (
	Worse Turn = iota
	Otherwise
	Better
)

// Turn is Worse also for what is broken and was unknown or not examined before. All else
// of which one side is not known is Otherwise, as is another cause of the same verdict.
func (v Verdict) Turn() Turn {
	was, now := rank(v.Before), rank(v.After)
	switch {
	case now == 1 && was != 1:
		return Worse
	case was == 0 || now == 0 || was == now || v.Open:
		return Otherwise
	case now < was:
		return Worse
	}
	return Better
}

// rank counts verdicts from the worst; 0 is what is not known.
func rank(d *checks.Diagnosis) int {
	if d == nil {
		return 0
	}
	return slices.Index([]checks.Verdict{checks.Broken, checks.Risky, checks.Healthy}, d.Verdict) + 1
}

func verdicts(before, after *checks.Report, findings []Finding) []Verdict {
	old, now, open := diagnoses(before), diagnoses(after), unexamined(after, findings)
	var all []Verdict
	for i := range after.Diagnoses {
		d := &after.Diagnoses[i]
		if was := old[d.Object]; was == nil || was.Verdict != d.Verdict || cause(was) != cause(d) {
			all = append(all, Verdict{d.Object, was, d, rank(d) > rank(was) && open[cause(was)]})
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

// unexamined are the fingerprints of what nobody looked at again, or could not.
func unexamined(after *checks.Report, findings []Finding) map[string]bool {
	ran, all := ran(after), map[string]bool{}
	for _, f := range findings {
		if f.Before == nil {
			continue
		}
		notAsked := f.After != nil && f.After.Gap != nil && f.After.Gap.Kind == facts.NotAsked
		if f.Kind == Unclear || notAsked || !ran[f.Before.Check.ID] {
			all[f.Before.Fingerprint()] = true
		}
	}
	return all
}

// cause is the fingerprint of the cause, or "".
func cause(d *checks.Diagnosis) string {
	if d == nil || d.Cause == nil {
		return ""
	}
	return d.Cause.Fingerprint()
}
