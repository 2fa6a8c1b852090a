package changes

import (
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Under are the facts that differ in the chain of an object, in the order of d.Facts.
func (d *Diff) Under(object facts.Ref) []Fact {
	var all []Fact
	for _, f := range d.Facts {
		if slices.Contains(f.Affects, object) {
			all = append(all, f)
		}
	}
	return all
}

// relate tells of each fact which verdicts and findings that differ depend on it.
func (d *Diff) relate() {
	turned := map[facts.Ref]bool{}
	for _, v := range d.Verdicts {
		turned[v.Object] = true
	}
	depend := dependents(d.Before, d.After)
	said := saidOf(d.Findings)
	for i := range d.Facts {
		f := &d.Facts[i]
		if f.scope == everywhere {
			for _, v := range d.Verdicts {
				f.Affects = append(f.Affects, v.Object)
			}
			f.Checks = said.everywhere[f.Link]
			continue
		}
		var ids []string
		for _, ref := range depend[f.scope] {
			if turned[ref] {
				f.Affects = append(f.Affects, ref)
			}
			ids = append(ids, said.about[linkOf{f.Link, ref}]...)
		}
		slices.Sort(ids)
		f.Checks = slices.Compact(ids)
	}
}

// dependents are the objects in scope by what they depend on: their own name, that of
// their service account and namespace, their role, its account and the provider there.
func dependents(sides ...Side) map[string][]facts.Ref {
	all := map[string][]facts.Ref{}
	known := map[string]map[facts.Ref]bool{}
	add := func(scope string, refs ...facts.Ref) {
		if known[scope] == nil {
			known[scope] = map[facts.Ref]bool{}
		}
		for _, ref := range refs {
			if !known[scope][ref] {
				known[scope][ref] = true
				all[scope] = append(all[scope], ref)
			}
		}
	}
	for _, side := range sides {
		audit := checks.NewAudit(side.Snapshot)
		for _, ref := range audit.Targets() {
			add(ref.String(), ref)
			add("namespace/"+ref.Namespace, ref)
		}
		bindings, _ := audit.Bindings()
		for _, b := range bindings {
			refs := b.Affects()
			add(b.Account.String(), refs...)
			arn, ok := facts.ParseRoleARN(b.RoleARN)
			if !ok {
				continue
			}
			add(roleScope(arn.Account, arn.Name), refs...)
			add(providerScope(arn.Account, strings.TrimPrefix(side.Report.Cluster.Issuer, "https://")), refs...)
			add("account "+arn.Account, refs...)
		}
	}
	return all
}

func roleScope(account, name string) string { return "role " + name + " of " + account }

func providerScope(account, url string) string { return "provider " + url + " of " + account }

type linkOf struct {
	link checks.Link
	ref  facts.Ref
}

// said are the IDs of the checks whose findings differ, by link.
type said struct {
	about      map[linkOf][]string
	everywhere map[checks.Link][]string
}

func saidOf(findings []Finding) said {
	s := said{map[linkOf][]string{}, map[checks.Link][]string{}}
	for _, f := range findings {
		now := f.Now()
		for _, ref := range now.Affects {
			key := linkOf{now.Check.Link, ref}
			s.about[key] = append(s.about[key], now.Check.ID)
		}
		if link := now.Check.Link; !slices.Contains(s.everywhere[link], now.Check.ID) {
			s.everywhere[link] = append(s.everywhere[link], now.Check.ID)
		}
	}
	return s
}
