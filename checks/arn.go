package checks

import (
	"regexp"
	"strings"
)

// A roleARN is the ARN of an IAM role, taken apart.
type roleARN struct {
	Partition string
	Account   string // 12 digits
	Path      string // "/" or "/…/"
	Name      string
}

// The patterns of IAM's API for role names and paths.
var roleARNPattern = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::(\d{12}):role(/(?:[\x21-\x7e]+/)?)([\w+=,.@-]{1,64})$`)

// parseRoleARN reads the ARN of a role, and says whether it is one.
func parseRoleARN(s string) (roleARN, bool) {
	m := roleARNPattern.FindStringSubmatch(s)
	if m == nil {
		return roleARN{}, false
	}
	return roleARN{m[1], m[2], m[3], m[4]}, true
}

func (r roleARN) String() string {
	return "arn:" + r.Partition + ":iam::" + r.Account + ":role" + r.Path + r.Name
}

// providerARN is the ARN of the OIDC provider for an issuer in the role's account.
func (r roleARN) providerARN(issuer string) string {
	return "arn:" + r.Partition + ":iam::" + r.Account + ":oidc-provider/" + strings.TrimPrefix(issuer, "https://")
}
