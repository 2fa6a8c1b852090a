package policy

import (
	"cmp"
)

// Nearest returns the Allow statement that applies or comes nearest to it: by its
// principal, then its action, then the number of conditions that fail, then how little
// the text of what fails differs from what the request has; the first of equals. It is
// nil when the policy allows nothing.
func (e *Explanation) Nearest() *StatementResult {
	var nearest *StatementResult
	var best distance
	for i := range e.Statements {
		s := &e.Statements[i]
		if s.Statement.Effect != "Allow" {
			continue
		}
		if d := e.distance(s); nearest == nil || d.compare(best) < 0 {
			nearest, best = s, d
		}
	}
	return nearest
}

// A distance is how far a statement is from applying, the weightiest first.
type distance struct {
	principal, action Tri
	failing, open     int // conditions
	edits             int
}

func (d distance) compare(o distance) int {
	return cmp.Or(
		-cmp.Compare(d.principal, o.principal),
		-cmp.Compare(d.action, o.action),
		cmp.Compare(d.failing, o.failing),
		cmp.Compare(d.open, o.open),
		cmp.Compare(d.edits, o.edits),
	)
}

func (e *Explanation) distance(s *StatementResult) distance {
	d := distance{principal: s.Principal, action: s.Action}
	if s.Principal != True {
		var values []string
		for _, p := range s.Statement.Principals {
			values = append(values, p.Value)
		}
		d.edits += fewestEdits(values, []string{e.request.Federated})
	}
	for _, c := range s.Conditions {
		switch {
		case c.Holds == Unknown:
			d.open++
		case c.Holds == False && c.Missing:
			d.failing++
			var keys []string
			for key := range e.request.Keys {
				keys = append(keys, key)
			}
			d.edits += fewestEdits([]string{c.Key}, keys)
		case c.Holds == False:
			d.failing++
			d.edits += fewestEdits(c.Values, c.Have)
		}
	}
	return d
}

// maxEdits bounds how many bytes of a text are compared, for the time is their product.
const maxEdits = 256

// fewestEdits returns the distance of the two nearest of as and bs.
func fewestEdits(as, bs []string) int {
	fewest := maxEdits
	for _, a := range as {
		for _, b := range bs {
			fewest = min(fewest, edits(a, b))
		}
	}
	return fewest
}

// edits counts the bytes to insert, delete or replace to make b of a: the Levenshtein
// distance of the first maxEdits bytes.
func edits(a, b string) int {
	a, b = a[:min(len(a), maxEdits)], b[:min(len(b), maxEdits)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
