package policy

import (
	"fmt"
	"strings"
)

// Parse reads a policy. The error is a *SyntaxError: the text is not JSON, gives a
// key twice, or is not an object. Whatever else is wrong is left to Oddities.
func Parse(text string) (*Document, error) {
	root, err := scan(text)
	if err != nil {
		return nil, err
	}
	if root.kind != objectKind {
		return nil, &SyntaxError{root.pos, fmt.Sprintf("a policy is an object, this is %s", root.kind)}
	}
	d := &Document{}
	for _, m := range root.members {
		unread := ""
		switch m.name {
		case "Version":
			unread = m.value.str(&d.Version)
		case "Id":
			unread = m.value.str(&d.ID)
		case "Statement":
			unread = d.statements(m.value)
		default:
			unread = unknownElement(m.name, "Version", "Id", "Statement")
		}
		if unread != "" {
			d.Others = append(d.Others, m.element(unread))
		}
	}
	return d, nil
}

// element keeps m as it is.
func (m member) element(unread string) Element { return Element{m.pos, m.name, m.value.json(), unread} }

// unknownElement says why an element is not read, and how IAM spells it where only
// the case is wrong.
func unknownElement(name string, known ...string) string {
	for _, k := range known {
		if strings.EqualFold(name, k) {
			return fmt.Sprintf("IAM spells it %q", k)
		}
	}
	return "IAM has no such element"
}

func (d *Document) statements(n node) (unread string) {
	if n.kind == objectKind {
		n = node{kind: listKind, items: []node{n}}
	}
	if n.kind != listKind {
		return fmt.Sprintf("it holds %s where statements are expected", n.kind)
	}
	var statements []Statement
	for _, item := range n.items {
		if item.kind != objectKind {
			return fmt.Sprintf("it holds %s where a statement is expected", item.kind)
		}
		statements = append(statements, parseStatement(item))
	}
	d.Statements = statements
	return ""
}

var statementElements = []string{
	"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

func parseStatement(n node) Statement {
	s := Statement{Pos: n.pos}
	for _, m := range n.members {
		unread := ""
		switch m.name {
		case "Sid":
			unread = m.value.str(&s.Sid)
		case "Effect":
			unread = m.value.str(&s.Effect)
		case "Principal":
			unread = m.value.principals(&s.Principals)
		case "NotPrincipal":
			unread = m.value.principals(&s.NotPrincipal)
		case "Action":
			unread = m.value.strs(&s.Actions)
		case "NotAction":
			unread = m.value.strs(&s.NotActions)
		case "Condition":
			unread = m.value.conditions(&s.Conditions)
		case "Resource", "NotResource":
			s.Others = append(s.Others, m.element(""))
		default:
			unread = unknownElement(m.name, statementElements...)
		}
		if unread != "" {
			s.Others = append(s.Others, m.element(unread))
		}
	}
	return s
}

// The following read a node into a part of a document, and say why when they can
// not; the part is then left alone.

func (n node) str(to *string) (unread string) {
	if n.kind != stringKind {
		return fmt.Sprintf("it holds %s where a string is expected", n.kind)
	}
	*to = n.text
	return ""
}

// strs reads a string or a list of them.
func (n node) strs(to *[]string) (unread string) {
	var texts []string
	for _, item := range n.list() {
		if item.kind != stringKind {
			return fmt.Sprintf("it holds %s where a string is expected", item.kind)
		}
		texts = append(texts, item.text)
	}
	*to = texts
	return ""
}

// list returns the items of a list, or n itself: IAM lets go of the brackets around
// one value.
func (n node) list() []node {
	if n.kind == listKind {
		return n.items
	}
	return []node{n}
}

func (n node) principals(to *[]Principal) (unread string) {
	if n.kind == stringKind && n.text == "*" {
		*to = []Principal{{n.pos, "*", "*"}}
		return ""
	}
	if n.kind != objectKind {
		return fmt.Sprintf("it holds %s where \"*\" or an object is expected", n.kind)
	}
	var principals []Principal
	for _, m := range n.members {
		for _, item := range m.value.list() {
			if item.kind != stringKind {
				return fmt.Sprintf("%s holds %s where a string is expected", m.name, item.kind)
			}
			principals = append(principals, Principal{item.pos, m.name, item.text})
		}
	}
	*to = principals
	return ""
}

func (n node) conditions(to *[]Condition) (unread string) {
	if n.kind != objectKind {
		return fmt.Sprintf("it holds %s where an object is expected", n.kind)
	}
	var conditions []Condition
	for _, operator := range n.members {
		if operator.value.kind != objectKind {
			return fmt.Sprintf("%s holds %s where an object is expected", operator.name, operator.value.kind)
		}
		for _, key := range operator.value.members {
			c := Condition{Pos: key.pos, Operator: operator.name, Key: key.name}
			for _, item := range key.value.list() {
				switch item.kind {
				case stringKind, numberKind, boolKind:
					c.Values = append(c.Values, item.text)
				default:
					return fmt.Sprintf("%s holds %s where a string is expected", key.name, item.kind)
				}
			}
			conditions = append(conditions, c)
		}
	}
	*to = conditions
	return ""
}
