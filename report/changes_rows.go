package report

import (
	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
)

// mostChanged is how many rows of findings of one kind are told.
const mostChanged = 10

// A changeRow holds findings that are told at once.
type changeRow []changes.Finding

// changeRows are the findings of one kind that are not told with a verdict, in rows. What one gap leaves open is one row.
func changeRows(d *changes.Diff, kind changes.Kind) []changeRow {
	causes := map[string]bool{}
	for _, v := range d.Verdicts {
		if v.After != nil && v.After.Cause != nil {
			causes[v.After.Cause.Fingerprint()] = true
		}
		if kind == changes.Mended && v.Before != nil && v.Before.Cause != nil {
			causes[v.Before.Cause.Fingerprint()] = true
		}
	}
	var mine []changes.Finding
	for _, f := range d.Findings {
		if f.Kind == kind && !causes[f.Now().Fingerprint()] {
			mine = append(mine, f)
		}
	}
	var all []changeRow
	for _, r := range gather(mine, func(f changes.Finding) string {
		if kind == changes.Unclear {
			return saidOf(f)
		}
		return f.Now().Check.ID + "\x00" + saidOf(f)
	}) {
		all = append(all, r)
	}
	return all
}

// stood says what a finding was before.
var stood = map[checks.Result]string{
	checks.Fail: "it failed before", checks.Warn: "it warned before", checks.Note: "it was a note before",
	checks.Unknown: "it was not known before", checks.Pass: "it passed before", checks.Skip: "the question did not arise before",
}

// saidOf is what is told of a finding that differs: the results, the message, and why.
func saidOf(f changes.Finding) string {
	now := f.Now()
	switch {
	case f.Kind == changes.Unclear && f.After == nil:
		return f.Why
	case f.Kind == changes.Unclear:
		return stood[f.Before.Result] + "; now: " + f.After.Message
	case f.Kind == changes.Mended:
		return "it was: " + f.Before.Message
	case f.Kind == changes.Gone || f.Kind == changes.Answered && f.Why != "":
		return f.Why + "; it was: " + says(*f.Before)
	case f.Kind == changes.Answered:
		return "it passes: " + now.Message
	case f.Before == nil && f.Why == "":
		return says(now)
	case f.Before == nil:
		return says(now) + "; " + f.Why
	case f.Before.Result == now.Result:
		return says(now) + "; it was: " + f.Before.Message
	}
	return says(now) + "; " + stood[f.Before.Result]
}

// now are the findings as they are after, or were where nothing is said any more.
func (r changeRow) now() row {
	var all row
	for _, f := range r {
		all = append(all, f.Now())
	}
	return all
}

func (r changeRow) check() string { return r.now().check() }

func (r changeRow) about() string {
	objects := r.now().objects()
	if len(objects) == 1 {
		return objects[0]
	}
	return count(len(objects), "object") + ": " + few(objects, mostNames)
}

// headings of the kinds of findings.
var headings = map[changes.Kind]string{
	changes.New: "new", changes.Changed: "changed", changes.Unclear: "known before, and not this time",
	changes.Gone: "gone, but not mended", changes.Answered: "answered", changes.Mended: "mended",
}
