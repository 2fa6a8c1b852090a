package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

var TrustPolicyFederated = register(&Check{
	ID:    "trust-policy-federated",
	Link:  LinkTrustPolicy,
	Stage: StagePrincipal,
	Grain: GrainBinding,
	Worst: Error,
	Title: "the role's trust policy names the cluster's OIDC provider as a federated principal",
	Why: "IAM lets a web identity in by the ARN of its provider, compared character by character. When no statement names it, " +
		"STS says AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity. A cluster that is deleted and created " +
		"again has a new issuer, and so needs a new statement in every role.",
	Fix: "Let a statement of the trust policy have the principal {\"Federated\": \"arn:aws:iam::ACCOUNT:oidc-provider/ISSUER\"}, " +
		"with the issuer's URL without https://, in the account of the role.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
	},
	Judge: each((*Audit).Bindings, attributed(trustPolicyFederated)),
})

func trustPolicyFederated(t *trust) Finding {
	if unread := t.unread(); unread != "" {
		return depends("%s", unread)
	}
	s := t.decisive
	if s == nil {
		return fail("the trust policy of %s has no Allow statement", t.role.Name)
	}
	switch s.Principal {
	case policy.True:
		return pass("%s names %s", s.Label(), t.provider())
	case policy.Unknown:
		return depends("%s: %s", s.Label(), strings.Join(s.Unsure, "; "))
	}
	found, best := "", principalFault("")
	for _, p := range s.Statement.Principals {
		if fault := t.principalFault(p); found == "" || slices.Index(principalFaults, fault) < slices.Index(principalFaults, best) {
			found, best = p.Value, fault
		}
	}
	f := fail("%s %s", s.Label(), t.principalText(best, found, s.Statement))
	if best == principalNone {
		return f.detail("expected %s", t.provider())
	}
	f = f.differing(found, t.provider())
	if best.meansProvider() && slices.ContainsFunc(s.Conditions, func(c policy.ConditionResult) bool { return wrongIn(s, t.wrongIssuer(c)) }) {
		f = f.detail("its condition keys have the issuer wrong in the same way")
	}
	if all, err := t.audit.AWS.Accounts[t.arn.Account].Providers.Get(); err == nil && !best.meansProvider() {
		if slices.Contains(all, found) {
			f = f.detail("the account still has the provider that is named")
		} else {
			f = f.detail("the account has no such provider: what it was for is probably gone")
		}
	}
	return f
}

// A principalFault says what a principal is that is not the cluster's provider.
type principalFault string

const (
	principalType      principalFault = "type"      // the provider, under AWS or Service
	principalCharacter principalFault = "character" // the provider, with characters that are not seen
	principalBare      principalFault = "issuer"    // the issuer in place of the provider's ARN
	principalSlash     principalFault = "slash"
	principalScheme    principalFault = "scheme" // https:// within
	principalCase      principalFault = "case"
	principalPartition principalFault = "partition"
	principalAccount   principalFault = "account"
	principalAlias     principalFault = "alias"
	principalMisspelt  principalFault = "misspelt"
	principalCluster   principalFault = "cluster" // an issuer of EKS with another id, in the same region
	principalOther     principalFault = "other"
	principalNone      principalFault = "services" // nothing like an OIDC provider
)

// principalFaults are in the order of nearness. Up to misspelt the cluster's provider is
// surely meant.
var principalFaults = []principalFault{
	principalType, principalCharacter, principalBare, principalSlash, principalScheme, principalCase, principalPartition, principalAccount,
	principalAlias, principalMisspelt, principalCluster, principalOther, principalNone,
}

// meansProvider says whether the cluster's own provider is surely meant.
func (f principalFault) meansProvider() bool {
	return slices.Index(principalFaults, f) <= slices.Index(principalFaults, principalMisspelt)
}

// namesProvider says whether some principal of the statement surely means the provider.
func (t *trust) namesProvider(s *policy.Statement) bool {
	return slices.ContainsFunc(s.Principals, func(p policy.Principal) bool { return t.principalFault(p).meansProvider() })
}

func (t *trust) principalFault(p policy.Principal) principalFault {
	want, host := t.provider(), t.host()
	value := p.Value
	listed := slices.Contains(t.audit.AWS.Accounts[t.arn.Account].Providers.Or(nil), value)
	switch plain := plainText(value); {
	case value == want:
		return principalType
	case plain == want:
		return principalCharacter
	case value == host, strings.TrimSuffix(value, "/") == t.issuer:
		return principalBare
	case !listed && strings.TrimRight(value, "/") == strings.TrimRight(want, "/"):
		return principalSlash
	case strings.Replace(value, "https://", "", 1) == want:
		return principalScheme
	case !listed && strings.EqualFold(value, want):
		return principalCase
	}
	head, url, ok := strings.Cut(value, ":oidc-provider/")
	if !ok {
		if strings.Contains(value, "oidc") && nearly(value, want) {
			return principalMisspelt
		}
		return principalNone
	}
	parts := strings.Split(head, ":") // arn, partition, iam, "", account
	if url == host && len(parts) == 5 {
		switch {
		case parts[1] != t.arn.Partition && parts[4] == t.arn.Account:
			return principalPartition
		case parts[4] != t.arn.Account:
			return principalAccount
		}
	}
	issuer, alias := region.Canonical("https://" + url)
	switch {
	case url == host:
		return principalMisspelt
	case alias && issuer == t.issuer:
		return principalAlias
	case !listed && t.meansIssuer(url):
		return principalMisspelt
	case region.IsEKSIssuer(issuer) && region.IsEKSIssuer(t.issuer) && region.OfIssuer(issuer) == region.OfIssuer(t.issuer):
		return principalCluster
	}
	return principalOther
}

// meansIssuer says whether a URL without its scheme surely means the cluster's issuer: an
// issuer of EKS, whose id no other has, with a slip in the host or in the id. Issuers of
// other hosts may be alike.
func (t *trust) meansIssuer(url string) bool {
	host := strings.ToLower(t.host())
	url = strings.ToLower(url)
	id, want := idOf(url), idOf(host)
	return region.IsEKSIssuer(t.issuer) &&
		(id == want || nearly(id, want) && strings.TrimSuffix(url, id) == strings.TrimSuffix(host, want))
}

// idOf is the last part of an issuer's path.
func idOf(url string) string {
	_, id, _ := cutLast(url, "/")
	return id
}

// nearly says whether two texts differ by a slip of the hand.
func nearly(x, y string) bool {
	return x != y && levenshtein.ComputeDistance(x, y) <= min(3, len(y)/8)
}

func (t *trust) principalText(fault principalFault, found string, s *policy.Statement) string {
	switch fault {
	case principalType:
		return "names the cluster's OIDC provider, but not under Federated, where it belongs"
	case principalCharacter:
		return "names the cluster's OIDC provider with characters that are not seen: " + unseen(found)
	case principalBare:
		return "names the issuer, where the ARN of its OIDC provider belongs"
	case principalSlash:
		return "names the cluster's OIDC provider with another slash at its end, which counts"
	case principalScheme:
		return "names the cluster's OIDC provider with https://, which its ARN does not have"
	case principalCase:
		return "names the cluster's OIDC provider in other case, which counts"
	case principalPartition:
		return fmt.Sprintf("names a provider of another partition than the role's, %s", t.arn.Partition)
	case principalAccount:
		return fmt.Sprintf("names a provider of another account than the role's, %s", t.arn.Account)
	case principalAlias:
		return "names the dual-stack alias of the cluster's issuer, which no token carries"
	case principalMisspelt:
		return "names the cluster's OIDC provider misspelt"
	case principalCluster:
		return fmt.Sprintf("names the provider of another EKS cluster in %s: a cluster that is created anew has a new issuer", region.OfIssuer(t.issuer))
	case principalOther:
		return "names the provider of another issuer"
	}
	var names []string
	for _, p := range s.Principals {
		names = append(names, p.Value)
	}
	return fmt.Sprintf("comes nearest and names no OIDC provider, only %s", strings.Join(names[:min(5, len(names))], ", "))
}
