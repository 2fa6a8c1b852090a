package kube

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubejson "k8s.io/apimachinery/pkg/util/json"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A form is how a file holds its objects.
type form int

const (
	asNothing form = iota // the file is empty: there was no answer
	asObject              // a single one
	asArray
	asList // of Kubernetes, with items
)

type kubeObject[T any] interface {
	*T
	metav1.Object
}

// seen is what was read of an object.
type seen []any

// readItems projects the objects of a listing into v, one at a time.
func readItems[V any, O kubeObject[T], T any](b *SupportBundle, p place, r io.Reader, v *V, keep func(O) seen) facts.Fact[V] {
	found, err := eachObject(b, p, r, keep)
	b.lists = b.lists || found == asList
	if err == nil && found == asObject {
		err = errNoList
	}
	return readFact(p, found, err, v)
}

// readFact is what was read of a file, or why that is no use.
func readFact[V any](p place, found form, err error, v *V) facts.Fact[V] {
	if gap, ok := errors.AsType[*facts.Gap](err); ok {
		return facts.Missing[V](gap)
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return facts.Missing[V](&facts.Gap{Kind: facts.Malformed, Detail: p.file + " is cut off"})
	case err != nil:
		return facts.Missing[V](&facts.Gap{Kind: facts.Malformed, Detail: oneLine(p.file + ": " + err.Error())})
	case found == asNothing:
		return facts.Fact[V]{}
	}
	return facts.Known(*v)
}

// eachObject gives keep every object of a file, and stops at one of which a redactor has
// hidden what keep has seen.
func eachObject[O kubeObject[T], T any](b *SupportBundle, p place, r io.Reader, keep func(O) seen) (form, error) {
	return eachItem(r, func(raw json.RawMessage) error {
		o, masked := O(new(T)), masked([]byte(raw))
		switch err := kubejson.Unmarshal(raw, o); {
		case masked && (err != nil || hiddenKey.Match(raw)): // err is of a number, say
			return hiddenIn(p, o)
		case err != nil:
			return err
		}
		if o.GetName() == "" {
			return errNoList
		}
		b.notice(o)
		if of := keep(o); masked && hides(o, of) {
			return hiddenIn(p, o)
		}
		return nil
	})
}

func hiddenIn(p place, o metav1.Object) *facts.Gap {
	return &facts.Gap{Kind: facts.NotCollected, Detail: oneLine(fmt.Sprintf("%s hides a part of %s that matters", p.file, o.GetName()))}
}

var errNoList = errors.New("it is no list of Kubernetes")

// eachItem gives every object of a file to do. An object that is no list is given with
// its metadata only.
func eachItem(r io.Reader, do func(json.RawMessage) error) (form, error) {
	d := json.NewDecoder(r)
	switch t, err := d.Token(); {
	case errors.Is(err, io.EOF):
		return asNothing, nil
	case err != nil:
		return asNothing, err
	case t == nil: // as Go writes a slice that is nil
		return asArray, nil
	case t == json.Delim('['):
		return asArray, elements(d, do)
	case t == json.Delim('{'):
		return members(d, do)
	}
	return asNothing, errNoList
}

// elements reads an array from after its bracket.
func elements(d *json.Decoder, do func(json.RawMessage) error) error {
	for d.More() {
		var item json.RawMessage
		if err := d.Decode(&item); err != nil {
			return err
		}
		if err := do(item); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// members reads an object from after its brace.
func members(d *json.Decoder, do func(json.RawMessage) error) (form, error) {
	found, lone := asObject, map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return found, err
		}
		if key == "items" {
			found = asList
			if err := items(d, do); err != nil {
				return found, err
			}
			continue
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return found, err
		}
		if key == "metadata" {
			lone["metadata"] = value
		}
	}
	if _, err := d.Token(); err != nil || found == asList {
		return found, err
	}
	object, err := json.Marshal(lone)
	if err != nil {
		return found, err
	}
	return found, do(object)
}

// items reads those of a list, which Go writes as null when there are none.
func items(d *json.Decoder, do func(json.RawMessage) error) error {
	switch t, err := d.Token(); t {
	case nil:
		return err
	case json.Delim('['):
		return elements(d, do)
	}
	return errNoList
}
