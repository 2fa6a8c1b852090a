// Package facts holds what was learnt about one cluster and the AWS accounts
// that its roles live in. It is plain data: nothing here does I/O or judges, and
// a Snapshot survives JSON, so that it can be saved, judged again elsewhere, or
// trimmed into a fixture. No token, key, Secret value, nor the value of a
// variable outside the allow-list ever enters it.
package facts

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A Fact is something we tried to learn: a value, or the Gap where one should
// be. The zero Fact means that nobody looked.
type Fact[T any] struct {
	Value *T   `json:"value,omitempty"`
	Gap   *Gap `json:"gap,omitempty"`
}

// Known returns the Fact that holds v. A nil slice or map is known to be empty, and
// is made so: as JSON it would read as a value that is missing.
func Known[T any](v T) Fact[T] {
	switch r := reflect.ValueOf(&v).Elem(); {
	case r.Kind() == reflect.Slice && r.IsNil():
		r.Set(reflect.MakeSlice(r.Type(), 0, 0))
	case r.Kind() == reflect.Map && r.IsNil():
		r.Set(reflect.MakeMap(r.Type()))
	}
	return Fact[T]{Value: &v}
}

// Missing returns the Fact that err kept us from. An err that is no *Gap reads
// as unreachable.
func Missing[T any](err error) Fact[T] {
	var gap *Gap
	if !errors.As(err, &gap) {
		gap = &Gap{Kind: Unreachable, Detail: err.Error()}
	}
	return Fact[T]{Gap: gap}
}

// Get returns the value, or the *Gap that says why there is none.
func (f Fact[T]) Get() (T, error) {
	var zero T
	switch {
	case f.Gap != nil:
		return zero, f.Gap
	case f.Value == nil:
		return zero, &Gap{Kind: NotCollected}
	}
	return *f.Value, nil
}

// Or returns the value, or otherwise when there is none.
func (f Fact[T]) Or(otherwise T) T {
	if f.Value == nil || f.Gap != nil {
		return otherwise
	}
	return *f.Value
}

// UnmarshalJSON refuses a value and a gap together: one of them is a lie.
func (f *Fact[T]) UnmarshalJSON(b []byte) error {
	type plain Fact[T]
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	if p.Value != nil && p.Gap != nil {
		return errors.New("a fact has a value and a gap at once")
	}
	*f = Fact[T](p)
	return nil
}

// A Gap is an error that says why a fact is missing.
type Gap struct {
	Kind      GapKind `json:"kind"`
	Call      string  `json:"call,omitempty"`      // the permission that would answer: "iam:GetRole", "list pods"
	Detail    string  `json:"detail,omitempty"`    // what was answered, or on what the answer depends
	RequestID string  `json:"requestId,omitempty"` // AWS's
}

func (g *Gap) Error() string {
	var b strings.Builder
	b.WriteString(string(g.Kind))
	if g.Call != "" {
		fmt.Fprintf(&b, " (%s)", g.Call)
	}
	if g.Detail != "" {
		b.WriteString(": " + g.Detail)
	}
	return b.String()
}

// GapKind tells a thing that is not there from a thing that we could not see.
type GapKind string

const (
	NotCollected GapKind = "not-collected" // nobody looked
	NotAsked     GapKind = "not-asked"     // a live proof whose flag was not given
	Absent       GapKind = "absent"        // it was looked for, and is not there
	Forbidden    GapKind = "forbidden"     // the caller lacks Gap.Call
	Throttled    GapKind = "throttled"     // the API asked to come back later
	Unreachable  GapKind = "unreachable"   // no answer, or not a usable one
	Malformed    GapKind = "malformed"     // answered, and can not be read
	Elsewhere    GapKind = "elsewhere"     // in another account than the caller's
	Undecidable  GapKind = "undecidable"   // depends on what no look at the cluster can tell
)

// UnmarshalText refuses a kind that this program does not know.
func (k *GapKind) UnmarshalText(b []byte) error {
	known := []GapKind{NotCollected, NotAsked, Absent, Forbidden, Throttled, Unreachable, Malformed, Elsewhere, Undecidable}
	if *k = GapKind(b); !slices.Contains(known, *k) {
		return fmt.Errorf("gap kind %q is none of %q", *k, known)
	}
	return nil
}

// KindOf returns the kind of the Gap that err is, or "" when it is none.
func KindOf(err error) GapKind {
	var gap *Gap
	if errors.As(err, &gap) {
		return gap.Kind
	}
	return ""
}
