package faulty

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// A Service is what a gate has to know of whom it stands before.
type Service interface {
	// Call says what a request asks for.
	Call(r *http.Request, body []byte) Call
	// Refuse answers with an error of the status as the service would put it.
	Refuse(w http.ResponseWriter, r *http.Request, status int)
	// Empty takes the items out of an answer that is a list, in JSON or XML.
	Empty(answer []byte) []byte
}

// A Call is a question to a service.
type Call struct {
	Name  string // as the doctor's gaps name it: "list pods", "iam:GetRole"
	Where string // what tells it from other calls of the name; may be empty
}

func (c Call) String() string {
	if c.Where == "" {
		return c.Name
	}
	return c.Name + " " + c.Where
}

// A Gate stands before a service, writes down what is asked, and spoils one call.
type Gate struct {
	Service Service
	URL     string

	t      testing.TB
	next   http.Handler
	server *httptest.Server

	mu     sync.Mutex
	call   Call
	fault  *Fault
	spoilt bool // at least once
	calls  []Call
}

// Open serves before next for the length of a test, with TLS where secure.
func Open(t testing.TB, s Service, secure bool, next http.Handler) *Gate {
	t.Helper()
	g := &Gate{Service: s, t: t, next: next}
	g.server = httptest.NewUnstartedServer(g)
	g.server.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that break off
	if secure {
		g.server.EnableHTTP2 = true
		g.server.TLS = ours()
		g.server.StartTLS()
	} else {
		g.server.Start()
	}
	g.URL = g.server.URL
	t.Cleanup(g.Close)
	return g
}

// Close ends all connections, and listens no longer.
func (g *Gate) Close() {
	g.server.CloseClientConnections()
	g.server.Close()
}

// Spoil spoils the call from now on.
func (g *Gate) Spoil(call Call, fault Fault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.call, g.fault = call, &fault
}

// Spoilt says whether the call that is to be spoilt was asked.
func (g *Gate) Spoilt() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.spoilt
}

// Calls are what was asked so far, each once.
func (g *Gate) Calls() []Call {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.calls)
}

func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if fault := g.met(g.Service.Call(r, body)); fault != nil {
		fault.serve(w, r, g)
		return
	}
	g.next.ServeHTTP(w, r)
}

// met writes a call down, and returns how it is to be spoilt, or nil.
func (g *Gate) met(call Call) *Fault {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Contains(g.calls, call) {
		g.calls = append(g.calls, call)
	}
	if g.fault == nil || call != g.call || g.fault.Effect == Survived && g.spoilt {
		return nil
	}
	g.spoilt = true
	return g.fault
}

// stranger is the URL of a server with a certificate of no CA.
func (g *Gate) stranger() string {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	g.t.Cleanup(server.Close)
	return server.URL
}

// Kubeconfig writes a kubeconfig for an API server at url with the certificate of a gate, and returns its path.
// The user's bearer token holds the word CANARY.
func Kubeconfig(t testing.TB, url string) string {
	t.Helper()
	text := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: test, contexts: [{name: test, context: {cluster: test, user: test}}],
clusters: [{name: test, cluster: {server: %q, certificate-authority-data: %s}}],
users: [{name: test, user: {token: CANARY-bearer}}]}`, url, base64.StdEncoding.EncodeToString(CA()))
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
