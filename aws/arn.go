package aws

import "github.com/irsa-doctor/irsa-doctor/checks/facts"

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

// parseRoleARN says whether s is the ARN of a role, and of which. The SDK's arn.Parse
// takes almost anything.
func parseRoleARN(s string) (roleARN, bool) {
	r, ok := facts.ParseRoleARN(s)
	return roleARN{place{r.Partition, r.Account}, r.Path, r.Name}, ok
}

func (r roleARN) String() string { return r.arn("role" + r.path + r.name) }

// arn is the ARN of a resource of IAM that is there.
func (p place) arn(resource string) string {
	return "arn:" + p.partition + ":iam::" + p.account + ":" + resource
}
