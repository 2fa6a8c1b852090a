package checks

import (
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var TrustPolicyAudience = register(&Check{
	ID:    "trust-policy-audience",
	Link:  LinkTrustPolicy,
	Stage: StageConditions,
	Grain: GrainBinding,
	Worst: Error,
	Title: "the trust policy accepts the audience of the service account's tokens",
	Why: "A condition on ISSUER:aud is compared with the token's audience, which is sts.amazonaws.com unless the service account " +
		"or the webhook says otherwise, in every partition and region: it is no endpoint. When they differ, STS says " +
		"AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity.",
	Fix: "Let the condition on ISSUER:aud name the audience that the pod's projected token has.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
		"https://github.com/aws/amazon-eks-pod-identity-webhook",
	},
	Judge: each((*Audit).Bindings, ofStatement(trustPolicyAudience)),
})

func trustPolicyAudience(t *trust) Finding {
	conditions, holds := t.on(audienceClaim)
	switch {
	case len(conditions) == 0:
		return pass("%s has no condition on the audience", t.decisive.Label())
	case holds == policy.True:
		return pass("%s accepts %s", t.decisive.Label(), t.audience)
	case holds == policy.Unknown && t.audience == "":
		return depends("the token has the API server's own audience, which %s may or may not accept", t.decisive.Label())
	case holds == policy.Unknown:
		return undecided(t.decisive, conditions)
	}
	if f, ok := t.toldElsewhere(audienceClaim); ok {
		return f
	}
	if f, ok := t.keyFailure(conditions); ok {
		return f
	}
	if f, ok := t.negative("audience", conditions); ok {
		return f
	}
	i := slices.IndexFunc(conditions, func(c policy.ConditionResult) bool { return c.Holds == policy.False })
	c := conditions[i]
	for _, v := range c.Values {
		if unseen(v) != "" && plainText(v) == t.audience {
			return fail("the audience in %s holds characters that are not seen: %s", t.decisive.Label(), unseen(v)).differing(v, t.audience)
		}
	}
	f := fail("%s accepts another audience than the token's, %q", t.decisive.Label(), t.audience).detail("accepted: %s", several(c.Values))
	for _, v := range c.Values {
		if text := likeAudience(v, t.audience); text != "" {
			f = f.detail("%s %s", quoted([]string{v}), text)
		}
	}
	return f
}
