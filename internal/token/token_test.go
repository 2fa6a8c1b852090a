package token

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const subject = "system:serviceaccount:shop:api"

var issued = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func claims() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": "https://issuer.example", "sub": subject, "aud": []string{"sts.amazonaws.com"},
		"iat": issued.Unix(), "nbf": issued.Unix(), "exp": issued.Add(time.Hour).Unix(), "jti": "secret",
		"kubernetes.io": map[string]any{"namespace": "shop"},
	}
}

// sign makes a token.
func sign(t *testing.T, method jwt.SigningMethod, kid string, key any, c jwt.Claims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	if kid != "" {
		token.Header["kid"] = kid
	}
	raw, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// unsigned makes a token of header and claims as written, with a signature of no value.
func unsigned(header, claims string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
}

func TestDecode(t *testing.T) {
	key := newRSA(t)
	full := facts.Token{
		Audience: []string{"sts.amazonaws.com"}, Issuer: "https://issuer.example", Subject: subject,
		Expires: issued.Add(time.Hour), Issued: issued, NotBefore: issued, Algorithm: "RS256", KeyID: "k1",
	}
	raw := sign(t, jwt.SigningMethodRS256, "k1", key, claims())
	for name, tc := range map[string]struct {
		raw  string
		want facts.Token
	}{
		"token":                {raw, full},
		"with a newline":       {"\n" + raw + "\r\n", full},
		"audience as a string": {unsigned(`{"alg":"RS256"}`, `{"aud":"a"}`), facts.Token{Audience: []string{"a"}, Algorithm: "RS256"}},
		"no claims":            {unsigned(`{"alg":"ES256","kid":"k"}`, `{}`), facts.Token{Algorithm: "ES256", KeyID: "k"}},
		"unknown algorithm":    {unsigned(`{"alg":"XX1"}`, `{"sub":"s"}`), facts.Token{Subject: "s", Algorithm: "XX1"}},
		"no algorithm":         {unsigned(`{}`, `{"sub":"s"}`), facts.Token{Subject: "s"}},
		"kid that is no text":  {unsigned(`{"alg":"RS256","kid":7}`, `{}`), facts.Token{Algorithm: "RS256"}},
		"fraction of a second": {unsigned(`{"alg":"RS256"}`, `{"exp":1772366400.5}`), facts.Token{Algorithm: "RS256", Expires: issued}},

		"empty":               {" \n", facts.Token{Problem: "it is empty"}},
		"access key":          {"AKIAIOSFODNN7EXAMPLE", facts.Token{Problem: "it looks like an AWS access key, not like a token"}},
		"session key":         {"ASIAIOSFODNN7EXAMPLE\n", facts.Token{Problem: "it looks like an AWS access key, not like a token"}},
		"JSON":                {`{"token":"a.b.c"}`, facts.Token{Problem: "it is a JSON object, not a token"}},
		"opaque":              {"opaque", facts.Token{Problem: "it does not have the three parts of a JSON Web Token"}},
		"encrypted":           {"a.b.c.d.e", facts.Token{Problem: "it has five parts, as an encrypted token has; STS takes signed ones"}},
		"dots":                {"..", facts.Token{Problem: "its header, claims or signature can not be read"}},
		"no base64":           {"%.%.%", facts.Token{Problem: "its header, claims or signature can not be read"}},
		"no JSON":             {unsigned("x", "{}"), facts.Token{Problem: "its header, claims or signature can not be read"}},
		"claims in a list":    {unsigned(`{"alg":"RS256"}`, "[]"), facts.Token{Problem: "its header, claims or signature can not be read"}},
		"time as a text":      {unsigned(`{"alg":"RS256"}`, `{"exp":"soon"}`), facts.Token{Problem: "its header, claims or signature can not be read"}},
		"time beyond all":     {unsigned(`{"alg":"RS256"}`, `{"exp":1e15}`), facts.Token{Problem: "a time in it is not within the years 1 to 9999"}},
		"time before all":     {unsigned(`{"alg":"RS256"}`, `{"iat":-1e15}`), facts.Token{Problem: "a time in it is not within the years 1 to 9999"}},
		"too long":            {raw + strings.Repeat("A", maxSize), facts.Token{Problem: "it is longer than 16 KiB"}},
		"too long with blank": {raw + strings.Repeat(" ", maxSize), full},
	} {
		if diff := cmp.Diff(tc.want, Decode(tc.raw)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newEC(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// jwk is a public key as a JWKS has it, with further members over it.
func jwk(t *testing.T, public any, members map[string]any) map[string]any {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString
	var k map[string]any
	switch public := public.(type) {
	case *rsa.PublicKey:
		k = map[string]any{"kty": "RSA", "n": text(public.N.Bytes()), "e": "AQAB"}
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		half := len(point) / 2
		k = map[string]any{"kty": "EC", "crv": public.Curve.Params().Name, "x": text(point[1 : 1+half]), "y": text(point[1+half:])}
	}
	for name, v := range members {
		k[name] = v
	}
	return k
}

func jwks(t *testing.T, keys ...map[string]any) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parse(t *testing.T, set []byte) Keys {
	t.Helper()
	k, err := ParseKeys(set)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestVerify(t *testing.T) {
	ours, other := newRSA(t), newRSA(t)
	p256, p384, p521 := newEC(t, elliptic.P256()), newEC(t, elliptic.P384()), newEC(t, elliptic.P521())
	set := parse(t, jwks(t,
		jwk(t, &ours.PublicKey, map[string]any{"kid": "rsa", "use": "sig"}),
		jwk(t, &p256.PublicKey, map[string]any{"kid": "p256", "alg": "ES256"}),
		jwk(t, &p384.PublicKey, map[string]any{"kid": "p384"}),
		jwk(t, &p521.PublicKey, map[string]any{"kid": "p521"}),
		jwk(t, &other.PublicKey, map[string]any{"kid": "encryption", "use": "enc"}),
		map[string]any{"kty": "OKP", "kid": "odd"},
		map[string]any{"kty": "RSA", "kid": "broken", "n": "%", "e": "AQAB"},
	))
	raw := sign(t, jwt.SigningMethodRS256, "rsa", ours, claims())
	parts := strings.Split(raw, ".")
	forged := parts[0] + "." + strings.Split(unsigned("{}", `{"sub":"system:serviceaccount:kube-system:admin"}`), ".")[1] + "." + parts[2]
	der, err := x509.MarshalPKIXPublicKey(&ours.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	old := claims()
	old["exp"] = int64(1)

	for name, tc := range map[string]struct {
		raw  string
		want bool
	}{
		"RS256":                          {raw, true},
		"with a newline":                 {raw + "\n", true},
		"RS384":                          {sign(t, jwt.SigningMethodRS384, "rsa", ours, claims()), true},
		"RS512":                          {sign(t, jwt.SigningMethodRS512, "rsa", ours, claims()), true},
		"ES256":                          {sign(t, jwt.SigningMethodES256, "p256", p256, claims()), true},
		"ES384":                          {sign(t, jwt.SigningMethodES384, "p384", p384, claims()), true},
		"ES512":                          {sign(t, jwt.SigningMethodES512, "p521", p521, claims()), true},
		"no kid":                         {sign(t, jwt.SigningMethodRS256, "", ours, claims()), true},
		"expired":                        {sign(t, jwt.SigningMethodRS256, "rsa", ours, old), true},
		"unknown kid":                    {sign(t, jwt.SigningMethodRS256, "rotated", ours, claims()), false},
		"kid of another key":             {sign(t, jwt.SigningMethodRS256, "p384", ours, claims()), false},
		"signed by another":              {sign(t, jwt.SigningMethodRS256, "rsa", other, claims()), false},
		"key not for signatures":         {sign(t, jwt.SigningMethodRS256, "encryption", other, claims()), false},
		"key for another algorithm":      {sign(t, jwt.SigningMethodRS256, "p256", ours, claims()), false},
		"claims changed":                 {forged, false},
		"signature cut":                  {parts[0] + "." + parts[1] + ".", false},
		"alg none":                       {sign(t, jwt.SigningMethodNone, "rsa", jwt.UnsafeAllowNoneSignatureType, claims()), false},
		"HS256 with the public key":      {sign(t, jwt.SigningMethodHS256, "rsa", publicPEM, claims()), false},
		"HS256 with the modulus":         {sign(t, jwt.SigningMethodHS256, "rsa", ours.N.Bytes(), claims()), false},
		"PS256, which STS does not take": {sign(t, jwt.SigningMethodPS256, "rsa", ours, claims()), false},
	} {
		got, err := set.Verify(tc.raw).Get()
		if err != nil || got != tc.want {
			t.Errorf("%s: %v, %v; want %v", name, got, err, tc.want)
		}
	}

	for name, tc := range map[string]struct {
		keys Keys
		raw  string
		kind facts.GapKind
	}{
		"no token":             {set, "nonsense", facts.Malformed},
		"key of another kind":  {set, sign(t, jwt.SigningMethodRS256, "odd", ours, claims()), facts.Malformed},
		"key that is broken":   {set, sign(t, jwt.SigningMethodRS256, "broken", ours, claims()), facts.Malformed},
		"keys that nobody got": {Keys{}, raw, facts.NotCollected},
	} {
		if _, err := tc.keys.Verify(tc.raw).Get(); facts.KindOf(err) != tc.kind {
			t.Errorf("%s: %v, want %s", name, err, tc.kind)
		} else if strings.Contains(err.Error(), "eyJ") {
			t.Errorf("%s: the error holds a part of the token: %v", name, err)
		}
	}

	nameless := parse(t, jwks(t, jwk(t, &other.PublicKey, nil), jwk(t, &ours.PublicKey, nil)))
	if got, err := nameless.Verify(raw).Get(); err != nil || !got {
		t.Errorf("keys without kid: %v, %v", got, err)
	}
	if got, err := parse(t, []byte(`{"keys":[]}`)).Verify(raw).Get(); err != nil || got {
		t.Errorf("an empty JWKS: %v, %v", got, err)
	}
}

func TestParseKeys(t *testing.T) {
	ec := newEC(t, elliptic.P256())
	off := jwk(t, &ec.PublicKey, map[string]any{"kid": "off"})
	off["y"] = off["x"] // no point of the curve
	set := parse(t, jwks(t,
		map[string]any{"kty": "RSA", "kid": "a", "alg": "RS256", "use": "sig", "n": "AQAB", "e": "AQAB"},
		map[string]any{"kty": "RSA", "n": strings.Repeat("A", 4096), "e": "AQAB"},
		map[string]any{"kty": "RSA", "n": "AQAB", "e": strings.Repeat("A", 40)},
		map[string]any{"kty": "EC", "crv": "secp256k1"},
		off,
		map[string]any{},
	))
	want := []facts.Key{{ID: "a", Type: "RSA", Algorithm: "RS256", Use: "sig"}, {Type: "RSA"}, {Type: "RSA"}, {Type: "EC"}, {ID: "off", Type: "EC"}, {}}
	if diff := cmp.Diff(want, set.Facts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, k := range set.published {
		if (k.public != nil) != (i == 0) {
			t.Errorf("key %d is read as %v", i, k.public)
		}
	}
	for text, detail := range map[string]string{
		"":                    "JWKS: it is no JSON: unexpected end of JSON input",
		"<html>":              "JWKS: it is no JSON: invalid character '<' looking for beginning of value",
		"[]":                  "JWKS: it is a JSON array, not an object",
		"{}":                  `JWKS: it has no member "keys"`,
		"null":                `JWKS: it has no member "keys"`,
		`{"keys":null}`:       `JWKS: it has no member "keys"`,
		`{"keys":"none"}`:     "JWKS: its member keys is a string",
		`{"keys":[]} garbage`: "JWKS: it is no JSON: invalid character 'g' after top-level value",
	} {
		_, err := ParseKeys([]byte(text))
		if gap, ok := err.(*facts.Gap); !ok || gap.Kind != facts.Malformed || gap.Detail != detail {
			t.Errorf("ParseKeys(%s) = %v, want %s", text, err, detail)
		}
	}
}

func TestParseDiscovery(t *testing.T) {
	got, err := ParseDiscovery([]byte(`{"issuer":"https://i","jwks_uri":"https://i/keys","response_types_supported":["id_token"],
		"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"],"authorization_endpoint":"urn:x"}`))
	want := facts.Discovery{Issuer: "https://i", JWKSURI: "https://i/keys", ResponseTypes: []string{"id_token"}, SubjectTypes: []string{"public"}, Algorithms: []string{"RS256"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for text, detail := range map[string]string{
		"null":         "discovery document: it is null",
		`"x"`:          "discovery document: it is a JSON string, not an object",
		`{"issuer":1}`: "discovery document: its member issuer is a number",
		"not found":    "discovery document: it is no JSON: invalid character 'o' in literal null (expecting 'u')",
	} {
		_, err := ParseDiscovery([]byte(text))
		if gap, ok := err.(*facts.Gap); !ok || gap.Kind != facts.Malformed || gap.Detail != detail {
			t.Errorf("ParseDiscovery(%s) = %v, want %s", text, err, detail)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(unsigned(`{"alg":"RS256","kid":"k"}`, `{"iss":"i","sub":"s","aud":["a"],"exp":1772366400}`))
	f.Add(unsigned(`{"alg":"none"}`, `{"exp":1e300}`))
	f.Add("a.b.c")
	keys := Keys{published: []key{}}
	f.Fuzz(func(t *testing.T, raw string) {
		token := Decode(raw)
		if _, err := json.Marshal(token); err != nil {
			t.Errorf("%+v can not be saved: %v", token, err)
		}
		if verified, err := keys.Verify(raw).Get(); verified || (err != nil) != (token.Problem != "") {
			t.Errorf("verified %v, %v; problem %q", verified, err, token.Problem)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"},{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`))
	raw := unsigned(`{"alg":"RS256"}`, `{}`)
	f.Fuzz(func(t *testing.T, set []byte) {
		keys, err := ParseKeys(set)
		if err != nil {
			return
		}
		if verified, _ := keys.Verify(raw).Get(); verified {
			t.Error("a signature of no value is verified")
		}
		if len(keys.Facts()) != len(keys.published) {
			t.Error("a key is lost")
		}
	})
}

func FuzzParseDiscovery(f *testing.F) {
	f.Add([]byte(`{"issuer":"https://i","jwks_uri":"https://i/keys","response_types_supported":["id_token"]}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		if _, err := ParseDiscovery(document); err != nil && facts.KindOf(err) != facts.Malformed {
			t.Errorf("%v is no gap", err)
		}
	})
}
