package edit

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// PutTrustPolicy replaces the trust policy of a role.
type PutTrustPolicy struct {
	Profile  string
	Account  string // 12 digits
	Role     string // name without path
	Document string // JSON
}

func (e PutTrustPolicy) Command() Command {
	var document bytes.Buffer
	if err := json.Compact(&document, []byte(e.Document)); err != nil {
		return nil
	}
	return aws(e.Profile, "", "iam", "update-assume-role-policy", "--role-name", e.Role, "--policy-document", document.String())
}

func (e PutTrustPolicy) Apply(s *facts.Snapshot) {
	roles := s.AWS.Accounts[e.Account].Roles
	if role, err := roles[e.Role].Get(); err == nil {
		role.TrustPolicy = facts.Document(e.Document)
		roles[e.Role] = facts.Known(role)
	}
}

// CreateProvider makes an OIDC provider for an issuer. IAM finds the thumbprint itself.
type CreateProvider struct {
	Profile   string
	Account   string // 12 digits, whose credentials the profile must have
	Partition string
	URL       string // of the issuer
	ClientIDs []string
}

func (e CreateProvider) issuer() string { return strings.TrimPrefix(e.URL, "https://") }

// ARN is the ARN that the provider will have.
func (e CreateProvider) ARN() string {
	return "arn:" + e.Partition + ":iam::" + e.Account + ":oidc-provider/" + e.issuer()
}

func (e CreateProvider) Command() Command {
	args := []string{"iam", "create-open-id-connect-provider", "--url", "https://" + e.issuer()}
	if len(e.ClientIDs) > 0 {
		args = append(append(args, "--client-id-list"), e.ClientIDs...)
	}
	return aws(e.Profile, "", args...)
}

func (e CreateProvider) Apply(s *facts.Snapshot) {
	account := s.AWS.Accounts[e.Account]
	if known, err := account.Provider[e.issuer()].Get(); err == nil && known.ARN != "" {
		return
	}
	if account.Provider == nil {
		account.Provider = map[string]facts.Fact[facts.Provider]{}
	}
	account.Provider[e.issuer()] = facts.Known(facts.Provider{ARN: e.ARN(), URL: e.issuer(), ClientIDs: slices.Clone(e.ClientIDs)})
	if all, err := account.Providers.Get(); err == nil && !slices.Contains(all, e.ARN()) {
		account.Providers = facts.Known(append(slices.Clone(all), e.ARN()))
	}
	if s.AWS.Accounts == nil {
		s.AWS.Accounts = map[string]facts.Account{}
	}
	s.AWS.Accounts[e.Account] = account
}

// AddClientID has an OIDC provider accept an audience.
type AddClientID struct {
	Profile     string
	ProviderARN string
	ClientID    string
}

func (e AddClientID) Command() Command {
	return aws(e.Profile, "", "iam", "add-client-id-to-open-id-connect-provider", "--open-id-connect-provider-arn", e.ProviderARN, "--client-id", e.ClientID)
}

// Apply changes the provider wherever the snapshot holds it.
func (e AddClientID) Apply(s *facts.Snapshot) {
	for _, account := range s.AWS.Accounts {
		for url, fact := range account.Provider {
			if p, err := fact.Get(); err == nil && p.ARN == e.ProviderARN && !slices.Contains(p.ClientIDs, e.ClientID) {
				p.ClientIDs = append(slices.Clone(p.ClientIDs), e.ClientID)
				account.Provider[url] = facts.Known(p)
			}
		}
	}
}
