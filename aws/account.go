package aws

import (
	"context"
	"sync"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// An account is the IAM of one account, as one Learn reads it. Nothing is read twice.
type account struct {
	place
	iam *iam.Client
	// everyRole are the ARNs of all roles.
	everyRole func() facts.Fact[[]string]

	mu        sync.Mutex
	documents map[string]func() facts.Fact[facts.Document] // of managed policies, by ARN
}

func openAccount(ctx context.Context, at place, client *iam.Client) *account {
	a := &account{place: at, iam: client, documents: map[string]func() facts.Fact[facts.Document]{}}
	a.everyRole = sync.OnceValue(func() facts.Fact[[]string] { return fact(a.listRoles(ctx)) })
	return a
}

// emptyAccount is an account of which no more is known than its providers.
func emptyAccount(providers facts.Fact[[]string]) facts.Account {
	return facts.Account{
		Providers: providers,
		Provider:  map[string]facts.Fact[facts.Provider]{},
		Roles:     map[string]facts.Fact[facts.Role]{},
		RoleARNs:  facts.Missing[[]string](&facts.Gap{Kind: facts.NotAsked}),
	}
}

// learn looks up roles by name and the providers of issuers, given by URL without
// https://, all at once.
func (a *account) learn(ctx context.Context, listed facts.Fact[[]string], names, issuers []string) facts.Account {
	learnt := emptyAccount(listed)
	var providers sync.WaitGroup
	providers.Go(func() { learnt.Provider = a.providers(ctx, listed, issuers) })
	roles := each(names, func(name string) facts.Fact[facts.Role] { return a.role(ctx, name) })
	providers.Wait()
	for i, role := range roles {
		learnt.Roles[names[i]] = role
		if _, err := role.Get(); facts.KindOf(err) == facts.Absent {
			learnt.RoleARNs = a.everyRole()
		}
	}
	return learnt
}

func (a *account) listRoles(ctx context.Context) ([]string, error) {
	pages := iam.NewListRolesPaginator(a.iam, &iam.ListRolesInput{MaxItems: awssdk.Int32(1000)})
	roles, err := list(ctx, "iam:ListRoles", pages, func(p *iam.ListRolesOutput) []types.Role { return p.Roles })
	if err != nil {
		return nil, err
	}
	return each(roles, func(r types.Role) string { return awssdk.ToString(r.Arn) }), nil
}

func tags(list []types.Tag) map[string]string {
	if len(list) == 0 {
		return nil
	}
	tags := map[string]string{}
	for _, t := range list {
		tags[awssdk.ToString(t.Key)] = awssdk.ToString(t.Value)
	}
	return tags
}
