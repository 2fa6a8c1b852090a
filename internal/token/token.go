// Package token reads what the issuer of service account tokens makes and publishes:
// tokens, keys and discovery documents. All of it is hostile input. A token goes in
// and its claims come out; no part of it is kept, or named in an error.
package token

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// maxSize bounds a token, in bytes. STS takes up to 20,000, and Kubernetes makes about 1,200.
const maxSize = 16 << 10

// accessKey is the shape of an AWS access key ID.
var accessKey = regexp.MustCompile(`^(AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}$`)

// Decode reads a token without verifying it. White space around it is dropped. Source,
// Account, Workload and Verified are left for the caller.
func Decode(raw string) facts.Token {
	raw = strings.TrimSpace(raw)
	if problem := notAToken(raw); problem != "" {
		return facts.Token{Problem: problem}
	}
	var claims jwt.RegisteredClaims
	parsed, _, err := jwt.NewParser().ParseUnverified(raw, &claims)
	// An algorithm that nobody knows leaves the claims readable.
	if err != nil && !errors.Is(err, jwt.ErrTokenUnverifiable) {
		return facts.Token{Problem: "its header, claims or signature can not be read"}
	}
	if !datable(claims.ExpiresAt) || !datable(claims.IssuedAt) || !datable(claims.NotBefore) {
		return facts.Token{Problem: "a time in it is not within the years 1 to 9999"}
	}
	t := facts.Token{
		Audience:  claims.Audience,
		Issuer:    claims.Issuer,
		Subject:   claims.Subject,
		Expires:   instant(claims.ExpiresAt),
		Issued:    instant(claims.IssuedAt),
		NotBefore: instant(claims.NotBefore),
	}
	t.Algorithm, _ = parsed.Header["alg"].(string)
	t.KeyID, _ = parsed.Header["kid"].(string)
	return t
}

// notAToken says what a text is that can not be a token, or "".
func notAToken(raw string) string {
	switch parts := strings.Count(raw, ".") + 1; {
	case raw == "":
		return "it is empty"
	case len(raw) > maxSize:
		return "it is longer than 16 KiB"
	case accessKey.MatchString(raw):
		return "it looks like an AWS access key, not like a token"
	case strings.ContainsAny(raw, " \t\r\n"):
		return "it holds white space, which no token does: something else stands there too"
	case strings.HasPrefix(raw, "{"):
		return "it is a JSON object, not a token"
	case parts == 5:
		return "it has five parts, as an encrypted token has; STS takes signed ones"
	case parts != 3:
		return "it does not have the three parts of a JSON Web Token"
	}
	return ""
}

// datable says whether JSON can hold the time.
func datable(d *jwt.NumericDate) bool {
	return d == nil || d.UTC().Year() >= 1 && d.UTC().Year() <= 9999
}

func instant(d *jwt.NumericDate) time.Time {
	if d == nil {
		return time.Time{}
	}
	return d.UTC()
}
