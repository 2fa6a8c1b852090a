package kubetest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
)

// An Issuer signs tokens of service accounts with an RSA key of its own. It may serve several servers.
type Issuer struct {
	URL string

	key *rsa.PrivateKey
	kid string
}

// NewIssuer makes an issuer of that URL, and its key.
func NewIssuer(url string) *Issuer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // the size is good, and rand.Reader never fails
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(der) // which is how the API server derives a key's ID
	return &Issuer{URL: url, key: key, kid: base64.RawURLEncoding.EncodeToString(sum[:])}
}

// Issue has the server sign tokens as the issuer, and publish its discovery document and keys.
func (s *Server) Issue(i *Issuer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issuer = i
}

// Sign returns a token of the service account in the form of the API server's, valid from now on.
func (i *Issuer) Sign(namespace, account string, audiences []string, life time.Duration) string {
	now := time.Now()
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": i.URL, "aud": audiences, "sub": "system:serviceaccount:" + namespace + ":" + account,
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(life).Unix(), "jti": rand.Text(),
		"kubernetes.io": map[string]any{"namespace": namespace, "serviceaccount": map[string]any{"name": account, "uid": rand.Text()}},
	})
	t.Header["kid"] = i.kid
	raw, err := t.SignedString(i.key)
	if err != nil {
		panic(err) // the key is good, and the claims are JSON
	}
	return raw
}

// ServeJWKS answers with the issuer's public key, as /openid/v1/jwks does.
func (i *Issuer) ServeJWKS(w http.ResponseWriter, r *http.Request) {
	const media = "application/jwk-set+json"
	if !strings.Contains(r.Header.Get("Accept"), media) { // which the API server insists on
		w.WriteHeader(http.StatusNotAcceptable)
		return
	}
	number := base64.RawURLEncoding.EncodeToString
	w.Header().Set("Content-Type", media)
	json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{
		"use": "sig", "kty": "RSA", "alg": "RS256", "kid": i.kid,
		"n": number(i.key.N.Bytes()), "e": number(big.NewInt(int64(i.key.E)).Bytes()),
	}}})
}

// ServeDiscovery answers with the issuer's discovery document.
func (i *Issuer) ServeDiscovery(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{
		"issuer": i.URL, "jwks_uri": i.URL + "/keys", "response_types_supported": []string{"id_token"},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

// mint answers a TokenRequest. The server is locked.
func (s *Server) mint(w http.ResponseWriter, r *http.Request, q query) {
	if _, ok := s.find(w, q); !ok {
		return
	}
	body, _ := io.ReadAll(r.Body)
	o, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	asked, ok := o.(*authenticationv1.TokenRequest)
	switch {
	case err != nil || !ok:
		refuse(w, apierrors.NewBadRequest("the body is no TokenRequest"))
		return
	case asked.Spec.ExpirationSeconds == nil:
		asked.Spec.ExpirationSeconds = new(int64(3600))
	case *asked.Spec.ExpirationSeconds < 600:
		refuse(w, apierrors.NewBadRequest("may not specify a duration less than 10 minutes"))
		return
	}
	if len(asked.Spec.Audiences) == 0 {
		asked.Spec.Audiences = []string{s.issuer.URL}
	}
	life := time.Duration(*asked.Spec.ExpirationSeconds) * time.Second
	asked.Status.Token = s.issuer.Sign(q.namespace, q.name, asked.Spec.Audiences, life)
	asked.Status.ExpirationTimestamp = v1.NewTime(time.Now().Add(life))
	s.encode(w, r, http.StatusCreated, authenticationv1.SchemeGroupVersion, asked)
}
