package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// This file holds what the formats for people say in the same words.

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

// says is a finding's message as a sentence that needs no context.
func says(f checks.Finding) string {
	if f.Result == checks.Unknown {
		return "not known whether " + f.Check.Title + ": " + f.Message
	}
	return f.Message
}

// name is a link, readably.
func name(l checks.Link) string { return strings.ReplaceAll(string(l), "-", " ") }

// prognosis says what the commands of a diagnosis bring about, or "" where there is
// nothing to say. Diagnosis.Remaining is told after it.
func prognosis(d checks.Diagnosis) string {
	if len(d.Plan) == 0 {
		switch {
		case len(d.Remedies) > 0:
			return "no command is known; once this is done, run the check again"
		case d.Verdict == checks.Broken || d.Verdict == checks.Risky:
			return "no command is known"
		}
		return ""
	}
	done := "with all of this done"
	if n := len(d.Commands()); n == len(d.Plan) && n > 1 {
		done = "with these " + count(n, "command")
	} else if n == len(d.Plan) {
		done = "with this command"
	}
	switch {
	case d.Prognosis == checks.Healthy:
		return done + " it is healthy"
	case len(d.Remaining) > 0:
		return done + " " + count(len(d.Remaining), "finding") + " would remain:"
	}
	return done + " it would be " + string(d.Prognosis)
}

// matter returns the findings that are worth reading, the gravest first.
func matter(r *checks.Report, results ...checks.Result) []checks.Finding {
	var findings []checks.Finding
	for _, result := range checks.Results {
		for _, f := range r.Findings {
			if f.Result == result && slices.Contains(results, result) {
				findings = append(findings, f)
			}
		}
	}
	return findings
}

// summary counts the verdicts and the results in one line.
func summary(r *checks.Report) string {
	if len(r.Diagnoses) == 0 {
		return "nothing was audited: no target was found; " + tally(r)
	}
	var verdicts []string
	for _, v := range []checks.Verdict{checks.Broken, checks.Undetermined, checks.Risky, checks.Healthy} {
		n := 0
		for _, d := range r.Diagnoses {
			if d.Verdict == v {
				n++
			}
		}
		if n > 0 {
			verdicts = append(verdicts, fmt.Sprintf("%d %s", n, v))
		}
	}
	state := "; the audit is complete"
	if !r.Summary.Complete {
		state = "; the audit is incomplete"
	}
	return count(len(r.Diagnoses), "object") + ": " + strings.Join(verdicts, ", ") + "; " + tally(r) + state
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

// missing says what would have made the audit complete, a clean line each.
func missing(s checks.Summary) []string {
	var lines []string
	if calls := s.Permissions(); len(calls) > 0 {
		lines = append(lines, "the permissions that would answer the unknowns: "+Clean(strings.Join(calls, ", ")))
	}
	for _, g := range s.Missing {
		if g.Kind != facts.Forbidden || g.Call == "" {
			lines = append(lines, "could not be read: "+Clean(describe(g)))
		}
	}
	return lines
}

// describe is a gap with the ID that AWS support asks for.
func describe(g facts.Gap) string {
	if g.RequestID == "" {
		return g.Error()
	}
	return g.Error() + " (request ID " + g.RequestID + ")"
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
