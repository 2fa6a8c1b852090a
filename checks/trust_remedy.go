package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

// IAM's quota on the length of a trust policy: what it is at first, and what it can be
// raised to. White space does not count.
// Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html.
const usualTrustPolicy, longestTrustPolicy = 2048, 4096

// remedyFor has the role accept the binding's tokens: by its trust policy, unless the
// tokens themselves are amiss.
func (a *Audit) remedyFor(t *trust) Remedy {
	if provider, err := a.provider(t.arn.Account, t.issuer); err == nil && t.accepts(a.webhook().Audience) {
		if remedy, ok := a.correctAudience(t.binding, provider); ok {
			return remedy
		}
	}
	return a.trustRemedy(t.role, t.document)
}

// trustRemedy mends a role's trust policy for all in scope that it keeps out, by one
// document, so that no remedy undoes another's.
func (a *Audit) trustRemedy(role facts.Role, document *policy.Document) Remedy {
	remedy, ok := a.trustRemedies[role.ARN]
	if !ok {
		remedy = a.mendTrust(role, document)
		a.trustRemedies[role.ARN] = remedy
	}
	return remedy
}

// A mending is a trust policy in the making.
type mending struct {
	document *policy.Document
	steps    []string // what was done to it, as verb phrases
	open     []string // what else is to be done
	left     int      // bindings for which there was no room any more
}

// mendTrust lets in the bindings of the role by web identity, and by EKS Pod Identity
// those that an association gives it.
func (a *Audit) mendTrust(role facts.Role, document *policy.Document) Remedy {
	m := &mending{document: document}
	for _, b := range a.bindings {
		if t := a.trust(b); b.RoleARN == role.ARN && t.result != nil && t.result.Decision == policy.Denied {
			m.letIn(t)
		}
	}
	if slices.ContainsFunc(a.bindings, func(b *Binding) bool { return b.getsByPodIdentity(role.ARN) }) {
		m.letInPodIdentity()
	}
	document = m.document
	remedy := Remedy{Owner: ownerOfTags(role.Tags)}
	if m.left > 0 {
		m.open = append(m.open, fmt.Sprintf("let in %s more in the same way", plural(m.left, "account")))
	}
	remedy.Text = fmt.Sprintf("in the trust policy of %s %s", role.Name, strings.Join(once(append(m.steps, m.open...)), "; "))
	if len(m.steps) == 0 {
		return remedy
	}
	text := document.JSON()
	switch n := len(text); {
	case n > longestTrustPolicy:
		remedy.Text += fmt.Sprintf("; with %d characters it is longer than the %d that an account can allow, so take out what is not used", n, longestTrustPolicy)
		return remedy
	case n > usualTrustPolicy:
		remedy.Text += fmt.Sprintf("; with %d characters it is longer than the %d that an account allows at first, so take out what is not used",
			n, usualTrustPolicy)
	}
	if unmendable(document) {
		remedy.Text += "; and take out what IAM does not take in a trust policy"
		return remedy
	}
	arn, _ := facts.ParseRoleARN(role.ARN)
	if !a.actsIn(arn.Account) {
		remedy.Text += ", with credentials of account " + arn.Account
		return remedy
	}
	remedy.Edits = []edit.Edit{edit.PutTrustPolicy{
		Profile: a.Asked.Profile, Account: arn.Account, Role: role.Name, Document: text,
	}}
	return remedy
}

// letIn lets in a binding that the policy denied at first.
func (m *mending) letIn(t *trust) {
	if deny := t.result.DeniedBy(); deny != nil {
		m.open = append(m.open, "narrow "+deny.Label()+", which denies the call")
		if t.decisive == nil || t.decisive.Result == policy.False {
			m.open = append(m.open, "allow it by a statement for "+t.binding.Subject()+" of this cluster's provider")
		}
		return
	}
	if t.decision(m.document, t.binding.Subject()) != policy.Denied {
		return // what was done for another did for it
	}
	if key := t.refusedOnPurpose(m.document); key != "" {
		m.open = append(m.open, "correct the condition on "+key+", which does not hold")
		return
	}
	if len(m.steps) > 0 && len(m.document.JSON()) > longestTrustPolicy {
		m.left++
		return
	}
	r := t.repaired(m.document)
	m.document = r.document
	m.steps = append(m.steps, r.steps...)
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
