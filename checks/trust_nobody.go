package checks

import (
	"cmp"
	"regexp"
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

// A remedy overwrites only what surely names nobody. What may be somebody's way in stays
// beside what is added.

// nobodys says whether surely nobody has the caller's token.
func (t *trust) nobodys(c caller) bool {
	if c.provider != t.provider() {
		return t.nobodysPrincipal(policy.Principal{Type: "Federated", Value: c.provider})
	}
	return t.nobodysSubject(c.subject) || t.nobodysAudience(c.audience)
}

// accountName is what the names of namespaces and service accounts are made of.
var accountName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`)

// nobodysSubject says whether surely no token of the cluster's issuer has the subject: no
// service account can have it, or the cluster does not have that one.
func (t *trust) nobodysSubject(subject string) bool {
	namespace, name, ok := accountOfSubject(subject)
	if !ok || !accountName.MatchString(namespace) || !accountName.MatchString(name) {
		return true
	}
	// Clusters that host their issuer themselves may share it.
	return region.IsEKSIssuer(t.issuer) && t.audit.lacksAccount(accountRef(namespace+"/"+name))
}

// lacksAccount says whether the cluster surely does not have the service account: a
// complete listing of its namespace, or of the namespaces, does not hold it.
func (a *Audit) lacksAccount(account facts.Ref) bool {
	if looked := cmp.Or(a.Cluster.Namespace, a.Asked.Namespace); looked != "" && looked != account.Namespace {
		return false
	}
	if accounts, err := a.Cluster.ServiceAccounts.Get(); err == nil {
		_, ok := accounts[account.Key()]
		return !ok
	}
	namespaces, err := a.Cluster.Namespaces.Get()
	_, ok := namespaces[account.Namespace]
	return err == nil && !ok
}

// nobodysAudience says whether surely no token with the audience gets past the cluster's
// provider. The audiences of the binding's own tokens do, or will.
func (t *trust) nobodysAudience(audience string) bool {
	provider, err := t.audit.provider(t.arn.Account, t.issuer)
	return err == nil && !slices.Contains(t.audiences, audience) && !slices.Contains(provider.ClientIDs, audience)
}

// oidcProvider is the ARN of an OIDC provider, with its account.
var oidcProvider = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}):oidc-provider/[!-9;-~]+$`)

// nobodysPrincipal says whether a principal means the cluster's provider, and surely lets
// nobody in as it is written: it is none that IAM can have, or its account does not have it.
func (t *trust) nobodysPrincipal(p policy.Principal) bool {
	if p.Value == t.provider() {
		return p.Type != "Federated"
	}
	if !t.principalFault(p).meansProvider() {
		return false
	}
	arn := oidcProvider.FindStringSubmatch(p.Value)
	if p.Type != "Federated" || arn == nil {
		return true
	}
	all, err := t.audit.AWS.Accounts[arn[1]].Providers.Get()
	return err == nil && !slices.Contains(all, p.Value)
}
