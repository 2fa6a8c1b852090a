package checks

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

var IssuerDiscovery = register(&Check{
	ID:    "issuer-discovery",
	Link:  LinkIssuer,
	Stage: StageSignature,
	Grain: GrainCluster,
	Worst: Error,
	Title: "the issuer publishes a discovery document and the keys of the cluster's tokens",
	Why: "STS fetches the discovery document and the JWKS from the public internet to verify a token. Where it can not, or " +
		"finds no key with the token's kid, it answers InvalidIdentityToken: Couldn't retrieve verification key from your " +
		"identity provider. EKS serves both itself; on a cluster of your own they are yours to publish, and to publish again " +
		"whenever the signing key changes.",
	Fix: "Serve the documents that the API server has at /.well-known/openid-configuration and /openid/v1/jwks below the " +
		"issuer's URL, over https and for everybody, and set --service-account-jwks-uri where the keys are elsewhere.",
	Refs: []string{
		"https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",
		"https://github.com/aws/amazon-eks-pod-identity-webhook/blob/master/SELF_HOSTED_SETUP.md",
	},
	Judge: each((*Audit).whole, issuerDiscovery),
})

const noVerificationKey = "InvalidIdentityToken: Couldn't retrieve verification key from your identity provider, " +
	"please reference AssumeRoleWithWebIdentity documentation for requirements"

func issuerDiscovery(a *Audit, _ Whole) Finding {
	issuer, err := a.httpsIssuer()
	if err != nil {
		return missing(err)
	}
	if region.IsEKSIssuer(issuer) {
		return skip("AWS itself serves the issuer of an EKS cluster")
	}
	if hiddenFromSTS(issuer) {
		return fail("STS can not reach the issuer %s: its host is no public one", issuer).seen("%s", noVerificationKey).
			mend(Remedy{Text: "publish the discovery document and the JWKS at a public https URL, and make that URL --service-account-issuer"})
	}
	discovery, err := a.Issuer.Public.Get()
	if facts.KindOf(err) == facts.Absent {
		return fail("there is no discovery document at %s/.well-known/openid-configuration", strings.TrimSuffix(issuer, "/")).
			seen("%s", noVerificationKey).
			mend(Remedy{Text: "publish the document that kubectl get --raw /.well-known/openid-configuration prints there"})
	}
	if err != nil {
		return missing(err)
	}
	if faults := discoveryFaults(discovery); len(faults) > 0 {
		remedy := Remedy{Text: "publish the document that kubectl get --raw /.well-known/openid-configuration prints"}
		if strings.Contains(faults[0], "its jwks_uri") {
			remedy.Text = "publish the keys at a public https URL, and make that --service-account-jwks-uri of the API server and the document's jwks_uri"
		}
		f := fail("STS can not use the issuer's discovery document: %s", faults[0]).seen("%s", noVerificationKey).mend(remedy)
		for _, fault := range faults[1:] {
			f = f.detail("%s", fault)
		}
		return f
	}
	if f := a.judgeKeys(); f.Result != Pass {
		return f
	}
	switch {
	case discovery.Issuer == issuer:
	case strings.TrimSuffix(discovery.Issuer, "/") == strings.TrimSuffix(issuer, "/"):
		return note("the discovery document names the issuer with another slash at the end than tokens do, which STS takes").
			detail("the webhook's guide to clusters of one's own and old versions of kOps make it so")
	default:
		return warn("the discovery document at the issuer's URL names another issuer than the cluster's tokens").
			differing(discovery.Issuer, issuer).
			mend(Remedy{Text: "publish the document that the API server serves, which names the tokens' issuer"})
	}
	return pass("document and keys are complete")
}

// discoveryFaults lists what STS needs of a discovery document and does not find.
// Source: OpenID Connect Discovery 1.0, section 3; algorithms as the STS API reference
// gives them.
func discoveryFaults(d facts.Discovery) []string {
	var faults []string
	for _, m := range []struct {
		name   string
		absent bool
	}{
		{"jwks_uri", d.JWKSURI == ""},
		{"response_types_supported", len(d.ResponseTypes) == 0},
		{"subject_types_supported", len(d.SubjectTypes) == 0},
		{"id_token_signing_alg_values_supported", len(d.Algorithms) == 0},
	} {
		if m.absent {
			faults = append(faults, "it has no "+m.name)
		}
	}
	usable := func(algorithm string) bool {
		return slices.Contains([]string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}, algorithm)
	}
	if len(d.Algorithms) > 0 && !slices.ContainsFunc(d.Algorithms, usable) {
		faults = append(faults, "none of its algorithms is one that STS takes: "+strings.Join(d.Algorithms, ", "))
	}
	switch {
	case d.JWKSURI == "":
	case !strings.HasPrefix(d.JWKSURI, "https://"):
		faults = append(faults, "its jwks_uri is not https: "+d.JWKSURI)
	case hiddenFromSTS(d.JWKSURI):
		faults = append(faults, "its jwks_uri is not public: "+d.JWKSURI)
	}
	return faults
}

// hiddenFromSTS says whether the URL's host can surely not be reached from the
// internet: a name inside a cluster, or a private address.
func hiddenFromSTS(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return false
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast()
	}
	return host == "localhost" || strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".local") ||
		!strings.Contains(host, ".")
}

// judgeKeys compares the published keys with those that sign the cluster's tokens.
func (a *Audit) judgeKeys() Finding {
	published, err := a.Issuer.PublicKeys.Get()
	if facts.KindOf(err) == facts.Absent {
		return fail("there is no JWKS at the discovery document's jwks_uri").seen("%s", noVerificationKey).mend(publishKeys)
	}
	if err != nil {
		return missing(err)
	}
	if len(published) == 0 {
		return fail("the issuer's JWKS holds no key").seen("%s", noVerificationKey).mend(publishKeys)
	}
	var ids []string
	for _, k := range published {
		ids = append(ids, k.ID)
	}
	for _, t := range a.Tokens.Or(nil) {
		if t.Source != "file" && t.Problem == "" && t.Gap == nil && !slices.Contains(ids, t.KeyID) {
			return fail("a token of the cluster is signed with key %q, which the issuer's JWKS lacks", t.KeyID).
				detail("published: %s", quoted(ids)).seen("%s", noVerificationKey).mend(publishKeys)
		}
	}
	keys, err := a.Issuer.Keys.Get()
	if err != nil {
		return missing(err)
	}
	var lacking []string
	for _, k := range keys {
		if !slices.Contains(ids, k.ID) {
			lacking = append(lacking, k.ID)
		}
	}
	switch {
	case len(lacking) > 0 && len(lacking) == len(keys):
		return fail("the issuer's JWKS holds none of the keys that the API server signs with").
			detail("published: %s", quoted(ids)).detail("the API server's: %s", quoted(lacking)).
			seen("%s", noVerificationKey).mend(publishKeys)
	case len(lacking) > 0:
		return warn("the issuer's JWKS lacks a key of the API server: tokens signed with it are refused").
			detail("published: %s", quoted(ids)).detail("lacking: %s", quoted(lacking)).mend(publishKeys)
	}
	return pass("")
}

var publishKeys = Remedy{Text: "publish the keys that kubectl get --raw /openid/v1/jwks prints at the jwks_uri"}
