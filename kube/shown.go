package kube

import (
	"encoding/base64"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
)

// Credentials are the secrets that the client has shown to the API server, or holds to
// do so: to make sure that none is written anywhere, and for nothing else.
func (c *Client) Credentials() []string {
	all := append(c.shown.all(), c.config.BearerToken, c.config.Password, string(c.config.KeyData))
	if c.config.KeyFile != "" {
		key, _ := os.ReadFile(c.config.KeyFile)
		all = append(all, string(key))
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// Shown are the credentials in the headers of requests, which also tells those that a
// plugin or a file gave.
type shown struct {
	mu      sync.Mutex
	headers map[string]bool
}

// note has the client's requests noted.
func (s *shown) note(config *rest.Config) {
	s.headers = map[string]bool{}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return noting{s, next} })
}

func (s *shown) all() (credentials []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, header := range slices.Sorted(maps.Keys(s.headers)) {
		scheme, credential, _ := strings.Cut(header, " ")
		if strings.EqualFold(scheme, "Basic") {
			plain, _ := base64.StdEncoding.DecodeString(credential)
			_, password, _ := strings.Cut(string(plain), ":")
			credentials = append(credentials, password)
		}
		credentials = append(credentials, credential)
	}
	return credentials
}

// noting stands between the client's authentication and the network.
type noting struct {
	to   *shown
	next http.RoundTripper
}

func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		n.to.mu.Lock()
		n.to.headers[header] = true
		n.to.mu.Unlock()
	}
	return n.next.RoundTrip(r)
}

// WrappedRoundTripper lets client-go see the transport.
func (n noting) WrappedRoundTripper() http.RoundTripper { return n.next }
