package kubetest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

// Load adds the objects of a file of YAML, and stops the test at one that is none of Kubernetes' own.
func (s *Server) Load(file string) {
	s.t.Helper()
	f, err := os.Open(file)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	docs := yaml.NewYAMLReader(bufio.NewReader(f))
	for {
		doc, err := docs.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			s.t.Fatal(err)
		}
		o, _, err := scheme.Codecs.UniversalDeserializer().Decode(doc, nil, nil)
		if err != nil {
			s.t.Fatalf("%s: %v\n%s", file, err, doc)
		}
		s.Add(o)
	}
}

// Add adds objects. They then belong to the server: use [Server.Edit].
func (s *Server) Add(objects ...runtime.Object) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range objects {
		kinds, _, err := scheme.Scheme.ObjectKinds(o)
		if err != nil {
			s.t.Fatal(err)
		}
		resource, _ := meta.UnsafeGuessKindToResource(kinds[0])
		s.objects[resource] = append(s.objects[resource], o)
	}
}

// Edit changes every object of the type O, between two answers: kubetest.Edit(s, func(*corev1.Pod) { … }).
func Edit[O runtime.Object](s *Server, edit func(O)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, objects := range s.objects {
		for _, o := range objects {
			if o, ok := o.(O); ok {
				edit(o)
			}
		}
	}
}

// find returns the object that q names, or answers that there is none. The server is locked.
func (s *Server) find(w http.ResponseWriter, q query) (runtime.Object, bool) {
	for _, o := range s.objects[q.resource] {
		if m, _ := meta.Accessor(o); m.GetNamespace() == q.namespace && m.GetName() == q.name {
			return o, true
		}
	}
	refuse(w, apierrors.NewNotFound(q.resource.GroupResource(), q.name))
	return nil, false
}

func (s *Server) get(w http.ResponseWriter, r *http.Request, q query) {
	if o, ok := s.find(w, q); ok {
		s.encode(w, r, http.StatusOK, q.resource.GroupVersion(), o)
	}
}

func (s *Server) list(w http.ResponseWriter, r *http.Request, q query) {
	list := listOf(q.resource)
	if list == nil {
		http.NotFound(w, r)
		return
	}
	asked := r.URL.Query()
	byLabel, err := labels.Parse(asked.Get("labelSelector"))
	if err != nil {
		refuse(w, apierrors.NewBadRequest(err.Error()))
		return
	}
	byField, err := fields.ParseSelector(asked.Get("fieldSelector"))
	if err != nil {
		refuse(w, apierrors.NewBadRequest(err.Error()))
		return
	}
	var some []runtime.Object
	for _, o := range s.objects[q.resource] {
		m, _ := meta.Accessor(o)
		set := fields.Set{"metadata.name": m.GetName(), "metadata.namespace": m.GetNamespace()}
		if e, ok := o.(*corev1.Event); ok {
			set["reason"] = e.Reason
		}
		if (q.namespace == "" || m.GetNamespace() == q.namespace) && byLabel.Matches(labels.Set(m.GetLabels())) && byField.Matches(set) {
			some = append(some, o)
		}
	}
	from, _ := strconv.Atoi(asked.Get("continue"))
	to := len(some)
	if limit, _ := strconv.Atoi(asked.Get("limit")); limit > 0 {
		to = min(to, from+limit)
	}
	if err := meta.SetList(list, some[from:to]); err != nil {
		s.t.Error(err)
	}
	l, _ := meta.ListAccessor(list)
	l.SetResourceVersion("12345")
	if to < len(some) {
		l.SetContinue(strconv.Itoa(to))
	}
	s.encode(w, r, http.StatusOK, q.resource.GroupVersion(), list)
}

// listOf is an empty list of the resource, or nil when there is no such resource.
func listOf(resource schema.GroupVersionResource) runtime.Object {
	for kind := range scheme.Scheme.KnownTypes(resource.GroupVersion()) {
		if guess, _ := meta.UnsafeGuessKindToResource(resource.GroupVersion().WithKind(kind)); guess != resource {
			continue
		}
		if list, err := scheme.Scheme.New(resource.GroupVersion().WithKind(kind + "List")); err == nil {
			return list
		}
	}
	return nil
}

// encode answers in the first of the formats that the client accepts.
func (s *Server) encode(w http.ResponseWriter, r *http.Request, status int, gv schema.GroupVersion, o runtime.Object) {
	media, _, _ := strings.Cut(r.Header.Get("Accept"), ",")
	info, ok := runtime.SerializerInfoForMediaType(scheme.Codecs.SupportedMediaTypes(), media)
	if !ok {
		s.t.Errorf("%s accepts %q", r.URL.Path, media)
		return
	}
	var b bytes.Buffer
	if err := scheme.Codecs.EncoderForVersion(info.Serializer, gv).Encode(o, &b); err != nil {
		s.t.Error(err)
	}
	w.Header().Set("Content-Type", media)
	w.WriteHeader(status)
	w.Write(b.Bytes())
}
