package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

// A repair is a trust policy made to accept a binding, and what was done to it.
type repair struct {
	document *policy.Document
	steps    []string // verb phrases
	// family says that the accounts of a wildcard within the binding's namespace are
	// accepted with it.
	family bool
}

// repaired mends a policy for the binding: in the statement that comes nearest where
// that lets in nobody else, else by a statement of its own.
func (t *trust) repaired(d *policy.Document) repair {
	near := t.nearestIn(d)
	if near != nil && (near.Principal == policy.True || t.namesProvider(near.Statement)) {
		for _, attempt := range []func(*policy.Document, *policy.StatementResult) (repair, bool){t.splitStatement, t.mendStatement} {
			if r, ok := attempt(d, near); ok && t.decision(r.document, t.binding.Subject()) != policy.Denied && t.safe(d, near, r) {
				return r
			}
		}
	}
	return t.ownStatement(d, near)
}

// nearestIn is the decisive statement of a policy for the audience that it takes to worst.
func (t *trust) nearestIn(d *policy.Document) *policy.StatementResult {
	var worst *policy.Explanation
	for _, audience := range t.audiences {
		if e := d.Evaluate(t.request(t.binding.Subject(), audience)); worst == nil || e.Decision < worst.Decision {
			worst = e
		}
	}
	return decisive(worst)
}

// ownStatement adds a statement of the customary form for the binding alone.
func (t *trust) ownStatement(d *policy.Document, near *policy.StatementResult) repair {
	d = d.Clone()
	conditions := []policy.Condition{{Operator: "StringEquals", Key: t.key("sub"), Values: []string{t.binding.Subject()}}}
	known := slices.DeleteFunc(slices.Clone(t.audiences), func(s string) bool { return s == "" })
	if len(known) > 0 && len(known) == len(t.audiences) {
		conditions = append(conditions, policy.Condition{Operator: "StringEquals", Key: t.key("aud"), Values: known})
	}
	d.Statements = append(d.Statements, policy.Statement{
		Effect:     "Allow",
		Principals: []policy.Principal{{Type: "Federated", Value: t.provider()}},
		Actions:    []string{policy.AssumeRoleWithWebIdentity},
		Conditions: conditions,
	})
	step := "add a statement for " + t.binding.Subject() + " of this cluster's provider"
	if near != nil && t.forOther(near.Statement) {
		step += ", beside that of the other issuer, which can go once nothing there uses the role"
	}
	return repair{document: d, steps: []string{step}}
}

// forOther says whether the statement names the provider of another issuer.
func (t *trust) forOther(s *policy.Statement) bool {
	return slices.ContainsFunc(s.Principals, func(p policy.Principal) bool {
		fault := t.principalFault(p)
		return p.Value != t.provider() && (fault == principalCluster || fault == principalOther)
	})
}

// manyCallers are as many as can be asked about without a wait.
const manyCallers = 20000

// safe says whether a repair of the statement that comes nearest lets in nobody that the
// policy kept out, but those that the statement names, and keeps out nobody that the policy
// let in. A policy that names too many to ask about counts as unsafe.
func (t *trust) safe(before *policy.Document, near *policy.StatementResult, r repair) bool {
	named := map[string]bool{t.binding.Subject(): true}
	for _, c := range near.Conditions {
		for _, v := range c.Values {
			named[v] = named[v] || claimOf(c) == subjectClaim
		}
	}
	own := subjectPrefix + t.binding.Account.Namespace + ":"
	touched := []policy.Statement{before.Statements[near.Index], r.document.Statements[near.Index]}
	touched = append(touched, r.document.Statements[len(before.Statements):]...)
	callers, ok := t.callers(manyCallers, touched)
	return ok && !slices.ContainsFunc(callers, func(c caller) bool {
		request := t.call(c)
		was, is := before.Evaluate(request).Decision, r.document.Evaluate(request).Decision
		family := r.family && c.provider == t.provider() && strings.HasPrefix(c.subject, own)
		return is > was && !named[c.subject] && !family || is < was && !t.nobodys(c)
	})
}

// mendStatement corrects what fails in a statement that means the provider. It is not
// ok where something fails that may not be touched.
func (t *trust) mendStatement(d *policy.Document, near *policy.StatementResult) (r repair, ok bool) {
	r.document = d.Clone()
	s := &r.document.Statements[near.Index]
	label := near.Label()
	if near.Principal == policy.False {
		own := policy.Principal{Type: "Federated", Value: t.provider()}
		if i := slices.IndexFunc(s.Principals, t.nobodysPrincipal); i >= 0 {
			s.Principals[i] = own
			r.steps = append(r.steps, "name "+own.Value+" as the federated principal of "+label)
		} else {
			s.Principals = append(s.Principals, own)
			r.steps = append(r.steps, "name "+own.Value+" as a federated principal of "+label+" as well")
		}
	}
	if near.Action == policy.False {
		if len(s.NotActions) > 0 {
			return r, false
		}
		s.Actions = t.withWebIdentity(s)
		r.steps = append(r.steps, "allow "+policy.AssumeRoleWithWebIdentity+" in "+label)
	}
	for i, c := range near.Conditions {
		if c.Holds != policy.False {
			continue
		}
		if t.foreign(*c.Condition) && t.forOther(near.Statement) || claimOfKey(c.Key) == noClaim && !federatedOnly(s) {
			return r, false // it is for somebody else that the statement names
		}
		step, ok := t.mendCondition(&s.Conditions[i], c, label)
		if !ok {
			return r, false
		}
		r.family = r.family || strings.EqualFold(s.Conditions[i].Operator, "StringLike") && s.Conditions[i].Operator != c.Operator
		r.steps = append(r.steps, step)
	}
	return r, distinctConditions(s.Conditions)
}

// withWebIdentity are the statement's actions with that of a web identity. Where only
// identity providers are named, sts:AssumeRole means nothing and gives way.
func (t *trust) withWebIdentity(s *policy.Statement) []string {
	kept := slices.DeleteFunc(slices.Clone(s.Actions), func(a string) bool {
		return federatedOnly(s) && (strings.EqualFold(a, "sts:AssumeRole") || nearly(a, policy.AssumeRoleWithWebIdentity))
	})
	return append(kept, policy.AssumeRoleWithWebIdentity)
}

// federatedOnly says whether the statement names identity providers only.
func federatedOnly(s *policy.Statement) bool {
	return !slices.ContainsFunc(s.Principals, func(p policy.Principal) bool { return p.Type != "Federated" })
}

// mendCondition corrects the key of a condition on a claim, its operator or its values.
func (t *trust) mendCondition(c *policy.Condition, result policy.ConditionResult, label string) (step string, ok bool) {
	about := claimOf(result)
	operator := strings.TrimPrefix(strings.ToLower(c.Operator), "foranyvalue:")
	if about == noClaim || len(c.Values) == 0 || !slices.Contains([]string{"stringequals", "stringlike", "stringequalsignorecase"}, operator) {
		return "", false
	}
	var did []string
	if key := t.key(string(about)); !strings.EqualFold(c.Key, key) {
		did = append(did, fmt.Sprintf("put the key %s in place of %s", key, quoted([]string{c.Key})))
		c.Key = key
	}
	wanted := []string{t.binding.Subject()}
	if about == audienceClaim {
		wanted = t.audiences
	}
	for _, want := range wanted {
		if want == "" {
			return "", false
		}
		if step := t.admit(c, about, want); step != "" {
			did = append(did, step)
		}
	}
	return strings.Join(did, ", and ") + " in " + label, true
}

// admit has the condition's values take in one more, in place of one that was meant to be
// it and surely names nobody, else beside the others, and says what it did.
func (t *trust) admit(c *policy.Condition, about claim, want string) (step string) {
	if slices.Contains(c.Values, want) {
		return ""
	}
	instead := -1
	wild := strings.Contains(strings.ToLower(c.Operator), "stringlike")
	if about == audienceClaim {
		instead = slices.IndexFunc(c.Values, func(v string) bool {
			return t.nobodysAudience(v) && (likeAudience(v, want) != "" || strings.HasPrefix(plainText(v), subjectPrefix))
		})
	} else {
		value, fault := t.nearestSubject(policy.ConditionResult{Condition: c})
		switch fault {
		case subjectWildcard:
			if namespace, _, ok := accountOfSubject(value); !wild && ok && !strings.ContainsAny(namespace, "*?") {
				step = fmt.Sprintf("put StringLike in place of %s for the subject", c.Operator)
				c.Operator = "StringLike"
				return step
			}
			if wild {
				return ""
			}
			instead = slices.Index(c.Values, value)
		case subjectCharacter, subjectCase, subjectForm, subjectSwapped, subjectAudience, subjectMisspelt:
			if t.nobodysSubject(value) {
				instead = slices.Index(c.Values, value)
			}
		}
	}
	if instead < 0 || wild && strings.ContainsAny(c.Values[instead], "*?") || strings.Contains(c.Values[instead], "${") {
		c.Values = append(c.Values, want)
		return "accept " + want + " as well"
	}
	step = fmt.Sprintf("put %s in place of %s", want, quoted(c.Values[instead:instead+1]))
	c.Values[instead] = want
	return step
}

// splitStatement makes two statements of one that wants claims of two issuers at once:
// the other issuer's keeps what is its own. It is not ok without such a provider.
func (t *trust) splitStatement(d *policy.Document, near *policy.StatementResult) (repair, bool) {
	ours := func(c policy.Condition) bool { return claimOfKey(c.Key) != noClaim && !t.foreign(c) }
	if !slices.ContainsFunc(near.Statement.Conditions, t.foreign) || !slices.ContainsFunc(near.Statement.Conditions, ours) ||
		!t.forOther(near.Statement) {
		return repair{}, false
	}
	r := t.ownStatement(d, nil)
	s := &r.document.Statements[near.Index]
	s.Principals = slices.DeleteFunc(s.Principals, func(p policy.Principal) bool { return p.Value == t.provider() })
	s.Conditions = slices.DeleteFunc(s.Conditions, ours)
	r.steps = []string{"make two statements of " + near.Label() + ", one for each issuer"}
	return r, true
}

// distinctConditions says whether no two have the same operator and key, as the JSON of a
// policy has to have it.
func distinctConditions(conditions []policy.Condition) bool {
	seen := map[string]bool{}
	for _, c := range conditions {
		key := strings.ToLower(c.Operator + " " + c.Key)
		if seen[key] {
			return false
		}
		seen[key] = true
	}
	return true
}
