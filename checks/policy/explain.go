package policy

import (
	"fmt"
	"slices"
	"strings"
)

// A Decision is what a trust policy says to a request.
type Decision int8

const (
	Denied  Decision = iota // by a Deny, or because nothing allows it
	Depends                 // on what is not known here; the Explanation names it
	Allowed
)

func (d Decision) String() string { return [...]string{"denied", "depends", "allowed"}[d] }

// An Explanation says how a decision came about.
type Explanation struct {
	Decision Decision
	// DependsOn and Unsure say what a decision that Depends hangs on: condition keys
	// whose values are not known here, and in a line each whatever else is open. Both are
	// sorted.
	DependsOn  []string
	Unsure     []string
	Statements []StatementResult // all, in order

	request Request
}

// A StatementResult says how a statement took to the request.
type StatementResult struct {
	Index      int // from 0
	Statement  *Statement
	Principal  Tri // whether it names the caller's provider
	Action     Tri
	Conditions []ConditionResult // in order
	Result     Tri               // whether the statement applies: all of the above
	Unsure     []string          // why, beside its conditions, the result may not be known
}

// A ConditionResult says how a condition took to the request.
type ConditionResult struct {
	*Condition
	Have    []string // what the request has for the key
	Missing bool     // the request certainly has no such key
	Holds   Tri
	// DependsOn and Unsure say why Holds is Unknown, as in Explanation; Unsure also names a
	// policy variable without a value where Holds is False.
	DependsOn []string
	Unsure    []string
}

// Never says that the condition holds for no request of this kind, whoever makes it:
// it wants a key that is always missing.
func (c ConditionResult) Never() bool { return c.Missing && c.Holds == False }

// On returns the results of the conditions on a key; case does not matter.
func (s *StatementResult) On(key string) []ConditionResult {
	var on []ConditionResult
	for _, c := range s.Conditions {
		if strings.EqualFold(c.Key, key) {
			on = append(on, c)
		}
	}
	return on
}

// Admits says whether the conditions on a key hold, the rest of the statement aside.
// Without any the statement admits every value.
func (s *StatementResult) Admits(key string) Tri {
	t := True
	for _, c := range s.Conditions {
		if strings.EqualFold(c.Key, key) {
			t = min(t, c.Holds)
		}
	}
	return t
}

// Label names the statement for a message, by its Sid or by its number from 1.
func (s *StatementResult) Label() string {
	if s.Statement.Sid != "" {
		return fmt.Sprintf("statement %q", s.Statement.Sid)
	}
	return fmt.Sprintf("statement %d", s.Index+1)
}

// DeniedBy returns the first Deny that applies, or nil.
func (e *Explanation) DeniedBy() *StatementResult { return e.applying("Deny") }

// AllowedBy returns the first Allow that applies, or nil. A Deny may overrule it.
func (e *Explanation) AllowedBy() *StatementResult { return e.applying("Allow") }

func (e *Explanation) applying(effect string) *StatementResult {
	i := slices.IndexFunc(e.Statements, func(s StatementResult) bool {
		return s.Statement.Effect == effect && s.Result == True
	})
	if i < 0 {
		return nil
	}
	return &e.Statements[i]
}

// unsure says that an element may change the decision.
func (e Element) unsure() string {
	return fmt.Sprintf("element %q is not understood: %s", e.Name, e.Unread)
}
