package checks

import (
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

var ProviderThumbprint = register(&Check{
	ID:    "provider-thumbprint",
	Link:  LinkProvider,
	Stage: StageSignature,
	Grain: GrainProvider,
	Worst: Warning,
	Title: "the provider's thumbprint is of the issuer's certificate chain, where thumbprints count",
	Why: "AWS verifies the certificate of the issuer's keys by its own list of public authorities, and looks at thumbprints only " +
		"for a certificate that none of them signed. For such an issuer a wrong one ends in InvalidIdentityToken: OpenIDConnect " +
		"provider's HTTPS certificate doesn't match configured thumbprint. For EKS and for public authorities a wrong thumbprint " +
		"is no fault, whatever older guides say.",
	Fix: "Give the provider the SHA-1 fingerprint of the top certificate that the host of the jwks_uri presents: " +
		"aws iam update-open-id-connect-provider-thumbprint.",
	Refs: []string{
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html",
		"https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateOpenIDConnectProviderThumbprint.html",
	},
	Judge: each((*Audit).Providers, providerThumbprint),
})

func providerThumbprint(a *Audit, p *Provider) Finding {
	if region.IsEKSIssuer(p.Issuer) {
		return skip("thumbprints do not count for an issuer of EKS")
	}
	provider, err := a.needed(p)
	if err != nil {
		return missing(err)
	}
	chain, err := a.Issuer.TLS.Get()
	if err != nil {
		return missing(err)
	}
	if chain.Public {
		return skip("thumbprints do not count for a certificate that a public authority signed")
	}
	for _, t := range provider.Thumbprints {
		if slices.ContainsFunc(chain.Fingerprints, func(f string) bool { return strings.EqualFold(f, t) }) {
			return pass("thumbprint %s is of the issuer's chain", t)
		}
	}
	return warn("no public authority signed the certificate of the issuer's keys, and none of its chain is among the thumbprints").
		detail("thumbprints: %s", strings.Join(provider.Thumbprints, ", ")).
		detail("the chain's, from the leaf up: %s", strings.Join(chain.Fingerprints, ", ")).
		mend(Remedy{
			Text:  "give the provider the fingerprint of the top certificate of the chain, once it is sure that the chain is the issuer's own",
			Owner: ownerOfTags(provider.Tags),
		})
}
