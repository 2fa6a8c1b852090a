package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
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

// This file holds what the formats for people tell of a diff, and in which words.

const (
	mostFacts   = 20 // that are told at once
	mostValues  = 20 // of one fact
	mostChanged = 10 // rows of findings of one kind
)

// A turn holds the verdicts that turned alike, and the facts underneath.
type turn struct {
	verdicts []changes.Verdict
	facts    []changes.Fact // that no turn before this one has told
	above    bool           // some were told before
	fate     string         // of the cause before: "mended", "gone", …; "before" where it is as it was
}

// turns gathers verdicts that one story tells, and returns the facts that are in none.
func turns(d *changes.Diff) (all []turn, rest []changes.Fact) {
	under := map[facts.Ref][]int{}
	for i, f := range d.Facts {
		for _, ref := range f.Affects {
			under[ref] = append(under[ref], i)
		}
	}
	fates := map[string]changes.Kind{}
	for _, f := range d.Findings {
		if f.Before != nil {
			fates[f.Before.Fingerprint()] = f.Kind
		}
	}
	told := map[int]bool{}
	key := func(v changes.Verdict) string {
		return became(v) + "\x00" + whatFor(v) + "\x00" + fmt.Sprint(under[v.Object])
	}
	for i, alike := range gather(d.Verdicts, key) {
		t := turn{verdicts: alike, fate: "before"}
		if was := alike[0].Before; was != nil && was.Cause != nil {
			t.fate = cmp.Or(string(fates[was.Cause.Fingerprint()]), t.fate)
		}
		for _, at := range under[alike[0].Object] {
			if told[at] {
				t.above = true
			} else if i < mostDrawn {
				told[at] = true
				t.facts = append(t.facts, d.Facts[at])
			}
		}
		all = append(all, t)
	}
	for i, f := range d.Facts {
		if !told[i] {
			rest = append(rest, f)
		}
	}
	return all, rest
}

// became says how a verdict turned.
func became(v changes.Verdict) string {
	switch {
	case v.Before == nil:
		return "not examined before → " + string(v.After.Verdict)
	case v.After == nil:
		return string(v.Before.Verdict) + " → not examined"
	case v.Before.Verdict == v.After.Verdict:
		return string(v.Before.Verdict) + " → " + string(v.After.Verdict) + ", of another cause"
	}
	return string(v.Before.Verdict) + " → " + string(v.After.Verdict)
}

// whatFor is the cause of the verdict after, or "".
func whatFor(v changes.Verdict) string {
	if v.After == nil || v.After.Cause == nil {
		return ""
	}
	return v.After.Cause.Check.ID + ": " + says(*v.After.Cause)
}

// whatBefore is the cause of the verdict before, or "".
func (t turn) whatBefore() string {
	v := t.verdicts[0]
	if v.Before == nil || v.Before.Cause == nil {
		return ""
	}
	return v.Before.Cause.Check.ID + ": " + says(*v.Before.Cause)
}

func signOf(v changes.Verdict) checks.Result {
	if v.After == nil {
		return checks.Skip
	}
	return signs[v.After.Verdict]
}

// others names the objects of a turn but for the first.
func (t turn) others() string {
	var names []string
	for _, v := range t.verdicts[1:] {
		names = append(names, v.Object.String())
	}
	return few(names, mostNames)
}

// glance is the turn in one line.
func (t turn) glance() string {
	s := t.verdicts[0].Object.String() + ": " + became(t.verdicts[0])
	if cause := whatFor(t.verdicts[0]); cause != "" {
		s += " (" + cause + ")"
	}
	if n := len(t.verdicts) - 1; n > 0 {
		s += fmt.Sprintf(" (and %s more)", count(n, "object"))
	}
	return s
}

// crowdOf is many turns in one line.
func crowdOf(turns []turn) string {
	var names []string
	for _, t := range turns {
		for _, v := range t.verdicts {
			names = append(names, v.Object.String())
		}
	}
	return fmt.Sprintf("%s more with another verdict or cause: %s", count(len(names), "object"), few(names, mostNames))
}

// A factBlock holds the facts of one object and time, a few of them.
type factBlock struct {
	title string
	facts []changes.Fact
}

// blocks are the facts to tell, and how many more there are.
func blocks(all []changes.Fact) (told []factBlock, more int) {
	more = max(0, len(all)-mostFacts)
	for _, f := range all[:len(all)-more] {
		title := f.Object
		if w := when(f); w != "" {
			title += ", " + w
		}
		if n := len(told); n == 0 || told[n-1].title != title {
			told = append(told, factBlock{title: title})
		}
		b := &told[len(told)-1]
		b.facts = append(b.facts, f)
	}
	return told, more
}

// when says when a fact changed, and by whom.
func when(f changes.Fact) string {
	if f.At.IsZero() {
		return ""
	}
	s := f.At.UTC().Format(time.DateTime) + " UTC"
	switch {
	case len(f.By) == 1:
		s += " by " + f.By[0]
	case len(f.By) > 1:
		s += " at the latest, by " + strings.Join(f.By, " or ")
	}
	return s
}

// happened says what is different of a fact, but for its values.
func happened(f changes.Fact) string {
	said := map[changes.Kind]string{
		changes.Created:   "is new",
		changes.Deleted:   "is not there any more",
		changes.Recreated: "was deleted and created again",
		changes.Unread:    "could not be read this time",
		changes.Read:      "could not be read before, and is known now",
	}[f.Kind]
	if f.Gap != nil {
		said += ": " + f.Gap.Error()
	}
	if f.Item == "" || said == "" {
		return f.Item + said
	}
	return f.Item + ": " + said
}

// values are the lines of a fact: with - what was there, and with + what is there now.
func values(f changes.Fact) []string {
	var lines []string
	for _, side := range []struct {
		mark   string
		values []string
	}{{"- ", f.Removed}, {"+ ", f.Added}} {
		for i, v := range side.values {
			if i == mostValues {
				lines = append(lines, fmt.Sprintf("%s… and %d more", side.mark, len(side.values)-i))
				break
			}
			lines = append(lines, side.mark+v)
		}
	}
	return lines
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
	return listed(counted{changed, "changed"}, counted{n[changes.Unread], "could not be read this time"}, counted{n[changes.Read], "could not be read before"})
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

// unchanged is said of a worse verdict under which no fact is different.
const unchanged = "nothing that was read changed underneath"
