// Package kubetest is a test double of the Kubernetes API: an HTTPS server that answers over the
// objects that a test makes up, as the API documents it. It serves HTTP/2, protobuf or JSON as the
// client prefers, pages, selectors, errors as Status, and tokens of an [Issuer].
//
// It knows nothing of irsa-doctor: no package of it is imported here. Not imitated: writes, watches,
// admission, authorization (a fault refuses), and field selectors other than by name, namespace and an
// event's reason.
package kubetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A Server answers for an API server. Its methods may be called while it serves.
type Server struct {
	URL string

	t    testing.TB
	http *httptest.Server

	mu      sync.Mutex
	objects map[schema.GroupVersionResource][]runtime.Object
	faults  map[string]http.HandlerFunc
	delay   time.Duration
	issuer  *Issuer
	rounds  int
	seen    []Request
}

// A Request is what a client asked.
type Request struct{ Method, Path, Query, Accept string }

// Start serves the objects in files of YAML for the length of a test.
func Start(t testing.TB, files ...string) *Server {
	t.Helper()
	s := &Server{t: t, objects: map[schema.GroupVersionResource][]runtime.Object{}, faults: map[string]http.HandlerFunc{}}
	for _, file := range files {
		s.Load(file)
	}
	s.http = httptest.NewUnstartedServer(s.Count(http.HandlerFunc(s.Serve)))
	s.http.EnableHTTP2 = true
	s.http.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t)}}
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that a client breaks off
	s.http.StartTLS()
	s.URL = s.http.URL
	t.Cleanup(s.Close)
	return s
}

// certificate signs itself for 127.0.0.1. Its key is quicker than httptest's own.
func certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Close stops serving at once: nobody answers at URL any more.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// CA is the certificate that a client has to trust, in PEM.
func (s *Server) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw})
}

// Kubeconfig writes a kubeconfig with the one context "test", and returns its path. The user's bearer
// token holds the word CANARY, which must appear nowhere else.
func (s *Server) Kubeconfig() string {
	s.t.Helper()
	text := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: test, contexts: [{name: test, context: {cluster: test, user: test}}],
clusters: [{name: test, cluster: {server: %q, certificate-authority-data: %s}}],
users: [{name: test, user: {token: CANARY-bearer}}]}`, s.URL, base64.StdEncoding.EncodeToString(s.CA()))
	path := filepath.Join(s.t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// Fault has a handler answer in the place of a resource such as "pods" or "pods/exec", or of a path such
// as "/version"; nil takes the fault away.
func (s *Server) Fault(where string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[where] = h
}

func (s *Server) fault(where string) http.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults[where]
}

// Delay is waited before every answer from now on.
func (s *Server) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// Requests are all that came so far, in the order in which they came.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.seen...)
}

// Rounds is how many answers had to be waited for one after the other: a request belongs to the round
// after that of the last answer given before it came. With answers that come at once requests that wait
// for nothing may seem to have waited; a Delay keeps them together.
func (s *Server) Rounds() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rounds
}

// Count returns a handler like h whose answers count among the server's rounds: for a double of another
// service that the same client asks.
func (s *Server) Count(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		round := s.rounds + 1
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.rounds = max(s.rounds, round)
		}()
		h.ServeHTTP(w, r)
	})
}

// Serve answers a request that came another way than to URL.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.seen = append(s.seen, Request{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Accept")})
	delay := s.delay
	s.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
		return
	}
	fault := s.fault(r.URL.Path)
	if q, ok := parse(r.URL.Path); ok && fault == nil {
		fault = s.fault(q.resource.Resource + q.sub)
	}
	if fault != nil {
		fault(w, r)
		return
	}
	s.Answer(w, r)
}

// Answer answers as if there were no faults: for a handler that spoils only some requests.
func (s *Server) Answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q, ok := parse(r.URL.Path)
	switch {
	case r.URL.Path == "/version":
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"major":"1","minor":"34","gitVersion":"v1.34.4-eks-3cfe0ce"}`)
	case s.issuer != nil && r.URL.Path == "/.well-known/openid-configuration":
		s.issuer.ServeDiscovery(w, r)
	case s.issuer != nil && r.URL.Path == "/openid/v1/jwks":
		s.issuer.ServeJWKS(w, r)
	case !ok:
		http.NotFound(w, r)
	case s.issuer != nil && q.resource.Resource+q.sub == "serviceaccounts/token" && r.Method == http.MethodPost:
		s.mint(w, r, q)
	case q.sub != "" || r.Method != http.MethodGet:
		http.NotFound(w, r)
	case q.name != "":
		s.get(w, r, q)
	default:
		s.list(w, r, q)
	}
}

// A query is what a path of the API names.
type query struct {
	resource        schema.GroupVersionResource
	namespace, name string
	sub             string // "/exec"
}

func parse(path string) (q query, ok bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2:
		q.resource.Version, parts = parts[1], parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		q.resource.Group, q.resource.Version, parts = parts[1], parts[2], parts[3:]
	default:
		return q, false
	}
	if len(parts) >= 3 && parts[0] == "namespaces" {
		q.namespace, parts = parts[1], parts[2:]
	}
	q.resource.Resource = parts[0]
	if len(parts) > 1 {
		q.name = parts[1]
	}
	if len(parts) > 2 {
		q.sub = "/" + parts[2]
	}
	return q, true
}
