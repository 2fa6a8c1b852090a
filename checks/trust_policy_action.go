package checks

import (
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var TrustPolicyAction = register(&Check{
	ID:    "trust-policy-action",
	Link:  LinkTrustPolicy,
	Stage: StageAction,
	Grain: GrainBinding,
	Worst: Error,
	Title: "the trust policy allows sts:AssumeRoleWithWebIdentity",
	Why: "A token is exchanged by the action sts:AssumeRoleWithWebIdentity. sts:AssumeRole is another one and does not include " +
		"it: STS then says AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity.",
	Fix: "Let the statement that names the OIDC provider have the action sts:AssumeRoleWithWebIdentity.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
		"https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html",
	},
	Judge: each((*Audit).Bindings, ofStatement(trustPolicyAction)),
})

func trustPolicyAction(t *trust) Finding {
	s := t.decisive
	switch s.Action {
	case policy.True:
		return pass("%s allows it", s.Label())
	case policy.Unknown:
		return depends("%s: %s", s.Label(), strings.Join(s.Unsure, "; "))
	}
	actions := s.Statement.Actions
	switch {
	case len(s.Statement.NotActions) > 0:
		return fail("%s excludes sts:AssumeRoleWithWebIdentity by its NotAction", s.Label())
	case slices.ContainsFunc(actions, func(a string) bool { return strings.EqualFold(a, "sts:AssumeRole") }):
		return fail("%s allows sts:AssumeRole, which does not include sts:AssumeRoleWithWebIdentity", s.Label())
	}
	f := fail("%s allows %s, not sts:AssumeRoleWithWebIdentity", s.Label(), quoted(actions))
	for _, a := range actions {
		if plainText(a) == policy.AssumeRoleWithWebIdentity || nearly(strings.ToLower(a), strings.ToLower(policy.AssumeRoleWithWebIdentity)) {
			f = f.differing(a, policy.AssumeRoleWithWebIdentity)
		}
	}
	return f
}
