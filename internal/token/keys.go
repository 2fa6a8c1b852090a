package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Keys are the public keys that an issuer publishes. Of the zero Keys nothing is known.
type Keys struct{ published []key }

type key struct {
	facts.Key
	public crypto.PublicKey // nil when it can not be read, or is of a kind that no token of STS is signed with
}

// ParseKeys reads a JWKS. A key in it that can not be read is kept by what it says of
// itself. The error is a *facts.Gap.
func ParseKeys(jwks []byte) (Keys, error) {
	var set struct {
		Keys *[]struct {
			Kid string `json:"kid"`
			Kty string `json:"kty"`
			Alg string `json:"alg"`
			Use string `json:"use"`
			Crv string `json:"crv"`
			N   string `json:"n"`
			E   string `json:"e"`
			X   string `json:"x"`
			Y   string `json:"y"`
		} `json:"keys"`
	}
	if err := json.Unmarshal(jwks, &set); err != nil {
		return Keys{}, malformed("JWKS", jsonProblem(err))
	}
	if set.Keys == nil {
		return Keys{}, malformed("JWKS", `it has no member "keys"`)
	}
	keys := Keys{published: []key{}}
	for _, k := range *set.Keys {
		one := key{Key: facts.Key{ID: k.Kid, Type: k.Kty, Algorithm: k.Alg, Use: k.Use}}
		switch k.Kty {
		case "RSA":
			one.public = rsaKey(k.N, k.E)
		case "EC":
			one.public = ecKey(k.Crv, k.X, k.Y)
		}
		keys.published = append(keys.published, one)
	}
	return keys, nil
}

// rsaKey returns nil for what is no RSA key, or one beyond all measure.
func rsaKey(n, e string) crypto.PublicKey {
	modulus, err1 := base64.RawURLEncoding.DecodeString(n)
	exponent, err2 := base64.RawURLEncoding.DecodeString(e)
	if err1 != nil || err2 != nil || len(modulus) == 0 || len(modulus) > 2048 || len(exponent) == 0 || len(exponent) > 4 {
		return nil
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}
}

var curves = map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}

// ecKey returns nil for what is no point of a curve that STS takes.
func ecKey(crv, x, y string) crypto.PublicKey {
	curve, ok := curves[crv]
	if !ok {
		return nil
	}
	size := (curve.Params().BitSize + 7) / 8
	px, err1 := base64.RawURLEncoding.DecodeString(x)
	py, err2 := base64.RawURLEncoding.DecodeString(y)
	if err1 != nil || err2 != nil || len(px) > size || len(py) > size {
		return nil
	}
	point := make([]byte, 1+2*size)
	point[0] = 4 // uncompressed
	copy(point[1+size-len(px):], px)
	copy(point[1+2*size-len(py):], py)
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil
	}
	return public
}

// Facts returns what the keys say of themselves.
func (k Keys) Facts() []facts.Key {
	list := []facts.Key{}
	for _, p := range k.published {
		list = append(list, p.Key)
	}
	return list
}

// methods are the algorithms that STS takes.
// Source: AssumeRoleWithWebIdentity's WebIdentityToken in the API reference of STS.
var methods = []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"}

// Verify says whether one of the keys verifies the token's signature, as STS would do
// it. Claims are left alone: an expired token has a good signature. It is malformed for
// what is no token, or when the key can not be read that would decide.
func (k Keys) Verify(raw string) facts.Fact[bool] {
	if k.published == nil {
		return facts.Fact[bool]{}
	}
	t := Decode(raw)
	if t.Problem != "" {
		return facts.Missing[bool](malformed("token", t.Problem))
	}
	candidates, unreadable := k.candidates(t)
	lookup := func(*jwt.Token) (any, error) { return jwt.VerificationKeySet{Keys: candidates}, nil }
	parser := jwt.NewParser(jwt.WithValidMethods(methods), jwt.WithoutClaimsValidation())
	if _, err := parser.Parse(strings.TrimSpace(raw), lookup); err == nil {
		return facts.Known(true)
	}
	if unreadable {
		return facts.Missing[bool](malformed("JWKS", "the key that the token names can not be read"))
	}
	return facts.Known(false)
}

// candidates are the keys that may have signed the token: those with its key ID and
// those without any, or all when it has none; and whether one of these can not be read.
func (k Keys) candidates(t facts.Token) (public []jwt.VerificationKey, unreadable bool) {
	for _, p := range k.published {
		switch {
		case t.KeyID != "" && p.ID != "" && p.ID != t.KeyID:
		case p.Algorithm != "" && p.Algorithm != t.Algorithm:
		case p.Use != "" && p.Use != "sig":
		case p.public == nil:
			unreadable = true
		default:
			public = append(public, p.public)
		}
	}
	return public, unreadable
}
