package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

// keyFault says what is wrong with a condition key that is meant to be a claim of the
// cluster's tokens and is none; "" when nothing is. Foreign says that it is the key of
// another issuer, well-formed.
func (t *trust) keyFault(key string) (fault string, foreign bool) {
	host := t.host()
	prefix, _, _ := cutLast(strings.ToLower(key), ":")
	_, wholeARN, isARN := strings.Cut(prefix, ":oidc-provider/")
	url, _ := strings.CutPrefix(prefix, "https://")
	issuer, alias := region.Canonical("https://" + strings.ToLower(url))
	same := func(s string) bool { return strings.EqualFold(s, host) }
	switch {
	case same(key):
		return "is the issuer alone, without :sub or :aud", false
	case same(prefix) && unseen(key) == "" && claimOfKey(key) == noClaim:
		return "names a claim of which IAM knows nothing", false
	case same(prefix) && unseen(key) == "":
		return "", false
	case unseen(key) != "" && same(strings.TrimPrefix(plainText(prefix), "https://")):
		return "holds characters that are not seen: " + unseen(key), false
	case isARN && same(wholeARN):
		return "is the provider's whole ARN, of which a key has only what follows oidc-provider/", false
	case url != prefix && same(strings.TrimRight(url, "/")):
		return "begins with https://, which a key leaves out", false
	case same(strings.TrimRight(prefix, "/")) || prefix == strings.TrimRight(strings.ToLower(host), "/"):
		return "has another slash at the end of the issuer, which counts", false
	case alias && strings.EqualFold(issuer, t.issuer):
		return "names the dual-stack alias of the issuer, which no token carries", false
	case t.meansIssuer(prefix):
		return "names the issuer misspelt", false
	case region.IsEKSIssuer(issuer) && region.OfIssuer(issuer) == region.OfIssuer(t.issuer):
		return "is of another EKS cluster in " + region.OfIssuer(t.issuer), true
	case strings.Contains(prefix, "."):
		return "is of another issuer", true
	}
	return "is none that a web identity has", false
}

// foreign says whether the condition is about a claim of another issuer's tokens.
func (t *trust) foreign(c policy.Condition) bool {
	if claimOfKey(c.Key) == noClaim {
		return false
	}
	_, foreign := t.keyFault(c.Key)
	return foreign
}

// wrongIssuer is what the key of a condition that never holds has in place of the
// cluster's issuer, in lower case; "" where that is not what is wrong.
func (t *trust) wrongIssuer(c policy.ConditionResult) string {
	issuer, _, _ := cutLast(strings.ToLower(c.Key), ":")
	if !c.Never() || claimOfKey(c.Key) == noClaim || strings.EqualFold(issuer, t.host()) {
		return ""
	}
	return issuer
}

// wrongIn says whether a principal of the statement has the same wrong issuer as a key.
func wrongIn(s *policy.StatementResult, issuer string) bool {
	return issuer != "" && s.Principal == policy.False && slices.ContainsFunc(s.Statement.Principals, func(p policy.Principal) bool {
		_, url, ok := strings.Cut(strings.ToLower(p.Value), ":oidc-provider/")
		return ok && url == issuer || strings.EqualFold(p.Value, issuer)
	})
}

// toldElsewhere skips conditions on a claim that fail for a wrong issuer of which another
// check tells. It is not ok when they fail for something of their own.
func (t *trust) toldElsewhere(about claim) (f Finding, ok bool) {
	wrong := set{}
	conditions, _ := t.on(about)
	for _, c := range conditions {
		issuer := t.wrongIssuer(c)
		if c.Holds == policy.False && issuer == "" {
			return f, false
		}
		wrong.add(issuer)
	}
	if len(wrong) == 0 {
		return f, false
	}
	principal, subject := true, about == audienceClaim
	others, _ := t.on(subjectClaim)
	for issuer := range wrong {
		principal = principal && wrongIn(t.decisive, issuer)
		subject = subject && slices.ContainsFunc(others, func(c policy.ConditionResult) bool { return t.wrongIssuer(c) == issuer })
	}
	switch {
	case principal:
		return skip("%s has the issuer wrong in the same way as in its principal: see trust-policy-federated", t.decisive.Label()), true
	case subject:
		return skip("%s has the issuer wrong in the same way as in its condition on the subject: see trust-policy-subject", t.decisive.Label()), true
	}
	return f, false
}

// keyFailure tells of conditions that fail for their keys: of the first, and whether
// keys of two issuers are wanted at once. It is not ok when none does.
func (t *trust) keyFailure(conditions []policy.ConditionResult) (f Finding, ok bool) {
	i := slices.IndexFunc(conditions, policy.ConditionResult.Never)
	if i < 0 {
		return f, false
	}
	c := conditions[i]
	fault, foreign := t.keyFault(c.Key)
	own := slices.ContainsFunc(t.decisive.Conditions, func(c policy.ConditionResult) bool {
		return !c.Missing && claimOfKey(c.Key) != noClaim
	})
	want := t.key(string(claimOf(c)))
	switch {
	case foreign && own:
		f = fail("%s wants claims of two issuers at once, which no token has", t.decisive.Label())
		for _, c := range t.decisive.Conditions {
			if claimOfKey(c.Key) != noClaim {
				f = f.detail("%s %s: %s", c.Operator, c.Key, quoted(c.Values))
			}
		}
		return f.detail("the cluster's issuer is %s", t.issuer), true
	}
	return fail("a condition key of %s %s", t.decisive.Label(), fault).differing(c.Key, want), true
}

// negative tells of conditions that fail because they refuse what the token has. It is
// not ok when none does.
func (t *trust) negative(what string, conditions []policy.ConditionResult) (f Finding, ok bool) {
	for _, c := range conditions {
		operator := strings.ToLower(c.Operator)
		switch {
		case c.Holds != policy.False:
		case operator == "null":
			return fail("%s wants a token without the claim %s, which every token has", t.decisive.Label(), c.Key), true
		case strings.Contains(operator, "not"):
			return fail("%s refuses the %s by %s", t.decisive.Label(), what, c.Operator).detail("%s", conditionText(c)), true
		case len(c.Values) == 0:
			return fail("%s has a condition on %s without any value", t.decisive.Label(), c.Key), true
		}
	}
	return f, false
}

// conditionText is a condition in one line, with its first values.
func conditionText(c policy.ConditionResult) string {
	return fmt.Sprintf("%s %s: %s", c.Operator, c.Key, several(c.Values))
}

// several lists the first five texts in quotes, and says how many more there are.
func several(texts []string) string {
	text := quoted(texts[:min(5, len(texts))])
	if more := len(texts) - 5; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
