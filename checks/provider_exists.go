package checks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

var ProviderExists = register(&Check{
	ID:    "provider-exists",
	Link:  LinkProvider,
	Stage: StageProvider,
	Grain: GrainProvider,
	Worst: Error,
	Title: "the account of the role has an IAM OIDC provider for the cluster's issuer",
	Why: "STS looks in the account of the role for a provider whose URL is exactly the token's issuer. Without one it says " +
		"InvalidIdentityToken: No OpenIDConnect provider found in your account for https://…. A cluster that is created anew has " +
		"a new issuer, and one that uses roles of several accounts needs a provider in each of them.",
	Fix: "Create the provider in the account of the role: aws iam create-open-id-connect-provider --url ISSUER --client-id-list " +
		"sts.amazonaws.com, or eksctl utils associate-iam-oidc-provider. Roles need no change where they name it already.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html",
	},
	Judge: each((*Audit).Providers, providerExists),
})

func providerExists(a *Audit, p *Provider) Finding {
	_, err := a.needed(p)
	switch {
	case err == nil:
		return pass("account %s has it", p.Account)
	case facts.KindOf(err) == facts.Absent:
	case slices.Contains(a.AWS.Accounts[p.Account].Providers.Or(nil), p.ARN):
		return pass("it is among the account's providers") // its details may not be read
	default:
		return missing(err)
	}
	f := fail("account %s has no OIDC provider for the cluster's issuer", p.Account)
	for _, text := range a.likeProvider(p) {
		f = f.detail("%s", text)
	}
	return f.seen("%s", logged("InvalidIdentityToken: No OpenIDConnect provider found in your account for "+p.Issuer, p.workloads()...)).
		mend(a.createProvider(p))
}

// likeProvider tells of providers that may have been meant to be the one that is missing.
func (a *Audit) likeProvider(p *Provider) []string {
	var told []string
	all, err := a.AWS.Accounts[p.Account].Providers.Get()
	// It may have gone since it was listed.
	all = slices.DeleteFunc(slices.Clone(all), func(arn string) bool { return arn == p.ARN })
	switch {
	case err == nil && len(all) == 0:
		told = append(told, "the account has no OIDC provider at all")
	case err == nil && len(all) == 1:
		told = append(told, "the only OIDC provider of the account is for another issuer")
	case err == nil:
		told = append(told, fmt.Sprintf("the %d OIDC providers of the account are for other issuers", len(all)))
	}
	var clusters []string
	for _, arn := range all {
		_, url, _ := strings.Cut(arn, ":oidc-provider/")
		issuer, alias := region.Canonical("https://" + url)
		inFound, inExpected := differ(url, p.URL())
		var why string
		switch {
		case alias && issuer == p.Issuer:
			why = "its URL is the dual-stack alias of the issuer, which no token carries"
		case unseen(url) != "" && plainText(url) == p.URL():
			why = "its URL holds characters that are not seen: " + unseen(url)
		case strings.TrimRight(url, "/") == strings.TrimRight(p.URL(), "/"):
			why = "its URL differs in the slash at the end, which counts"
		case strings.EqualFold(url, p.URL()):
			why = "its URL differs in case, which counts: " + inFound
		case idOf(url) == idOf(p.URL()) && idOf(url) != "", nearly(url, p.URL()) && idOf(url) != idOf(p.URL()) && nearly(idOf(url), idOf(p.URL())):
			why = fmt.Sprintf("its URL is misspelt: found %s, expected %s", inFound, inExpected)
		case region.IsEKSIssuer(issuer) && region.OfIssuer(issuer) == region.OfIssuer(p.Issuer):
			clusters = append(clusters, arn)
			continue
		default:
			continue
		}
		told = append(told, fmt.Sprintf("%s was probably meant: %s", arn, why))
	}
	told = append(told, a.otherClusters(p, clusters)...)
	for _, id := range slices.Sorted(maps.Keys(a.AWS.Accounts)) {
		if id == p.Account {
			continue
		}
		if _, err := a.provider(id, p.Issuer); err == nil {
			told = append(told, fmt.Sprintf("account %s has one, which does not count: STS looks in the account of the role", id))
		}
	}
	return told
}

// otherClusters tells of the providers of other EKS clusters in the region: of those that
// the roles trust above all, for that is what a cluster created anew leaves behind.
func (a *Audit) otherClusters(p *Provider, arns []string) []string {
	var trusted []string
	for _, arn := range arns {
		for _, b := range p.Bindings {
			role, err := a.role(b.RoleARN)
			if document, parseErr := policy.Parse(string(role.TrustPolicy)); err == nil && parseErr == nil && names(document, arn) {
				trusted = append(trusted, fmt.Sprintf("%s, which role %s trusts, is of another EKS cluster in %s: "+
					"was this cluster created anew?", arn, role.Name, region.OfIssuer(p.Issuer)))
				break
			}
		}
	}
	if len(trusted) == 0 && len(arns) > 0 {
		return []string{fmt.Sprintf("%d for another EKS cluster in %s, such as %s", len(arns), region.OfIssuer(p.Issuer), arns[0])}
	}
	return trusted
}

// names says whether a statement of the policy has the principal.
func names(d *policy.Document, arn string) bool {
	return slices.ContainsFunc(d.Statements, func(s policy.Statement) bool {
		return slices.ContainsFunc(s.Principals, func(p policy.Principal) bool { return p.Value == arn })
	})
}

func (a *Audit) createProvider(p *Provider) Remedy {
	remedy := Remedy{Text: "create the OIDC provider in account " + p.Account}
	clients := p.audiences(a)
	if len(clients) == 0 || slices.Contains(clients, "") {
		return remedy // which audience it has to accept is not known
	}
	if !a.actsIn(p.Account) {
		remedy.Text += ", with credentials of that account"
		return remedy
	}
	arn, _ := facts.ParseRoleARN(p.Bindings[0].RoleARN)
	remedy.Edits = []edit.Edit{edit.CreateProvider{
		Profile: a.Asked.Profile, Account: p.Account, Partition: arn.Partition, URL: p.Issuer, ClientIDs: clients,
	}}
	return remedy
}

// workloads are those of the provider's bindings.
func (p *Provider) workloads() []*Workload {
	var all []*Workload
	for _, b := range p.Bindings {
		all = append(all, b.Workloads...)
	}
	return all
}

// audiences are those of the tokens that the provider has to accept, sorted; "" is the
// API server's own, which is not known.
func (p *Provider) audiences(a *Audit) []string {
	all := map[string]bool{}
	for _, b := range p.Bindings {
		for _, audience := range a.tokenAudiences(b) {
			all[audience] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}
