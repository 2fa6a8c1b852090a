package checks

import (
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

// stranger is a name that no namespace or service account is meant to have.
const stranger = "zz-stranger"

// probes are subjects of made-up service accounts that tell how wide a policy is: any, of
// any namespace with the binding's name, of the binding's namespace, and such as the
// policy's own wildcards match. None is the binding's.
func (t *trust) probes(statements []policy.Statement) []string {
	account := t.binding.Account
	probes := []string{
		subjectPrefix + stranger + ":" + stranger,
		subjectPrefix + stranger + ":" + account.Name,
		subjectPrefix + account.Namespace + ":" + stranger,
	}
	for _, s := range statements {
		for _, c := range s.Conditions {
			if claimOfKey(c.Key) == noClaim {
				continue
			}
			for _, v := range c.Values {
				probes = append(probes, instances(v)...)
			}
		}
	}
	slices.Sort(probes)
	return slices.DeleteFunc(slices.Compact(probes), func(s string) bool { return s == t.binding.Subject() })
}

// callers are those who tell what a change of statements does to whom: of the cluster's
// issuer and of those that the statements name, with made-up subjects and such as they
// name, and with the audiences that they name. It is not ok when there are more than many.
func (t *trust) callers(many int, statements []policy.Statement) (all []caller, ok bool) {
	issuers := map[string]string{t.provider(): t.issuer}
	subjects, audiences := set{}, set{}
	for _, audience := range t.audiences {
		audiences[audience] = true
	}
	for _, subject := range append(t.probes(statements), t.binding.Subject()) {
		subjects.add(subject)
	}
	for _, s := range statements {
		for _, p := range s.Principals {
			if _, url, ok := strings.Cut(p.Value, ":oidc-provider/"); ok {
				issuers[p.Value] = "https://" + url
			}
		}
		for _, c := range s.Conditions {
			if host, _, ok := cutLast(c.Key, ":"); ok && claimOfKey(c.Key) != noClaim {
				issuers[t.arn.ProviderARN(host)] = "https://" + strings.TrimPrefix(host, "https://")
			}
			for _, v := range c.Values {
				named := subjects
				if claimOfKey(c.Key) == audienceClaim {
					named = audiences
				}
				named.add(v)
				named.add(strings.ToLower(v))
				named.add(strings.NewReplacer("*", stranger, "?", "z").Replace(v))
			}
		}
	}
	if len(issuers)*len(subjects)*len(audiences) > many {
		return nil, false
	}
	for provider, issuer := range issuers {
		for subject := range subjects {
			for audience := range audiences {
				all = append(all, caller{provider, issuer, subject, audience})
			}
		}
	}
	return all, true
}

// instances are subjects that a pattern with wildcards matches. A * may take in the
// colons between the parts of a subject.
func instances(pattern string) []string {
	if !strings.ContainsAny(pattern, "*?") {
		return nil
	}
	var found []string
	for _, many := range []string{
		stranger, stranger + ":" + stranger, "serviceaccount:" + stranger, "serviceaccount:" + stranger + ":" + stranger,
		subjectPrefix + stranger, subjectPrefix + stranger + ":" + stranger,
	} {
		subject := strings.NewReplacer("*", many, "?", "z").Replace(pattern)
		if _, _, ok := accountOfSubject(subject); ok {
			found = append(found, subject)
		}
	}
	return found
}
