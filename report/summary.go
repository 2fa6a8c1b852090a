package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// This file holds what the formats for people say of the report as a whole.

// unknown stands where a fact of the header is not known.
const unknown = "unknown"

func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}

// An entry is a line of a report's header.
type entry struct{ name, value string }

// header says what was looked at, by whom and when. It never leaves out a line: an
// audit of the wrong cluster must be seen at once.
func header(r *checks.Report) []entry {
	c := r.Cluster
	taken := unknown
	if !r.TakenAt.IsZero() {
		taken = r.TakenAt.UTC().Format(time.DateTime) + " UTC"
	}
	return []entry{
		{"context", orUnknown(c.Context)},
		{"server", orUnknown(strings.TrimPrefix(c.Server, "https://"))},
		{"cluster", orUnknown(c.Name) + ", Kubernetes " + orUnknown(c.Version) + ", region " + orUnknown(c.Region)},
		{"account", orUnknown(c.Account)},
		{"caller", orUnknown(c.Caller)},
		{"time", taken},
	}
}

// summary counts the verdicts and the results in one line.
func summary(r *checks.Report) string {
	var parts []string
	if len(r.Diagnoses) == 0 {
		parts = append(parts, nothingAudited(r), tally(r))
	} else {
		parts = append(parts, count(len(r.Diagnoses), "object")+": "+verdicts(r), tally(r))
	}
	switch {
	case !r.Summary.Complete:
		parts = append(parts, "the audit is incomplete")
	case len(r.Diagnoses) > 0:
		parts = append(parts, "the audit is complete")
	}
	if n := known(r); n > 0 {
		parts = append(parts, fmt.Sprintf("%d known from the baseline and not counted", n))
	}
	if r.Summary.LeftOut > 0 {
		parts = append(parts, leftOut(r.Summary))
	}
	return strings.Join(parts, "; ")
}

// known counts the findings that a baseline has already.
func known(r *checks.Report) int {
	n := 0
	for _, f := range r.Findings {
		if f.Known {
			n++
		}
	}
	return n
}

// leftOut says how many checks nobody asked for: what is healthy is so without them.
func leftOut(s checks.Summary) string {
	if s.LeftOut == 1 {
		return "1 check was left out"
	}
	return count(s.LeftOut, "check") + " were left out"
}

// verdicts counts the objects by verdict.
func verdicts(r *checks.Report) string {
	var counts []string
	for _, v := range []checks.Verdict{checks.Broken, checks.Undetermined, checks.Risky, checks.Healthy} {
		n := 0
		for _, d := range r.Diagnoses {
			if d.Verdict == v {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return strings.Join(counts, ", ")
}

// nothingAudited says why there is no diagnosis. The checks of what is in the cluster
// have no other unknown then than a listing that could not be had.
func nothingAudited(r *checks.Report) string {
	var open []checks.Finding
	for _, f := range r.Findings {
		inCluster := slices.Contains([]checks.Grain{checks.GrainWorkload, checks.GrainContainer, checks.GrainBinding}, f.Check.Grain)
		if inCluster && gapKey(f) != "" {
			open = append(open, f)
		}
	}
	if len(open) == 0 {
		return "nothing was audited: no target was found"
	}
	var lacking []string
	for _, r := range gather(open, gapKey) {
		lacking = append(lacking, gapName(r))
	}
	return "nothing was audited: the targets could not be listed (" + few(lacking, 2) + ")"
}

// tally counts the findings by result.
func tally(r *checks.Report) string {
	var results []string
	for _, result := range checks.Results {
		if n := r.Summary.Counts[result]; n > 0 {
			results = append(results, fmt.Sprintf("%d %s", n, result))
		}
	}
	if len(results) == 0 {
		return "no findings"
	}
	return count(len(r.Findings), "finding") + ": " + strings.Join(results, ", ")
}

// mostMissing is how many things that could not be read are told one by one.
const mostMissing = 10

// rights says where permissions are to be had.
const rights = "irsa-doctor permissions prints them as RBAC and IAM policy; give it the flags of this look"

// missing says what would have made the audit complete, a clean line each.
func missing(s checks.Summary) []string {
	var unread []string
	for _, g := range s.Missing {
		if g.Kind != facts.Forbidden || g.Call == "" {
			unread = append(unread, "could not be read: "+Clean(describe(g)))
		}
	}
	if n := len(unread) - mostMissing; n > 0 {
		unread = append(unread[:mostMissing], fmt.Sprintf("could not be read: %d more; -o json names them", n))
	}
	if calls := s.Permissions(); len(calls) > 0 {
		return append([]string{"the permissions that would answer the unknowns: " + Clean(strings.Join(calls, ", ")), rights}, unread...)
	}
	return unread
}

// describe is a gap with the ID that AWS support asks for.
func describe(g facts.Gap) string {
	if g.RequestID == "" {
		return g.Error()
	}
	return g.Error() + " (request ID " + g.RequestID + ")"
}
