package aws

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// listProviders are the ARNs of an account's OIDC providers, which IAM gives in one
// page: an account has 100 at most.
func listProviders(ctx context.Context, client *iam.Client) ([]string, error) {
	out, err := client.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if err != nil {
		return nil, err
	}
	if out.OpenIDConnectProviderList == nil {
		return nil, unusable("iam:ListOpenIDConnectProviders", "list")
	}
	return each(out.OpenIDConnectProviderList, func(p types.OpenIDConnectProviderListEntry) string { return awssdk.ToString(p.Arn) }), nil
}

// providers looks into those that the issuers have, by URL, and those listed that may
// have been meant for them.
func (a *account) providers(ctx context.Context, listed facts.Fact[[]string], issuers []string) map[string]facts.Fact[facts.Provider] {
	found := map[string]facts.Fact[facts.Provider]{}
	wanted := map[string]string{} // ARNs by URL
	all, unlisted := listed.Get()
	for _, issuer := range issuers {
		arn := a.arn("oidc-provider/" + issuer)
		if unlisted != nil || slices.Contains(all, arn) {
			wanted[issuer] = arn
		} else {
			found[issuer] = facts.Missing[facts.Provider](&facts.Gap{Kind: facts.Absent, Call: "iam:ListOpenIDConnectProviders",
				Detail: fmt.Sprintf("none of the %d OIDC providers of account %s has this URL", len(all), a.account)})
		}
		for _, arn := range resembling(issuer, all) {
			wanted[providerURL(arn)] = arn
		}
	}
	urls := slices.Collect(maps.Keys(wanted))
	for i, p := range each(urls, func(url string) facts.Fact[facts.Provider] { return fact(a.provider(ctx, wanted[url])) }) {
		found[urls[i]] = p
	}
	return found
}

func (a *account) provider(ctx context.Context, arn string) (facts.Provider, error) {
	out, err := a.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
	if err != nil {
		return facts.Provider{}, err
	}
	if out.Url == nil {
		return facts.Provider{}, unusable("iam:GetOpenIDConnectProvider", "URL")
	}
	return facts.Provider{
		ARN: arn, URL: strings.TrimPrefix(*out.Url, "https://"), Tags: tags(out.Tags),
		ClientIDs: append([]string{}, out.ClientIDList...), Thumbprints: append([]string{}, out.ThumbprintList...),
	}, nil
}

// providerURL is the URL of a provider, without https://, as its ARN holds it.
func providerURL(arn string) string {
	_, url, _ := strings.Cut(arn, ":oidc-provider/")
	return url
}

// mostNeighbours bounds the providers of other clusters of the same region that are
// looked into.
const mostNeighbours = 5

// resembling are the listed providers, by ARN, that may have been meant for an issuer
// and are not the issuer's own: another spelling of it, the same cluster by another
// name of EKS or, where the issuer has no provider, other clusters of its region.
func resembling(issuer string, listed []string) []string {
	var same, neighbours []string
	own := false
	meant := eksIssuer(issuer)
	for _, arn := range listed {
		url := providerURL(arn)
		other := eksIssuer(url)
		switch {
		case url == issuer:
			own = true
		case spelling(url) == spelling(issuer), meant.id != "" && other.id == meant.id:
			same = append(same, arn)
		case meant.id != "" && other.region == meant.region && len(neighbours) < mostNeighbours:
			neighbours = append(neighbours, arn)
		}
	}
	if own {
		return same
	}
	return append(same, neighbours...)
}

// spelling is what is left of an issuer without case, the default port and a slash at
// its end, in all of which STS is exact.
func spelling(issuer string) string {
	host, path, _ := strings.Cut(strings.ToLower(issuer), "/")
	return strings.TrimSuffix(host, ":443") + "/" + strings.TrimRight(path, "/")
}

// An eksName is what an issuer of EKS says of its cluster.
type eksName struct{ region, id string }

// EKS answers at two hosts for an issuer: oidc.eks.REGION.amazonaws.com, which is what
// tokens say, and with IPv6 oidc-eks.REGION.api.aws. China has suffixes of its own.
var eksIssuerPattern = regexp.MustCompile(`^oidc[.-]eks\.([a-z0-9-]+)\.[a-z0-9.-]+/id/([^/]+)$`)

// eksIssuer is zero for an issuer that is none of EKS.
func eksIssuer(issuer string) eksName {
	m := eksIssuerPattern.FindStringSubmatch(spelling(issuer))
	if m == nil {
		return eksName{}
	}
	return eksName{m[1], m[2]}
}
