package awstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// stsActions are the actions of STS that the server knows.
var stsActions = map[string]queryAction{
	"GetCallerIdentity":         {"", getCallerIdentity},
	"AssumeRole":                {"RoleArn RoleSessionName", assumeRole},
	"AssumeRoleWithWebIdentity": {"RoleArn RoleSessionName WebIdentityToken", assumeRoleWithWebIdentity},
}

type xmlCredentials struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string }

type xmlAssumed struct{ AssumedRoleId, Arn string }

func getCallerIdentity(r *request) (any, *problem) {
	return struct{ Arn, UserId, Account string }{r.caller.ARN, r.caller.UserID, r.account.id}, nil
}

var roleARN = regexp.MustCompile(`^arn:([a-z0-9-]+):iam::(\d{12}):role(/[\x21-\x7e]+)*/([\w+=,.@-]{1,64})$`)

// assumable is the role of an ARN, path and case included, with its account; either may be nil.
func (r *request) assumable(arn string) (*Account, *Role, string, *problem) {
	m := roleARN.FindStringSubmatch(arn)
	if m == nil {
		return nil, nil, "", bad("ValidationError", "Request ARN is invalid")
	}
	account := r.world.Accounts[m[2]]
	if account == nil || account.Partition != m[1] {
		return nil, nil, "", nil
	}
	name := m[4]
	if account.Roles[name] == nil || account.roleARN(name) != arn {
		return account, nil, "", nil
	}
	return account, account.Roles[name], name, nil
}

// admits asks the role's trust policy.
func (r *request) admits(ask Ask) bool {
	if r.Trust != nil {
		return r.Trust(ask)
	}
	return evaluate(ask)
}

// assumeRole decides by the trust policy: that the caller has the permission was seen to before.
func assumeRole(r *request) (any, *problem) {
	arn, session := r.params.Get("RoleArn"), r.params.Get("RoleSessionName")
	account, role, name, p := r.assumable(arn)
	if p != nil {
		return nil, p
	}
	chained := strings.Contains(r.caller.ARN, ":assumed-role/")
	ask := Ask{Action: "sts:AssumeRole", Role: arn, Principal: r.caller.ARN, Keys: map[string][]string{
		"sts:rolesessionname": {session}, "aws:principalaccount": {r.account.id}, "aws:principaltype": {"User"}, "aws:userid": {r.caller.UserID},
	}}
	if chained {
		ask.Session, ask.Keys["aws:principaltype"] = r.caller.ARN, []string{"AssumedRole"}
		of := strings.Split(r.caller.ARN, "/")[1]
		if r.account.Roles[of] != nil {
			ask.Principal = r.account.roleARN(of)
		}
	}
	ask.Keys["aws:principalarn"] = []string{ask.Principal}
	if id := r.params.Get("ExternalId"); id != "" {
		ask.Keys["sts:externalid"] = []string{id}
	}
	if role != nil {
		ask.Policy = string(role.TrustPolicy)
	}
	if role == nil || !r.admits(ask) {
		return nil, r.deniedTo("AccessDenied", arn, "")
	}
	if chained && r.number("DurationSeconds", 3600) > 3600 {
		return nil, bad("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	credentials, assumed, p := r.session(account, name, session)
	if p != nil {
		return nil, p
	}
	return struct {
		AssumedRoleUser xmlAssumed
		Credentials     xmlCredentials
	}{assumed, credentials}, nil
}

// session makes credentials of a role session and lets them in.
func (r *request) session(account *Account, name, session string) (xmlCredentials, xmlAssumed, *problem) {
	role, seconds := account.Roles[name], r.number("DurationSeconds", 3600)
	if seconds > role.MaxSessionDuration {
		return xmlCredentials{}, xmlAssumed{}, bad("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	}
	key := "ASIA" + rand.Text()[:16]
	c := &Credential{
		ARN:    "arn:" + account.Partition + ":sts::" + account.id + ":assumed-role/" + name + "/" + session,
		UserID: role.ID + ":" + session, Secret: rand.Text() + rand.Text()[:14], Token: rand.Text() + rand.Text() + rand.Text(),
		Expires: r.now.Add(time.Duration(seconds) * time.Second),
	}
	if role.Confined {
		c.Policies = slices.AppendSeq([]Document{}, maps.Values(role.Inline))
	}
	r.world.Credentials[key] = c
	role.LastUsed = r.now
	return xmlCredentials{key, c.Secret, c.Token, timestamp(c.Expires)}, xmlAssumed{c.UserID, c.ARN}, nil
}

// grace is how long IAM takes a token after its exp: "IAM provides a five-minute window beyond the expiration time".
const grace = 5 * time.Minute

// assumeRoleWithWebIdentity goes the way of "AssumeRoleWithWebIdentity" in the STS API reference: the ARN, the token,
// the provider in the role's account, its client IDs, the issuer's key, the signature, the expiry, the trust policy.
// STS does not tell a missing role from a trust policy that does not match.
func assumeRoleWithWebIdentity(r *request) (any, *problem) {
	arn, session, token := r.params.Get("RoleArn"), r.params.Get("RoleSessionName"), r.params.Get("WebIdentityToken")
	account, role, name, p := r.assumable(arn)
	if p != nil {
		return nil, p
	}
	var c webClaims
	parsed, _, err := jwt.NewParser().ParseUnverified(token, &c)
	if err != nil {
		return nil, bad("InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
	}
	if missing := c.missing(); missing != "" {
		return nil, bad("InvalidIdentityToken", "Missing a required claim: %s", missing)
	}
	var provider *Provider
	if account != nil {
		provider = account.Providers[withoutScheme(c.Issuer)]
	}
	if provider == nil || !strings.HasPrefix(c.Issuer, "https://") {
		return nil, bad("InvalidIdentityToken", "No OpenIDConnect provider found in your account for %s", c.Issuer)
	}
	audience := c.audience()
	if !slices.ContainsFunc(audience, func(aud string) bool { return slices.Contains(provider.ClientIDs, aud) }) {
		return nil, bad("InvalidIdentityToken", "Incorrect token audience")
	}
	key, err := r.verificationKey(c.Issuer, parsed)
	if err != nil {
		return nil, bad("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements")
	}
	methods := jwt.WithValidMethods([]string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"})
	if _, err := jwt.NewParser(methods, jwt.WithoutClaimsValidation()).Parse(token, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
		return nil, bad("InvalidIdentityToken", "The web identity token that was passed could not be validated by Amazon Web Services. Get a new identity token from the identity provider and then retry the request.")
	}
	if r.now.After(c.ExpiresAt.Add(grace)) {
		return nil, bad("ExpiredTokenException", "Token expired: current date/time %d must be before the expiration date/time %d", r.now.Unix(), c.ExpiresAt.Unix())
	}
	issuer := strings.ToLower(withoutScheme(c.Issuer))
	ask := Ask{Action: "sts:AssumeRoleWithWebIdentity", Role: arn, Provider: account.arn("oidc-provider/" + withoutScheme(c.Issuer)), Keys: map[string][]string{
		issuer + ":sub": {c.Subject}, issuer + ":aud": audience, "sts:rolesessionname": {session},
	}}
	if c.AuthorizedParty != "" {
		ask.Keys[issuer+":oaud"] = c.Audience
	}
	if role != nil {
		ask.Policy = string(role.TrustPolicy)
	}
	if role == nil || !r.admits(ask) {
		return nil, &problem{status: http.StatusForbidden, code: "AccessDenied", message: "Not authorized to perform sts:AssumeRoleWithWebIdentity"}
	}
	credentials, assumed, p := r.session(account, name, session)
	if p != nil {
		return nil, p
	}
	return struct {
		SubjectFromWebIdentityToken, Audience, Provider string
		AssumedRoleUser                                 xmlAssumed
		Credentials                                     xmlCredentials
	}{c.Subject, audience[0], c.Issuer, assumed, credentials}, nil
}

// webClaims are the claims of a token that STS reads.
type webClaims struct {
	jwt.RegisteredClaims
	AuthorizedParty string `json:"azp,omitempty"`
}

func (c webClaims) missing() string {
	switch {
	case c.Issuer == "":
		return "iss"
	case len(c.Audience) == 0:
		return "aud"
	case c.Subject == "":
		return "sub"
	case c.ExpiresAt == nil:
		return "exp"
	case c.IssuedAt == nil:
		return "iat"
	}
	return ""
}

// audience is azp where the token has it, else aud.
func (c webClaims) audience() []string {
	if c.AuthorizedParty != "" {
		return []string{c.AuthorizedParty}
	}
	return c.Audience
}

// verificationKey finds the token's key in what its issuer publishes.
func (r *request) verificationKey(issuer string, token *jwt.Token) (any, error) {
	if r.Keys == nil {
		return nil, errors.New("nobody publishes keys")
	}
	jwks, err := r.Keys(issuer)
	if err != nil {
		return nil, err
	}
	var set struct{ Keys []jwk }
	if err := json.Unmarshal(jwks, &set); err != nil {
		return nil, err
	}
	for _, k := range set.Keys {
		if k.ID == token.Header["kid"] {
			return k.public()
		}
	}
	return nil, fmt.Errorf("no key %v", token.Header["kid"])
}

// A jwk is a public key as RFC 7517 and RFC 7518 write it.
type jwk struct {
	ID    string `json:"kid"`
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	N, E  string
	X, Y  string
}

func (k jwk) public() (any, error) {
	number := func(s string) *big.Int {
		b, _ := base64.RawURLEncoding.DecodeString(s)
		return new(big.Int).SetBytes(b)
	}
	curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[k.Curve]
	switch {
	case k.Type == "RSA":
		if e := number(k.E); e.IsInt64() && e.Int64() > 1 && e.Int64() < 1<<31 {
			return &rsa.PublicKey{N: number(k.N), E: int(e.Int64())}, nil
		}
	case k.Type == "EC" && curve != nil:
		size := (curve.Params().BitSize + 7) / 8
		point := make([]byte, 1+2*size)
		point[0] = 4 // uncompressed, SEC 1 section 2.3.3
		x, y := number(k.X), number(k.Y)
		if x.BitLen() <= 8*size && y.BitLen() <= 8*size {
			x.FillBytes(point[1 : 1+size])
			y.FillBytes(point[1+size:])
			return ecdsa.ParseUncompressedPublicKey(curve, point)
		}
	}
	return nil, fmt.Errorf("key %s: no RSA or EC key", k.ID)
}
