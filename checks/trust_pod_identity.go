package checks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

// getsByPodIdentity says whether new pods of the account are to get the role by EKS Pod
// Identity: an association names it, and the annotation means no other that pods would get.
func (b *Binding) getsByPodIdentity(role string) bool {
	as := b.Association
	return as != nil && as.RoleARN.Or("") == role && !b.wiredByHand() &&
		(b.RoleARN == "" || b.RoleARN == cmp.Or(as.TargetARN, role))
}

// letInPodIdentity lets EKS Pod Identity have the role, if it is kept out: by a statement
// that is its alone, with the conditions that it has already.
func (m *mending) letInPodIdentity() {
	decision, withheld, err := admitsPodIdentity(facts.Document(m.document.JSON()))
	if err != nil || decision != policy.Denied {
		return
	}
	d := m.document.Clone()
	named, alone := -1, false
	for i, s := range d.Statements {
		if s.Effect == "Allow" && namesPodIdentity(s) && !alone {
			named, alone = i, len(s.Principals) == 1 && len(s.Actions) > 0
		}
	}
	step := "add a statement that allows " + podIdentityService + " to do " + strings.Join(withheld, " and ")
	if alone {
		s := policy.StatementResult{Index: named, Statement: &d.Statements[named]}
		s.Statement.Actions = append(s.Statement.Actions, withheld...)
		step = "allow " + strings.Join(withheld, " and ") + " in " + s.Label()
	} else {
		own := policy.Statement{
			Effect:     "Allow",
			Principals: []policy.Principal{{Type: "Service", Value: podIdentityService}},
			Actions:    withheld,
		}
		if named >= 0 {
			own.Conditions = d.Statements[named].Clone().Conditions
		}
		d.Statements = append(d.Statements, own)
	}
	if decision, _, err := admitsPodIdentity(facts.Document(d.JSON())); err != nil || decision == policy.Denied {
		m.open = append(m.open, "narrow the Deny statement that keeps out "+podIdentityService)
		return
	}
	m.document = d
	m.steps = append(m.steps, step)
}

func namesPodIdentity(s policy.Statement) bool {
	return slices.ContainsFunc(s.Principals, func(p policy.Principal) bool { return p.Type == "Service" && p.Value == podIdentityService })
}
