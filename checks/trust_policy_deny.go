package checks

import (
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var TrustPolicyDeny = register(&Check{
	ID:    "trust-policy-deny",
	Link:  LinkTrustPolicy,
	Stage: StageConditions,
	Grain: GrainBinding,
	Worst: Error,
	Title: "every Deny statement of the trust policy leaves the call out",
	Why: "A Deny that matches wins over every Allow. A negated condition such as StringNotEquals also matches where the call " +
		"does not have the key at all. STS then says AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity.",
	Fix: "Narrow the Deny statement, by its principals, its actions or its conditions, so that it leaves this call out.",
	Refs: []string{
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
	},
	Judge: each((*Audit).Bindings, attributed(trustPolicyDeny)),
})

func trustPolicyDeny(t *trust) Finding {
	if t.unread() != "" {
		return skip("what the policy's unread part says is not known: see trust-policy-federated")
	}
	if s := t.result.DeniedBy(); s != nil {
		f := fail("%s denies the call", s.Label())
		for _, c := range s.Conditions {
			if c.Missing {
				f = f.detail("%s holds because the call has no such key", conditionText(c))
			} else {
				f = f.detail("%s", conditionText(c))
			}
		}
		return f
	}
	for _, s := range t.result.Statements {
		if s.Statement.Effect == "Allow" || s.Result != policy.Unknown {
			continue
		}
		open := append([]string(nil), s.Unsure...)
		if text := openly(s.Conditions); text != "" {
			open = append(open, text)
		}
		return depends("whether %s denies the call is open: %s", s.Label(), strings.Join(open, "; "))
	}
	return pass("no Deny statement catches the call")
}
