package aws

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A Want is what the cluster makes worth knowing of AWS.
type Want struct {
	Roles        []string // ARNs of roles as the cluster names them; what is no ARN of a role is not looked up
	Issuers      []string // URLs, with https:// or without
	Associations []string // namespace/name of service accounts, of the cluster that was given to Begin
}

// Learn adds what w wants to the facts that Begin gave. Each role is looked up in its
// own account, and the providers of the issuers in the accounts of all roles, in the
// caller's and in those with a role to read them. What is in an account that can not
// be read is elsewhere.
func (c *Client) Learn(ctx context.Context, a *facts.AWS, w Want) {
	if a.Accounts == nil {
		a.Accounts = map[string]facts.Account{}
	}
	home, unknown := homeOf(a)
	roles := map[place][]string{} // names
	for _, text := range w.Roles {
		if role, ok := parseRoleARN(text); ok && !slices.Contains(roles[role.place], role.name) {
			roles[role.place] = append(roles[role.place], role.name)
		}
	}
	visit := func(p place) { // for its providers, when no role of it is wanted
		if _, ok := roles[p]; !ok {
			roles[p] = nil
		}
	}
	for _, route := range c.routes {
		visit(route.role.place)
	}
	if unknown == nil {
		visit(home)
	}
	var issuers []string // without https://
	for _, issuer := range w.Issuers {
		if url := strings.TrimPrefix(issuer, "https://"); url != "" && !slices.Contains(issuers, url) {
			issuers = append(issuers, url)
		}
	}

	var readable []*account
	for at, names := range roles {
		client, err := c.open(at, home, unknown)
		if err != nil {
			merge(a, at.account, unread(gapOf(err), names, issuers))
			continue
		}
		readable = append(readable, openAccount(ctx, at, client))
	}

	var associations sync.WaitGroup
	associations.Go(func() { c.learnAssociations(ctx, a.Associations, w.Associations) })
	learnt := each(readable, func(r *account) facts.Account {
		return r.learn(ctx, a.Accounts[r.account].Providers, roles[r.place], issuers)
	})
	associations.Wait()
	for i, r := range readable {
		merge(a, r.account, learnt[i]) // after what was unread: an account is in one partition only
	}
}

// open is the IAM of a place, or the Gap that says why it can not be read.
func (c *Client) open(at, home place, unknown error) (*iam.Client, error) {
	if route, ok := c.routes[at.account]; ok && route.role.place == at {
		return route.iam, nil
	}
	switch {
	case unknown != nil:
		return nil, unknown
	case at == home:
		return c.iam, nil
	case at.partition != home.partition:
		return nil, &facts.Gap{Kind: facts.Elsewhere, Detail: fmt.Sprintf("it is in partition %s, the caller in %s; choose credentials of %s with --profile",
			at.partition, home.partition, at.partition)}
	}
	return nil, &facts.Gap{Kind: facts.Elsewhere, Detail: fmt.Sprintf("it is in account %s, the caller in account %s; pass --aws-role-arn with a role of account %s",
		at.account, home.account, at.account)}
}

// unread is an account that can not be read.
func unread(gap *facts.Gap, names, urls []string) facts.Account {
	of := func(call string) *facts.Gap {
		g := *gap
		g.Call = cmp.Or(g.Call, call)
		return &g
	}
	a := emptyAccount(facts.Missing[[]string](of("iam:ListOpenIDConnectProviders")))
	for _, name := range names {
		a.Roles[name] = facts.Missing[facts.Role](of("iam:GetRole"))
	}
	for _, url := range urls {
		a.Provider[url] = facts.Missing[facts.Provider](of("iam:GetOpenIDConnectProvider"))
	}
	return a
}

// merge adds what was learnt of an account to what is known of it.
func merge(a *facts.AWS, id string, learnt facts.Account) {
	known, ok := a.Accounts[id]
	if !ok {
		known = learnt
	}
	merged := emptyAccount(known.Providers)
	for _, part := range []facts.Account{known, learnt} {
		maps.Copy(merged.Provider, part.Provider)
		maps.Copy(merged.Roles, part.Roles)
		if _, err := part.RoleARNs.Get(); facts.KindOf(err) != facts.NotAsked {
			merged.RoleARNs = part.RoleARNs
		}
	}
	a.Accounts[id] = merged
}

// learnAssociations adds their roles to the associations that are wanted, by key.
func (c *Client) learnAssociations(ctx context.Context, known facts.Fact[map[string]facts.Association], keys []string) {
	associations, err := known.Get()
	if err != nil {
		return
	}
	var wanted []string
	for _, key := range keys {
		if associations[key].ID != "" && !slices.Contains(wanted, key) {
			wanted = append(wanted, key)
		}
	}
	for i, a := range each(wanted, func(key string) facts.Association { return c.association(ctx, c.eksCluster, associations[key]) }) {
		associations[wanted[i]] = a
	}
}
