package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

// IAM's quota on the length of a trust policy: what it is at first, and what it can be
// raised to. White space does not count.
// Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
const usualTrustPolicy, longestTrustPolicy = 2048, 4096

// trustRemedy mends the role's trust policy for every binding in scope that it keeps
// out, by one document, so that no remedy undoes another's.
func (a *Audit) trustRemedy(t *trust) Remedy {
	if t.remedy != nil {
		return *t.remedy
	}
	if provider, err := a.provider(t.arn.Account, t.issuer); err == nil && t.accepts(a.webhook().Audience) {
		if remedy, ok := a.correctAudience(t.binding, provider); ok {
			return remedy
		}
	}
	var kin []*trust
	for _, b := range a.bindings {
		if other := a.trust(b); b.RoleARN == t.binding.RoleARN && other.result != nil && other.result.Decision == policy.Denied {
			kin = append(kin, other)
		}
	}
	remedy := a.mendTrust(kin)
	for _, other := range kin {
		other.remedy = &remedy
	}
	return remedy
}

// mendTrust mends the trust policy that keeps out all of these bindings of one role.
func (a *Audit) mendTrust(kin []*trust) Remedy {
	role := kin[0].role
	document := kin[0].document
	remedy := Remedy{Owner: ownerOfTags(role.Tags)}
	var steps, denials []string
	for _, t := range kin {
		if deny := t.result.DeniedBy(); deny != nil {
			denials = append(denials, "narrow "+deny.Label()+", which denies the call")
			if t.decisive == nil || t.decisive.Result == policy.False {
				denials = append(denials, "allow it by a statement for "+t.binding.Subject()+" of this cluster's provider")
			}
			continue
		}
		if t.decision(document, t.binding.Subject()) != policy.Denied {
			continue // what was done for another did for it
		}
		if c := t.refusedOnPurpose(document); c != "" {
			denials = append(denials, "correct the condition on "+c+", which does not hold")
			continue
		}
		r := t.repaired(document)
		document = r.document
		steps = append(steps, r.steps...)
	}
	remedy.Text = fmt.Sprintf("in the trust policy of %s %s", role.Name, strings.Join(once(append(steps, denials...)), "; "))
	if len(steps) == 0 {
		return remedy
	}
	text := document.JSON()
	if n := len(text); n > usualTrustPolicy {
		remedy.Text += fmt.Sprintf("; with %d characters it is longer than the %d that an account allows at first, so take out what is not used",
			n, usualTrustPolicy)
		if n > longestTrustPolicy {
			return remedy
		}
	}
	if unmendable(document) {
		remedy.Text += "; and take out what IAM does not take in a trust policy"
		return remedy
	}
	if !a.actsIn(kin[0].arn.Account) {
		remedy.Text += ", with credentials of account " + kin[0].arn.Account
		return remedy
	}
	remedy.Edits = []edit.Edit{edit.PutTrustPolicy{
		Profile: a.Asked.Profile, Account: kin[0].arn.Account, Role: role.Name, Document: text,
	}}
	return remedy
}

// refusedOnPurpose names the key of a condition that a call could meet and this one does
// not, such as a date that is over: no statement beside it may undo that. It is "" when
// there is none.
func (t *trust) refusedOnPurpose(d *policy.Document) string {
	near := t.nearestIn(d)
	if near == nil || near.Principal != policy.True {
		return ""
	}
	for _, c := range near.Conditions {
		if c.Holds == policy.False && !c.Missing && claimOf(c) == noClaim {
			return c.Key
		}
	}
	return ""
}

// unmendable says whether the policy holds parts that IAM would not take again.
func unmendable(d *policy.Document) bool {
	if len(d.Others) > 0 {
		return true
	}
	for _, s := range d.Statements {
		if len(s.Others) > 0 {
			return true
		}
	}
	return false
}

// actsIn says whether the commands of a remedy, made with the caller's credentials, act
// in the account.
func (a *Audit) actsIn(account string) bool {
	caller, err := a.AWS.Caller.Get()
	return err == nil && caller.Account == account
}

// once returns the texts in their order, each once.
func once(texts []string) []string {
	var list []string
	for _, text := range texts {
		if !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	return list
}
