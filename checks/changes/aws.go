package changes

import (
	"cmp"
	"maps"
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func (l *ledger) aws(was, now *facts.Snapshot) {
	eks := whole("EKS", "")
	single(l, eks, was.AWS.EKS, now.AWS.EKS, func(x, y facts.EKSCluster) {
		l.compare(eks, eksItems(x), eksItems(y))
		l.compare(eks.of("", checks.LinkIssuer), entries(map[string]string{"issuer": x.Issuer}), entries(map[string]string{"issuer": y.Issuer}))
	})
	listing[facts.Association]{
		what: "EKS Pod Identity associations",
		link: checks.LinkServiceAccount,
		place: func(key string) place {
			return accountPlace(key).of("EKS Pod Identity association", checks.LinkServiceAccount)
		},
		in: both(was.Cluster, now.Cluster),
		each: func(p place, x, y facts.Association) {
			l.compare(p, entries(map[string]string{"ID": x.ID, "target role": x.TargetARN}), entries(map[string]string{"ID": y.ID, "target role": y.TargetARN}))
			role := p.of("role", checks.LinkServiceAccount)
			single(l, role, x.RoleARN, y.RoleARN, func(x, y string) { l.values(role, "", []string{x}, []string{y}) })
		},
	}.compare(l, was.AWS.Associations, now.AWS.Associations)
	for _, id := range slices.Sorted(maps.Keys(now.AWS.Accounts)) {
		if before, known := was.AWS.Accounts[id]; known {
			l.account(id, before, now.AWS.Accounts[id])
		}
	}
}

func eksItems(c facts.EKSCluster) items {
	return entries(map[string]string{
		"name": c.Name, "ARN": c.ARN, "version": c.Version, "platform version": c.PlatformVersion, "status": c.Status,
	})
}

func (l *ledger) account(id string, was, now facts.Account) {
	looked := map[string]bool{} // at both sides: those providers tell for themselves
	for _, url := range slices.Sorted(maps.Keys(now.Provider)) {
		before, known := was.Provider[url]
		if !known {
			continue
		}
		after := now.Provider[url]
		p := place{object: providerARN(id, url, before, after), link: checks.LinkProvider, scope: providerScope(id, url)}
		looked[p.object] = true
		single(l, p, before, after, func(x, y facts.Provider) {
			l.compare(p, items{"client IDs": x.ClientIDs, "thumbprints": x.Thumbprints}, items{"client IDs": y.ClientIDs, "thumbprints": y.Thumbprints})
		})
	}
	all := place{object: "account " + id, part: "OIDC providers", link: checks.LinkProvider}
	single(l, all, was.Providers, now.Providers, func(x, y []string) {
		l.values(all, "", untold(x, looked), untold(y, looked))
	})
	for _, name := range slices.Sorted(maps.Keys(now.Roles)) {
		if before, known := was.Roles[name]; known {
			l.role(id, name, before, now.Roles[name])
		}
	}
}

// untold are the ARNs that are not told otherwise.
func untold(arns []string, told map[string]bool) []string {
	return slices.DeleteFunc(slices.Clone(arns), func(arn string) bool { return told[arn] })
}

// providerARN is what IAM calls the provider on the side that has it.
func providerARN(id, url string, was, now facts.Fact[facts.Provider]) string {
	for _, side := range []facts.Fact[facts.Provider]{now, was} {
		if arn := side.Or(facts.Provider{}).ARN; arn != "" {
			return arn
		}
	}
	return "OIDC provider " + url + " of account " + id
}

func (l *ledger) role(id, name string, was, now facts.Fact[facts.Role]) {
	p := place{object: "role " + name + " of account " + id, link: checks.LinkRole, scope: roleScope(id, name)}
	for _, side := range []facts.Fact[facts.Role]{was, now} {
		if arn := side.Or(facts.Role{}).ARN; arn != "" {
			p.object = arn
		}
	}
	created := p
	if was.Gap != nil && was.Gap.Kind == facts.Absent {
		created.at = now.Or(facts.Role{}).CreatedAt
	}
	single(l, created, was, now, func(x, y facts.Role) {
		if again(x.CreatedAt, y.CreatedAt) {
			recreated := p
			recreated.at = y.CreatedAt
			l.write(recreated, Fact{Kind: Recreated})
		}
		l.values(p, "ARN", []string{x.ARN}, []string{y.ARN})
		l.document(p.of("trust policy", checks.LinkTrustPolicy), x.TrustPolicy, y.TrustPolicy)
		l.policies(p.of("attached policy", checks.LinkPermissions), x.Attached, y.Attached)
		l.policies(p.of("inline policy", checks.LinkPermissions), x.Inline, y.Inline)
	})
}

// policies compares the permissions policies of a role, and the documents of those that
// both sides have.
func (l *ledger) policies(p place, was, now facts.Fact[[]facts.Policy]) {
	single(l, p, was, now, func(x, y []facts.Policy) {
		l.values(p, "", policyNames(x), policyNames(y))
		for _, before := range x {
			i := slices.IndexFunc(y, func(after facts.Policy) bool { return after.ARN == before.ARN && after.Name == before.Name })
			if i < 0 {
				continue
			}
			one := p.of(before.Name, checks.LinkPermissions)
			single(l, one, before.Document, y[i].Document, func(x, y facts.Document) { l.document(one, x, y) })
		}
	})
}

// policyNames are ARNs, or names of inline policies, which have none.
func policyNames(policies []facts.Policy) []string {
	var names []string
	for _, p := range policies {
		names = append(names, cmp.Or(p.ARN, p.Name))
	}
	return names
}
