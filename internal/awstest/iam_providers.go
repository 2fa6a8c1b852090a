package awstest

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

func withoutScheme(issuer string) string { return strings.TrimPrefix(issuer, "https://") }

var thumbprint = regexp.MustCompile(`^[0-9A-Fa-f]{40}$`)

// provider is the provider that OpenIDConnectProviderArn names. The caller's own account is the only one looked in.
func (r *request) provider() (*Provider, string, *problem) {
	arn := r.params.Get("OpenIDConnectProviderArn")
	url, ok := strings.CutPrefix(arn, r.account.arn("oidc-provider/"))
	switch p := r.account.Providers[url]; {
	case !strings.Contains(arn, ":oidc-provider/"):
		return nil, "", bad("InvalidInput", "Invalid ARN: %s", arn)
	case !ok || p == nil:
		return nil, url, noSuchEntity("OpenIDConnect Provider not found for arn %s", arn)
	default:
		return p, url, nil
	}
}

func listProviders(r *request) (any, *problem) {
	type entry struct{ Arn string }
	var list members[entry]
	for _, url := range slices.Sorted(maps.Keys(r.account.Providers)) {
		list.Member = append(list.Member, entry{r.account.arn("oidc-provider/" + url)})
	}
	return struct {
		OpenIDConnectProviderList members[entry]
	}{list}, nil
}

func getProvider(r *request) (any, *problem) {
	provider, url, p := r.provider()
	if p != nil {
		return nil, p
	}
	return struct {
		URL            string `xml:"Url"` // without its scheme
		CreateDate     string
		ClientIDList   members[string]
		ThumbprintList members[string]
		Tags           *members[xmlTag] `xml:",omitempty"`
	}{url, timestamp(provider.CreateDate), membersOf(provider.ClientIDs), membersOf(provider.Thumbprints), xmlTags(provider.Tags)}, nil
}

func createProvider(r *request) (any, *problem) {
	given := r.params.Get("Url")
	u, err := url.Parse(given)
	switch {
	case err != nil || u.Scheme == "" || u.Hostname() == "":
		return nil, bad("ValidationError", "Invalid Open ID Connect Provider URL")
	case u.Scheme != "https":
		return nil, bad("InvalidInput", "Invalid Open ID Connect Provider URL. The URL must begin with https://.")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil:
		return nil, bad("InvalidInput", "Invalid Open ID Connect Provider URL. The URL must not contain query parameters.")
	}
	// A port 443 does not stay in the provider's name: eksctl creates providers with it and finds them without.
	name := withoutScheme(strings.Replace(given, u.Host, strings.TrimSuffix(u.Host, ":443"), 1))
	if r.account.Providers[name] != nil {
		return nil, conflict("EntityAlreadyExists", "Provider with url %s already exists.", given)
	}
	clients, thumbprints := r.list("ClientIDList"), r.list("ThumbprintList")
	switch {
	case len(clients) > 100:
		return nil, conflict("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100")
	case len(r.account.Providers) >= 100:
		return nil, conflict("LimitExceeded", "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100")
	}
	if p := checkThumbprints(thumbprints); p != nil {
		return nil, p
	}
	tags, p := r.tags()
	if p != nil {
		return nil, p
	}
	if len(thumbprints) == 0 { // optional: IAM then takes that of the top intermediate CA of the server's certificate
		thumbprints = []string{"9e99a48a9960b14926bb7f3b02e22da2b0ab7280"}
	}
	r.account.Providers[name] = &Provider{ClientIDs: clients, Thumbprints: thumbprints, CreateDate: r.now, Tags: tags}
	return struct {
		OpenIDConnectProviderArn string
		Tags                     *members[xmlTag] `xml:",omitempty"`
	}{r.account.arn("oidc-provider/" + name), xmlTags(tags)}, nil
}

func checkThumbprints(list []string) *problem {
	if len(list) > 5 {
		return bad("InvalidInput", "Thumbprint list must contain fewer than 5 entries.")
	}
	for _, t := range list {
		if len(t) != 40 {
			return bad("ValidationError", "1 validation error detected: Value '[%s]' at 'thumbprintList' failed to satisfy constraint: "+
				"Member must satisfy constraint: [Member must have length less than or equal to 40, Member must have length greater than or equal to 40]", t)
		}
		if !thumbprint.MatchString(t) {
			return bad("InvalidInput", "Invalid thumbprint: %s", t)
		}
	}
	return nil
}

// deleteProvider is idempotent, as documented.
func deleteProvider(r *request) (any, *problem) {
	_, url, p := r.provider()
	if p != nil && p.status != http.StatusNotFound {
		return nil, p
	}
	delete(r.account.Providers, url)
	return nil, nil
}

// addClientID is idempotent, as documented.
func addClientID(r *request) (any, *problem) {
	provider, _, p := r.provider()
	id := r.params.Get("ClientID")
	switch {
	case p != nil:
		return nil, p
	case slices.Contains(provider.ClientIDs, id):
	case len(provider.ClientIDs) >= 100:
		return nil, conflict("LimitExceeded", "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100")
	default:
		provider.ClientIDs = append(provider.ClientIDs, id)
	}
	return nil, nil
}

// removeClientID is idempotent, as documented.
func removeClientID(r *request) (any, *problem) {
	provider, _, p := r.provider()
	if p != nil {
		return nil, p
	}
	provider.ClientIDs = slices.DeleteFunc(provider.ClientIDs, func(id string) bool { return id == r.params.Get("ClientID") })
	return nil, nil
}

func updateThumbprint(r *request) (any, *problem) {
	provider, _, p := r.provider()
	if p != nil {
		return nil, p
	}
	list := r.list("ThumbprintList")
	if p := checkThumbprints(list); p != nil {
		return nil, p
	}
	provider.Thumbprints = list
	return nil, nil
}

func tagProvider(r *request) (any, *problem) {
	provider, _, p := r.provider()
	if p != nil {
		return nil, p
	}
	tags, p := r.tags()
	if p != nil {
		return nil, p
	}
	fill(&provider.Tags)
	maps.Copy(provider.Tags, tags)
	return nil, nil
}
