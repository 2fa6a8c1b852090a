package cli

import (
	"reflect"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// A filler puts a text into every text of an object, behind what is there.
type filler struct {
	text     string
	identity bool // into names of objects too, by which the program finds its way
	empty    bool // make what is not there, such as a first container
}

// identities are the fields by which objects belong together.
var identities = []string{
	"Name", "Namespace", "GenerateName", "Kind", "APIVersion", "UID", "ServiceAccountName", "DeprecatedServiceAccount",
	"OwnerReferences", "InvolvedObject", "Reason", "ResourceVersion", "Continue", "TargetRef", "MatchExpressions",
}

// kept are keys of maps whose values select.
var selecting = []string{"kubernetes.io/service-name", "app", "app.kubernetes.io/name", "app.kubernetes.io/instance"}

func (f filler) object(o runtime.Object) { f.fill(reflect.ValueOf(o).Elem(), 0) }

func (f filler) fill(v reflect.Value, depth int) {
	const deepest = 14
	if depth > deepest {
		return
	}
	switch v.Interface().(type) {
	case metav1.Time, metav1.MicroTime, resource.Quantity, intstr.IntOrString, metav1.TypeMeta:
		return
	case metav1.FieldsV1:
		v.Set(reflect.ValueOf(*metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{` + quote("f:"+f.text) + `:{}}}}`)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		if v.String() == "" {
			v.SetString(f.text)
		} else {
			v.SetString(v.String() + " " + f.text)
		}
	case reflect.Pointer:
		if v.IsNil() {
			if !f.empty {
				return
			}
			v.Set(reflect.New(v.Type().Elem()))
		}
		f.fill(v.Elem(), depth+1)
	case reflect.Slice:
		f.fillSlice(v, depth)
	case reflect.Map:
		f.fillMap(v, depth)
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if v.Field(i).CanSet() && (f.identity || !slices.Contains(identities, name)) {
				f.fill(v.Field(i), depth+1)
			}
		}
	}
}

// fillSlice leaves words such as verbs of a rule, and adds one.
func (f filler) fillSlice(v reflect.Value, depth int) {
	kind := v.Type().Elem().Kind()
	switch {
	case kind == reflect.Uint8:
		v.SetBytes(append(v.Bytes(), f.text...))
		return
	case kind == reflect.String:
		word := reflect.New(v.Type().Elem()).Elem()
		word.SetString(f.text)
		v.Set(reflect.Append(v, word))
		return
	case v.Len() == 0 && f.empty:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	}
	for i := range v.Len() {
		f.fill(v.Index(i), depth+1)
	}
}

func (f filler) fillMap(v reflect.Value, depth int) {
	if v.Type().Key().Kind() != reflect.String {
		return
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, key := range v.MapKeys() {
		if slices.Contains(selecting, key.String()) {
			continue
		}
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(v.MapIndex(key))
		f.fill(value, depth+1)
		v.SetMapIndex(key, value)
	}
	for _, name := range []string{f.text, "eks.amazonaws.com/note", "kubectl.kubernetes.io/last-applied-configuration", "eks.amazonaws.com/" + f.text} {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString(name)
		f.fill(value, depth+1)
		v.SetMapIndex(key, value)
	}
}
