package aws

import (
	"context"
	"sync"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A pager is one of the SDK's paginators.
type pager[Page, Options any] interface {
	HasMorePages() bool
	NextPage(context.Context, ...func(*Options)) (*Page, error)
}

// mostPages is far beyond any quota of IAM and EKS: a server that turns pages for
// ever is none of theirs.
const mostPages = 1000

// list reads all pages of a call. items are nil where a page lacks them: an answer
// that is not AWS's. The list is never nil.
func list[Item, Page, Options any](ctx context.Context, call string, p pager[Page, Options], items func(*Page) []Item) ([]Item, error) {
	all := []Item{}
	for range mostPages {
		if !p.HasMorePages() {
			return all, nil
		}
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		part := items(page)
		if part == nil {
			return nil, unusable(call, "list")
		}
		all = append(all, part...)
	}
	return nil, &facts.Gap{Kind: facts.Malformed, Call: call, Detail: "the listing has no end"}
}

// each does something for all items at once, and keeps their order. Its result is never nil.
func each[Item, Result any](items []Item, do func(Item) Result) []Result {
	results := make([]Result, len(items))
	var wg sync.WaitGroup
	for i, item := range items {
		wg.Go(func() { results[i] = do(item) })
	}
	wg.Wait()
	return results
}
