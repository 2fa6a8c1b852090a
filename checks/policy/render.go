package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// JSON renders d in IAM's customary order, compact: its length is what IAM counts
// against the size limit of a trust policy. Parse reads it back to an equal document,
// positions apart.
func (d *Document) JSON() string {
	var o object
	o.str("Version", d.Version)
	o.str("Id", d.ID)
	if !slices.ContainsFunc(d.Others, func(e Element) bool { return e.Name == "Statement" }) {
		statements := make([]string, len(d.Statements))
		for i := range d.Statements {
			statements[i] = d.Statements[i].json()
		}
		o.add("Statement", array(statements))
	}
	o.elements(d.Others)
	return o.String()
}

// Indented is JSON for the eyes.
func (d *Document) Indented() string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(d.JSON()), "", "  "); err != nil {
		return d.JSON() // an Element that was made by hand holds no JSON
	}
	return b.String()
}

func (s *Statement) json() string {
	var o object
	o.str("Sid", s.Sid)
	o.str("Effect", s.Effect)
	o.principals("Principal", s.Principals)
	o.principals("NotPrincipal", s.NotPrincipal)
	o.strs("Action", s.Actions)
	o.strs("NotAction", s.NotActions)
	if len(s.Conditions) > 0 {
		o.add("Condition", conditionsJSON(s.Conditions))
	}
	o.elements(s.Others)
	return o.String()
}

func conditionsJSON(conditions []Condition) string {
	groups := grouped(conditions, func(c Condition) string { return c.Operator })
	var byOperator object
	for _, group := range groups {
		var byKey object
		for _, c := range group {
			byKey.add(c.Key, oneOrMany(c.Values))
		}
		byOperator.add(group[0].Operator, byKey.String())
	}
	return byOperator.String()
}

// grouped puts together what has the same name, in the order in which names come.
func grouped[T any](all []T, name func(T) string) [][]T {
	var groups [][]T
	at := map[string]int{}
	for _, x := range all {
		i, ok := at[name(x)]
		if !ok {
			i = len(groups)
			at[name(x)] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], x)
	}
	return groups
}

// An object is a JSON object in the making.
type object struct{ strings.Builder }

func (o *object) add(name, value string) {
	if o.Len() > 0 {
		o.WriteByte(',')
	}
	fmt.Fprintf(&o.Builder, "%s:%s", quote(name), value)
}

func (o *object) String() string { return "{" + o.Builder.String() + "}" }

func (o *object) str(name, value string) {
	if value != "" {
		o.add(name, quote(value))
	}
}

func (o *object) strs(name string, values []string) {
	if len(values) > 0 {
		o.add(name, oneOrMany(values))
	}
}

func (o *object) principals(name string, principals []Principal) {
	if len(principals) == 0 {
		return
	}
	if len(principals) == 1 && principals[0].Type == "*" && principals[0].Value == "*" {
		o.add(name, `"*"`)
		return
	}
	var byType object
	for _, group := range grouped(principals, func(p Principal) string { return p.Type }) {
		var values []string
		for _, p := range group {
			values = append(values, p.Value)
		}
		byType.add(group[0].Type, oneOrMany(values))
	}
	o.add(name, byType.String())
}

func (o *object) elements(elements []Element) {
	for _, e := range elements {
		o.add(e.Name, e.JSON)
	}
}

// oneOrMany renders one value as a string, more or none as a list.
func oneOrMany(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	return array(quoted)
}

func array(items []string) string { return "[" + strings.Join(items, ",") + "]" }

// json renders a node compact.
func (n node) json() string {
	switch n.kind {
	case stringKind:
		return quote(n.text)
	case listKind:
		items := make([]string, len(n.items))
		for i, item := range n.items {
			items[i] = item.json()
		}
		return array(items)
	case objectKind:
		var o object
		for _, m := range n.members {
			o.add(m.name, m.value.json())
		}
		return o.String()
	default:
		return n.text
	}
}

// quote renders a string as JSON does, but leaves <, > and & as they are.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
