package token

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const (
	timeout      = 5 * time.Second // for each of the two documents; STS gives an issuer about as long
	maxDocument  = 256 << 10       // bytes
	maxRedirects = 3
)

// FetchOptions say how far a fetch may go.
type FetchOptions struct {
	// AllowPrivate allows an issuer at a private, loopback or link-local address, and
	// redirects and a JWKS at such addresses when the issuer itself is at one.
	AllowPrivate bool
	// Roots decide whether a certificate chain is public; nil means the system's.
	Roots *x509.CertPool
}

// Published is what an issuer serves at its URL. Gaps are unreachable or malformed.
type Published struct {
	Public     facts.Fact[facts.Discovery]
	PublicKeys facts.Fact[[]facts.Key]
	// TLS is the certificate chain of the host that served the JWKS. One that is not
	// public does not stop a fetch, as it does not stop STS when the thumbprint is right:
	// then nothing vouches for what was fetched.
	TLS  facts.Fact[facts.TLSChain]
	Keys Keys // those of PublicKeys, to verify with
}

// Fetch gets the discovery document and the JWKS of an issuer as STS would, in about
// ten seconds at most. The URLs are hostile: only https, no private address unless
// allowed, few redirects, small documents. Proxies are not used, since those would
// hide the address.
func Fetch(ctx context.Context, issuer string, options FetchOptions) Published {
	base, err := parseURL(issuer)
	if err == nil && base.RawQuery != "" {
		err = errors.New("it holds a query")
	}
	if err != nil {
		return nothing(malformed("issuer", err.Error()))
	}
	client := newClient(base, options.AllowPrivate)
	defer client.CloseIdleConnections()

	body, _, err := get(ctx, client, strings.TrimSuffix(base.String(), "/")+"/.well-known/openid-configuration")
	if err != nil {
		return nothing(unreachable("discovery document", err))
	}
	document, err := ParseDiscovery(body)
	if err != nil {
		return nothing(err)
	}
	p := Published{Public: facts.Known(document)}
	jwks, err := parseURL(document.JWKSURI)
	if err != nil {
		gap := malformed("jwks_uri", err.Error())
		p.PublicKeys, p.TLS = facts.Missing[[]facts.Key](gap), facts.Missing[facts.TLSChain](gap)
		return p
	}
	body, connection, err := get(ctx, client, jwks.String())
	if connection == nil {
		p.TLS = facts.Missing[facts.TLSChain](unreachable("JWKS", err))
	} else {
		p.TLS = facts.Known(chain(connection, options.Roots))
	}
	if err != nil {
		p.PublicKeys = facts.Missing[[]facts.Key](unreachable("JWKS", err))
		return p
	}
	if p.Keys, err = ParseKeys(body); err != nil {
		p.PublicKeys = facts.Missing[[]facts.Key](err)
		return p
	}
	p.PublicKeys = facts.Known(p.Keys.Facts())
	return p
}

// nothing is what was published when not even the discovery document could be had.
func nothing(err error) Published {
	return Published{
		Public:     facts.Missing[facts.Discovery](err),
		PublicKeys: facts.Missing[[]facts.Key](err),
		TLS:        facts.Missing[facts.TLSChain](err),
	}
}

// parseURL reads an absolute https URL that names nothing but a place.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, errors.New("it is empty")
	case err != nil:
		return nil, errors.New("it is no URL")
	case u.Scheme != "https":
		return nil, errors.New("it is not an https URL")
	case u.Hostname() == "":
		return nil, errors.New("it names no host")
	case u.User != nil:
		return nil, errors.New("it holds a user name")
	case u.Fragment != "":
		return nil, errors.New("it holds a fragment")
	}
	return u, nil
}

func newClient(issuer *url.URL, allowPrivate bool) *http.Client {
	port := issuer.Port()
	if port == "" {
		port = "443"
	}
	g := &guard{issuer: net.JoinHostPort(issuer.Hostname(), port), allowPrivate: allowPrivate}
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext:            g.dial,
			TLSHandshakeTimeout:    timeout,
			MaxResponseHeaderBytes: 64 << 10,
			ForceAttemptHTTP2:      true,
			TLSClientConfig: &tls.Config{
				MinVersion: tls.VersionTLS12,
				// Whether the chain is public is a finding and no reason to stop. The name is
				// checked of every response.
				InsecureSkipVerify: true,
			},
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			if _, err := parseURL(r.URL.String()); err != nil {
				return fmt.Errorf("redirect: %w", err)
			}
			return checkHost(r.Response)
		},
	}
}

// checkHost says whether the certificate is for the host that answered.
func checkHost(r *http.Response) error {
	return r.TLS.PeerCertificates[0].VerifyHostname(r.Request.URL.Hostname())
}

// get fetches a document. The connection is nil when there was none.
func get(ctx context.Context, client *http.Client, from string) ([]byte, *tls.ConnectionState, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	if err := checkHost(response); err != nil {
		return nil, nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, response.TLS, fmt.Errorf("HTTP status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDocument+1))
	if err == nil && len(body) > maxDocument {
		err = fmt.Errorf("it is longer than %d KiB", maxDocument>>10)
	}
	return body, response.TLS, err
}

// unreachable says why a document could not be had, without the URL that Go puts before it.
func unreachable(what string, err error) *facts.Gap {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
		if e.Timeout() {
			err = errors.New("no answer in time")
		}
	}
	return &facts.Gap{Kind: facts.Unreachable, Detail: what + ": " + err.Error()}
}

// chain describes the certificates of a connection. They are public when they lead to
// one of the roots today; whether they are for the host was checked before.
func chain(c *tls.ConnectionState, roots *x509.CertPool) facts.TLSChain {
	var t facts.TLSChain
	intermediates := x509.NewCertPool()
	for i, certificate := range c.PeerCertificates {
		sum := sha1.Sum(certificate.Raw) // what IAM calls a thumbprint
		t.Fingerprints = append(t.Fingerprints, hex.EncodeToString(sum[:]))
		if i > 0 {
			intermediates.AddCert(certificate)
		}
	}
	_, err := c.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates})
	t.Public = err == nil
	return t
}
