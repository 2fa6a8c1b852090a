package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
)

// A DiffFormat writes what is different between two looks.
type DiffFormat func(io.Writer, *changes.Diff, Options) error

var diffFormats = map[string]DiffFormat{
	"table":    DiffTable,
	"markdown": DiffMarkdown,
	"json":     DiffJSON,
}

// DiffNames returns the names of the formats of a diff, sorted.
func DiffNames() []string { return slices.Sorted(maps.Keys(diffFormats)) }

// LookupDiff returns the format of that name.
func LookupDiff(name string) (DiffFormat, error) {
	if f, ok := diffFormats[name]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("format %q is none of %s", name, strings.Join(DiffNames(), ", "))
}

// diffSummary counts what is different in one line.
func diffSummary(d *changes.Diff) string {
	if d.Empty() {
		if d.ComparedFacts() {
			return "nothing changed"
		}
		return "no verdict and no finding changed"
	}
	turned := map[changes.Turn]int{}
	for _, v := range d.Verdicts {
		turned[v.Turn()]++
	}
	verdicts := listed(
		counted{turned[changes.Worse], "worse"}, counted{turned[changes.Better], "better"}, counted{turned[changes.Otherwise], "changed otherwise"})
	kinds := map[changes.Kind]int{}
	for _, f := range d.Findings {
		kinds[f.Kind]++
	}
	var each []counted
	for _, k := range changes.Kinds {
		each = append(each, counted{kinds[k], string(k)})
	}
	parts := []string{"objects: " + verdicts, "findings: " + listed(each...)}
	if d.ComparedFacts() {
		parts = append(parts, "facts underneath: "+countedFacts(d.Facts))
	}
	return strings.Join(parts, "; ")
}

func countedFacts(all []changes.Fact) string {
	n := map[changes.Kind]int{}
	for _, f := range all {
		n[f.Kind]++
	}
	changed := len(all) - n[changes.Unread] - n[changes.Read]
	return listed(counted{changed, "changed"}, counted{n[changes.Unread], "not known this time"}, counted{n[changes.Read], "not known before"})
}

type counted struct {
	n    int
	what string
}

func listed(all ...counted) string {
	var parts []string
	for _, c := range all {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if len(parts) == 0 {
		return "none changed"
	}
	return strings.Join(parts, ", ")
}

// lookOf says what one side looked at.
func lookOf(s changes.Side) string {
	c, taken := s.Report.Cluster, "at an unknown time"
	if !s.Report.TakenAt.IsZero() {
		taken = s.Report.TakenAt.UTC().Format(time.DateTime) + " UTC"
	}
	return fmt.Sprintf("%s: cluster %s, Kubernetes %s, account %s, %s", s.Name, orUnknown(clusterName(c)), orUnknown(c.Version), orUnknown(c.Account), taken)
}

func clusterName(c checks.Identity) string {
	if c.Name != "" || c.Context == "" {
		return c.Name
	}
	return "of context " + c.Context
}
