package cli

import (
	"context"
	"errors"
	"sync"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
	"github.com/irsa-doctor/irsa-doctor/internal/token"
)

// issuer asks the API server for its discovery document and keys.
func (l *looker) issuer(ctx context.Context) (i facts.Issuer, published token.Keys) {
	var both sync.WaitGroup
	both.Go(func() {
		i.APIServer = document(ctx, "/.well-known/openid-configuration", l.kube.Discovery, token.ParseDiscovery)
	})
	both.Go(func() {
		keys, err := document(ctx, "/openid/v1/jwks", l.kube.JWKS, token.ParseKeys).Get()
		if err != nil {
			i.Keys = facts.Missing[[]facts.Key](err)
			return
		}
		i.Keys, published = facts.Known(keys.Facts()), keys
	})
	both.Wait()
	return i, published
}

// document reads what the API server has at a path.
func document[T any](ctx context.Context, path string, get func(context.Context) ([]byte, error), parse func([]byte) (T, error)) facts.Fact[T] {
	text, err := get(ctx)
	if err != nil {
		return facts.Missing[T](err)
	}
	read, err := parse(text)
	if gap, ok := errors.AsType[*facts.Gap](err); ok {
		gap.Call = "get " + path
		return facts.Missing[T](gap)
	}
	return facts.Known(read)
}

// A verifier knows what the API server publishes of its issuer, and the keys themselves.
type verifier struct {
	issuer facts.Issuer
	keys   token.Keys
}

// decode decodes and verifies a raw token, unless got already says why there is none.
func (v verifier) decode(ctx context.Context, raw string, got facts.Token) facts.Token {
	if got.Gap != nil {
		return got
	}
	t := token.Decode(raw)
	t.Source, t.Account, t.Workload = got.Source, got.Account, got.Workload
	if t.Problem == "" {
		t.Verified = v.verify(ctx, raw, t.Issuer)
	}
	return t
}

// verify holds the signature against the keys of the token's own issuer: the API
// server's for the cluster's, else those that EKS publishes. Keys of an issuer that
// nobody vouches for are not fetched: a token from outside must not choose a URL.
func (v verifier) verify(ctx context.Context, raw, issuer string) facts.Fact[bool] {
	if issuer != "" && issuer == v.issuer.APIServer.Or(facts.Discovery{}).Issuer {
		if _, err := v.issuer.Keys.Get(); err != nil {
			return facts.Missing[bool](unproven(err))
		}
		return v.keys.Verify(raw)
	}
	if region.IsEKSIssuer(issuer) {
		published := token.Fetch(ctx, issuer, token.FetchOptions{})
		if chain, err := published.TLS.Get(); err != nil || !chain.Public {
			return facts.Missing[bool](&facts.Gap{Kind: facts.Unreachable, Detail: "nobody vouches for the certificate of " + issuer})
		}
		if _, err := published.PublicKeys.Get(); err != nil {
			return facts.Missing[bool](err)
		}
		return published.Keys.Verify(raw)
	}
	return facts.Missing[bool](&facts.Gap{Kind: facts.NotCollected, Detail: "the keys of issuer " + issuer + " were not fetched: it is not this cluster's"})
}
