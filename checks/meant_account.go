package checks

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// meantAccount returns the service account that the workload was surely meant to run as:
// one that names a role, that nothing uses, and that is more like the workload than its
// own account. It is zero when there is none or more than one, and when the workload has
// a role by some other way. The error says why that can not be told.
func (a *Audit) meantAccount(w *Workload) (facts.Ref, error) {
	own := a.ownBinding(w)
	if own.RoleARN != "" || own.Association != nil || w.wiresItself() {
		return facts.Ref{}, nil
	}
	if _, err := a.serviceAccount(w.account()); err != nil {
		return facts.Ref{}, err
	}
	// Workloads without the labels may use what seems unused.
	if a.Asked.Selector != "" {
		return facts.Ref{}, nil
	}
	least := likeName(w.Name, w.account().Name)
	var best []facts.Ref
	accounts, _ := a.Cluster.ServiceAccounts.Get()
	for _, key := range slices.Sorted(maps.Keys(accounts)) {
		ref := accountRef(key)
		if ref.Namespace != w.Namespace || ref == w.account() || !a.namesARole(ref) {
			continue
		}
		like := likeWorkload(w.Ref, w.Meta, ref, accounts[key].Meta)
		if like == unlike || like < least || like == least && len(best) == 0 {
			continue
		}
		used, err := a.isUsed(ref)
		switch {
		case err != nil:
			return facts.Ref{}, err
		case used:
		case like > least:
			best, least = []facts.Ref{ref}, like
		default:
			best = append(best, ref)
		}
	}
	if len(best) != 1 {
		return facts.Ref{}, nil
	}
	return best[0], nil
}

// namesARole says whether the webhook gives pods of the account a role.
func (a *Audit) namesARole(ref facts.Ref) bool {
	sa, err := a.serviceAccount(ref)
	if err != nil {
		return false
	}
	_, ok := a.webhook().Identity(ref.Namespace, ref.Name, sa)
	return ok
}

// isUsed says whether some workload or pod runs as the account. It is certain only from
// complete listings.
func (a *Audit) isUsed(account facts.Ref) (bool, error) {
	var gap error
	for _, kind := range facts.WorkloadKinds {
		listed, err := a.Cluster.Workloads[kind].Get()
		gap = cmp.Or(gap, err)
		for key, w := range listed {
			if strings.HasPrefix(key, account.Namespace+"/") && w.Template.Spec.Account() == account.Name {
				return true, nil
			}
		}
	}
	pods, err := a.Cluster.Pods.Get()
	gap = cmp.Or(gap, err)
	if slices.ContainsFunc(pods, func(p facts.PodShape) bool {
		return p.Owner.Namespace == account.Namespace && p.Spec.Account() == account.Name
	}) {
		return true, nil
	}
	return false, gap
}

// A likeness says how much a service account seems to be made for a workload.
type likeness int

const (
	unlike     likeness = iota
	likeByApp           // labels or Helm release are the same
	likeByName          // one name holds the other, or all but
	likeExactly
)

func likeName(workload, account string) likeness {
	short, long := workload, account
	if len(short) > len(long) {
		short, long = long, short
	}
	switch {
	case account == "default":
		return unlike
	case workload == account:
		return likeExactly
	case len(short) > 2 && slices.Contains(parts(long), short),
		len(short) > 5 && levenshtein.ComputeDistance(workload, account) <= 2:
		return likeByName
	}
	return unlike
}

// parts are what a name holds between its hyphens and dots: of a-b-c the texts a, b, c,
// a-b, b-c and a-b-c.
func parts(name string) []string {
	border := func(i int) bool { return i == len(name) || name[i] == '-' || name[i] == '.' }
	var all []string
	for from := range len(name) {
		if from > 0 && !border(from-1) {
			continue
		}
		for to := from + 1; to <= len(name); to++ {
			if border(to) {
				all = append(all, name[from:to])
			}
		}
	}
	return all
}

// Labels and annotations by which things of one installation know one another.
var (
	appLabels  = []string{"app.kubernetes.io/instance", "app.kubernetes.io/name", "app", "k8s-app"}
	releaseKey = "meta.helm.sh/release-name"
)

func likeWorkload(ref facts.Ref, w facts.Meta, account facts.Ref, sa facts.Meta) likeness {
	if like := likeName(ref.Name, account.Name); like != unlike {
		return like
	}
	alike := func(x, y map[string]string, key string) bool { return x[key] != "" && x[key] == y[key] }
	if alike(w.Annotations, sa.Annotations, releaseKey) ||
		slices.ContainsFunc(appLabels, func(key string) bool { return alike(w.Labels, sa.Labels, key) }) {
		return likeByApp
	}
	return unlike
}
