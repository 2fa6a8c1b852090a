package changes

import "github.com/irsa-doctor/irsa-doctor/checks"

// Mark marks the findings of r that fail, warn or are unknown and were at least as grave in
// the baseline: they are Known, and no longer count. A baseline of another cluster, where
// objects have the same names, marks nothing.
func Mark(r, baseline *checks.Report) {
	if apart, _ := Apart(baseline.Cluster, r.Cluster); apart != "" {
		return
	}
	old := answers(baseline)
	mark := func(f *checks.Finding) {
		was := old[questionOf(f)]
		f.Known = was != nil && (bad(f.Result) || f.Result == checks.Unknown) && covers(was.Result, f.Result)
	}
	all := func(findings []checks.Finding) {
		for i := range findings {
			mark(&findings[i])
		}
	}
	all(r.Findings)
	for i := range r.Diagnoses {
		d := &r.Diagnoses[i]
		if d.Cause != nil {
			mark(d.Cause)
		}
		all(d.Also)
		all(d.Remaining)
	}
}
