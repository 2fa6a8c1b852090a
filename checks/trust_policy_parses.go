package checks

import (
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var TrustPolicyParses = register(&Check{
	ID:    "trust-policy-parses",
	Link:  LinkTrustPolicy,
	Stage: StagePrincipal,
	Grain: GrainRole,
	Worst: Warning,
	Title: "every part of the trust policy means to IAM what it says",
	Why: "IAM saves a policy of which parts can never match: it does not ask whether a provider exists, and takes a wildcard " +
		"under StringEquals as a character. A statement that rests on such a part admits nobody, without a word; the call ends " +
		"in AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity.",
	Fix: "Correct the parts that never match, or take them out.",
	Refs: []string{
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
	},
	Judge: each((*Audit).Roles, trustPolicyParses),
})

func trustPolicyParses(a *Audit, r *Role) Finding {
	role, err := a.role(r.ARN)
	if err != nil {
		return missing(err)
	}
	document, err := policy.Parse(string(role.TrustPolicy))
	if err != nil {
		return missing(&facts.Gap{Kind: facts.Malformed, Detail: "the trust policy of " + role.ARN + " can not be read: " + err.Error()})
	}
	told, denied := a.toldOf(r)
	var unread, idle []policy.Oddity
	var tellers []string
	for _, o := range document.Oddities() {
		switch teller := told[o.Pos]; {
		case o.Unread:
			unread = append(unread, o)
		case teller != "":
			tellers = append(tellers, teller)
		default:
			idle = append(idle, o)
		}
	}
	switch {
	case len(unread) > 0:
		f := depends("part of the trust policy is not understood: %s", unread[0].Text)
		f.Gap.Kind = facts.Malformed // it was answered, and can not be read
		for _, o := range unread {
			f = f.detail("line %d, column %d: %s", o.Pos.Line, o.Pos.Column, o.Text)
		}
		return f
	case len(idle) == 0 && len(tellers) > 0:
		return skip("what never matches in it keeps out an account: see %s", strings.Join(once(tellers), ", "))
	case len(idle) == 0:
		return pass("%s, each part with a meaning", plural(len(document.Statements), "statement"))
	}
	f := warn("part of the trust policy does not mean what it says: %s", idle[0].Text)
	if denied {
		f.Result = Note
	}
	for _, o := range idle {
		f = f.detail("line %d, column %d: %s", o.Pos.Line, o.Pos.Column, o.Text)
	}
	return f.mend(Remedy{
		Text:  "correct that part of the trust policy of " + role.Name + ", or take it out",
		Owner: ownerOfTags(role.Tags),
	})
}

// toldOf says which check tells of the parts of the policy that keep out a binding of the
// role, by their positions, and whether some binding is kept out at all.
func (a *Audit) toldOf(r *Role) (told map[policy.Position]string, denied bool) {
	told = map[policy.Position]string{}
	for _, b := range r.Bindings {
		t := a.trust(b)
		if t.result == nil || t.result.Decision != policy.Denied {
			continue
		}
		denied = true
		if t.decisive == nil {
			continue
		}
		if t.decisive.Principal == policy.False {
			for _, p := range t.decisive.Statement.Principals {
				told[p.Pos] = "trust-policy-federated"
			}
		}
		for _, c := range t.decisive.Conditions {
			if c.Holds == policy.False && !t.forAnother() {
				told[c.Pos] = map[claim]string{
					subjectClaim: "trust-policy-subject", audienceClaim: "trust-policy-audience", noClaim: "trust-policy-conditions",
				}[claimOf(c)]
			}
		}
	}
	return told, denied
}
