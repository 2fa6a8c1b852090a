package checks

import (
	"cmp"
	"slices"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
)

// A Report is what the checks said of a snapshot, and the diagnosis drawn from it.
type Report struct {
	TakenAt   time.Time
	Cluster   Identity
	Error     string      // that the user gave, to have it explained; "" when none was
	Diagnoses []Diagnosis // the gravest first
	Findings  []Finding   // in the order of the chain, then by object
	Summary   Summary
}

// An Identity says which cluster was looked at, and by whom: what makes an audit
// of the wrong cluster seen at once. What is not known is "".
type Identity struct {
	Context string // of the kubeconfig
	Server  string // URL of the API server
	Name    string // as EKS knows it
	Version string // of Kubernetes
	Issuer  string
	Region  string
	Account string // of the caller
	Caller  string // ARN
}

// A Summary counts the findings.
type Summary struct {
	Counts   map[Result]int
	Complete bool // nothing that was looked for could not be had
	LeftOut  int  // checks that were not asked for, so that healthy means less
	// Missing are the gaps that leave the audit incomplete, each once.
	Missing []facts.Gap
}

// Run judges the snapshot by each of the checks, and draws the diagnosis.
func Run(s *facts.Snapshot, checks []*Check) *Report {
	a := NewAudit(s)
	r := &Report{TakenAt: s.TakenAt, Cluster: a.identity(), Error: symptom.Redact(s.Asked.Error), Findings: judge(a, checks)}
	r.Summary = summarize(s, r.Findings)
	r.Summary.LeftOut = len(registry) - len(checks)
	r.Diagnoses = diagnose(a, r.Findings, checks)
	return r
}

func judge(a *Audit, checks []*Check) []Finding {
	var all []Finding
	for _, c := range checks {
		findings := c.Judge(a)
		for i := range findings {
			findings[i].Check = c
		}
		slices.SortStableFunc(findings, func(x, y Finding) int { return cmp.Compare(x.Object, y.Object) })
		all = append(all, findings...)
	}
	return all
}

func summarize(s *facts.Snapshot, findings []Finding) Summary {
	sum := Summary{Counts: map[Result]int{}, Complete: true}
	for _, r := range Results {
		sum.Counts[r] = 0
	}
	for _, f := range findings {
		sum.Counts[f.Result]++
		if f.Incomplete() {
			sum.Complete = false
			sum.miss(f.Gap)
		}
	}
	if !sum.Complete { // one denied call hides what others would have kept from the checks
		for _, g := range s.Gaps() {
			if g.Kind == facts.Forbidden {
				sum.miss(g)
			}
		}
	}
	slices.SortFunc(sum.Missing, func(a, b facts.Gap) int {
		return cmp.Or(cmp.Compare(a.Call, b.Call), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detail, b.Detail))
	})
	return sum
}

// miss adds a gap, once.
func (s *Summary) miss(gap *facts.Gap) {
	same := func(g facts.Gap) bool { return g.Kind == gap.Kind && g.Call == gap.Call && g.Detail == gap.Detail }
	if gap != nil && !slices.ContainsFunc(s.Missing, same) {
		s.Missing = append(s.Missing, *gap)
	}
}

// Permissions are the calls that the caller was denied and that would answer the
// unknowns, sorted.
func (s Summary) Permissions() []string {
	var calls []string
	for _, g := range s.Missing {
		if g.Kind == facts.Forbidden && g.Call != "" {
			calls = append(calls, g.Call)
		}
	}
	slices.Sort(calls)
	return slices.Compact(calls)
}

// Failed says whether some finding that counts is at or above the threshold, Fail or Warn.
func (r *Report) Failed(threshold Result) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return !f.Known && (f.Result == Fail || threshold == Warn && f.Result == Warn)
	})
}

// Incomplete says whether something could not be had that looking harder would show, and
// that no baseline lacks as well.
func (r *Report) Incomplete() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Known && f.Incomplete() })
}
