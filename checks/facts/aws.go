package facts

import (
	"encoding/json"
	"time"
)

// AWS is what EKS, IAM and STS said.
type AWS struct {
	Caller Fact[Caller] `json:"caller"`
	// EKS is the cluster as EKS knows it. It is absent when the cluster is not one of EKS.
	EKS Fact[EKSCluster] `json:"eks"`
	// Associations are the EKS Pod Identity associations, by namespace/name of the service account.
	Associations Fact[map[string]Association] `json:"associations"`
	// Accounts are by 12-digit account ID: those that a role named in the cluster lives in.
	Accounts map[string]Account `json:"accounts"`
}

// A Caller is the identity that looked.
type Caller struct {
	ARN     string `json:"arn"`
	Account string `json:"account"`
}

// An EKSCluster is what DescribeCluster says.
type EKSCluster struct {
	Name            string `json:"name"`
	ARN             string `json:"arn"`
	Endpoint        string `json:"endpoint"`
	CA              string `json:"ca,omitempty"` // SHA-256 of the CA certificate in hex
	Issuer          string `json:"issuer"`
	Version         string `json:"version"`
	PlatformVersion string `json:"platformVersion,omitempty"`
	Status          string `json:"status"`
}

// An Association is an EKS Pod Identity association.
type Association struct {
	ID        string       `json:"id"`
	RoleARN   Fact[string] `json:"roleArn"`
	TargetARN string       `json:"targetArn,omitempty"` // the role that is assumed from RoleARN
}

// An Account is what IAM says of one account.
type Account struct {
	// Providers are the ARNs of all its OIDC providers.
	Providers Fact[[]string] `json:"providers"`
	// Provider holds those looked into, by URL without https://.
	Provider map[string]Fact[Provider] `json:"provider,omitempty"`
	// Roles are those looked into, by name without path.
	Roles map[string]Fact[Role] `json:"roles,omitempty"`
	// RoleARNs are the ARNs of all its roles. It is not-asked unless a role was absent.
	RoleARNs Fact[[]string] `json:"roleArns"`
}

// A Provider is an IAM OIDC provider.
type Provider struct {
	ARN         string            `json:"arn"`
	URL         string            `json:"url"` // without https://, as IAM gives it
	ClientIDs   []string          `json:"clientIds"`
	Thumbprints []string          `json:"thumbprints"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// A Role is an IAM role.
type Role struct {
	ARN         string            `json:"arn"` // with its path
	Name        string            `json:"name"`
	TrustPolicy Document          `json:"trustPolicy"`
	CreatedAt   time.Time         `json:"createdAt,omitzero"`
	Tags        map[string]string `json:"tags,omitempty"`
	Attached    Fact[[]Policy]    `json:"attached"` // managed policies
	Inline      Fact[[]Policy]    `json:"inline"`
}

// A Policy is a permissions policy of a role.
type Policy struct {
	Name     string         `json:"name"`
	ARN      string         `json:"arn,omitempty"` // "" for an inline policy
	Document Fact[Document] `json:"document"`
}

// A Document is the text of an IAM policy, URL-decoded, byte for byte as IAM keeps it.
// A file may hold it as that string or, for people who write one, as the policy itself.
type Document string

// UnmarshalJSON takes a string as the text, and anything else as the policy.
func (d *Document) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(d))
	}
	*d = Document(b)
	return nil
}
