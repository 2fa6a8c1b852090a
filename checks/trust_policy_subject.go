package checks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var TrustPolicySubject = register(&Check{
	ID:    "trust-policy-subject",
	Link:  LinkTrustPolicy,
	Stage: StageConditions,
	Grain: GrainBinding,
	Worst: Error,
	Title: "the trust policy accepts the subject of the service account's tokens",
	Why: "IAM compares the token's sub claim, system:serviceaccount:NAMESPACE:NAME, with the condition on ISSUER:sub, with case " +
		"and without wildcards under StringEquals. When they differ, STS only says AccessDenied: Not authorized to perform " +
		"sts:AssumeRoleWithWebIdentity, and never what it compared.",
	Fix: "Let the condition on ISSUER:sub, without https://, name system:serviceaccount:NAMESPACE:NAME. Use StringLike where the " +
		"value has wildcards, a list for several accounts, and a statement of its own for each cluster.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
	},
	Judge: each((*Audit).Bindings, ofStatement(trustPolicySubject)),
})

func trustPolicySubject(t *trust) Finding {
	conditions, holds := t.on(subjectClaim)
	subject := t.binding.Subject()
	switch {
	case len(conditions) == 0:
		return pass("%s has no condition on the subject", t.decisive.Label())
	case holds == policy.True:
		return pass("%s accepts %s", t.decisive.Label(), subject)
	case holds == policy.Unknown:
		return undecided(t.decisive, conditions)
	}
	if f, ok := t.toldElsewhere(subjectClaim); ok {
		return f
	}
	if f, ok := t.keyFailure(conditions); ok {
		return f
	}
	if f, ok := t.negative("subject", conditions); ok {
		return f
	}
	i := slices.IndexFunc(conditions, func(c policy.ConditionResult) bool { return c.Holds == policy.False })
	return t.subjectFailure(conditions[i])
}

// subjectFailure tells of a condition whose values the subject does not match.
func (t *trust) subjectFailure(c policy.ConditionResult) Finding {
	label, subject := t.decisive.Label(), t.binding.Subject()
	if claimOfKey(c.Key) == audienceClaim {
		return fail("%s has the subject under %s; it belongs under :sub", label, c.Key).
			detail("found    %s", conditionText(c)).detail("expected %s %s: %q", c.Operator, t.key("sub"), subject)
	}
	value, fault := t.nearestSubject(c)
	switch fault {
	case subjectWildcard:
		return fail("%s takes the wildcard in %q as it is: only StringLike has wildcards, this is %s", label, value, c.Operator).
			detail("expected StringLike, or the subject %s", subject)
	case subjectCharacter:
		return fail("the subject in %s holds characters that are not seen: %s", label, unseen(value)).differing(value, subject)
	case subjectAudience:
		return fail("%s has the audience under %s, where the subject belongs", label, c.Key).
			detail("found    %q", value).detail("expected %q", subject)
	case subjectForm:
		return fail("the subject in %s is not of the form system:serviceaccount:NAMESPACE:NAME", label).differing(value, subject)
	case subjectSwapped:
		return fail("the subject in %s has namespace and name in each other's place", label).
			detail("found    %s", value).detail("expected %s", subject)
	case subjectCase:
		return fail("the subject in %s differs in case, which counts", label).differing(value, subject)
	case subjectNamespace:
		return fail("%s accepts an account of this name in another namespace", label).differing(value, subject)
	case subjectName:
		return fail("%s accepts another account of this namespace", label).differing(value, subject)
	case subjectMisspelt:
		return fail("the subject in %s is misspelt", label).differing(value, subject)
	}
	return fail("%s accepts other subjects than %s", label, subject).detail("accepted: %s", several(c.Values))
}

const subjectPrefix = "system:serviceaccount:"

// A subjectFault says how a value that is compared with the subject misses it.
type subjectFault string

const (
	subjectCharacter subjectFault = "character" // the subject, with characters that are not seen
	subjectWildcard  subjectFault = "wildcard"  // would match under StringLike
	subjectCase      subjectFault = "case"
	subjectForm      subjectFault = "form" // not system:serviceaccount:NAMESPACE:NAME, and yet this account's
	subjectSwapped   subjectFault = "swapped"
	subjectAudience  subjectFault = "audience"
	subjectMisspelt  subjectFault = "misspelt"
	subjectNamespace subjectFault = "namespace" // the name is right
	subjectName      subjectFault = "name"      // the namespace is right
	subjectOther     subjectFault = "other"
)

// subjectFaults are in the order of nearness.
var subjectFaults = []subjectFault{
	subjectCharacter, subjectWildcard, subjectCase, subjectForm, subjectSwapped, subjectAudience, subjectMisspelt,
	subjectNamespace, subjectName, subjectOther,
}

// nearestSubject returns the value of the condition that comes nearest to the subject.
func (t *trust) nearestSubject(c policy.ConditionResult) (value string, fault subjectFault) {
	rank := func(v string) int { return slices.Index(subjectFaults, t.subjectFault(v)) }
	value = slices.MinFunc(c.Values, func(x, y string) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)),
			levenshtein.ComputeDistance(x, t.binding.Subject())-levenshtein.ComputeDistance(y, t.binding.Subject()))
	})
	return value, t.subjectFault(value)
}

func (t *trust) subjectFault(value string) subjectFault {
	subject, account := t.binding.Subject(), t.binding.Account
	plain := plainText(value)
	namespace, name, ok := accountOfSubject(value)
	switch {
	case value != plain && plain == subject:
		return subjectCharacter
	case strings.ContainsAny(value, "*?") && policy.Like(value, subject):
		return subjectWildcard
	case strings.EqualFold(value, subject):
		return subjectCase
	case slices.Contains(t.audiences, value):
		return subjectAudience
	case !ok:
		parts := strings.FieldsFunc(plain, func(r rune) bool { return r == ':' || r == '/' })
		n := len(parts)
		if n > 0 && parts[n-1] == account.Name && (n == 1 || parts[n-2] == account.Namespace || parts[n-2] == "serviceaccount") {
			return subjectForm
		}
		if nearly(value, subject) {
			return subjectMisspelt
		}
		return subjectOther
	case namespace == account.Name && name == account.Namespace && !t.isSubject(value):
		return subjectSwapped
	case t.nobodysSubject(value) && (nearly(namespace, account.Namespace) && name == account.Name ||
		namespace == account.Namespace && nearly(name, account.Name)):
		return subjectMisspelt
	case name == account.Name:
		return subjectNamespace
	case namespace == account.Namespace:
		return subjectName
	}
	return subjectOther
}

// isSubject says whether the cluster is known to have the service account.
func (t *trust) isSubject(subject string) bool {
	namespace, name, _ := accountOfSubject(subject)
	_, err := t.audit.serviceAccount(accountRef(namespace + "/" + name))
	return err == nil
}

// accountOfSubject reads system:serviceaccount:NAMESPACE:NAME.
func accountOfSubject(subject string) (namespace, name string, ok bool) {
	rest, ok := strings.CutPrefix(subject, subjectPrefix)
	if !ok {
		return "", "", false
	}
	namespace, name, ok = strings.Cut(rest, ":")
	return namespace, name, ok && namespace != "" && name != "" && !strings.Contains(name, ":")
}
