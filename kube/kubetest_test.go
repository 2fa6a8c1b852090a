package kube

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	yamlreader "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"
)

// The cli keeps client-go's log away in the same way.
func TestMain(m *testing.M) {
	klog.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// A server speaks the Kubernetes API over TLS and HTTP/2: protobuf or JSON as the
// client prefers, pages, selectors, and errors as Status.
type server struct {
	*httptest.Server
	t       *testing.T
	objects map[schema.GroupVersionResource][]runtime.Object
	// faults answer in the place of a resource such as "pods" or a path such as "/version".
	faults map[string]http.HandlerFunc
	delay  time.Duration // of every answer

	mu    sync.Mutex
	depth int // of the deepest request that is answered
	seen  []request
}

// A request is deeper by one than the deepest that was answered before it came: the
// depth of the last is the number of rounds.
type request struct {
	method, path, query, accept string
	depth                       int
}

func newServer(t *testing.T, files ...string) *server {
	t.Helper()
	s := &server{t: t, objects: map[schema.GroupVersionResource][]runtime.Object{}, faults: map[string]http.HandlerFunc{}}
	for _, file := range files {
		f, err := os.Open(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		docs := yamlreader.NewYAMLReader(bufio.NewReader(f))
		for {
			doc, err := docs.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			o, _, err := scheme.Codecs.UniversalDeserializer().Decode(doc, nil, nil)
			if err != nil {
				t.Fatalf("%s: %v\n%s", file, err, doc)
			}
			s.add(o)
		}
	}
	s.Server = httptest.NewUnstartedServer(s)
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that the client has more than it needs
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *server) add(objects ...runtime.Object) {
	for _, o := range objects {
		kinds, _, err := scheme.Scheme.ObjectKinds(o)
		if err != nil {
			s.t.Fatal(err)
		}
		resource, _ := apimeta.UnsafeGuessKindToResource(kinds[0])
		s.objects[resource] = append(s.objects[resource], o)
	}
}

// client connects as the program does.
func (s *server) client() *Client {
	s.t.Helper()
	c, err := Connect(flagsFor(s.t, s.kubeconfig()), "irsa-doctor/test")
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *server) kubeconfig() string {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return `{apiVersion: v1, kind: Config, current-context: test, contexts: [{name: test, context: {cluster: test, user: test}}],
clusters: [{name: test, cluster: {server: "` + s.URL + `", certificate-authority-data: ` + base64.StdEncoding.EncodeToString(ca) + `}}],
users: [{name: test, user: {token: CANARY-bearer}}]}`
}

func flagsFor(t *testing.T, kubeconfig string) *genericclioptions.ConfigFlags {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(name, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := genericclioptions.NewConfigFlags(true)
	flags.KubeConfig = &name
	return flags
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	depth := s.depth + 1
	s.seen = append(s.seen, request{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Accept"), depth})
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.depth = max(s.depth, depth)
		s.mu.Unlock()
	}()
	time.Sleep(s.delay)
	s.answer(w, r)
}

func (s *server) answer(w http.ResponseWriter, r *http.Request) {
	if fault := s.faults[r.URL.Path]; fault != nil {
		fault(w, r)
		return
	}
	if r.URL.Path == "/version" {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"major":"1","minor":"34","gitVersion":"v1.34.4-eks-3cfe0ce"}`)
		return
	}
	gv, rest, ok := groupVersion(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	var namespace, name, sub string
	if len(rest) >= 3 && rest[0] == "namespaces" {
		namespace, rest = rest[1], rest[2:]
	}
	resource := rest[0]
	if len(rest) > 1 {
		name = rest[1]
	}
	if len(rest) > 2 {
		sub = "/" + rest[2]
	}
	fault := s.faults[resource+sub]
	switch {
	case fault != nil:
		fault(w, r)
	case sub != "" || r.Method != http.MethodGet:
		http.NotFound(w, r)
	case name != "":
		s.get(w, r, gv.WithResource(resource), namespace, name)
	default:
		s.list(w, r, gv.WithResource(resource), namespace)
	}
}

func groupVersion(path string) (gv schema.GroupVersion, rest []string, ok bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2:
		return schema.GroupVersion{Version: parts[1]}, parts[2:], true
	case parts[0] == "apis" && len(parts) > 3:
		return schema.GroupVersion{Group: parts[1], Version: parts[2]}, parts[3:], true
	}
	return gv, nil, false
}

func (s *server) get(w http.ResponseWriter, r *http.Request, resource schema.GroupVersionResource, namespace, name string) {
	for _, o := range s.objects[resource] {
		if m, _ := apimeta.Accessor(o); m.GetNamespace() == namespace && m.GetName() == name {
			s.encode(w, r, resource.GroupVersion(), o)
			return
		}
	}
	fail(w, apierrors.NewNotFound(resource.GroupResource(), name))
}

func (s *server) list(w http.ResponseWriter, r *http.Request, resource schema.GroupVersionResource, namespace string) {
	list := listOf(resource)
	if list == nil {
		http.NotFound(w, r)
		return
	}
	q := r.URL.Query()
	byLabel, err := labels.Parse(q.Get("labelSelector"))
	if err != nil {
		fail(w, apierrors.NewBadRequest(err.Error()))
		return
	}
	byField := fields.ParseSelectorOrDie(q.Get("fieldSelector"))
	var some []runtime.Object
	for _, o := range s.objects[resource] {
		m, _ := apimeta.Accessor(o)
		set := fields.Set{"metadata.name": m.GetName(), "metadata.namespace": m.GetNamespace()}
		if e, ok := o.(*corev1.Event); ok {
			set["reason"] = e.Reason
		}
		if (namespace == "" || m.GetNamespace() == namespace) && byLabel.Matches(labels.Set(m.GetLabels())) && byField.Matches(set) {
			some = append(some, o)
		}
	}
	from, _ := strconv.Atoi(q.Get("continue"))
	to := len(some)
	if limit, _ := strconv.Atoi(q.Get("limit")); limit > 0 {
		to = min(to, from+limit)
	}
	if err := apimeta.SetList(list, some[from:to]); err != nil {
		s.t.Error(err)
	}
	l, _ := apimeta.ListAccessor(list)
	l.SetResourceVersion("12345")
	if to < len(some) {
		l.SetContinue(strconv.Itoa(to))
	}
	s.encode(w, r, resource.GroupVersion(), list)
}

// listOf is an empty list of the resource, or nil when there is no such resource.
func listOf(resource schema.GroupVersionResource) runtime.Object {
	for kind := range scheme.Scheme.KnownTypes(resource.GroupVersion()) {
		gvk := resource.GroupVersion().WithKind(kind)
		if guess, _ := apimeta.UnsafeGuessKindToResource(gvk); guess != resource {
			continue
		}
		if list, err := scheme.Scheme.New(resource.GroupVersion().WithKind(kind + "List")); err == nil {
			return list
		}
	}
	return nil
}

func (s *server) encode(w http.ResponseWriter, r *http.Request, gv schema.GroupVersion, o runtime.Object) {
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
	w.Write(b.Bytes())
}

// fail answers with a Status.
func fail(w http.ResponseWriter, err *apierrors.StatusError) {
	status := err.Status()
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(status.Code))
	json.NewEncoder(w).Encode(status)
}

// failing is a fault of one error.
func failing(err *apierrors.StatusError) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fail(w, err) }
}

// requests are those for a path, as method, path and query.
func (s *server) requests(path string) []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var some []request
	for _, r := range s.seen {
		if r.path == path {
			some = append(some, r)
		}
	}
	return some
}
