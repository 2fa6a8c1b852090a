package changes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

// document compares two policies by what they say: statement by statement, whatever
// their order, and of each what was added and removed. One that can not be read, or has more
// statements than IAM has room for, is compared line by line.
func (l *ledger) document(p place, was, now facts.Document) {
	if was == now {
		return
	}
	before, err1 := policy.Parse(string(was))
	after, err2 := policy.Parse(string(now))
	if err1 != nil || err2 != nil || max(len(before.Statements), len(after.Statements)) > mostStatements {
		l.lines(p, string(was), string(now))
		return
	}
	l.compare(p, header(before), header(after))
	for _, m := range match(before.Statements, after.Statements) {
		l.statement(p, m)
	}
}

func header(d *policy.Document) items {
	i := entries(map[string]string{"Version": d.Version, "Id": d.ID})
	for _, e := range d.Others {
		i.add(e.Name, e.JSON)
	}
	return i
}

func (l *ledger) statement(p place, m pair) {
	switch {
	case m.was == nil:
		l.write(p, Fact{Kind: Created, Item: m.name(), Added: spell(*m.now)})
	case m.now == nil:
		l.write(p, Fact{Kind: Deleted, Item: m.name(), Removed: spell(*m.was)})
	default:
		l.compare(p.of(m.name(), p.link), statementItems(*m.was), statementItems(*m.now))
	}
}

// statementItems are the values of a statement under the names that people look for.
func statementItems(s policy.Statement) items {
	i := items{"Action": s.Actions, "NotAction": s.NotActions}
	i.add("Sid", s.Sid)
	i.add("Effect", s.Effect)
	for _, x := range s.Principals {
		i.add("Principal "+x.Type, x.Value)
	}
	for _, x := range s.NotPrincipal {
		i.add("NotPrincipal "+x.Type, x.Value)
	}
	for _, c := range s.Conditions {
		i["Condition "+c.Operator+" "+c.Key] = append([]string{}, c.Values...)
	}
	for _, e := range s.Others {
		for _, text := range elementValues(e.JSON) {
			i.add(e.Name, text)
		}
	}
	return i
}

// elementValues are the strings of a list, or the JSON as it is.
func elementValues(text string) []string {
	d, err := policy.Parse(`{"Statement":{"Action":` + text + `}}`)
	if err == nil && len(d.Statements) == 1 && len(d.Statements[0].Others) == 0 {
		return d.Statements[0].Actions
	}
	return []string{text}
}

// spell tells a whole statement, a line for each of its values.
func spell(s policy.Statement) []string {
	var lines []string
	for name, values := range statementItems(s) {
		if len(values) > 0 {
			lines = append(lines, name+": "+strings.Join(values, ", "))
		}
	}
	slices.Sort(lines)
	return lines
}

// A pair is one statement on both sides; one of them is nil where it was added or
// removed. Numbers count from 1.
type pair struct {
	was, now *policy.Statement
	number   int // after, or before where it was removed
}

func (m pair) name() string {
	s := m.now
	if s == nil {
		s = m.was
	}
	if s.Sid != "" {
		return fmt.Sprintf("statement %d (%s)", m.number, s.Sid)
	}
	return fmt.Sprintf("statement %d", m.number)
}

const (
	// alike is the share of equal values from which on two statements are taken for one.
	alike = 0.3
	// mostStatements are compared, each with each. An inline policy has at most 10,240
	// characters (IAM quotas), and a statement that says anything more than 40.
	mostStatements = 256
)

// match pairs statements: equal ones, then those of one Sid, then those that have most
// in common.
func match(was, now []policy.Statement) []pair {
	type match struct {
		i, j     int
		likeness float64
	}
	old, fresh := readings(was), readings(now)
	var likely []match
	for j := range now {
		for i := range was {
			if share := likeness(old[i], fresh[j]); share >= alike {
				likely = append(likely, match{i, j, share})
			}
		}
	}
	slices.SortStableFunc(likely, func(x, y match) int { return cmp.Compare(y.likeness, x.likeness) })
	partner := make([]int, len(now)) // index before + 1
	taken := make([]bool, len(was))
	for _, m := range likely {
		if partner[m.j] == 0 && !taken[m.i] {
			partner[m.j], taken[m.i] = m.i+1, true
		}
	}
	var pairs []pair
	for i := range was {
		if !taken[i] {
			pairs = append(pairs, pair{was: &was[i], number: i + 1})
		}
	}
	for j := range now {
		m := pair{now: &now[j], number: j + 1}
		if partner[j] > 0 {
			m.was = &was[partner[j]-1]
		}
		pairs = append(pairs, m)
	}
	return pairs
}

// A reading is a statement as it is compared.
type reading struct {
	sid    string
	lines  []string
	traits map[string]bool
}

func readings(statements []policy.Statement) []reading {
	var all []reading
	for _, s := range statements {
		all = append(all, reading{s.Sid, spell(s), traits(s)})
	}
	return all
}

// likeness is the share of traits that both statements have, from 0 to 1; 2 where they have
// one Sid, and 3 where they are equal.
func likeness(x, y reading) float64 {
	switch {
	case slices.Equal(x.lines, y.lines):
		return 3
	case x.sid != "" && x.sid == y.sid:
		return 2
	}
	common := 0
	for t := range x.traits {
		if y.traits[t] {
			common++
		}
	}
	return float64(common) / float64(max(1, len(x.traits)+len(y.traits)-common))
}

// traits are the values of a statement. A condition's key counts for itself: that of
// another issuer is another.
func traits(s policy.Statement) map[string]bool {
	all := map[string]bool{}
	for name, values := range statementItems(s) {
		kind, _, _ := strings.Cut(name, " ")
		if kind == "Condition" {
			all[name] = true
		}
		for _, v := range values {
			all[kind+"\x00"+v] = true
		}
	}
	return all
}

// lines compares texts line by line, between the lines that both begin and end with.
func (l *ledger) lines(p place, was, now string) {
	before, after := strings.Split(was, "\n"), strings.Split(now, "\n")
	for len(before) > 0 && len(after) > 0 && before[0] == after[0] {
		before, after = before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	l.write(p, Fact{Kind: Changed, Item: "text", Removed: before, Added: after})
}
