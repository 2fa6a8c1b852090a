package checks

import (
	"fmt"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var TrustPolicyAudiencePinned = register(&Check{
	ID:    "trust-policy-audience-pinned",
	Link:  LinkTrustPolicy,
	Stage: StageConditions,
	Grain: GrainRole,
	Worst: Notice,
	Title: "the trust policy accepts tokens of one audience only",
	Why: "A token is made for an audience. Without a condition on ISSUER:aud the role takes every token of the account whose " +
		"audience is among the provider's client IDs, also one that was handed to somebody else. The guide that installs ACK " +
		"leaves the condition out.",
	Fix: "Add a condition StringEquals on ISSUER:aud with the audience of the projected token, sts.amazonaws.com as a rule.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
	},
	Judge: each((*Audit).Roles, trustPolicyAudiencePinned),
})

func trustPolicyAudiencePinned(a *Audit, r *Role) Finding {
	var f Finding
	for _, b := range r.Bindings {
		t := a.trust(b)
		switch {
		case t.idle != "":
			f = skip("%s", t.idle)
		case t.err != nil:
			return missing(t.err)
		case t.unread() != "":
			f = skip("what the policy's unread part says is not known: see trust-policy-federated")
		case t.result.Decision == policy.Denied:
			f = skip("the policy does not admit the account itself")
		case t.document.Evaluate(t.request(b.Subject(), stranger)).Decision >= t.result.Decision:
			s := decisive(t.document.Evaluate(t.request(b.Subject(), stranger)))
			return note("%s accepts tokens of any audience that the provider has among its client IDs", s.Label()).
				mend(Remedy{
					Text:  fmt.Sprintf("add the condition StringEquals %s: %s to it", t.key("aud"), several(t.audiences)),
					Owner: ownerOfTags(t.role.Tags),
				})
		default:
			return pass("it accepts the audience %s and not any", t.audience)
		}
	}
	return f
}
