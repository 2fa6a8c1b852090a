package aws

import (
	"context"
	"errors"
	"sync"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Begin learns all that needs nothing from Kubernetes, in one round of calls: the
// caller, the cluster and its associations by the cluster's name in EKS, which may
// be "", and the OIDC providers of the caller's account and of those with a role.
//
// The error is that AWS is of no use at all: the credentials are refused, or nothing
// answers. It is one line that says what to do; the facts hold the gaps even then. A
// cluster that EKS does not have is an EKS fact that is absent, and no error.
func (c *Client) Begin(ctx context.Context, eksCluster string) (facts.AWS, error) {
	c.eksCluster = eksCluster
	a := facts.AWS{Accounts: map[string]facts.Account{}}
	var own facts.Fact[[]string]
	routed := map[string]facts.Fact[[]string]{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	wg.Go(func() { a.Caller = fact(c.caller(ctx)) })
	wg.Go(func() { a.EKS = fact(c.cluster(ctx, eksCluster)) })
	wg.Go(func() { a.Associations = fact(c.associations(ctx, eksCluster)) })
	wg.Go(func() { own = fact(listProviders(ctx, c.iam)) })
	for id, route := range c.routes {
		wg.Go(func() {
			providers := fact(listProviders(ctx, route.iam))
			mu.Lock()
			defer mu.Unlock()
			routed[id] = providers
		})
	}
	wg.Wait()

	if home, err := homeOf(&a); err == nil {
		a.Accounts[home.account] = emptyAccount(own)
	}
	for id, providers := range routed {
		a.Accounts[id] = emptyAccount(providers)
	}
	if dumb(a.Caller) && dumb(own) && (eksCluster == "" || dumb(a.EKS)) {
		return a, errors.New(a.Caller.Gap.Detail)
	}
	return a, nil
}

// dumb says whether a call gave no answer that could be used.
func dumb[T any](f facts.Fact[T]) bool {
	_, err := f.Get()
	return facts.KindOf(err) == facts.Unreachable || facts.KindOf(err) == facts.Malformed
}

func (c *Client) caller(ctx context.Context) (facts.Caller, error) {
	out, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return facts.Caller{}, err
	}
	if out.Arn == nil || out.Account == nil {
		return facts.Caller{}, unusable("sts:GetCallerIdentity", "identity")
	}
	return facts.Caller{ARN: *out.Arn, Account: awssdk.ToString(out.Account)}, nil
}

// homeOf is where the caller is. It tells by the caller or, where STS can not be asked,
// by the cluster: EKS describes clusters of the caller's account only. The error is why
// the caller is not known.
func homeOf(a *facts.AWS) (place, error) {
	caller, err := a.Caller.Get()
	for _, text := range []string{caller.ARN, a.EKS.Or(facts.EKSCluster{}).ARN} {
		if parsed, err := arn.Parse(text); err == nil && parsed.AccountID != "" {
			return place{parsed.Partition, parsed.AccountID}, nil
		}
	}
	if err == nil {
		err = unusable("sts:GetCallerIdentity", "ARN of the caller")
	}
	return place{}, err
}
