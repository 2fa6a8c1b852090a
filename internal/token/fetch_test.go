package token

import (
	"context"
	"crypto/elliptic"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// serve is an issuer at a loopback address.
func serve(t *testing.T, routes map[string]http.HandlerFunc) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	for path, h := range routes {
		mux.HandleFunc(path, h)
	}
	s := httptest.NewTLSServer(mux)
	t.Cleanup(s.Close)
	return s
}

func text(format string, args ...any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, format, args...) }
}

func to(url string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, url, http.StatusFound) }
}

const configuration = "/id/X/.well-known/openid-configuration"

var private = FetchOptions{AllowPrivate: true}

func TestFetch(t *testing.T) {
	key := newEC(t, elliptic.P256())
	var issuer string
	s := serve(t, map[string]http.HandlerFunc{
		configuration: func(w http.ResponseWriter, r *http.Request) {
			text(`{"issuer":%q,"jwks_uri":%q}`, issuer, issuer+"/keys")(w, r)
		},
		"/id/X/keys": func(w http.ResponseWriter, r *http.Request) { to("/moved")(w, r) },
		"/moved":     text("%s", jwks(t, jwk(t, &key.PublicKey, map[string]any{"kid": "k"}))),
	})
	issuer = s.URL + "/id/X"
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	for name, tc := range map[string]struct {
		issuer  string
		options FetchOptions
		public  bool
	}{
		"known root":     {issuer, FetchOptions{AllowPrivate: true, Roots: roots}, true},
		"private CA":     {issuer, FetchOptions{AllowPrivate: true, Roots: x509.NewCertPool()}, false},
		"system's roots": {issuer, private, false},
		"trailing slash": {issuer + "/", FetchOptions{AllowPrivate: true, Roots: roots}, true},
	} {
		p := Fetch(t.Context(), tc.issuer, tc.options)
		document, err := p.Public.Get()
		if want := (facts.Discovery{Issuer: issuer, JWKSURI: issuer + "/keys"}); err != nil || !cmp.Equal(document, want) {
			t.Errorf("%s: %+v, %v", name, document, err)
		}
		if keys, err := p.PublicKeys.Get(); err != nil || len(keys) != 1 || keys[0].ID != "k" {
			t.Errorf("%s: keys %+v, %v", name, keys, err)
		}
		chain, err := p.TLS.Get()
		if err != nil || chain.Public != tc.public || len(chain.Fingerprints) != 1 || len(chain.Fingerprints[0]) != 40 {
			t.Errorf("%s: TLS %+v, %v", name, chain, err)
		}
		if ok, err := p.Keys.Verify(sign(t, jwt.SigningMethodES256, "k", key, claims())).Get(); err != nil || !ok {
			t.Errorf("%s: verified %v, %v", name, ok, err)
		}
	}
}

func TestFetchFails(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{
		"/html/.well-known/openid-configuration":  text("<html>"),
		"/big/.well-known/openid-configuration":   text("%s", strings.Repeat(" ", maxDocument+1)),
		"/loop/.well-known/openid-configuration":  to("/loop/.well-known/openid-configuration"),
		"/plain/.well-known/openid-configuration": to("http://127.0.0.1/"),
		"/file/.well-known/openid-configuration":  to("file:///etc/passwd"),
		"/slow/.well-known/openid-configuration":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	})
	for issuer, want := range map[string]facts.Gap{
		"":                          {Kind: facts.Malformed, Detail: "issuer: it is empty"},
		"http://issuer.example":     {Kind: facts.Malformed, Detail: "issuer: it is not an https URL"},
		"kubernetes/serviceaccount": {Kind: facts.Malformed, Detail: "issuer: it is not an https URL"},
		"https://":                  {Kind: facts.Malformed, Detail: "issuer: it names no host"},
		"https://a:b@host":          {Kind: facts.Malformed, Detail: "issuer: it holds a user name"},
		"https://host?q":            {Kind: facts.Malformed, Detail: "issuer: it holds a query"},
		"https://host#f":            {Kind: facts.Malformed, Detail: "issuer: it holds a fragment"},
		"https://ho st":             {Kind: facts.Malformed, Detail: "issuer: it is no URL"},
		s.URL + "/missing":          {Kind: facts.Unreachable, Detail: "discovery document: HTTP status 404"},
		s.URL + "/html":             {Kind: facts.Malformed, Detail: "discovery document: it is no JSON: invalid character '<' looking for beginning of value"},
		s.URL + "/big":              {Kind: facts.Unreachable, Detail: "discovery document: it is longer than 256 KiB"},
		s.URL + "/loop":             {Kind: facts.Unreachable, Detail: "discovery document: more than 3 redirects"},
		s.URL + "/plain":            {Kind: facts.Unreachable, Detail: "discovery document: redirect: it is not an https URL"},
		s.URL + "/file":             {Kind: facts.Unreachable, Detail: "discovery document: redirect: it is not an https URL"},
		s.URL + "/slow":             {Kind: facts.Unreachable, Detail: "discovery document: no answer in time"},
		// The certificate is for 127.0.0.1 and example.com.
		strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/html": {Kind: facts.Unreachable,
			Detail: "discovery document: x509: certificate is valid for example.com, *.example.com, not localhost"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		p := Fetch(ctx, issuer, private)
		cancel()
		for what, err := range map[string]error{"document": gapOf(p.Public), "keys": gapOf(p.PublicKeys), "TLS": gapOf(p.TLS), "verification": gapOf(p.Keys.Verify("a.b.c"))} {
			if what == "verification" {
				if facts.KindOf(err) != facts.NotCollected {
					t.Errorf("%q: keys that were not fetched verify: %v", issuer, err)
				}
				continue
			}
			if gap, ok := err.(*facts.Gap); !ok || *gap != want {
				t.Errorf("%q: %s: %v, want %v", issuer, what, err, &want)
			}
		}
	}
}

func gapOf[T any](f facts.Fact[T]) error {
	_, err := f.Get()
	return err
}

func TestFetchJWKSFails(t *testing.T) {
	var uri string
	s := serve(t, map[string]http.HandlerFunc{
		configuration: func(w http.ResponseWriter, r *http.Request) { text(`{"jwks_uri":%q}`, uri)(w, r) },
		"/html":       text("<html>"),
	})
	for _, tc := range []struct {
		uri  string
		want facts.Gap
		tls  bool // what the host presents is known all the same
	}{
		{"", facts.Gap{Kind: facts.Malformed, Detail: "jwks_uri: it is empty"}, false},
		{"http://x/keys", facts.Gap{Kind: facts.Malformed, Detail: "jwks_uri: it is not an https URL"}, false},
		{s.URL + "/missing", facts.Gap{Kind: facts.Unreachable, Detail: "JWKS: HTTP status 404"}, true},
		{s.URL + "/html", facts.Gap{Kind: facts.Malformed, Detail: "JWKS: it is no JSON: invalid character '<' looking for beginning of value"}, true},
	} {
		uri = tc.uri
		p := Fetch(t.Context(), s.URL+"/id/X", private)
		if _, err := p.Public.Get(); err != nil {
			t.Errorf("%q: %v", uri, err)
		}
		if gap, ok := gapOf(p.PublicKeys).(*facts.Gap); !ok || *gap != tc.want {
			t.Errorf("%q: %v, want %v", uri, gap, &tc.want)
		}
		if err := gapOf(p.TLS); (err == nil) != tc.tls {
			t.Errorf("%q: TLS %v", uri, err)
		}
	}
}

// A private issuer is looked at only when that was asked for, and a public one never
// leads to a private address.
func TestFetchKeepsFromPrivateAddresses(t *testing.T) {
	asked := 0
	s := serve(t, map[string]http.HandlerFunc{"/": func(http.ResponseWriter, *http.Request) { asked++ }})
	p := Fetch(t.Context(), s.URL, FetchOptions{})
	if gap, ok := gapOf(p.Public).(*facts.Gap); !ok || gap.Kind != facts.Unreachable || !strings.HasSuffix(gap.Detail, errPrivate.Error()) {
		t.Errorf("a loopback issuer: %v", gap)
	}
	// The guard of an issuer elsewhere, on its way to a redirect or a jwks_uri at this server.
	for _, allow := range []bool{false, true} {
		g := &guard{issuer: "issuer.example:443", allowPrivate: allow}
		if c, err := g.dial(t.Context(), "tcp", s.Listener.Addr().String()); err == nil {
			c.Close()
			t.Errorf("a public issuer leads to %s, with private ones allowed: %v", s.Listener.Addr(), allow)
		}
	}
	if asked > 0 {
		t.Errorf("the server was asked %d times", asked)
	}
}

func TestPublic(t *testing.T) {
	for _, a := range []string{"8.8.8.8", "52.95.110.1", "2600:1f18::1", "::ffff:8.8.8.8"} {
		if !public(netip.MustParseAddr(a)) {
			t.Errorf("%s is not public", a)
		}
	}
	for _, a := range []string{
		"127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255",
		"198.18.0.1", "192.0.0.8", "240.0.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "::ffff:169.254.169.254",
		"::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "fec0::1",
	} {
		if public(netip.MustParseAddr(a)) {
			t.Errorf("%s is public", a)
		}
	}
}
