// Package changes says what became different between two looks at one set-up: which
// verdicts and findings, and which facts underneath.
//
// Its law: what could not be read is never told as a change of the thing. A finding is
// mended only where its check passes now; one that is no longer made is gone, and why is
// said; one that can not be told any more is unclear.
package changes

import (
	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A Side is one of the two looks.
type Side struct {
	Name     string // what the user calls it, such as a file
	Report   *checks.Report
	Snapshot *facts.Snapshot // that the report was drawn from; nil when only the report is left
}

// A Diff is what is different after. Lists are nil when nothing is.
type Diff struct {
	Before, After Side
	Warnings      []string  // why the two may not be comparable, the gravest first
	Verdicts      []Verdict // the worst turn first
	Findings      []Finding // in the order of Kinds, then of the chain
	Facts         []Fact    // the oldest first, then those of which no time is known
}

// Between returns what is different.
func Between(before, after Side) *Diff {
	d := &Diff{Before: before, After: after}
	d.Warnings = warnings(before, after)
	d.Findings = findings(before, after)
	d.Verdicts = verdicts(before.Report, after.Report, d.Findings)
	if before.Snapshot != nil && after.Snapshot != nil {
		d.Facts = underneath(before, after)
		d.relate()
	}
	return d
}

// ComparedFacts says whether the facts were there to be compared.
func (d *Diff) ComparedFacts() bool { return d.Before.Snapshot != nil && d.After.Snapshot != nil }

// Empty says whether nothing is different.
func (d *Diff) Empty() bool { return len(d.Verdicts)+len(d.Findings)+len(d.Facts) == 0 }

// Worse says whether some finding is at or above the threshold, Fail or Warn, and was
// not so before.
func (d *Diff) Worse(threshold checks.Result) bool {
	for _, f := range d.Findings {
		if f.Worse() && (f.After.Result == checks.Fail || threshold == checks.Warn) {
			return true
		}
	}
	return false
}

// Unclear says whether something that could be told before can not be told now.
func (d *Diff) Unclear() bool {
	for _, f := range d.Findings {
		if f.Kind == Unclear {
			return true
		}
	}
	return false
}
