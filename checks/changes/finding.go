package changes

import (
	"cmp"
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A Kind says in what way a finding or a fact is different.
type Kind string

// The kinds of findings.
const (
	New      Kind = "new"      // it fails, warns, notes or is unknown, and did not before
	Changed  Kind = "changed"  // it has another result, or says something else
	Unclear  Kind = "unclear"  // it could be told before and can not be told now
	Gone     Kind = "gone"     // it is no longer made, which mends nothing
	Answered Kind = "answered" // it was unknown, and passes
	Mended   Kind = "mended"   // it failed or warned, and passes
)

// Kinds are those of findings, the ones to read first before the others.
var Kinds = []Kind{New, Changed, Unclear, Gone, Answered, Mended}

// A Finding is what a check says differently about one object.
type Finding struct {
	Kind          Kind
	Before, After *checks.Finding // one of them may be nil: nothing was said
	Why           string          // what the kind alone does not tell, or ""
}

// Now is the finding after, or the one before where nothing is said any more.
func (f Finding) Now() checks.Finding {
	if f.After != nil {
		return *f.After
	}
	return *f.Before
}

// Worse says whether the finding fails or warns, and was not as grave before.
func (f Finding) Worse() bool {
	return f.After != nil && bad(f.After.Result) && (f.Before == nil || !covers(f.Before.Result, f.After.Result))
}

func bad(r checks.Result) bool { return r == checks.Fail || r == checks.Warn }

// covers says whether who knew of a finding with this result is told nothing graver by
// the other.
func covers(known, now checks.Result) bool {
	return known == now || known == checks.Fail && now == checks.Warn
}

// A question is what a finding answers: it is the same in every look.
type question struct{ check, object string }

func questionOf(f *checks.Finding) question { return question{f.Check.ID, f.Object} }

// answers are the findings of a report by question, of several to one the gravest.
func answers(r *checks.Report) map[question]*checks.Finding {
	all := make(map[question]*checks.Finding, len(r.Findings))
	for i := range r.Findings {
		f := &r.Findings[i]
		have := all[questionOf(f)]
		if have == nil || slices.Index(checks.Results, f.Result) < slices.Index(checks.Results, have.Result) {
			all[questionOf(f)] = f
		}
	}
	return all
}

// findings compares the answers to each question.
func findings(before, after Side) []Finding {
	old, now := answers(before.Report), answers(after.Report)
	earlier, later := newSight(before), newSight(after)
	var all []Finding
	for i := range after.Report.Findings {
		f := &after.Report.Findings[i]
		if now[questionOf(f)] != f {
			continue
		}
		compare := appeared(f, earlier)
		if was := old[questionOf(f)]; was != nil {
			compare = turned(was, f)
		}
		all = append(all, compare...)
	}
	unclear := map[string]bool{} // the checks that could not list what they are about
	for i := range before.Report.Findings {
		f := &before.Report.Findings[i]
		if old[questionOf(f)] != f || now[questionOf(f)] != nil {
			continue
		}
		for _, gone := range vanished(f, later) {
			all = append(all, gone)
			unclear[f.Check.ID] = unclear[f.Check.ID] || gone.Kind == Unclear
		}
	}
	all = slices.DeleteFunc(all, func(f Finding) bool { // each object tells it
		return f.Kind == New && later.blind[f.Now().Check.ID] == f.After && unclear[f.Now().Check.ID]
	})
	slices.SortStableFunc(all, func(x, y Finding) int {
		return cmp.Or(
			slices.Index(Kinds, x.Kind)-slices.Index(Kinds, y.Kind),
			slices.Index(checks.Results, x.Now().Result)-slices.Index(checks.Results, y.Now().Result),
		)
	})
	return all
}

// turned compares what is said of one object before and after. There may be nothing to tell.
func turned(was, now *checks.Finding) []Finding {
	settled := was.Result == checks.Pass || was.Result == checks.Skip
	if was.Result == now.Result && (settled || was.Message == now.Message) {
		return nil
	}
	f := Finding{Kind: Changed, Before: was, After: now}
	switch now.Result {
	case checks.Fail, checks.Warn:
		if !bad(was.Result) {
			f.Kind = New
		}
	case checks.Note:
		if settled || was.Result == checks.Unknown {
			f.Kind = New
		}
	case checks.Unknown:
		switch was.Result {
		case checks.Unknown:
		case checks.Skip:
			f.Kind = New
		default:
			f.Kind = Unclear
		}
	case checks.Pass:
		switch was.Result {
		case checks.Fail, checks.Warn:
			f.Kind = Mended
		case checks.Unknown:
			f.Kind = Answered
		case checks.Note:
			f.Kind, f.Why = Gone, "it passes"
		case checks.Skip:
			return nil
		}
	case checks.Skip:
		switch {
		case settled:
			return nil
		case now.Gap != nil && now.Gap.Kind == facts.NotAsked:
			f.Kind, f.Why = Gone, "it was not looked into this time"
		default:
			f.Kind, f.Why = Gone, "the question does not arise any more: "+now.Message
		}
	}
	return []Finding{f}
}

// appeared is a finding about an object of which its check said nothing before.
func appeared(now *checks.Finding, before sight) []Finding {
	if now.Result == checks.Pass || now.Result == checks.Skip {
		return nil
	}
	return []Finding{{Kind: New, After: now, Why: before.whyNotYet(now)}}
}

// vanished is a finding about an object of which its check says nothing any more. What
// passed is missed only where it can not be told now.
func vanished(was *checks.Finding, after sight) []Finding {
	kind, why := after.whyNoMore(was)
	if was.Result == checks.Skip || was.Result == checks.Pass && kind != Unclear {
		return nil
	}
	return []Finding{{Kind: kind, Before: was, Why: why}}
}
