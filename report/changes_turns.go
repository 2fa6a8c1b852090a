package report

import (
	"cmp"
	"fmt"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A turn holds the verdicts that turned alike, and the facts underneath.
type turn struct {
	verdicts []changes.Verdict
	facts    []changes.Fact // that no turn before this one has told
	remark   string         // what else there is to say of what is underneath, or ""
	fate     string         // of the cause before: "mended", "gone", …; "before" where it is as it was
}

// turns gathers verdicts that one story tells, and returns the facts that are in none.
func turns(d *changes.Diff) (all []turn, rest []changes.Fact) {
	under := map[facts.Ref][]int{}
	for i, f := range d.Facts {
		for _, ref := range f.Affects {
			under[ref] = append(under[ref], i)
		}
	}
	fates := map[string]changes.Kind{}
	for _, f := range d.Findings {
		if f.Before != nil {
			fates[f.Before.Fingerprint()] = f.Kind
		}
	}
	told := map[int]bool{}
	key := func(v changes.Verdict) string {
		return became(v) + "\x00" + causeOf(v.After) + "\x00" + fmt.Sprint(under[v.Object])
	}
	for i, alike := range gather(d.Verdicts, key) {
		t := turn{verdicts: alike, fate: "before"}
		v := alike[0]
		if v.Before != nil && v.Before.Cause != nil {
			t.fate = cmp.Or(string(fates[v.Before.Cause.Fingerprint()]), t.fate)
		}
		if v.Turn() == changes.Worse && v.Before != nil && d.ComparedFacts() && len(under[v.Object]) == 0 {
			t.remark = "nothing that was read changed underneath"
		}
		for _, at := range under[v.Object] {
			if told[at] {
				t.remark = "facts that are told above are underneath it too"
			} else if i < mostDrawn {
				told[at] = true
				t.facts = append(t.facts, d.Facts[at])
			}
		}
		all = append(all, t)
	}
	for i, f := range d.Facts {
		if !told[i] {
			rest = append(rest, f)
		}
	}
	return all, rest
}

// share says which turns are told whole, which in a line each, and which in one line.
func share(all []turn) (whole, glanced, crowd []turn) {
	n := min(len(all), mostDrawn)
	m := min(len(all), mostDrawn+mostLines)
	return all[:n], all[n:m], all[m:]
}

// became says how a verdict turned.
func became(v changes.Verdict) string {
	switch {
	case v.Before == nil:
		return "not examined before → " + string(v.After.Verdict)
	case v.After == nil:
		return string(v.Before.Verdict) + " → not examined"
	case v.Open:
		return string(v.Before.Verdict) + " → " + string(v.After.Verdict) + ", but the cause was not examined again"
	case v.Before.Verdict == v.After.Verdict:
		return string(v.Before.Verdict) + " → " + string(v.After.Verdict) + ", with another cause"
	}
	return string(v.Before.Verdict) + " → " + string(v.After.Verdict)
}

// causeOf is the cause of a diagnosis in one line, or "".
func causeOf(d *checks.Diagnosis) string {
	if d == nil || d.Cause == nil {
		return ""
	}
	return d.Cause.Check.ID + ": " + says(*d.Cause)
}

func signOf(v changes.Verdict) checks.Result {
	switch {
	case v.After == nil:
		return checks.Skip
	case v.Open:
		return checks.Unknown
	}
	return signs[v.After.Verdict]
}

// others names the objects of a turn but for the first.
func (t turn) others() string { return few(turnedOf(t.verdicts[1:]), mostNames) }

// turnedOf are the objects of verdicts.
func turnedOf(all []changes.Verdict) []string {
	var names []string
	for _, v := range all {
		names = append(names, v.Object.String())
	}
	return names
}

// glance is the turn in one line.
func (t turn) glance() string {
	s := t.verdicts[0].Object.String() + ": " + became(t.verdicts[0])
	if cause := causeOf(t.verdicts[0].After); cause != "" {
		s += " (" + cause + ")"
	}
	if n := len(t.verdicts) - 1; n > 0 {
		s += fmt.Sprintf(" (and %s more)", count(n, "object"))
	}
	return s
}

// crowdOf is many turns in one line.
func crowdOf(turns []turn) string {
	var names []string
	for _, t := range turns {
		names = append(names, turnedOf(t.verdicts)...)
	}
	return fmt.Sprintf("%s with another verdict or cause: %s", count(len(names), "more object"), few(names, mostNames))
}
