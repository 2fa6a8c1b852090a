package checks

import (
	"net/url"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

var IssuerKnown = register(&Check{
	ID:    "issuer-known",
	Link:  LinkIssuer,
	Stage: StageProvider,
	Grain: GrainCluster,
	Worst: Error,
	Title: "the issuer of the cluster's tokens is known, and all sources name the same one",
	Why: "STS looks for an OIDC provider whose URL is the iss claim of the token, character by character. Where that URL is " +
		"not https, or is not the one that the cluster signs with, every AssumeRoleWithWebIdentity ends in " +
		"InvalidIdentityToken: No OpenIDConnect provider found in your account.",
	Fix: "Ask EKS (aws eks describe-cluster) and the API server (kubectl get --raw /.well-known/openid-configuration). When " +
		"they differ, the kubeconfig and the EKS cluster's name point to two clusters. On a cluster of your own set " +
		"--service-account-issuer of the API server to a public https URL.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html",
		"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
	},
	Judge: each((*Audit).whole, issuerKnown),
})

func issuerKnown(a *Audit, _ Whole) Finding {
	named := a.namedIssuers()
	if len(named) == 0 {
		_, err := a.issuer()
		return missing(err)
	}
	for _, n := range named {
		if issuer, alias := region.Canonical(n.url); alias {
			return warn("%s names %s, the dual-stack alias of the issuer: tokens carry %s", n.source, n.url, issuer).
				mend(Remedy{Text: "give the provider and the trust policies the issuer, never its alias"})
		}
	}
	issuer := named[0].url
	for _, other := range named[1:] {
		if other.url != issuer {
			return issuersDiffer(named[0], other)
		}
	}
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "":
		return fail("the cluster's issuer is %q, and IAM takes only an https URL for a provider", issuer).
			mend(Remedy{Text: "set --service-account-issuer of the API server to a public https URL"})
	case u.RawQuery != "" || u.Fragment != "":
		return fail("the cluster's issuer is %q, and IAM takes no URL with a query for a provider", issuer).
			mend(Remedy{Text: "set --service-account-issuer of the API server to an https URL without a query"})
	}
	return pass("%s, as %s", issuer, sourcesOf(named))
}

// A namedIssuer is what one source says the cluster's issuer is.
type namedIssuer struct{ url, source string }

// namedIssuers are those that could be had. The token of a pod may be older than the
// issuer, and is a source only where there is no other; a token from a file may be of
// any cluster, and is none.
func (a *Audit) namedIssuers() []namedIssuer {
	var named []namedIssuer
	if eks, err := a.AWS.EKS.Get(); err == nil && eks.Issuer != "" {
		named = append(named, namedIssuer{eks.Issuer, "EKS"})
	}
	if discovery, err := a.Issuer.APIServer.Get(); err == nil && discovery.Issuer != "" {
		named = append(named, namedIssuer{discovery.Issuer, "the API server"})
	}
	for _, t := range a.Tokens.Or(nil) {
		if t.Source == "mint" && t.Issuer != "" {
			return append(named, namedIssuer{t.Issuer, "a fresh token"})
		}
	}
	if issuer, err := a.issuer(); err == nil && len(named) == 0 {
		named = append(named, namedIssuer{issuer, "the token of a pod"})
	}
	return named
}

func sourcesOf(named []namedIssuer) string {
	var sources []string
	for _, n := range named {
		sources = append(sources, n.source)
	}
	if len(sources) == 1 {
		return sources[0] + " says"
	}
	last := len(sources) - 1
	return strings.Join(sources[:last], ", ") + " and " + sources[last] + " say"
}

func issuersDiffer(x, y namedIssuer) Finding {
	f := fail("%s and %s name different issuers", x.source, y.source).
		detail("%s: %s", x.source, x.url).
		detail("%s: %s", y.source, y.url)
	if strings.TrimSuffix(x.url, "/") == strings.TrimSuffix(y.url, "/") {
		f = f.detail("they differ in the slash at the end, which counts")
	}
	if x.source == "EKS" && y.source == "the API server" {
		return f.mend(Remedy{Text: "make sure that the kubeconfig's context and the EKS cluster's name mean the same cluster"})
	}
	return f.mend(Remedy{Text: "find out which issuer the API server signs with: the first of its --service-account-issuer flags"})
}

// httpsIssuer returns the cluster's issuer where IAM could have a provider for it; the
// error is absent where issuer-known fails for its URL.
func (a *Audit) httpsIssuer() (string, error) {
	issuer, err := a.issuer()
	if err == nil && !strings.HasPrefix(issuer, "https://") {
		err = &facts.Gap{Kind: facts.Absent, Detail: "an https URL of the issuer: see issuer-known"}
	}
	return issuer, err
}
