package policy

import (
	"slices"
	"strings"
)

// AssumeRoleWithWebIdentity is the action of a web identity.
const AssumeRoleWithWebIdentity = "sts:AssumeRoleWithWebIdentity"

// A Request is a call that a trust policy is asked about.
type Request struct {
	Action    string
	Federated string // the ARN of the caller's identity provider
	// Keys are the condition keys that the call has, with their values. Names differ in
	// more than case. A key that is neither here nor Unknown is certainly absent.
	Keys map[string][]string
	// Unknown says of a key that is not in Keys whether the call may have it, with a value
	// that is not known here. Nil: no key is.
	Unknown func(key string) bool
}

// WebIdentity is the call AssumeRoleWithWebIdentity with the token of a Kubernetes
// service account: provider is the ARN of the IAM OIDC provider, issuer the token's
// iss. An empty subject or a nil audience is not known.
//
// Which keys such a call can have is in the Service Authorization Reference of STS: of
// the claims of a Kubernetes token only sub and aud, no tags, no ExternalId, no source
// identity, and nothing of a calling principal, for there is none yet. The session name,
// the network and the time are the call's own: not known, unless they are added to Keys.
func WebIdentity(provider, issuer, subject string, audience []string) Request {
	host := strings.TrimPrefix(issuer, "https://")
	keys := map[string][]string{"aws:SecureTransport": {"true"}} // SDKs call STS by https
	unknown := []string{host + ":oaud"}
	if subject != "" {
		keys[host+":sub"] = []string{subject}
	} else {
		unknown = append(unknown, host+":sub")
	}
	if audience != nil {
		keys[host+":aud"] = audience
	} else {
		unknown = append(unknown, host+":aud")
	}
	return Request{
		Action:    AssumeRoleWithWebIdentity,
		Federated: provider,
		Keys:      keys,
		Unknown: func(key string) bool {
			return slices.ContainsFunc(unknown, func(u string) bool { return strings.EqualFold(u, key) }) ||
				isServiceKey(key) && !isNeverPresent(key)
		},
	}
}

// isServiceKey says whether a key is AWS's own rather than an identity provider's.
func isServiceKey(key string) bool {
	service, _, _ := strings.Cut(key, ":")
	return slices.ContainsFunc([]string{"aws", "sts", "iam"}, func(s string) bool { return strings.EqualFold(s, service) })
}

// neverPresent are keys of AWS that no call with a Kubernetes token has. One that ends
// in / stands for all that begin so.
var neverPresent = []string{
	"sts:ExternalId", "sts:SourceIdentity", "sts:TransitiveTagKeys", // of AssumeRole, or of claims that Kubernetes does not make
	"aws:RequestTag/", "aws:TagKeys", "aws:SourceIdentity", // likewise
	"aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths",
	"aws:PrincipalTag/", "aws:username", // there is no principal yet
	"aws:TokenIssueTime", "aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent", // of temporary credentials
	"aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths", // of calls by AWS services
}

func isNeverPresent(key string) bool {
	return slices.ContainsFunc(neverPresent, func(never string) bool {
		if strings.HasSuffix(never, "/") {
			return len(key) > len(never) && strings.EqualFold(key[:len(never)], never)
		}
		return strings.EqualFold(key, never)
	})
}

// lookup returns the values of a key, none when it is absent. Known says whether that
// is certain. Case does not matter (reference_policies_elements_condition).
func (r *Request) lookup(key string) (values []string, known bool) {
	if values, ok := r.Keys[key]; ok {
		return values, true
	}
	for name, values := range r.Keys {
		if strings.EqualFold(name, key) {
			return values, true
		}
	}
	return nil, r.Unknown == nil || !r.Unknown(key)
}
