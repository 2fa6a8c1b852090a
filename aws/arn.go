package aws

import "regexp"

// A place is where a thing of IAM is.
type place struct {
	partition string
	account   string // 12 digits
}

// A roleARN is the ARN of an IAM role, taken apart.
type roleARN struct {
	place
	path string // "/" or "/…/"
	name string
}

// The SDK's arn.Parse takes almost anything. These are the patterns of IAM's API
// for a role's path and name.
var roleARNPattern = regexp.MustCompile(`^arn:(aws[a-z-]*):iam::(\d{12}):role(/(?:[\x21-\x7e]+/)?)([\w+=,.@-]{1,64})$`)

// parseRoleARN says whether s is the ARN of a role, and of which.
func parseRoleARN(s string) (roleARN, bool) {
	m := roleARNPattern.FindStringSubmatch(s)
	if m == nil {
		return roleARN{}, false
	}
	return roleARN{place{m[1], m[2]}, m[3], m[4]}, true
}

func (r roleARN) String() string { return r.arn("role" + r.path + r.name) }

// arn is the ARN of a resource of IAM that is there.
func (p place) arn(resource string) string {
	return "arn:" + p.partition + ":iam::" + p.account + ":" + resource
}
