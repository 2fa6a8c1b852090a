package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
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

// grace is how long after exp IAM takes a token.
// Source: docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html.
const grace = 5 * time.Minute

// tokenAlgorithms are those that STS takes.
// Source: WebIdentityToken of AssumeRoleWithWebIdentity in the STS API reference.
var tokenAlgorithms = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}

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
		faults, err := a.tokenFaults(b, t, issuer)
		found = append(found, faults...)
		if err != nil {
			found = append(found, missing(err))
		}
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
		if t.Account != "" {
			return t.Account != b.Account.Key()
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
		case t.Account != "":
		case t.Problem != "":
			return skip("%s can not be read, and may be of any account: %s", tokenName(t), t.Problem)
		default:
			return skip("%s is of %s", tokenName(t), t.Subject)
		}
	}
	return skip("no token of the account was looked into")
}

// tokenFaults lists what is wrong with a token, in the order in which STS meets it. The
// error says what could not be told.
func (a *Audit) tokenFaults(b *Binding, t facts.Token, issuer string) (found []Finding, gap error) {
	name := tokenName(t)
	if t.Problem != "" {
		return []Finding{fail("%s can not be read: %s", name, t.Problem).
			mend(Remedy{Text: "look at what is in that place: it has to be a JSON Web Token of the service account"})}, nil
	}
	add := func(f Finding) { found = append(found, f) }
	refused := func(f Finding, answer string) Finding { return refusedBySTS(f, b, t, answer) }
	usable := slices.Contains(tokenAlgorithms, t.Algorithm)
	if !usable {
		add(fail("%s is signed with %q: STS takes %s", name, t.Algorithm, strings.Join(tokenAlgorithms, ", ")).
			mend(Remedy{Text: "have the API server sign with an RSA or an ECDSA key: --service-account-signing-key-file"}))
	}
	for _, claim := range []struct {
		name    string
		missing bool
	}{{"iss", t.Issuer == ""}, {"sub", t.Subject == ""}, {"aud", len(t.Audience) == 0}, {"exp", t.Expires.IsZero()}} {
		if claim.missing {
			add(fail("%s has no claim %s", name, claim.name).seen("InvalidIdentityToken: Missing a required claim: %s", claim.name).
				mend(Remedy{Text: "use a token that the API server made for the service account"}))
		}
	}
	if t.Issuer != "" && t.Issuer != issuer {
		add(fail("%s is of another issuer than the cluster's", name).differing(t.Issuer, issuer).
			seen("InvalidIdentityToken: No OpenIDConnect provider found in your account for %s", t.Issuer).
			mend(a.anotherToken(b, t, "a token of the cluster's issuer")))
	}
	if err := a.tokenAudience(b, t, issuer, add); err != nil {
		gap = err
	}
	a.tokenTimes(b, t, add)
	if verified, err := t.Verified.Get(); err != nil {
		gap = err
	} else if !verified && usable && !a.keyMissedByIssuer(t, issuer) {
		add(fail("no key of the issuer's JWKS verifies the signature of %s (kid %q)", name, t.KeyID).seen("%s", noVerificationKey).
			mend(a.anotherToken(b, t, "a token that is signed with a key of the issuer")))
	}
	if t.Subject != "" && t.Subject != b.Subject() {
		add(fail("%s is of another subject than the service account's", name).differing(t.Subject, b.Subject()).
			seen("AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity").
			mend(a.anotherToken(b, t, "a token of this account")))
	}
	return found, gap
}

// tokenAudience judges the aud of a token where it is not the one that was intended:
// that the intended one is wrong is for token-audience and provider-audience to say.
func (a *Audit) tokenAudience(b *Binding, t facts.Token, issuer string, add func(Finding)) error {
	intended := a.audiencesOf(b)
	shared := func(other []string) bool {
		return slices.ContainsFunc(t.Audience, func(aud string) bool { return slices.Contains(other, aud) })
	}
	arn, ok := a.roleOfAccount(b)
	if len(t.Audience) == 0 || shared(intended) || !ok {
		return nil
	}
	provider, err := a.provider(arn.Account, issuer)
	switch {
	case facts.KindOf(err) == facts.Absent:
		return nil
	case err != nil:
		return err
	case !shared(provider.ClientIDs):
		add(fail("the audience of %s is %s: the provider takes %s", tokenName(t), quoted(t.Audience), quoted(provider.ClientIDs)).
			seen("InvalidIdentityToken: Incorrect token audience").
			mend(a.anotherToken(b, t, "a token for the audience "+strings.Join(intended, ", "))))
	}
	return nil
}

// roleOfAccount is the role of the account, or one that a manifest pins for it.
func (a *Audit) roleOfAccount(b *Binding) (roleARN, bool) {
	for _, o := range a.bindings {
		if arn, ok := parseRoleARN(o.RoleARN); ok && o.Account == b.Account {
			return arn, true
		}
	}
	return roleARN{}, false
}

// tokenTimes judges when a token is valid.
func (a *Audit) tokenTimes(b *Binding, t facts.Token, add func(Finding)) {
	name, now := tokenName(t), a.TakenAt
	switch late := now.Sub(t.Expires); {
	case t.Expires.IsZero() || late < 0:
	case late < grace:
		add(warn("%s expired at %s, %s ago: STS takes it for five minutes", name, instant(t.Expires), late.Round(time.Second)).
			mend(a.anotherToken(b, t, "a token that is valid")))
	default:
		add(fail("%s expired at %s", name, instant(t.Expires)).seen("ExpiredTokenException").
			mend(a.anotherToken(b, t, "a token that is valid")))
	}
	for _, claim := range []struct {
		name string
		at   time.Time
	}{{"nbf", t.NotBefore}, {"iat", t.Issued}} {
		if claim.at.Sub(now) > grace {
			add(warn("%s is of the future: its %s is %s, and it was looked at on %s", name, claim.name, instant(claim.at), instant(now)).
				mend(Remedy{Text: "set the clock of the API server's host, or of the machine that ran irsa-doctor"}))
			return
		}
	}
}

// keyMissedByIssuer says whether issuer-discovery fails because the JWKS of a cluster
// that is none of EKS lacks the key of the cluster's own token.
func (a *Audit) keyMissedByIssuer(t facts.Token, issuer string) bool {
	published, err := a.Issuer.PublicKeys.Get()
	return err == nil && t.Source != "file" && !region.IsEKSIssuer(issuer) &&
		!slices.ContainsFunc(published, func(k facts.Key) bool { return k.ID == t.KeyID })
}

func tokenName(t facts.Token) string {
	switch t.Source {
	case "mint":
		return "a fresh token"
	case "exec":
		return "the token in a pod of " + t.Workload.String()
	}
	return "the token of the file"
}

// anotherToken says how to come by a token that is better.
func (a *Audit) anotherToken(b *Binding, t facts.Token, better string) Remedy {
	switch t.Source {
	case "mint":
		return Remedy{Text: "find out why the API server that the kubeconfig reaches does not make " + better}
	case "exec":
		return Remedy{Text: fmt.Sprintf("replace the pods of %s, so that they get %s", t.Workload, better)}
	}
	command := fmt.Sprintf("kubectl create token %s -n %s", b.Account.Name, b.Account.Namespace)
	if intended := a.audiencesOf(b); len(intended) > 0 && intended[0] != "" {
		command += " --audience " + intended[0]
	}
	return Remedy{Text: fmt.Sprintf("take %s, as by %s", better, command)}
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
