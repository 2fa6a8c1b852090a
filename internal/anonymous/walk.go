package anonymous

import (
	"reflect"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A change gives what stands in for a string of a field.
type change func(text string, r rule) string

// rewritten is a deep copy of the snapshot with every string changed.
func rewritten(s *facts.Snapshot, change change) *facts.Snapshot {
	return rewrite(reflect.ValueOf(s), rule{how: name}, change).Interface().(*facts.Snapshot)
}

// visit shows every string of the snapshot.
func visit(s *facts.Snapshot, see func(text string, r rule)) {
	rewritten(s, func(text string, r rule) string {
		see(text, r)
		return text
	})
}

// rewrite copies v, which belongs to a field with the rule.
func rewrite(v reflect.Value, r rule, change change) reflect.Value {
	to := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		to.SetString(change(v.String(), r))
	case reflect.Pointer:
		if !v.IsNil() {
			to.Set(reflect.New(v.Type().Elem()))
			to.Elem().Set(rewrite(v.Elem(), r, change))
		}
	case reflect.Slice:
		if !v.IsNil() {
			to.Set(reflect.MakeSlice(v.Type(), 0, v.Len()))
		}
		for i := range v.Len() {
			to.Set(reflect.Append(to, rewrite(v.Index(i), r, change)))
		}
	case reflect.Map:
		if !v.IsNil() {
			to.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		}
		for key, value := range v.Seq2() {
			to.SetMapIndex(rewriteKey(key, r, change), rewrite(value, r, change))
		}
	case reflect.Struct:
		to.Set(v)
		if v.Type().PkgPath() != reflect.TypeFor[facts.Snapshot]().PkgPath() { // time.Time
			return to
		}
		for i := range v.NumField() {
			to.Field(i).Set(rewrite(v.Field(i), ruleOf(v.Type(), i, r), change))
		}
	default:
		to.Set(v)
	}
	return to
}

// rewriteKey leaves the kinds alone that workloads are listed by.
func rewriteKey(key reflect.Value, r rule, change change) reflect.Value {
	if key.Type() == reflect.TypeFor[facts.Kind]() {
		return key
	}
	return rewrite(key, r, change)
}

// ruleOf is the rule of a struct's field. The value of a Fact belongs to the field that
// holds the Fact.
func ruleOf(t reflect.Type, field int, outer rule) rule {
	if strings.HasPrefix(t.Name(), "Fact[") {
		return outer
	}
	if r, ok := rules[t.Name()+"."+t.Field(field).Name]; ok {
		return r
	}
	return rule{how: name}
}
