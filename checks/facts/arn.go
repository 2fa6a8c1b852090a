package facts

import (
	"regexp"
	"strings"
)

// A RoleARN is the ARN of an IAM role, taken apart.
type RoleARN struct {
	Partition string
	Account   string // 12 digits
	Path      string // "/" or "/…/"
	Name      string
}

// The patterns of IAM's API for a role's path and name.
var roleARN = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::(\d{12}):role(/(?:[\x21-\x7e]+/)?)([\w+=,.@-]{1,64})$`)

// ParseRoleARN reads the ARN of a role, and says whether it is one.
func ParseRoleARN(s string) (RoleARN, bool) {
	m := roleARN.FindStringSubmatch(s)
	if m == nil {
		return RoleARN{}, false
	}
	return RoleARN{m[1], m[2], m[3], m[4]}, true
}

func (r RoleARN) String() string {
	return "arn:" + r.Partition + ":iam::" + r.Account + ":role" + r.Path + r.Name
}

// ProviderARN is the ARN of the OIDC provider for an issuer in the role's account.
func (r RoleARN) ProviderARN(issuer string) string {
	return "arn:" + r.Partition + ":iam::" + r.Account + ":oidc-provider/" + strings.TrimPrefix(issuer, "https://")
}
