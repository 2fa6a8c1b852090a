package policy

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// An Oddity is a part of a policy that IAM ignores, that can never match, or that
// could not be read.
type Oddity struct {
	Pos  Position
	Text string
	// Unread says that the meaning is not known, so that decisions may depend on it.
	Unread bool
}

func (o Oddity) String() string { return o.Pos.String() + ": " + o.Text }

// Oddities lists what is odd about d, in the order of the text.
func (d *Document) Oddities() []Oddity {
	o := &oddities{variables: d.hasVariables()}
	if !slices.Contains([]string{"", "2008-10-17", "2012-10-17"}, d.Version) {
		o.ignored(Position{1, 1}, "IAM knows no version %q", d.Version)
	}
	o.elements(d.Others)
	for i := range d.Statements {
		o.statement(&d.Statements[i])
	}
	slices.SortStableFunc(o.found, func(a, b Oddity) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column))
	})
	return o.found
}

type oddities struct {
	variables bool // of the document
	found     []Oddity
}

func (o *oddities) ignored(pos Position, format string, args ...any) {
	o.found = append(o.found, Oddity{pos, fmt.Sprintf(format, args...), false})
}

func (o *oddities) unread(pos Position, format string, args ...any) {
	o.found = append(o.found, Oddity{pos, fmt.Sprintf(format, args...), true})
}

func (o *oddities) elements(elements []Element) {
	for _, e := range elements {
		if e.Unread == "" {
			o.ignored(e.Pos, "%s means nothing in a trust policy", e.Name)
		} else {
			o.unread(e.Pos, "%s", e.unsure())
		}
	}
}

func (o *oddities) statement(s *Statement) {
	if s.Effect != "Allow" && s.Effect != "Deny" {
		o.unread(s.Pos, "effect %q is neither Allow nor Deny", s.Effect)
	}
	if (len(s.Actions) > 0) == (len(s.NotActions) > 0) {
		o.unread(s.Pos, "a statement needs one of Action and NotAction")
	}
	if len(s.NotPrincipal) > 0 {
		o.unread(s.NotPrincipal[0].Pos, "NotPrincipal is not for trust policies")
	} else if len(s.Principals) == 0 {
		o.unread(s.Pos, "the statement names no principal")
	}
	for _, p := range s.Principals {
		o.principal(p)
	}
	for i := range s.Conditions {
		o.condition(&s.Conditions[i])
	}
	o.elements(s.Others)
}

// The identity providers that a Federated principal names by host
// (reference_policies_elements_principal).
var builtInProviders = []string{"accounts.google.com", "www.amazon.com", "graph.facebook.com", "cognito-identity.amazonaws.com"}

var providerARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:(oidc|saml)-provider/\S+$`)

func (o *oddities) principal(p Principal) {
	switch {
	case !slices.Contains(principalTypes, p.Type):
		o.unread(p.Pos, "%q is no type of principal", p.Type)
	case p.Value == "*":
	case strings.ContainsAny(p.Value, "*?"):
		o.ignored(p.Pos, "principal %q never matches: a principal takes no wildcard within it", p.Value)
	case p.Type == "Federated" && !providerARN.MatchString(p.Value) && !slices.Contains(builtInProviders, p.Value):
		o.ignored(p.Pos, "federated principal %q never matches: it is no ARN of an identity provider", p.Value)
	case p.Type != "Federated" && strings.Contains(p.Value, ":oidc-provider/"):
		o.ignored(p.Pos, "OIDC provider %q never matches under %s: it belongs under Federated", p.Value, p.Type)
	}
}

func (o *oddities) condition(c *Condition) {
	op, ok := findOperator(c.Operator)
	if !ok {
		o.unread(c.Pos, "%q is no condition operator", c.Operator)
		return
	}
	if op.name != c.Operator {
		o.ignored(c.Pos, "operator %q is read as %s", c.Operator, op.name)
	}
	if len(c.Values) == 0 {
		o.ignored(c.Pos, "%s on %s has no value to compare with", c.Operator, c.Key)
	}
	for _, v := range c.Values {
		o.value(c, &op, v)
	}
}

func (o *oddities) value(c *Condition, op *operator, value string) {
	plain, hasVariable := withoutVariables(value)
	if !op.variables || !o.variables {
		plain = value
	}
	switch {
	case hasVariable && op.variables && !o.variables:
		o.ignored(c.Pos, "%q is taken as it is: policy variables need \"Version\": \"2012-10-17\"", value)
	case hasVariable && op.variables:
	case op.valid != nil && !op.valid(value):
		o.unread(c.Pos, "%q is no value for %s", value, c.Operator)
	}
	if strings.HasPrefix(op.base, "String") && !op.wild && strings.ContainsAny(plain, "*?") {
		o.ignored(c.Pos, "the wildcard in %q is taken as it is under %s: only StringLike has wildcards", value, c.Operator)
	}
}

// withoutVariables returns the text around the variables of a value.
func withoutVariables(value string) (text string, some bool) {
	var b strings.Builder
	for {
		before, _, after, ok := cutVariable(value)
		b.WriteString(before)
		if !ok {
			return b.String(), some
		}
		value, some = after, true
	}
}
