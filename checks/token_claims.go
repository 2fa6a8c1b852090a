package checks

import (
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

var TokenClaims = register(&Check{
	ID:    "token-claims",
	Link:  LinkToken,
	Stage: StageSignature,
	Grain: GrainBinding,
	Worst: Error,
	Title: "a real token of the service account is one that STS takes",
	Why: "The token itself is what STS judges. With another iss it answers No OpenIDConnect provider found in your account, with " +
		"another aud Incorrect token audience, without a claim Missing a required claim, five minutes after exp " +
		"ExpiredTokenException, and with another sub than the trust policy's AccessDenied: Not authorized to perform " +
		"sts:AssumeRoleWithWebIdentity.",
	Fix: "Look at a real token: --mint has the API server make one, --exec reads the one of a running pod, --token-file one that " +
		"you saved. A token is never stored or printed.",
	Refs: []string{
		"https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",
		"https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/",
	},
	Judge: each((*Audit).Bindings, tokenClaims),
})

func tokenClaims(a *Audit, b *Binding) Finding {
	if _, err := a.Tokens.Get(); err != nil {
		return missing(err)
	}
	if b.Pinned {
		return skip("its tokens are those of %s", b.Account)
	}
	tokens := a.tokensOf(b)
	if len(tokens) == 0 {
		return a.noToken()
	}
	issuer, err := a.issuer()
	if err != nil {
		return missing(err)
	}
	var found []Finding
	for _, t := range tokens {
		found = append(found, a.judgeToken(b, t, issuer)...)
	}
	if len(found) > 0 {
		return gravestOf(found)
	}
	t := tokens[0]
	return pass("%s has the issuer, subject and audience expected, and a good signature, until %s", tokenName(t), instant(t.Expires))
}

// tokensOf are the tokens that were looked into for the binding. One from a file is of
// the account that it names, or of the only one that there is.
func (a *Audit) tokensOf(b *Binding) []facts.Token {
	return slices.DeleteFunc(slices.Clone(a.Tokens.Or(nil)), func(t facts.Token) bool {
		switch {
		case t.Account != "":
			return t.Account != b.Account.Key()
		case !t.Workload.IsZero():
			return !slices.ContainsFunc(b.Workloads, func(w *Workload) bool { return w.Ref == t.Workload })
		}
		named := slices.ContainsFunc(a.bindings, func(o *Binding) bool { return o.Subject() == t.Subject })
		alone := !slices.ContainsFunc(a.bindings, func(o *Binding) bool { return o.Account != b.Account })
		return t.Subject != b.Subject() && (named || !alone)
	})
}

// noToken says why a binding has no token to judge.
func (a *Audit) noToken() Finding {
	for _, t := range a.Tokens.Or(nil) {
		switch {
		case t.Account != "" || !t.Workload.IsZero():
		case t.Problem != "":
			return skip("%s can not be read, and may be of any account: %s", tokenName(t), t.Problem)
		default:
			return skip("%s is of %s", tokenName(t), t.Subject)
		}
	}
	return skip("no token of the account was looked into")
}
