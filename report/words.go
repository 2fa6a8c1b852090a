package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// This file holds what the formats for people say in the same words.

// says is a finding's message as a sentence that needs no context.
func says(f checks.Finding) string {
	if f.Result == checks.Unknown {
		return marked(f, "not known whether "+f.Check.Title+": "+f.Message)
	}
	return marked(f, f.Message)
}

// marked marks what is told of a finding that a baseline has already.
func marked(f checks.Finding, text string) string {
	if f.Known {
		return "known: " + text
	}
	return text
}

// brief is what a list tells of a finding. What was answered instead stands in the
// summary, once.
func brief(f checks.Finding) string {
	if gapKey(f) != "" && !ownDetail(f.Gap) {
		return marked(f, string(f.Gap.Kind)+" ("+f.Gap.Call+")")
	}
	return says(f)
}

// kindOf names what a finding is for a diagnosis that it makes.
func kindOf(cause checks.Finding) string {
	switch cause.Result {
	case checks.Unknown:
		return "open question"
	case checks.Warn:
		return "risk"
	}
	return "cause"
}

// stands is what is at a link of the chain, in words that claim no more than is known.
func stands(s checks.Step) string {
	switch {
	case s.Text != "":
		return s.Text
	case s.Result == checks.Unknown:
		return "not known"
	case s.Result == checks.Skip:
		return "not examined"
	}
	return ""
}

// toldAbove stands for remedies and commands that a diagnosis before has too.
const toldAbove = "the same as above"

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
		if !slices.Contains(results, result) {
			continue
		}
		for _, f := range r.Findings {
			if f.Result == result {
				findings = append(findings, f)
			}
		}
	}
	return findings
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// few names some, and counts the rest.
func few(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
