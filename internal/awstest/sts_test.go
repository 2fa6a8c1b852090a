package awstest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/golang-jwt/jwt/v5"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

const subject = "system:serviceaccount:prod:app"

// An issuer signs tokens and publishes its key.
type tokenIssuer struct{ key *ecdsa.PrivateKey }

func newTokenIssuer(t *testing.T) tokenIssuer {
	return tokenIssuer{must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))}
}

func (i tokenIssuer) keys(string) ([]byte, error) {
	point, err := i.key.PublicKey.Bytes()
	if err != nil {
		return nil, err
	}
	text := base64.RawURLEncoding.EncodeToString
	return fmt.Appendf(nil, `{"keys":[{"kid":"one","kty":"EC","crv":"P-256","x":%q,"y":%q}]}`, text(point[1:33]), text(point[33:])), nil
}

// token is the one that a pod of prod/app has, with changes; nil removes a claim.
func (i tokenIssuer) token(t *testing.T, changes jwt.MapClaims) string {
	claims := jwt.MapClaims{"iss": issuer, "sub": subject, "aud": []string{"sts.amazonaws.com"}, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["kid"] = "one"
	return must[string](t)(token.SignedString(i.key))
}

func ask(role, token string) *sts.AssumeRoleWithWebIdentityInput {
	return &sts.AssumeRoleWithWebIdentityInput{RoleArn: &role, RoleSessionName: awssdk.String("test"), WebIdentityToken: &token}
}

// TestWebIdentity holds what STS answers to a token; the words are of the STS API
// reference and of its answers as users report them.
func TestWebIdentity(t *testing.T) {
	s, c := start(t)
	mine, other := newTokenIssuer(t), newTokenIssuer(t)
	s.Keys = mine.keys
	good := mine.token(t, nil)
	for name, tc := range map[string]struct {
		role, token   string
		status        int
		code, message string
	}{
		"a role that is not there":    {"arn:aws:iam::111122223333:role/team/x/apps", good, 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		"a role without its path":     {"arn:aws:iam::111122223333:role/app", good, 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		"no ARN":                      {"arn:aws:iam:::111122223333:role/app", good, 400, "ValidationError", "Request ARN is invalid"},
		"an account without provider": {"arn:aws:iam::444455556666:role/auditor", good, 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for " + issuer},
		"no token":                    {appRole, "opaque", 400, "InvalidIdentityToken", "not a valid JWT"},
		"another issuer":              {appRole, mine.token(t, jwt.MapClaims{"iss": "https://other.example"}), 400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://other.example"},
		"no subject":                  {appRole, mine.token(t, jwt.MapClaims{"sub": nil}), 400, "InvalidIdentityToken", "Missing a required claim: sub"},
		"no issue time":               {appRole, mine.token(t, jwt.MapClaims{"iat": nil}), 400, "InvalidIdentityToken", "Missing a required claim: iat"},
		"another audience":            {appRole, mine.token(t, jwt.MapClaims{"aud": []string{"https://kubernetes.default.svc"}}), 400, "InvalidIdentityToken", "Incorrect token audience"},
		"another key":                 {appRole, other.token(t, nil), 400, "InvalidIdentityToken", "could not be validated"},
		"expired":                     {appRole, mine.token(t, jwt.MapClaims{"exp": time.Now().Add(-6 * time.Minute).Unix()}), 400, "ExpiredTokenException", "Token expired: current date/time"},
		"another subject":             {appRole, mine.token(t, jwt.MapClaims{"sub": "system:serviceaccount:prod:apps"}), 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.sts.AssumeRoleWithWebIdentity(ctx, ask(tc.role, tc.token))
			wantError(t, err, tc.status, tc.code, tc.message)
		})
	}
	for name, token := range map[string]string{
		"as it should be":          good,
		"one audience as a string": mine.token(t, jwt.MapClaims{"aud": "sts.amazonaws.com"}),
		"just expired":             mine.token(t, jwt.MapClaims{"exp": time.Now().Add(-4 * time.Minute).Unix()}),
	} {
		out, err := c.sts.AssumeRoleWithWebIdentity(ctx, ask(appRole, token))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := *out.AssumedRoleUser.Arn; got != "arn:aws:sts::111122223333:assumed-role/app/test" || *out.SubjectFromWebIdentityToken != subject {
			t.Errorf("%s: %s for %s", name, got, *out.SubjectFromWebIdentityToken)
		}
	}
	s.Keys = func(string) ([]byte, error) { return nil, errors.New("no route to host") }
	_, err := c.sts.AssumeRoleWithWebIdentity(ctx, ask(appRole, good))
	wantError(t, err, 400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider")
}

// decisions are what IAM answers a pod of prod/app, by the rules of the IAM User Guide:
// its page in the name of a group. What stands there is a trust policy's statements.
var decisions = map[string]map[string]bool{
	"principal": {
		`{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRoleWithWebIdentity"}`:                                                           true,
		`{"Effect":"Allow","Principal":{"Federated":["arn:aws:iam::111122223333:oidc-provider/other.example","PROVIDER"]},"Action":"sts:AssumeRoleWithWebIdentity"}`: true,
		`{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/other.example"},"Action":"sts:AssumeRoleWithWebIdentity"}`:              false,
		`{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::444455556666:oidc-provider/HOST"},"Action":"sts:AssumeRoleWithWebIdentity"}`:                       false,
		`{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity"}`:                                                false,
		`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRoleWithWebIdentity"}`:                                                    false,
		`{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRoleWithWebIdentity"}`:                                                             false,
		`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com","Federated":"PROVIDER"},"Action":["sts:AssumeRole","sts:AssumeRoleWithWebIdentity"]}`:          true,
		`{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"},` + allow(`"StringEquals":{"HOST:sub":"SUB"}`):                     true,
		allow(`"StringEquals":{"HOST:sub":"SUB"}`) + `,{"Effect":"Deny","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRoleWithWebIdentity"}`:              false,
		allow(`"StringEquals":{"HOST:sub":"SUB"}`) + `,{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}`:                                                  true,
		allow(`"StringEquals":{"HOST:sub":"SUB"}`) + `,` + deny(`"StringNotEquals":{"HOST:aud":"sts.amazonaws.com"}`):                                                true,
		allow(`"StringEquals":{"HOST:sub":"SUB"}`) + `,` + deny(`"StringEquals":{"HOST:sub":"SUB"}`):                                                                 false,
		allow(`"StringEquals":{"HOST:sub":"SUB"}`) + `,` + deny(`"StringLike":{"HOST:sub":"system:serviceaccount:dev:*"}`):                                           true,
	},
	"action": {
		`{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRole"}`:                                      false,
		`{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":"sts:*"}`:                                               true,
		`{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":"STS:assumerolewithwebidentity"}`:                       true,
		`{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":["sts:TagSession","sts:AssumeRoleWithWebIdentity"]}`:    true,
		`{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRoleWithSAML"}`:                              false,
		`{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"NotAction":"sts:AssumeRole"}`:                                   true,
		`{"Effect":"Allow","Principal":{"Federated":"PROVIDER"},"NotAction":["sts:TagSession","sts:AssumeRoleWithWebIdentity"]}`: false,
	},
	"condition": {
		allow(`"StringEquals":{"HOST:sub":"SUB","HOST:aud":"sts.amazonaws.com"}`):                             true,
		allow(`"StringEquals":{"HOST:sub":"SUB","HOST:aud":"sts.amazonaws.com.cn"}`):                          false,
		allow(`"StringEquals":{"HOST:sub":"system:serviceaccount:prod:*"}`):                                   false,
		allow(`"StringEquals":{"HOST:sub":["system:serviceaccount:dev:app","SUB"]}`):                          true,
		allow(`"StringEquals":{"HOST:sub":"System:ServiceAccount:prod:app"}`):                                 false,
		allow(`"StringEqualsIgnoreCase":{"HOST:sub":"System:ServiceAccount:PROD:app"}`):                       true,
		allow(`"StringLike":{"HOST:sub":"system:serviceaccount:prod:*"}`):                                     true,
		allow(`"StringLike":{"HOST:sub":"system:serviceaccount:*:app"}`):                                      true,
		allow(`"StringLike":{"HOST:sub":"system:serviceaccount:prod:ap?"}`):                                   true,
		allow(`"StringLike":{"HOST:sub":"system:serviceaccount:prod:app?"}`):                                  false,
		allow(`"StringLike":{"HOST:sub":"system:serviceaccount:prod"}`):                                       false,
		allow(`"StringNotEquals":{"HOST:sub":"SUB"}`):                                                         false,
		allow(`"StringNotEquals":{"HOST:sub":"system:serviceaccount:dev:app"}`):                               true,
		allow(`"StringNotLike":{"HOST:sub":"system:serviceaccount:kube-*"}`):                                  true,
		allow(`"StringEquals":{"https://HOST:sub":"SUB"}`):                                                    false,
		allow(`"StringEquals":{"UPPER:sub":"SUB"}`):                                                           true,
		allow(`"StringEquals":{"other.example:sub":"SUB"}`):                                                   false,
		allow(`"StringNotEquals":{"other.example:sub":"SUB"}`):                                                true,
		allow(`"StringEqualsIfExists":{"other.example:sub":"SUB"}`):                                           true,
		allow(`"StringEqualsIfExists":{"HOST:sub":"system:serviceaccount:dev:app"}`):                          false,
		allow(`"StringEquals":{"HOST:sub":"SUB"},"StringLike":{"HOST:aud":"sts.*"}`):                          true,
		allow(`"StringEquals":{"HOST:sub":"SUB"},"StringLike":{"HOST:aud":"sigstore"}`):                       false,
		allow(`"Null":{"HOST:sub":"false"}`):                                                                  true,
		allow(`"Null":{"HOST:sub":"true"}`):                                                                   false,
		allow(`"Null":{"sts:ExternalId":"true"}`):                                                             true,
		allow(`"StringEquals":{"sts:ExternalId":"x"}`):                                                        false,
		allow(`"ForAnyValue:StringEquals":{"HOST:aud":["sts.amazonaws.com","x"]}`):                            true,
		allow(`"ForAnyValue:StringEquals":{"HOST:aud":"x"}`):                                                  false,
		allow(`"ForAllValues:StringEquals":{"HOST:aud":["sts.amazonaws.com","x"]}`):                           true,
		allow(`"ForAllValues:StringLike":{"HOST:sub":"system:serviceaccount:dev:*"}`):                         false,
		allow(`"ForAllValues:StringEquals":{"other.example:sub":"SUB"}`):                                      true,
		allow(`"StringEquals":{"HOST:namespace":"prod"}`):                                                     false,
		allow(`"StringEquals":{"HOST:sub":[]}`):                                                               false,
		allow(`"StringEquals":{"HOST:sub":" SUB"}`):                                                           false,
		allow(`"StringEquals":{"HOST:sub":"SUB"},"StringEqualsIgnoreCase":{"HOST:sub":"x"}`):                  false,
		allow(`"StringEquals":{"aws:PrincipalAccount":"111122223333"}`):                                       false,
		allow(`"StringEquals":{"HOST:sub":"system:serviceaccount:prod:app "}`):                                false,
		allow(`"StringLike":{"HOST:sub":"*"}`):                                                                true,
		allow(`"StringLike":{"HOST:sub":["system:serviceaccount:dev:*","system:serviceaccount:prod:*-app"]}`): false,
	},
}

func allow(condition string) string { return statement("Allow", condition) }
func deny(condition string) string  { return statement("Deny", condition) }

func statement(effect, condition string) string {
	return `{"Effect":"` + effect + `","Principal":{"Federated":"PROVIDER"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` + condition + `}}`
}

// TestTrust holds two readings of IAM's rules against the table: this server's, which
// the doctor's remedies are tried on, and the doctor's own.
func TestTrust(t *testing.T) {
	s, c := start(t)
	mine := newTokenIssuer(t)
	s.Keys = mine.keys
	token := mine.token(t, nil)
	host := strings.TrimPrefix(issuer, "https://")
	fill := strings.NewReplacer("PROVIDER", provider, "HOST", host, "UPPER", strings.ToUpper(host), "SUB", subject)
	for rule, all := range decisions {
		for statements, want := range all {
			text := fill.Replace(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)
			if !json.Valid([]byte(text)) {
				t.Fatalf("no JSON: %s", text)
			}
			s.Edit(func(w *awstest.World) { w.Accounts[account].Roles["app"].TrustPolicy = awstest.Document(text) })
			_, err := c.sts.AssumeRoleWithWebIdentity(ctx, ask(appRole, token))
			if (err == nil) != want {
				t.Errorf("%s: %s\nSTS: %v; want allowed %v", rule, statements, err, want)
			}
			if !want {
				wantError(t, err, 403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
			}
			d := must[*policy.Document](t)(policy.Parse(text))
			got := d.Evaluate(policy.WebIdentity(provider, issuer, subject, []string{"sts.amazonaws.com"})).Decision
			if wanted := map[bool]policy.Decision{true: policy.Allowed, false: policy.Denied}[want]; got != wanted {
				t.Errorf("%s: %s\nthe doctor says %s; want %s", rule, statements, got, wanted)
			}
		}
	}
}
