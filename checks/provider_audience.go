package checks

import (
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

var ProviderAudience = register(&Check{
	ID:    "provider-audience",
	Link:  LinkProvider,
	Stage: StageAudience,
	Grain: GrainProvider,
	Worst: Error,
	Title: "the OIDC provider has the tokens' audience among its client IDs",
	Why: "STS compares the token's audience with the provider's client IDs before it reads any trust policy, and says " +
		"InvalidIdentityToken: Incorrect token audience when it is not among them. The audience is sts.amazonaws.com unless the " +
		"service account or the webhook says otherwise, in China too: it is a name and not the endpoint that is called.",
	Fix: "Add the audience of the pod's projected token to the client IDs: aws iam add-client-id-to-open-id-connect-provider.",
	Refs: []string{
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html",
		"https://github.com/aws/amazon-eks-pod-identity-webhook",
	},
	Judge: each((*Audit).Providers, providerAudience),
})

func providerAudience(a *Audit, p *Provider) Finding {
	provider, err := a.needed(p)
	if err != nil {
		return missing(err)
	}
	audiences := p.audiences(a)
	lacking := slices.DeleteFunc(slices.Clone(audiences), func(s string) bool {
		return s == "" || slices.Contains(provider.ClientIDs, s)
	})
	switch {
	case len(lacking) == 0 && slices.Contains(audiences, ""):
		return depends("a token has the API server's own audience, which the provider may or may not have among its client IDs: %s",
			quoted(provider.ClientIDs))
	case len(lacking) == 0:
		return pass("%s is among its client IDs", strings.Join(audiences, ", "))
	}
	f := fail("the provider does not have the tokens' audience %s among its client IDs", quoted(lacking))
	if len(provider.ClientIDs) == 0 {
		f = f.detail("it has no client ID at all")
	} else {
		f = f.detail("client IDs: %s", several(provider.ClientIDs))
	}
	for _, id := range provider.ClientIDs {
		for _, audience := range lacking {
			if text := likeAudience(id, audience); text != "" {
				f = f.detail("%s %s", quoted([]string{id}), text)
			}
		}
	}
	return f.seen("%s", logged("InvalidIdentityToken: Incorrect token audience", p.workloads()...)).mend(a.acceptAudiences(p, provider, lacking))
}

// acceptAudiences has the provider accept audiences, unless they themselves are amiss.
func (a *Audit) acceptAudiences(p *Provider, provider facts.Provider, lacking []string) Remedy {
	for _, b := range p.Bindings {
		if remedy, ok := a.correctAudience(b, provider); ok {
			return remedy
		}
	}
	remedy := Remedy{
		Text:  "add " + strings.Join(lacking, ", ") + " to the client IDs of the provider",
		Owner: ownerOfTags(provider.Tags),
	}
	if !a.actsIn(p.Account) {
		remedy.Text += ", with credentials of account " + p.Account
		return remedy
	}
	for _, audience := range lacking {
		remedy.Edits = append(remedy.Edits, edit.AddClientID{Profile: a.Asked.Profile, ProviderARN: provider.ARN, ClientID: audience})
	}
	return remedy
}
