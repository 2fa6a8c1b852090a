package policy

import "strings"

// A pattern is a value of a condition with its policy variables put in.
type pattern struct {
	text string
	wildcards
	// Variables that stand in the way: one that the request may or may not have, and one
	// that it certainly has no single value of. IAM may ignore a whole statement for the
	// latter (reference_policies_variables).
	unknown, unresolved string
}

// A variable is one ${…} of a value.
type variable struct {
	key      string // "*", "?" and "$" stand for themselves
	fallback string // of ${key, 'fallback'}
	hasElse  bool
}

// cutVariable finds the first variable in s. A ${ that is never closed is text.
func cutVariable(s string) (before string, v variable, after string, ok bool) {
	before, rest, ok := strings.Cut(s, "${")
	if !ok {
		return s, variable{}, "", false
	}
	inner, after, ok := strings.Cut(rest, "}")
	if !ok {
		return s, variable{}, "", false
	}
	key, fallback, _ := strings.Cut(inner, ",")
	v.key = strings.TrimSpace(key)
	fallback = strings.TrimSpace(fallback)
	if len(fallback) >= 2 && fallback[0] == '\'' && fallback[len(fallback)-1] == '\'' {
		v.fallback, v.hasElse = fallback[1:len(fallback)-1], true
	}
	return before, v, after, true
}

// resolve puts the request's values in for the variables of a value. In a wild one *
// and ? are wildcards, but not those of ${*}, ${?} and of what is put in.
func (r *Request) resolve(value string, wild bool) pattern {
	if !strings.Contains(value, "${") {
		return pattern{text: value, wildcards: written}
	}
	p := pattern{wildcards: resolved}
	var b strings.Builder
	for {
		before, v, after, ok := cutVariable(value)
		if wild {
			before = marked.Replace(before)
		}
		b.WriteString(before)
		if !ok {
			p.text = b.String()
			return p
		}
		value = after
		if v.key == "*" || v.key == "?" || v.key == "$" {
			b.WriteString(v.key)
			continue
		}
		switch values, known := r.lookup(v.key); {
		case !known:
			p.unknown = v.key
		case len(values) == 1:
			b.WriteString(strings.ToValidUTF8(values[0], "\ufffd"))
		case len(values) == 0 && v.hasElse:
			b.WriteString(v.fallback)
		default:
			p.unresolved = v.key
		}
	}
}

// marked turns wildcards into the bytes that stand for them in a resolved pattern.
var marked = strings.NewReplacer("*", "\xff", "?", "\xfe")
