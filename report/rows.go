package report

import (
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// mostRows is how many rows of one check, or of one call, are told one by one.
const mostRows = 10

// A row holds findings that are told at once: what one call would answer, or what one
// check says in the same words about several objects.
type row []checks.Finding

// rows puts findings into rows, in the order of their first. Those in told are left
// out; unknowns of one call are left out together or not at all.
func rows(findings []checks.Finding, told map[string]bool) []row {
	isTold := func(f checks.Finding) bool { return told[f.Fingerprint()] }
	var left []checks.Finding
	kinds := map[string]int{} // how many rows there would be of each
	for _, r := range gather(findings, rowKey) {
		untold := slices.DeleteFunc(slices.Clone(r), isTold)
		if len(untold) == 0 {
			continue
		}
		if row(r).isGap() {
			untold = r
		}
		left = append(left, untold...)
		kinds[kindKey(r[0])]++
	}
	key := func(f checks.Finding) string {
		if kind := kindKey(f); kinds[kind] > mostRows {
			return kind
		}
		return rowKey(f)
	}
	var all []row
	for _, r := range gather(left, key) {
		all = append(all, r)
	}
	return all
}

// gather puts items with the same key together, in the order of the first of each.
func gather[T any](items []T, key func(T) string) [][]T {
	places := map[string]int{}
	at := make([]int, len(items)) // of all
	var sizes []int
	for i, item := range items {
		k := key(item)
		place, known := places[k]
		if !known {
			place = len(sizes)
			places[k] = place
			sizes = append(sizes, 0)
		}
		at[i] = place
		sizes[place]++
	}
	all := make([][]T, len(sizes))
	for i, item := range items {
		if all[at[i]] == nil {
			all[at[i]] = make([]T, 0, sizes[at[i]])
		}
		all[at[i]] = append(all[at[i]], item)
	}
	return all
}

// gapKey is the same for findings that one look would answer, and "" for others.
func gapKey(f checks.Finding) string {
	if !f.Incomplete() || f.Gap == nil {
		return ""
	}
	key := marked(f, "gap\x00"+string(f.Gap.Kind)+"\x00"+f.Gap.Call)
	if ownDetail(f.Gap) {
		key += "\x00" + f.Gap.Detail
	}
	return key
}

// ownDetail says whether a gap is told from others by its detail, not by its call.
func ownDetail(g *facts.Gap) bool { return g.Call == "" || g.Kind == facts.Malformed }

func rowKey(f checks.Finding) string {
	if key := gapKey(f); key != "" {
		return key
	}
	return kindKey(f) + "\x00" + f.Message
}

func kindKey(f checks.Finding) string {
	if gapKey(f) != "" {
		return marked(f, "gap\x00"+string(f.Gap.Kind)+"\x00"+f.Gap.Call)
	}
	return marked(f, string(f.Result)+"\x00"+f.Check.ID)
}

// isGap says whether the row tells of what one call would answer.
func (r row) isGap() bool { return gapKey(r[0]) != "" }

// check is the ID of the row's check, or how many there are.
func (r row) check() string {
	if ids := r.checks(); len(ids) > 1 {
		return count(len(ids), "check")
	}
	return r[0].Check.ID
}

// about is the row's object, or the call that would answer, or a few of the objects.
func (r row) about() string {
	all := r.objects()
	switch {
	case r.isGap():
		return gapName(r)
	case len(all) > 1:
		return count(len(all), "object") + ": " + few(all, mostNames)
	}
	return r[0].Object
}

// says is what the row tells about it.
func (r row) says() string {
	same := !slices.ContainsFunc(r, func(f checks.Finding) bool { return f.Message != r[0].Message })
	switch {
	case r.isGap():
		about := r[0].Object
		if n := len(r.objects()); n > 1 {
			about = count(n, "object")
		}
		return marked(r[0], "leaves open "+few(r.checks(), 3)+" ("+about+")")
	case same:
		return says(r[0])
	}
	return "for example: " + says(r[0])
}

func (r row) checks() []string {
	return distinct(r, func(f checks.Finding) string { return f.Check.ID })
}

func (r row) objects() []string {
	return distinct(r, func(f checks.Finding) string { return f.Object })
}

func distinct(findings []checks.Finding, text func(checks.Finding) string) []string {
	var all []string
	seen := map[string]bool{}
	for _, f := range findings {
		if s := text(f); !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	return all
}

// gapName is what the findings of a row lack.
func gapName(r row) string {
	g := r[0].Gap
	switch {
	case !ownDetail(g):
		return g.Call + ": " + string(g.Kind)
	case slices.ContainsFunc(r, func(f checks.Finding) bool { return f.Gap.Detail != g.Detail }):
		return (&facts.Gap{Kind: g.Kind, Call: g.Call}).Error()
	}
	return g.Error()
}
