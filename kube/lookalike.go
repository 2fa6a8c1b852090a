package kube

import (
	"cmp"
	"context"
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// missing are the targets that complete listings lack.
func (l listings) missing(targets []facts.Ref) []facts.Ref {
	var refs []facts.Ref
	for _, ref := range targets {
		listed, ok := l[ref.Kind]
		if !ok {
			continue
		}
		all, err := listed.Get()
		if _, there := all[ref.Key()]; err == nil && !there && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// elsewhere looks for what is missing in all namespaces.
func (c *Client) elsewhere(ctx context.Context, r *round, missing []facts.Ref) []facts.Fact[objects] {
	found := make([]facts.Fact[objects], len(missing))
	for i, ref := range missing {
		learn(r, &found[i], listCall(ref.Kind), func() (objects, error) { return c.list(ctx, ref.Kind, "", named(ref.Name)) })
	}
	return found
}

func lookalikes(elsewhere []facts.Fact[objects]) facts.Fact[[]facts.Ref] {
	if len(elsewhere) == 0 {
		return facts.Missing[[]facts.Ref](&facts.Gap{Kind: facts.NotAsked})
	}
	refs := []facts.Ref{}
	for _, f := range elsewhere {
		listed, err := f.Get()
		if err != nil {
			return facts.Missing[[]facts.Ref](err)
		}
		for _, o := range listed {
			refs = append(refs, o.ref)
		}
	}
	slices.SortFunc(refs, func(a, b facts.Ref) int { return cmp.Compare(a.String(), b.String()) })
	return facts.Known(refs)
}
