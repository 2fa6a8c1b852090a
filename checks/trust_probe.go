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
func (t *trust) probes(d *policy.Document) []string {
	account := t.binding.Account
	probes := []string{
		subjectPrefix + stranger + ":" + stranger,
		subjectPrefix + stranger + ":" + account.Name,
		subjectPrefix + account.Namespace + ":" + stranger,
	}
	for _, s := range d.Statements {
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
