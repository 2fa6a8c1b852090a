package changes

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// accounts compares service accounts by what the webhook reads of them.
func (l *ledger) accounts(was, now facts.Cluster) {
	listing[facts.ServiceAccount]{
		what:  "service accounts",
		link:  checks.LinkServiceAccount,
		place: func(key string) place { return accountPlace(key) },
		meta:  func(sa facts.ServiceAccount) facts.Meta { return sa.Meta },
		in:    both(was, now),
		each: func(p place, x, y facts.ServiceAccount) {
			old, fresh := annotations(x.Annotations), annotations(y.Annotations)
			if at := roleStamp(x.Meta, y.Meta); !at.at.IsZero() {
				role := p
				role.stamp = at
				name := "annotation " + facts.RoleARNAnnotation
				l.values(role, name, old[name], fresh[name])
				delete(old, name)
				delete(fresh, name)
			}
			l.compare(p, old, fresh)
		},
	}.compare(l, was.ServiceAccounts, now.ServiceAccounts)
}

func accountPlace(key string) place {
	return place{object: string(facts.ServiceAccountKind) + "/" + key, link: checks.LinkServiceAccount}
}

// roleStamp is when the owner of the role ARN annotation changed something, if it did.
func roleStamp(before, after facts.Meta) stamp {
	owners := func(m facts.Meta) facts.Meta {
		return facts.Meta{Managers: slices.DeleteFunc(slices.Clone(m.Managers), func(m facts.Manager) bool { return !m.RoleARN })}
	}
	return stampOf(owners(before), owners(after))
}

func annotations(byKey map[string]string) items {
	i := items{}
	for key, value := range byKey {
		i["annotation "+key] = []string{quoted(value)}
	}
	return i
}

// labels are those of the keys.
func labels(byKey map[string]string, keys map[string]bool) items {
	i := items{}
	for key, value := range byKey {
		if keys[key] {
			i["label "+key] = []string{quoted(value)}
		}
	}
	return i
}

// quoted shows a text, in quotes where it would not be seen else.
func quoted(s string) string {
	if s == "" || strings.TrimSpace(s) != s {
		return fmt.Sprintf("%q", s)
	}
	return s
}
