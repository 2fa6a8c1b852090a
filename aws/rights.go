package aws

// A Right is a statement of an IAM policy that a Client's calls need, and what for.
// Without one that is optional no check fails to answer. sts:GetCallerIdentity needs none.
type Right struct {
	Sid       string
	Actions   []string // as a Gap names the call
	Resources []string // ARNs, or "*"
	Why       string
	Narrow    string // to which resources it may be restricted; "" when it may not
	Optional  bool
	InRole    bool // the roles that are assumed need it too
}

// Rights are all that the caller needs who assumes these roles. The error is what
// Connect says of the roles.
func Rights(roleARNs []string) ([]Right, error) {
	if _, err := routed(roleARNs); err != nil {
		return nil, err
	}
	all := []string{"*"}
	rights := []Right{
		{
			Sid: "ReadRoles", Resources: all, InRole: true, Why: "the roles, their trust policies and what they may do",
			Actions: []string{"iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:GetRolePolicy"},
			Narrow:  "roles",
		},
		{
			Sid: "ReadPolicies", Resources: all, InRole: true, Why: "the managed policies that are attached to the roles",
			Actions: []string{"iam:GetPolicy", "iam:GetPolicyVersion"},
			Narrow:  "policies, AWS's own among them",
		},
		{
			Sid: "ReadProviders", Resources: all, InRole: true, Why: "the OIDC provider of the cluster",
			Actions: []string{"iam:GetOpenIDConnectProvider"},
			Narrow:  "OIDC providers",
		},
		{
			Sid: "ReadCluster", Resources: all, Why: "the cluster in EKS and its EKS Pod Identity associations; not needed where the cluster is none of EKS",
			Actions: []string{"eks:DescribeCluster", "eks:ListPodIdentityAssociations", "eks:DescribePodIdentityAssociation"},
			Narrow:  "the cluster and its pod identity associations",
		},
		{
			Sid: "FindLookalikes", Resources: all, InRole: true, Optional: true,
			Why:     "finds the role or provider that was meant, where the one that is named is not there",
			Actions: []string{"iam:ListRoles", "iam:ListOpenIDConnectProviders"},
		},
	}
	if len(roleARNs) > 0 {
		rights = append(rights, Right{
			Sid: "ReadOtherAccounts", Resources: roleARNs, Why: "the roles that read the other accounts; they have to trust the caller",
			Actions: []string{"sts:AssumeRole"},
		})
	}
	return rights, nil
}
