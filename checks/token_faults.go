package checks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

// grace is how long after exp IAM takes a token.
// Source: docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html.
const grace = 5 * time.Minute

// tokenAlgorithms are those that STS takes.
// Source: WebIdentityToken of AssumeRoleWithWebIdentity in the STS API reference.
var tokenAlgorithms = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}

// tokenFaults gathers what is wrong with a token of a binding, in the order in which
// STS meets it.
type tokenFaults struct {
	*Audit
	b      *Binding
	t      facts.Token
	issuer string // of the cluster
	found  []Finding
}

// judgeToken returns nothing for a token that STS takes.
func (a *Audit) judgeToken(b *Binding, t facts.Token, issuer string) []Finding {
	if t.Gap != nil {
		return []Finding{missing(t.Gap)}
	}
	if t.Problem != "" {
		remedy := "give --token-file a token of the service account, as kubectl create token prints it"
		if t.Source != "file" {
			remedy = "find out what wrote it: it has to be a JSON Web Token that the kubelet projects"
		}
		return []Finding{fail("%s can not be read: %s", tokenName(t), t.Problem).mend(Remedy{Text: remedy})}
	}
	j := &tokenFaults{Audit: a, b: b, t: t, issuer: issuer}
	j.present()
	j.iss()
	j.aud()
	j.times()
	j.signature()
	if t.Subject != "" && t.Subject != b.Subject() {
		j.refused(notAuthorized,
			fail("%s is of another subject than the service account's", tokenName(t)).differing(t.Subject, b.Subject()).
				mend(j.another("a token of this account")))
	}
	return j.found
}

func (j *tokenFaults) add(f Finding) { j.found = append(j.found, f) }

// refused adds a finding with what STS answers to the token, which a pod's log shows
// when the token is one as the pod has it.
func (j *tokenFaults) refused(answer string, f Finding) {
	if j.t.Source == "file" {
		j.add(f.detail("STS answers %s", answer))
		return
	}
	j.add(f.seen("%s", logged(answer, j.b.Workloads...)))
}

// present looks for the claims that STS requires.
func (j *tokenFaults) present() {
	for _, claim := range []struct {
		name    string
		missing bool
	}{
		{"iss", j.t.Issuer == ""}, {"sub", j.t.Subject == ""}, {"aud", len(j.t.Audience) == 0}, {"exp", j.t.Expires.IsZero()},
	} {
		if claim.missing {
			j.refused("InvalidIdentityToken: Missing a required claim: "+claim.name,
				fail("%s has no claim %s", tokenName(j.t), claim.name).
					mend(Remedy{Text: "use a token that the API server made for the service account"}))
		}
	}
}

// iss leaves a fresh token to issuer-known, for which it is a source.
func (j *tokenFaults) iss() {
	if j.t.Issuer == "" || j.t.Issuer == j.issuer {
		return
	}
	if j.t.Source == "mint" {
		j.add(skip("the issuer of a fresh token is not what other sources say: see issuer-known"))
		return
	}
	j.refused("InvalidIdentityToken: No OpenIDConnect provider found in your account for "+j.t.Issuer,
		fail("%s is of another issuer than the cluster's", tokenName(j.t)).differing(j.t.Issuer, j.issuer).
			mend(j.another("a token of the cluster's issuer")))
}

// aud judges an audience that is not the one intended: that the intended one is wrong
// is for token-audience and provider-audience to say.
func (j *tokenFaults) aud() {
	intended := j.audiencesOf(j.b)
	shared := func(other []string) bool {
		return slices.ContainsFunc(j.t.Audience, func(aud string) bool { return slices.Contains(other, aud) })
	}
	arn, ok := j.roleOfAccount()
	if len(j.t.Audience) == 0 || shared(intended) || !ok {
		return
	}
	provider, err := j.provider(arn.Account, j.issuer)
	switch {
	case facts.KindOf(err) == facts.Absent:
	case err != nil:
		j.add(missing(err))
	case !shared(provider.ClientIDs):
		j.refused("InvalidIdentityToken: Incorrect token audience",
			fail("the audience of %s is %s: the provider takes %s", tokenName(j.t), quoted(j.t.Audience), quoted(provider.ClientIDs)).
				mend(j.another("a token for the audience "+strings.Join(intended, ", "))))
	}
}

// roleOfAccount is the role of the account, or one that a manifest pins for it.
func (j *tokenFaults) roleOfAccount() (facts.RoleARN, bool) {
	for _, o := range j.bindings {
		if arn, ok := facts.ParseRoleARN(o.RoleARN); ok && o.Account == j.b.Account {
			return arn, true
		}
	}
	return facts.RoleARN{}, false
}

// times judges when the token is valid.
func (j *tokenFaults) times() {
	name, now := tokenName(j.t), j.TakenAt
	switch late := now.Sub(j.t.Expires); {
	case j.t.Expires.IsZero() || late < 0:
	case late < grace:
		j.add(warn("%s expired at %s, %s ago: STS takes it for five minutes", name, instant(j.t.Expires), late.Round(time.Second)).
			mend(j.another("a token that is valid")))
	default:
		j.refused("ExpiredTokenException", fail("%s expired at %s", name, instant(j.t.Expires)).mend(j.another("a token that is valid")))
	}
	for _, claim := range []struct {
		name string
		at   time.Time
	}{{"nbf", j.t.NotBefore}, {"iat", j.t.Issued}} {
		if claim.at.Sub(now) > grace {
			j.add(warn("%s is of the future: its %s is %s, and it was looked at on %s", name, claim.name, instant(claim.at), instant(now)).
				mend(Remedy{Text: "set the clock of the API server's host, or of the machine that ran irsa-doctor"}))
			return
		}
	}
}

func (j *tokenFaults) signature() {
	if !slices.Contains(tokenAlgorithms, j.t.Algorithm) {
		j.add(fail("%s is signed with %q: STS takes %s", tokenName(j.t), j.t.Algorithm, strings.Join(tokenAlgorithms, ", ")).
			mend(Remedy{Text: "have the API server sign with an RSA or an ECDSA key: --service-account-signing-key-file"}))
		return
	}
	verified, err := j.t.Verified.Get()
	switch {
	case err != nil:
		j.add(missing(err))
	case !verified && j.keyMissedByIssuer():
		j.add(skip("the issuer's JWKS lacks the key of %s: see issuer-discovery", tokenName(j.t)))
	case !verified:
		j.refused(noVerificationKey, fail("no key of the issuer's JWKS verifies the signature of %s (kid %q)", tokenName(j.t), j.t.KeyID).
			mend(j.another("a token that is signed with a key of the issuer")))
	}
}

// keyMissedByIssuer says whether issuer-discovery fails because the JWKS of a cluster
// that is none of EKS lacks the key of the cluster's own token.
func (j *tokenFaults) keyMissedByIssuer() bool {
	published, err := j.Issuer.PublicKeys.Get()
	return err == nil && j.t.Source != "file" && !region.IsEKSIssuer(j.issuer) &&
		!slices.ContainsFunc(published, func(k facts.Key) bool { return k.ID == j.t.KeyID })
}

// another says how to come by a better token.
func (j *tokenFaults) another(better string) Remedy {
	switch j.t.Source {
	case "mint":
		return Remedy{Text: "find out why the API server that the kubeconfig reaches does not make " + better}
	case "exec":
		return Remedy{Text: fmt.Sprintf("replace the pods of %s, so that they get %s", j.t.Workload, better)}
	}
	command := edit.Command{"kubectl", "create", "token", j.b.Account.Name, "-n", j.b.Account.Namespace}
	if intended := j.audiencesOf(j.b); len(intended) > 0 && intended[0] != "" {
		command = append(command, "--audience", intended[0])
	}
	if !command.Safe() {
		return Remedy{Text: "take " + better + ", as by kubectl create token"}
	}
	return Remedy{Text: fmt.Sprintf("take %s, as by %s", better, command)}
}

func tokenName(t facts.Token) string {
	switch t.Source {
	case "mint":
		return "a fresh token"
	case "exec":
		return "the token in a pod of " + t.Workload.String()
	}
	return "the token of --token-file"
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
