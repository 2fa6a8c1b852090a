package checks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var TrustPolicyScope = register(&Check{
	ID:    "trust-policy-scope",
	Link:  LinkTrustPolicy,
	Stage: StageConditions,
	Grain: GrainBinding,
	Worst: Warning,
	Title: "the trust policy admits only the service accounts that are meant",
	Why: "Without a condition on ISSUER:sub every service account of the cluster can assume the role, and a wildcard that spans " +
		"namespaces admits accounts of namespaces that are yet to come: whoever may create a pod there has the role. " +
		"ForAllValues holds for a key that the token does not have, so that a slip in the key opens the role to all.",
	Fix: "Name the service accounts by StringEquals on ISSUER:sub. A wildcard for the names of one namespace is common practice.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html",
	},
	Judge: each((*Audit).Bindings, trustPolicyScope),
})

func trustPolicyScope(a *Audit, b *Binding) Finding {
	t := a.trust(b)
	switch {
	case t.idle != "":
		return skip("%s", t.idle)
	case t.err != nil:
		return missing(t.err)
	case t.unread() != "":
		return skip("what the policy's unread part says is not known: see trust-policy-federated")
	case t.result.Decision == policy.Denied:
		return skip("the policy does not admit the account itself")
	}
	if _, holds := t.on(subjectClaim); holds == policy.Unknown {
		return skip("whether it accepts the account itself is open: see trust-policy-subject")
	}
	named := namespacesIn(t.document)
	named[b.Account.Namespace] = true
	var admitted string // a made-up account of a namespace that is not named
	for _, probe := range append([]string{subjectPrefix + stranger + ":" + stranger}, t.probes(t.document.Statements)...) {
		if namespace, _, _ := accountOfSubject(probe); !named[namespace] && t.admitsAsWell(probe) {
			admitted = probe
			break
		}
	}
	if admitted == "" {
		return pass("it admits no account of a namespace that is not named")
	}
	f := warn("%s", t.tooWide(admitted))
	f = f.detail("%s", t.admittedToday())
	return f.mend(Remedy{
		Text: fmt.Sprintf("in the trust policy of %s name the accounts that are meant by StringEquals on %s, such as %s; "+
			"find out first who else uses the role", t.role.Name, t.key("sub"), b.Subject()),
		Owner: ownerOfTags(t.role.Tags),
	})
}

// namespacesIn are those that subjects in the policy name without a wildcard.
func namespacesIn(d *policy.Document) map[string]bool {
	named := map[string]bool{}
	for _, s := range d.Statements {
		for _, c := range s.Conditions {
			for _, v := range c.Values {
				if namespace, _, ok := accountOfSubject(v); ok && !strings.ContainsAny(namespace, "*?") {
					named[namespace] = true
				}
			}
		}
	}
	return named
}

// admitsAsWell says whether the policy takes to another subject as it does to the
// binding's, or better.
func (t *trust) admitsAsWell(subject string) bool {
	return t.decision(t.document, subject) >= t.result.Decision
}

// tooWide says by which part of the policy a made-up account gets in.
func (t *trust) tooWide(probe string) string {
	s := decisive(t.document.Evaluate(t.request(probe, t.audience)))
	var conditions []policy.ConditionResult
	for _, c := range s.Conditions {
		if claimOfKey(c.Key) == subjectClaim {
			conditions = append(conditions, c)
		}
	}
	if len(conditions) == 0 {
		return s.Label() + " has no condition on the subject: it admits every service account of the cluster"
	}
	for _, c := range conditions {
		if c.Missing {
			return fmt.Sprintf("%s admits every service account of the cluster: %s on %s holds because the token has no such key",
				s.Label(), c.Operator, c.Key)
		}
	}
	for _, c := range conditions {
		for _, v := range c.Values {
			if strings.ContainsAny(v, "*?") && policy.Like(v, probe) {
				return fmt.Sprintf("%s admits accounts of any namespace that %q matches", s.Label(), v)
			}
		}
	}
	return fmt.Sprintf("%s admits accounts of other namespaces by %s", s.Label(), conditionText(conditions[0]))
}

// admittedToday lists which other accounts of the cluster the policy admits, five of
// them at most.
func (t *trust) admittedToday() string {
	accounts := t.audit.Cluster.ServiceAccounts.Or(nil)
	if len(accounts) == 0 {
		return "which accounts of the cluster that are is not known"
	}
	var names []string
	for _, key := range slices.Sorted(maps.Keys(accounts)) {
		namespace, name, _ := strings.Cut(key, "/")
		subject := subjectPrefix + namespace + ":" + name
		if subject != t.binding.Subject() && t.admitsAsWell(subject) {
			names = append(names, key)
		}
	}
	seen := fmt.Sprintf("of %s seen it admits today", plural(len(accounts), "service account"))
	if len(names) == 0 {
		return seen + " this one only"
	}
	text := strings.Join(names[:min(5, len(names))], ", ")
	if more := len(names) - 5; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%s %d besides this one: %s", seen, len(names), text)
}
