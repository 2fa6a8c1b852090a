package anonymous

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// TestFixtures holds the package to its law on every fixture: the report is the same but
// for the names, and of the names nothing is left.
func TestFixtures(t *testing.T) {
	labels := labels(t)
	for name, s := range snapshots(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hidden, names := Anonymize(s)
			before, after := checks.Run(s, checks.All()), checks.Run(hidden, checks.All())
			if d := names.difference(said(after), said(before)); d != "" {
				t.Errorf("the report is another:\n%s", d)
			}
			nothingLeft(t, hidden, after, names, labels)
		})
	}
}

// difference are the lines that the two do not have in common, but for names.
func (n *Names) difference(got, want []string) string {
	var b strings.Builder
	for _, w := range want {
		i := slices.IndexFunc(got, func(g string) bool { return n.same(w, g) })
		if i < 0 {
			fmt.Fprintf(&b, "- %s\n", w)
			continue
		}
		got = slices.Delete(got, i, i+1)
	}
	for _, g := range got {
		fmt.Fprintf(&b, "+ %s\n", g)
	}
	return b.String()
}

// same says whether a text is the original with each of its words as it was or replaced.
// Lists may be in another order, which is that of names.
func (n *Names) same(original, text string) bool {
	was, is := slices.Collect(pieces(original)), slices.Collect(pieces(text))
	for _, p := range is {
		i := slices.IndexFunc(was, func(w piece) bool { return w == p || w.run && n.run(w.text) == p.text })
		if i < 0 {
			return false
		}
		was = slices.Delete(was, i, i+1)
	}
	return len(was) == 0
}

// unmarked is a text without the brackets around where two differ: what stands in for
// different words may happen to begin alike.
func unmarked(text string) string { return brackets.Replace(text) }

var brackets = strings.NewReplacer("[", "", "]", "")

// said is all that a report says, a line each. Of alike findings, the names say which comes
// first.
func said(r *checks.Report) []string {
	var all []string
	say := func(f checks.Finding) {
		all = append(all, fmt.Sprintf("%s %s %s: %s", f.Result, f.Check.ID, unmarked(f.Object), unmarked(f.Message)))
		for _, d := range f.Details {
			all = append(all, fmt.Sprintf("  %s %s %s", f.Check.ID, unmarked(f.Object), unmarked(d)))
		}
		all = append(all, "  sees "+unmarked(f.Error))
		if f.Remedy != nil {
			all = append(all, "  remedy "+unmarked(f.Remedy.Text)+" owner "+unmarked(f.Remedy.Owner))
			for _, c := range f.Remedy.Commands() {
				all = append(all, "  $ "+unmarked(c.String()))
			}
		}
	}
	for _, f := range r.Findings {
		say(f)
	}
	for _, d := range r.Diagnoses {
		object := unmarked(d.Object.String())
		cause := ""
		if d.Cause != nil {
			cause = d.Cause.Check.ID
		}
		all = append(all, fmt.Sprintf("%s is %s by %s, then %s", object, d.Verdict, cause, d.Prognosis))
		for _, c := range d.Commands() {
			all = append(all, object+" $ "+unmarked(c.String()))
		}
		for _, s := range d.Symptoms {
			all = append(all, object+" shows "+s.ID+": "+unmarked(s.Says)+unmarked(strings.Join(s.Remarks, "; ")))
		}
	}
	all = append(all, fmt.Sprint(r.Summary.Counts, r.Summary.Complete))
	return all
}
