package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Tri is an answer that may not be had. Both is the smaller of two, either the
// greater.
type Tri int8

const (
	False Tri = iota
	Unknown
	True
)

func (t Tri) String() string { return [...]string{"false", "unknown", "true"}[t] }

func not(t Tri) Tri { return True - t }

func tri(b bool) Tri {
	if b {
		return True
	}
	return False
}

// Evaluate asks d about a request, as IAM does: a Deny that matches wins, else an
// Allow that matches, else the request is denied. The explanation refers to d.
func (d *Document) Evaluate(r Request) *Explanation {
	conditions := 0
	for i := range d.Statements {
		conditions += len(d.Statements[i].Conditions)
	}
	e := &Explanation{
		Statements: make([]StatementResult, len(d.Statements)),
		request:    r,
	}
	results := make([]ConditionResult, 0, conditions)
	allow, deny := False, False
	for i := range d.Statements {
		s := StatementResult{Index: i, Statement: &d.Statements[i]}
		start := len(results)
		for j := range s.Statement.Conditions {
			results = append(results, r.condition(&s.Statement.Conditions[j], d.hasVariables()))
		}
		s.Conditions = results[start:len(results):len(results)]
		r.statement(&s)
		switch s.Statement.Effect {
		case "Allow":
			allow = max(allow, s.Result)
		case "Deny":
			deny = max(deny, s.Result)
		default:
			allow, deny = max(allow, s.Result), max(deny, s.Result)
		}
		e.Statements[i] = s
	}
	e.decide(allow, deny, d.Others)
	return e
}

// decide draws the conclusion. What could not be read may be a statement.
func (e *Explanation) decide(allow, deny Tri, others []Element) {
	switch {
	case deny == True:
		e.Decision = Denied
		return
	case len(others) > 0:
		e.Decision = Depends
		for _, o := range others {
			e.Unsure = append(e.Unsure, o.unsure())
		}
	case allow == False:
		e.Decision = Denied
		return
	case allow == True && deny == False:
		e.Decision = Allowed
		return
	default:
		e.Decision = Depends
	}
	for i := range e.Statements {
		s := &e.Statements[i]
		if s.Result != Unknown || allow == True && s.Statement.Effect == "Allow" {
			continue
		}
		e.Unsure = append(e.Unsure, s.Unsure...)
		for _, c := range s.Conditions {
			if c.Holds == Unknown {
				e.Unsure = append(e.Unsure, c.Unsure...)
				e.DependsOn = append(e.DependsOn, c.DependsOn...)
			}
		}
	}
	e.Unsure, e.DependsOn = distinct(e.Unsure), distinct(e.DependsOn)
}

func distinct(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

// statement judges all of a statement but its conditions, which are there already.
func (r *Request) statement(s *StatementResult) {
	var why string
	if s.Principal, why = r.principal(s.Statement); why != "" {
		s.Unsure = append(s.Unsure, why)
	}
	if s.Action, why = r.action(s.Statement); why != "" {
		s.Unsure = append(s.Unsure, why)
	}
	s.Result = min(s.Principal, s.Action)
	for i := range s.Conditions {
		s.Result = min(s.Result, s.Conditions[i].Holds)
	}
	for _, o := range s.Statement.Others {
		if o.Unread != "" {
			s.Result = min(s.Result, Unknown)
			s.Unsure = append(s.Unsure, o.unsure())
		}
	}
	if s.Statement.Effect != "Allow" && s.Statement.Effect != "Deny" {
		s.Result = min(s.Result, Unknown)
		s.Unsure = append(s.Unsure, "the statement's effect is neither Allow nor Deny")
	}
}

// principal compares ARNs as a whole: Principal takes no wildcards
// (reference_policies_elements_principal).
func (r *Request) principal(s *Statement) (t Tri, unsure string) {
	switch {
	case len(s.NotPrincipal) > 0:
		return Unknown, "NotPrincipal is not for trust policies"
	case len(s.Principals) == 0:
		return Unknown, "the statement names no principal"
	}
	for _, p := range s.Principals {
		switch {
		case p.Type == "Federated" && p.Value == r.Federated:
			return True, ""
		case p.Value == "*" && p.Type != "Service" && p.Type != "CanonicalUser":
			t, unsure = Unknown, "AWS does not say whether the principal \"*\" takes in a web identity"
		case !slices.Contains(principalTypes, p.Type):
			t, unsure = Unknown, fmt.Sprintf("%q is no type of principal", p.Type)
		}
	}
	return t, unsure
}

var principalTypes = []string{"*", "AWS", "Federated", "Service", "CanonicalUser"}

func (r *Request) action(s *Statement) (t Tri, unsure string) {
	if (len(s.Actions) > 0) == (len(s.NotActions) > 0) {
		return Unknown, "the statement needs one of Action and NotAction"
	}
	if len(s.NotActions) > 0 {
		return tri(!matchAction(s.NotActions, r.Action)), ""
	}
	return tri(matchAction(s.Actions, r.Action)), ""
}

// matchAction takes wildcards and ignores case (reference_policies_elements_action).
func matchAction(patterns []string, action string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		return strings.EqualFold(p, action) ||
			strings.ContainsAny(p, "*?") && like(strings.ToLower(p), strings.ToLower(action), written)
	})
}

func (r *Request) condition(c *Condition, variables bool) ConditionResult {
	res := ConditionResult{Condition: c, Holds: Unknown}
	op, ok := findOperator(c.Operator)
	if !ok {
		res.Unsure = []string{fmt.Sprintf("%q is no condition operator", c.Operator)}
		return res
	}
	have, known := r.lookup(c.Key)
	if !known {
		res.DependsOn = []string{c.Key}
		return res
	}
	res.Have, res.Missing = have, len(have) == 0
	var few [4]pattern // most conditions have no more values
	wanted := few[:0]
	for _, v := range c.Values {
		p := pattern{text: v, wildcards: written}
		if variables && op.variables {
			p = r.resolve(v, op.wild)
		}
		wanted = append(wanted, p)
	}
	switch {
	case op.presence:
		res.Holds = op.holds(wanted, []string{strconv.FormatBool(res.Missing)})
	case res.Missing:
		res.Holds = op.whenMissing()
	case op.set != "" && !slices.ContainsFunc(have, func(h string) bool { return h != "" }):
		res.Holds = tri(op.set == forAll) // an empty set counts as missing
	default:
		res.Holds = op.holds(wanted, have)
	}
	for _, p := range wanted {
		res.limit(p)
	}
	if res.Holds == Unknown && res.DependsOn == nil && res.Unsure == nil {
		res.Unsure = []string{fmt.Sprintf("AWS does not say how %s compares %s", c.Operator, c.Key)}
	}
	return res
}

// limit makes a condition that holds Unknown when one of its values has a variable
// without a value.
func (c *ConditionResult) limit(p pattern) {
	if p.unknown != "" {
		c.Holds = min(c.Holds, Unknown)
		c.DependsOn = append(c.DependsOn, p.unknown)
	}
	if p.unresolved != "" {
		c.Holds = min(c.Holds, Unknown)
		c.Unsure = append(c.Unsure, fmt.Sprintf("the request has no single value for ${%s}, for which IAM may ignore the statement", p.unresolved))
	}
}
