package checks

import (
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

// admits asks a role's trust policy whether it lets a principal make a call that is no
// web identity's: a service, or a role. The names are all by which the policy may call
// it. Every condition key is taken as open, so that a condition makes it Depends.
func admits(trust facts.Document, kind string, names []string, action string) (policy.Decision, error) {
	document, err := policy.Parse(string(trust))
	if err != nil {
		return policy.Depends, &facts.Gap{Kind: facts.Malformed, Call: "iam:GetRole", Detail: "the trust policy: " + err.Error()}
	}
	// The evaluation knows identity providers only: for it the principal becomes one.
	const caller = "caller"
	for _, s := range document.Statements {
		for i, p := range s.Principals {
			if (p.Type == kind || p.Type == "*") && slices.Contains(names, p.Value) {
				s.Principals[i] = policy.Principal{Pos: p.Pos, Type: "Federated", Value: caller}
			}
		}
	}
	request := policy.Request{Action: action, Federated: caller, Unknown: func(string) bool { return true }}
	return document.Evaluate(request).Decision, nil
}

// The principal of EKS Pod Identity, and what it has to be allowed.
// Source: docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html.
const podIdentityService = "pods.eks.amazonaws.com"

var podIdentityActions = []string{"sts:AssumeRole", "sts:TagSession"}

// admitsPodIdentity says whether a role can be had by EKS Pod Identity, and which
// actions its trust policy withholds.
func admitsPodIdentity(trust facts.Document) (decision policy.Decision, withheld []string, err error) {
	decision = policy.Allowed
	for _, action := range podIdentityActions {
		d, err := admits(trust, "Service", []string{podIdentityService}, action)
		if err != nil {
			return d, nil, err
		}
		decision = min(decision, d)
		if d == policy.Denied {
			withheld = append(withheld, action)
		}
	}
	return decision, withheld, nil
}

// admitsItself says whether a role may assume itself by its trust policy: as itself, or
// as one of its account, which needs a permission besides.
func admitsItself(role facts.Role, arn facts.RoleARN) (policy.Decision, error) {
	root := "arn:" + arn.Partition + ":iam::" + arn.Account + ":root"
	return admits(role.TrustPolicy, "AWS", []string{role.ARN, root, arn.Account, "*"}, "sts:AssumeRole")
}
