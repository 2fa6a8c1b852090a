package secret

import (
	"cmp"
	"reflect"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Scrub takes secrets out of every text of the snapshot: people put them into
// annotations, and error messages repeat them. A policy is not changed, for commands
// repeat it: the fact that holds it becomes a gap.
func Scrub(s *facts.Snapshot, held Held) {
	c := scrubber{held.needles(), map[string]string{}}
	c.scrub(reflect.ValueOf(s).Elem())
}

type scrubber struct {
	needles []string
	done    map[string]string // what became of each text: a fleet has many alike
}

// An outcome tells what became of a value.
type outcome struct {
	changed bool
	policy  string // what a policy in it holds, in words: the fact that it is in must go
}

func (o *outcome) add(part outcome) {
	o.changed = o.changed || part.changed
	o.policy = cmp.Or(o.policy, part.policy)
}

var document = reflect.TypeFor[facts.Document]()

// scrub changes v, which can be set.
func (c scrubber) scrub(v reflect.Value) (o outcome) {
	switch v.Kind() {
	case reflect.String:
		return c.scrubText(v)
	case reflect.Pointer:
		if !v.IsNil() {
			o = c.scrub(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			o.add(c.scrub(v.Index(i)))
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			o.add(c.scrubEntry(v, entries.Key(), entries.Value()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				o.add(c.scrub(f))
			}
		}
		if o.policy != "" && leaveOut(v, o.policy) {
			return outcome{changed: true}
		}
	}
	return o
}

func (c scrubber) scrubText(v reflect.Value) (o outcome) {
	text := v.String()
	if v.Type() == document {
		if c.withoutNeedles(text) != text {
			return outcome{policy: heldInWords}
		}
		o.policy, _ = facts.FindSecret([]byte(text))
		return o
	}
	clean, known := c.done[text]
	if !known {
		clean = facts.Redact(c.withoutNeedles(text))
		c.done[text] = clean
	}
	if clean == text {
		return o // and is not written to: several facts, of several looks, may share it
	}
	v.SetString(clean)
	return outcome{changed: true}
}

func (c scrubber) withoutNeedles(text string) string {
	for _, needle := range c.needles {
		text = strings.ReplaceAll(text, needle, "(secret)")
	}
	return text
}

// scrubEntry changes an entry of a map, whose keys and values can not be set.
func (c scrubber) scrubEntry(m, key, value reflect.Value) outcome {
	k, v := reflect.New(key.Type()).Elem(), reflect.New(value.Type()).Elem()
	k.Set(key)
	v.Set(value)
	ofKey, o := c.scrub(k), c.scrub(v)
	if ofKey.changed {
		m.SetMapIndex(key, reflect.Value{})
	}
	o.add(ofKey)
	if o.changed {
		m.SetMapIndex(k, v)
	}
	return o
}

// leaveOut makes a gap of a fact with a policy that holds a secret, and says whether v is
// a fact.
func leaveOut(v reflect.Value, what string) bool {
	value, gap := v.FieldByName("Value"), v.FieldByName("Gap")
	if !value.IsValid() || !gap.IsValid() {
		return false
	}
	value.SetZero()
	gap.Set(reflect.ValueOf(&facts.Gap{Kind: facts.NotCollected, Detail: "its policy holds what looks like " + what + ", and is not kept"}))
	return true
}
