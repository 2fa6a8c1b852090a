package checks

import (
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A Role is an IAM role that bindings mean.
type Role struct {
	ARN      string // of a role, well-formed
	Bindings []*Binding
}

func (r *Role) Object() string       { return r.ARN }
func (r *Role) Affects() []facts.Ref { return affected(r.Bindings) }

// Roles are those that the bindings mean, found or not, in the order of their ARNs.
// Bindings without a role, or with something else in its place, add none. The error is
// as that of Bindings.
func (a *Audit) Roles() ([]*Role, error) {
	bindings, err := a.Bindings()
	byARN := map[string]*Role{}
	for _, b := range bindings {
		if _, ok := facts.ParseRoleARN(b.RoleARN); !ok {
			continue
		}
		if byARN[b.RoleARN] == nil {
			byARN[b.RoleARN] = &Role{ARN: b.RoleARN}
		}
		byARN[b.RoleARN].Bindings = append(byARN[b.RoleARN].Bindings, b)
	}
	return slices.SortedFunc(maps.Values(byARN), byObject), err
}

// A Provider is the OIDC provider that an account of some role needs for the cluster's
// issuer, found or not.
type Provider struct {
	ARN      string
	Account  string // 12 digits
	Issuer   string // URL
	Bindings []*Binding
}

func (p *Provider) Object() string       { return p.ARN }
func (p *Provider) Affects() []facts.Ref { return affected(p.Bindings) }

// Providers are those that the bindings need, one in each account. Bindings that EKS
// Pod Identity serves need none. The error says why the issuer is not known, else it
// is as that of Bindings.
func (a *Audit) Providers() ([]*Provider, error) {
	bindings, err := a.Bindings()
	issuer, issuerErr := a.httpsIssuer()
	if issuerErr != nil {
		return nil, issuerErr
	}
	var providers []*Provider
	for _, b := range bindings {
		arn, ok := facts.ParseRoleARN(b.RoleARN)
		if !ok || b.servedByPodIdentity() {
			continue
		}
		i := slices.IndexFunc(providers, func(p *Provider) bool { return p.Account == arn.Account })
		if i < 0 {
			i = len(providers)
			providers = append(providers, &Provider{ARN: arn.ProviderARN(issuer), Account: arn.Account, Issuer: issuer})
		}
		providers[i].Bindings = append(providers[i].Bindings, b)
	}
	slices.SortFunc(providers, byObject)
	return providers, err
}

// needed returns what IAM says of a provider. It is absent, too, when the list of the
// account's providers is known without it.
func (a *Audit) needed(p *Provider) (facts.Provider, error) {
	provider, err := a.provider(p.Account, p.Issuer)
	if err == nil || facts.KindOf(err) == facts.Absent {
		return provider, err
	}
	all, listErr := a.AWS.Accounts[p.Account].Providers.Get()
	if listErr == nil && !slices.Contains(all, p.ARN) {
		err = &facts.Gap{Kind: facts.Absent, Call: "iam:ListOpenIDConnectProviders", Detail: "provider " + p.ARN}
	}
	return provider, err
}

// URL is the issuer as IAM writes it, without https://.
func (p *Provider) URL() string { return strings.TrimPrefix(p.Issuer, "https://") }

// affected are the objects that suffer with any of the bindings, each once.
func affected(bindings []*Binding) []facts.Ref {
	var refs []facts.Ref
	seen := map[facts.Ref]bool{}
	for _, b := range bindings {
		for _, ref := range b.Affects() {
			if !seen[ref] {
				seen[ref] = true
				refs = append(refs, ref)
			}
		}
	}
	return refs
}

// servedByPodIdentity says whether EKS Pod Identity gives the binding's pods their
// credentials: the account has an association, and no pod that is alive holds web
// identity variables.
func (b *Binding) servedByPodIdentity() bool {
	if b.Association == nil || b.Pinned {
		return false
	}
	for _, w := range b.Workloads {
		for _, p := range w.Pods {
			if slices.ContainsFunc(p.Spec.Containers, presetsWebIdentity) {
				return false
			}
		}
	}
	return true
}
