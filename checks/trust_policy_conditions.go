package checks

import (
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var TrustPolicyConditions = register(&Check{
	ID:    "trust-policy-conditions",
	Link:  LinkTrustPolicy,
	Stage: StageConditions,
	Grain: GrainBinding,
	Worst: Error,
	Title: "the trust policy's other conditions, beside subject and audience, hold for the call",
	Why: "Of a Kubernetes token IAM knows the keys ISSUER:sub and ISSUER:aud only. A condition on sts:ExternalId, on session tags, " +
		"on a source identity or on another claim never holds for it, and STS says AccessDenied: Not authorized to perform " +
		"sts:AssumeRoleWithWebIdentity.",
	Fix: "Keep such conditions to the statements for sts:AssumeRole, and give the OIDC provider a statement of its own.",
	Refs: []string{
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
	},
	Judge: each((*Audit).Bindings, ofStatement(trustPolicyConditions)),
})

func trustPolicyConditions(t *trust) Finding {
	s := t.decisive
	conditions, holds := t.on(noClaim)
	if holds == policy.False {
		var f Finding
		for _, c := range conditions {
			switch {
			case c.Holds != policy.False:
			case f.Message == "":
				f = fail("%s has a condition that %s", s.Label(), t.whyNot(c)).detail("%s", conditionText(c))
			default:
				f = f.detail("%s", conditionText(c))
			}
		}
		return f
	}
	for _, e := range s.Statement.Others {
		if e.Unread != "" {
			return depends("%s holds %s, which is not understood: %s", s.Label(), e.Name, e.Unread)
		}
	}
	switch {
	case holds == policy.Unknown:
		return undecided(s, conditions)
	case len(conditions) == 0:
		return pass("%s has no other condition", s.Label())
	}
	return pass("the other conditions of %s hold", s.Label())
}

// whyNot says why a condition fails for a web identity.
func (t *trust) whyNot(c policy.ConditionResult) string {
	key := strings.ToLower(c.Key)
	under := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(key, p) {
				return true
			}
		}
		return false
	}
	switch {
	case !c.Missing:
		return "does not hold: " + c.Key + " is " + quoted(c.Have)
	case strings.EqualFold(c.Operator, "Null"):
		return "wants " + c.Key + ", which no web identity of Kubernetes has"
	case under("sts:externalid"):
		return "never holds: sts:ExternalId is part of sts:AssumeRole only"
	case under("aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"):
		return "never holds: Kubernetes tokens carry no session tags"
	case under("sts:sourceidentity", "aws:sourceidentity"):
		return "never holds: Kubernetes tokens carry no source identity"
	case under("aws:principal", "aws:username"):
		return "never holds: a web identity is no principal of AWS yet"
	case under("aws:multifactorauth", "aws:tokenissuetime"):
		return "never holds: a web identity comes without temporary credentials"
	case strings.Contains(key, strings.ToLower(idOf(t.host()))):
		return "never holds: of the claims of a Kubernetes token IAM knows sub and aud only"
	}
	return "never holds: a web identity call has no " + c.Key
}
