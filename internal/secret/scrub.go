package secret

import (
	"reflect"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Scrub takes secrets out of every text of the snapshot: people put them into
// annotations, and error messages repeat them. A policy is not changed, for commands
// repeat it: the fact that holds it becomes a gap.
func Scrub(s *facts.Snapshot, held Held) {
	c := &scrubber{needles: held.needles()}
	c.scrub(reflect.ValueOf(s).Elem())
}

type scrubber struct {
	needles []string
	policy  string // what the policy holds that was just met, until its fact is reached
}

var document = reflect.TypeFor[facts.Document]()

// scrub changes v, which can be set, and says whether it did.
func (c *scrubber) scrub(v reflect.Value) (changed bool) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == document {
			what, _ := facts.FindSecret([]byte(v.String()))
			if c.redact(v.String()) != v.String() && what == "" {
				what = "a credential of this run"
			}
			c.policy = what
			return false
		}
		if clean := facts.Redact(c.redact(v.String())); clean != v.String() {
			v.SetString(clean)
			return true
		}
	case reflect.Pointer:
		return !v.IsNil() && c.scrub(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			changed = c.scrub(v.Index(i)) || changed
		}
	case reflect.Map:
		return c.scrubMap(v)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				changed = c.scrub(f) || changed
			}
		}
		return c.leaveOut(v) || changed
	}
	return changed
}

func (c *scrubber) scrubMap(v reflect.Value) (changed bool) {
	for entries := v.MapRange(); entries.Next(); {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.Set(entries.Key())
		value.Set(entries.Value())
		newKey, newValue := c.scrub(key), c.scrub(value)
		if newKey {
			v.SetMapIndex(entries.Key(), reflect.Value{})
		}
		if newKey || newValue {
			v.SetMapIndex(key, value)
			changed = true
		}
	}
	return changed
}

// leaveOut makes a gap of a fact with a policy that holds a secret.
func (c *scrubber) leaveOut(v reflect.Value) bool {
	if c.policy == "" {
		return false
	}
	value, gap := v.FieldByName("Value"), v.FieldByName("Gap")
	if !value.IsValid() || !gap.IsValid() {
		return false
	}
	value.SetZero()
	gap.Set(reflect.ValueOf(&facts.Gap{Kind: facts.NotCollected, Detail: "its policy holds what looks like " + c.policy + ", and is not kept"}))
	c.policy = ""
	return true
}

func (c *scrubber) redact(s string) string {
	for _, needle := range c.needles {
		s = strings.ReplaceAll(s, needle, "(secret)")
	}
	return s
}
