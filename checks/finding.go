package checks

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A Result is the answer of a check about one object.
type Result string

const (
	Unknown Result = "unknown" // a fact was missing; Finding.Gap says which and why
	Fail    Result = "fail"    // the workload can not get or keep its role's credentials
	Warn    Result = "warn"    // works today, but unsafe, fragile or surely not what was meant
	Note    Result = "note"    // worth knowing; never counts
	Pass    Result = "pass"
	Skip    Result = "skip" // the question does not arise
)

// Results are all results, the gravest first.
var Results = []Result{Fail, Unknown, Warn, Note, Pass, Skip}

// A Severity says how grave a finding is.
type Severity string

const (
	Error   Severity = "error"   // of a Fail
	Warning Severity = "warning" // of a Warn
	Notice  Severity = "notice"  // of a Note
)

// Severity returns the severity of findings with this result, or "" when it has none.
func (r Result) Severity() Severity {
	return map[Result]Severity{Fail: Error, Warn: Warning, Note: Notice}[r]
}

// A Finding is what a check says about one object of its grain.
type Finding struct {
	Check   *Check
	Result  Result
	Object  string      // "deployment/payments/api", a role's or provider's ARN, or "cluster"
	Affects []facts.Ref // the workloads that suffer
	Message string      // what was found and what was expected, in one line
	Details []string    // evidence, a line each
	// Error is what the workload's log shows because of a Fail, or "" when that is not known.
	Error  string
	Gap    *facts.Gap // why the result is Unknown, or the fact whose lack makes it Skip
	Remedy *Remedy    // what mends it; nil when nothing is to be done or known
	Known  bool       // a baseline has it already: it is told, and does not count
}

// Fingerprint identifies the finding between runs: the same check of the same
// object has the same one, whatever it says.
func (f Finding) Fingerprint() string {
	sum := sha256.Sum256([]byte(f.Check.ID + "\x00" + f.Object))
	return hex.EncodeToString(sum[:8])
}

// Incomplete says whether the finding leaves the audit incomplete: something could
// not be had that looking harder would show.
func (f Finding) Incomplete() bool {
	return f.Result == Unknown && (f.Gap == nil || f.Gap.Kind != facts.Undecidable)
}

func pass(format string, args ...any) Finding { return finding(Pass, format, args) }
func note(format string, args ...any) Finding { return finding(Note, format, args) }
func warn(format string, args ...any) Finding { return finding(Warn, format, args) }
func fail(format string, args ...any) Finding { return finding(Fail, format, args) }
func skip(format string, args ...any) Finding { return finding(Skip, format, args) }

func finding(r Result, format string, args []any) Finding {
	return Finding{Result: r, Message: fmt.Sprintf(format, args...)}
}

// missing is the finding of a check that lacks a fact. A thing that is absent is
// the business of the check that looks for it; for the others the question does
// not arise. A live proof that was not asked for is no gap in the audit.
func missing(err error) Finding {
	var gap *facts.Gap
	if !errors.As(err, &gap) {
		gap = &facts.Gap{Kind: facts.Malformed, Detail: err.Error()}
	}
	switch gap.Kind {
	case facts.Absent, facts.NotAsked:
		f := skip("%s", gap)
		f.Gap = gap
		return f
	}
	return Finding{Result: Unknown, Message: gap.Error(), Gap: gap}
}

// depends is the finding of a check whose answer no look at the cluster can give.
func depends(format string, args ...any) Finding {
	gap := &facts.Gap{Kind: facts.Undecidable, Detail: fmt.Sprintf(format, args...)}
	return Finding{Result: Unknown, Message: gap.Detail, Gap: gap}
}

// detail adds a line of evidence.
func (f Finding) detail(format string, args ...any) Finding {
	f.Details = append(f.Details[:len(f.Details):len(f.Details)], fmt.Sprintf(format, args...))
	return f
}

// seen tells the error that the workload logs.
func (f Finding) seen(format string, args ...any) Finding {
	f.Error = fmt.Sprintf(format, args...)
	return f
}

// mend adds the remedy.
func (f Finding) mend(r Remedy) Finding {
	f.Remedy = &r
	return f
}

// gravestOf is the gravest of the findings, the first of equals, with what the others
// say among its evidence.
func gravestOf(found []Finding) Finding {
	rank := func(f Finding) int { return slices.Index(Results, f.Result) }
	worst := slices.MinFunc(found, func(x, y Finding) int { return rank(x) - rank(y) })
	for _, f := range found {
		if f.Message != worst.Message {
			worst = worst.detail("%s", f.Message)
		}
	}
	return worst
}

// An object is what a check judges.
type object interface {
	Object() string
	Affects() []facts.Ref
}

// each judges every object of a list. It always says something, so that an empty
// or a failed list can not read as healthy.
func each[O object](list func(*Audit) ([]O, error), judge func(*Audit, O) Finding) func(*Audit) []Finding {
	return func(a *Audit) []Finding {
		objects, err := list(a)
		var findings []Finding
		for _, o := range objects {
			f := judge(a, o)
			f.Object, f.Affects = o.Object(), o.Affects()
			findings = append(findings, f)
		}
		if len(findings) > 0 {
			return findings
		}
		f := skip("there is nothing to examine")
		if err != nil {
			f = missing(err)
		}
		f.Object, f.Affects = "cluster", a.Targets()
		return []Finding{f}
	}
}
