package awstest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A World is all of AWS that a test has: accounts by their 12-digit id, and credentials by access key id.
type World struct {
	Accounts    map[string]*Account    `json:"accounts"`
	Credentials map[string]*Credential `json:"credentials"`
}

// An Account is one AWS account.
type Account struct {
	Partition string                         `json:"partition,omitempty"` // "aws" when empty
	Roles     map[string]*Role               `json:"roles,omitempty"`     // by name
	Providers map[string]*Provider           `json:"providers,omitempty"` // by URL without https://
	Policies  map[string]*Policy             `json:"policies,omitempty"`  // customer managed, by name
	Clusters  map[string]map[string]*Cluster `json:"clusters,omitempty"`  // by region, then by name

	id string
}

// A Role is an IAM role. The server fills in what is empty: Path "/", MaxSessionDuration 3600 seconds,
// ID and CreateDate.
type Role struct {
	Path                string              `json:"path,omitempty"`
	ID                  string              `json:"id,omitempty"` // AROA…
	TrustPolicy         Document            `json:"trustPolicy"`
	MaxSessionDuration  int                 `json:"maxSessionDuration,omitempty"` // seconds
	CreateDate          time.Time           `json:"createDate,omitzero"`
	Description         string              `json:"description,omitempty"`
	PermissionsBoundary string              `json:"permissionsBoundary,omitempty"` // a policy's ARN
	Attached            []string            `json:"attached,omitempty"`            // ARNs of managed policies
	Inline              map[string]Document `json:"inline,omitempty"`              // by policy name
	Tags                map[string]string   `json:"tags,omitempty"`
	LastUsed            time.Time           `json:"lastUsed,omitzero"`
	// Confined sessions may do what Inline allows. Others may do everything in the account.
	Confined bool `json:"confined,omitempty"`
}

// A Provider is an IAM OIDC provider.
type Provider struct {
	ClientIDs   []string          `json:"clientIDs,omitempty"`
	Thumbprints []string          `json:"thumbprints,omitempty"`
	CreateDate  time.Time         `json:"createDate,omitzero"`
	Tags        map[string]string `json:"tags,omitempty"`
}

// A Policy is a managed policy. Versions are keyed "v1", "v2", …; the greatest is the default one when Default is empty.
type Policy struct {
	Path        string              `json:"path,omitempty"`
	ID          string              `json:"id,omitempty"` // ANPA…
	Description string              `json:"description,omitempty"`
	Default     string              `json:"default,omitempty"`
	Versions    map[string]Document `json:"versions"`
	CreateDate  time.Time           `json:"createDate,omitzero"`
	Tags        map[string]string   `json:"tags,omitempty"`
}

// A Cluster is an EKS cluster. Status is "ACTIVE" when empty.
type Cluster struct {
	Endpoint        string                  `json:"endpoint,omitempty"`
	CAData          string                  `json:"caData,omitempty"` // base64 of the PEM certificate
	Issuer          string                  `json:"issuer,omitempty"`
	Version         string                  `json:"version,omitempty"`
	PlatformVersion string                  `json:"platformVersion,omitempty"`
	Status          string                  `json:"status,omitempty"`
	RoleARN         string                  `json:"roleArn,omitempty"`
	CreatedAt       time.Time               `json:"createdAt,omitzero"`
	Tags            map[string]string       `json:"tags,omitempty"`
	Associations    map[string]*Association `json:"associations,omitempty"` // by association id: "a-" and 17 characters
}

// An Association is an EKS Pod Identity association.
type Association struct {
	Namespace          string            `json:"namespace"`
	ServiceAccount     string            `json:"serviceAccount"`
	RoleARN            string            `json:"roleArn"`
	TargetRoleARN      string            `json:"targetRoleArn,omitempty"`
	DisableSessionTags bool              `json:"disableSessionTags,omitempty"`
	OwnerARN           string            `json:"ownerArn,omitempty"` // the add-on that owns it
	CreatedAt          time.Time         `json:"createdAt,omitzero"`
	ModifiedAt         time.Time         `json:"modifiedAt,omitzero"`
	Tags               map[string]string `json:"tags,omitempty"`
}

// A Credential says who an access key is. An empty Secret is not verified: every signature is then taken.
// Without Policies a principal may do everything in its own account; a [Fault] denies.
type Credential struct {
	ARN      string     `json:"arn"`    // user, root or assumed-role ARN; it names the account
	UserID   string     `json:"userId"` // derived from ARN when empty
	Secret   string     `json:"secret,omitempty"`
	Token    string     `json:"token,omitempty"` // session token, of temporary credentials only
	Expires  time.Time  `json:"expires,omitzero"`
	Policies []Document `json:"policies,omitempty"` // identity-based: what they do not allow is denied
}

// A Document is the text of a policy, kept byte for byte. In a JSON file it is written as a string or as the policy itself.
type Document string

// UnmarshalJSON takes a string as the text, and anything else as the policy.
func (d *Document) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*d = Document(text)
		return nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return err
	}
	*d = Document(compact.String())
	return nil
}

// Load reads a World from JSON, and refuses unknown fields, account ids that are not 12 digits and
// credentials of accounts that do not exist.
func Load(r io.Reader) (*World, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var w World
	if err := dec.Decode(&w); err != nil {
		return nil, fmt.Errorf("read world: %w", err)
	}
	for id, a := range w.Accounts {
		if !accountID.MatchString(id) || a == nil {
			return nil, fmt.Errorf("read world: account %q: an account is an object under 12 digits", id)
		}
	}
	for key, c := range w.Credentials {
		if c == nil || w.Accounts[accountOf(c.ARN)] == nil {
			return nil, fmt.Errorf("read world: credential %s: its ARN names no account of this world", key)
		}
	}
	return &w, nil
}

var accountID = regexp.MustCompile(`^\d{12}$`)

// complete fills in what the author of the world left out.
func (w *World) complete() {
	born := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	date := func(t *time.Time) {
		if t.IsZero() {
			*t = born
		}
	}
	text := func(s *string, otherwise string) {
		if *s == "" {
			*s = otherwise
		}
	}
	fill(&w.Accounts)
	fill(&w.Credentials)
	for id, a := range w.Accounts {
		a.id = id
		text(&a.Partition, "aws")
		fill(&a.Roles)
		fill(&a.Providers)
		fill(&a.Policies)
		fill(&a.Clusters)
		for name, r := range a.Roles {
			text(&r.Path, "/")
			text(&r.ID, uniqueID("AROA", id, "role", name))
			if r.MaxSessionDuration == 0 {
				r.MaxSessionDuration = 3600
			}
			date(&r.CreateDate)
			fill(&r.Inline)
		}
		for _, p := range a.Providers {
			date(&p.CreateDate)
		}
		for name, p := range a.Policies {
			text(&p.Path, "/")
			text(&p.ID, uniqueID("ANPA", id, "policy", name))
			if versions := p.versions(); len(versions) > 0 {
				text(&p.Default, versions[0])
			}
			date(&p.CreateDate)
		}
		for _, region := range a.Clusters {
			for _, c := range region {
				text(&c.Status, "ACTIVE")
				date(&c.CreatedAt)
				fill(&c.Associations)
				for _, as := range c.Associations {
					date(&as.CreatedAt)
					date(&as.ModifiedAt)
				}
			}
		}
	}
	for _, c := range w.Credentials {
		text(&c.UserID, uniqueID("AIDA", c.ARN))
	}
}

func fill[K comparable, V any](m *map[K]V) {
	if *m == nil {
		*m = map[K]V{}
	}
}

// versions names a policy's versions, the newest first.
func (p *Policy) versions() []string {
	return slices.SortedFunc(maps.Keys(p.Versions), func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a) // v10 is newer than v9
		}
		return strings.Compare(b, a)
	})
}

// arn is the ARN of an IAM resource of the account.
func (a *Account) arn(resource string) string {
	return "arn:" + a.Partition + ":iam::" + a.id + ":" + resource
}

func (a *Account) roleARN(name string) string { return a.arn("role" + a.Roles[name].Path + name) }

// accountOf is the account field of an ARN, or empty.
func accountOf(arn string) string {
	if f := strings.SplitN(arn, ":", 6); len(f) == 6 {
		return f[4]
	}
	return ""
}

// uniqueID makes an IAM unique id: the prefix of its kind and 17 characters that depend on the seed alone.
// See "IAM identifiers" in the IAM User Guide.
func uniqueID(prefix string, seed ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(seed, "\x00")))
	return prefix + base32.StdEncoding.EncodeToString(sum[:])[:17]
}

// partitions maps the beginning of a region's name to its partition; all other regions are in "aws".
var partitions = []struct{ region, partition string }{
	{"cn-", "aws-cn"},
	{"us-gov-", "aws-us-gov"},
	{"us-iso-", "aws-iso"},
	{"us-isob-", "aws-iso-b"},
	{"eu-isoe-", "aws-iso-e"},
	{"us-isof-", "aws-iso-f"},
	{"eusc-", "aws-eusc"},
}

func partitionOf(region string) string {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.region) {
			return p.partition
		}
	}
	return "aws"
}
