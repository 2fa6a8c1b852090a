package changes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// warnings say why the two sides may not be comparable.
func warnings(before, after Side) []string {
	var all []string
	switch why, known := Apart(before.Report.Cluster, after.Report.Cluster); {
	case !known:
		all = append(all, "nothing tells whether both looks were at one cluster")
	case why != "":
		all = append(all, why)
	}
	a, b := before.Report.TakenAt, after.Report.TakenAt
	if !a.IsZero() && !b.IsZero() && b.Before(a) {
		all = append(all, "the second look was taken before the first: what is told as new is what was there earlier")
	}
	if before.Snapshot != nil && after.Snapshot != nil {
		if x, y := scope(before.Snapshot.Asked), scope(after.Snapshot.Asked); x != y {
			all = append(all, fmt.Sprintf("the looks were at different things: first at %s, then at %s", x, y))
		}
	}
	if only := onOneSide(before.Report, after.Report); len(only) > 0 {
		if more := len(only) - 5; more > 0 {
			only = append(only[:5], fmt.Sprintf("and %d more", more))
		}
		all = append(all, "not every check ran at both looks, so a verdict may have turned for that alone: "+strings.Join(only, ", "))
	}
	switch {
	case before.Snapshot == nil && after.Snapshot == nil:
		all = append(all, "reports hold no facts: only verdicts and findings are compared")
	case before.Snapshot == nil || after.Snapshot == nil:
		all = append(all, "one side is a report, which holds no facts: only verdicts and findings are compared")
	}
	return all
}

// onOneSide are the checks that have findings in one of the reports, and none in the other.
// A check that ran always has one.
func onOneSide(before, after *checks.Report) []string {
	old, now := ran(before), ran(after)
	var only []string
	for _, id := range either(old, now) {
		if !old[id] || !now[id] {
			only = append(only, id)
		}
	}
	return only
}

// ran are the checks that said something.
func ran(r *checks.Report) map[string]bool {
	ids := map[string]bool{}
	for _, f := range r.Findings {
		ids[f.Check.ID] = true
	}
	return ids
}

// Apart says what tells two clusters apart, or "" where they are one. It is not known where
// the identities have nothing in common to compare. The issuer tells best: a cluster that
// is created again has another one.
func Apart(before, after checks.Identity) (why string, known bool) {
	for _, id := range []struct{ what, before, after string }{
		{"issuers", before.Issuer, after.Issuer},
		{"API servers", before.Server, after.Server},
		{"names", before.Name, after.Name},
	} {
		switch {
		case id.before == "" || id.after == "":
		case id.before == id.after:
			return "", true
		case before.Name != "" && before.Name == after.Name && before.Account == after.Account && before.Region == after.Region:
			return fmt.Sprintf("two clusters of one name, or %s was created again: the %s are %s and %s", before.Name, id.what, id.before, id.after), true
		default:
			return fmt.Sprintf("two different clusters are compared: the %s are %s and %s", id.what, id.before, id.after), true
		}
	}
	return "", false
}

// scope says what was asked for.
func scope(a facts.Asked) string {
	place := "namespace " + a.Namespace
	if a.Namespace == "" {
		place = "all namespaces"
	}
	switch {
	case len(a.Targets) > 0:
		var targets []string
		for _, t := range a.Targets {
			targets = append(targets, t.String())
		}
		slices.Sort(targets)
		return strings.Join(targets, ", ")
	case a.Selector != "":
		return a.Selector + " in " + place
	}
	return place
}
