package report

import (
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// A kind holds the findings of one check with one result.
type kind struct {
	Result checks.Result
	Check  string
	Title  string // true when all is well
	N      string
	Open   bool
	Items  []item
}

// An item is a finding within its kind.
type item struct {
	Object, Says, Places    string
	Details, Error          string
	Affects                 string
	Remedy, Owner, Commands string
}

// Unfolds says whether there is more to an item than its line.
func (i item) Unfolds() bool { return i.Details+i.Error+i.Remedy+i.Affects != "" }

// kinds sort findings by check and result. A long list is folded, and what is well.
func kinds(findings []checks.Finding, places places) []kind {
	var all []kind
	key := func(f checks.Finding) string { return string(f.Result) + "\x00" + f.Check.ID }
	for _, same := range gather(findings, key) {
		f := same[0]
		k := kind{Result: f.Result, Check: f.Check.ID, Title: f.Check.Title, N: thousands(len(same))}
		k.Open = f.Result != checks.Pass && f.Result != checks.Skip && len(same) <= mostLines
		for _, f := range same {
			k.Items = append(k.Items, newItem(f, places))
		}
		all = append(all, k)
	}
	return all
}

func newItem(f checks.Finding, places places) item {
	i := item{
		Object: Clean(f.Object), Says: Clean(marked(f, f.Message)), Places: places.of(f.Affects),
		Details: lines(f.Details), Error: lines([]string{f.Error}),
	}
	if f.Remedy != nil {
		i.Remedy, i.Owner = Clean(f.Remedy.Text), Clean(f.Remedy.Owner)
		i.Commands = strings.Join(shell(f.Remedy.Commands()), "\n")
	}
	if f.Result == checks.Pass || f.Result == checks.Skip {
		return i
	}
	var affected []string
	for _, ref := range f.Affects {
		if ref.String() != f.Object {
			affected = append(affected, ref.String())
		}
	}
	i.Affects = Clean(few(affected, mostLines))
	return i
}

// A manual is what a check says about itself.
type manual struct {
	ID, Title, Link string
	Why, Fix        []string
	Refs            []string
}

// manuals explain the checks that have something to say, in the order of the findings.
func manuals(findings []checks.Finding) []manual {
	var all []manual
	for _, f := range findings {
		c := f.Check
		told := slices.ContainsFunc(all, func(m manual) bool { return m.ID == c.ID })
		if told || f.Result == checks.Pass || f.Result == checks.Skip {
			continue
		}
		all = append(all, manual{c.ID, c.Title, name(c.Link), cleanLines(c.Why), cleanLines(c.Fix), c.Refs})
	}
	return all
}
