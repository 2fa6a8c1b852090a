package checks

import (
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

var WorkloadExists = register(&Check{
	ID:    "workload-exists",
	Link:  LinkWorkload,
	Stage: StageCreate,
	Grain: GrainWorkload,
	Worst: Error,
	Title: "the workload exists in its namespace",
	Why: "A workload of another name or namespace has another service account, and another role. Nothing can be said " +
		"about one that is not there.",
	Fix:   "Name the workload as it is called, in the namespace where it runs.",
	Refs:  []string{"https://kubernetes.io/docs/concepts/workloads/"},
	Judge: workloadExists,
})

// workloadExists judges what was asked for, found or not; the other checks judge
// only what was found. It also speaks for the listings that could not be had.
func workloadExists(a *Audit) []Finding {
	var findings []Finding
	for _, w := range a.targets {
		f := pass("it is there")
		if w.err != nil {
			f = workloadMissing(a, w)
		}
		f.Object, f.Affects = w.Object(), w.Affects()
		findings = append(findings, f)
	}
	if len(a.Asked.Targets) == 0 || slices.ContainsFunc(a.Asked.Targets, isAccount) {
		for _, err := range a.gaps {
			f := missing(err)
			f.Object, f.Affects = "cluster", a.Targets()
			findings = append(findings, f)
		}
	}
	if len(findings) > 0 {
		return findings
	}
	f := skip("there is nothing to examine")
	if len(a.gaps) > 0 {
		f = missing(a.gaps[0])
	}
	f.Object, f.Affects = "cluster", a.Targets()
	return []Finding{f}
}

func isAccount(ref facts.Ref) bool { return ref.Kind == facts.ServiceAccountKind }

func workloadMissing(a *Audit, w *Workload) Finding {
	if facts.KindOf(w.err) != facts.Absent {
		return missing(w.err)
	}
	f := fail("there is no %s %s in namespace %s", w.Kind, w.Name, w.Namespace)
	others, _ := a.Cluster.Lookalikes.Get()
	for _, ref := range others {
		if ref.Kind == w.Kind && ref.Name == w.Name {
			f = f.detail("namespace %s has one of that name", ref.Namespace)
		}
	}
	listed, _ := a.Cluster.Workloads[w.Kind].Get()
	if near := nearest(w.Name, namesIn(slices.Collect(maps.Keys(listed)), w.Namespace)); len(near) > 0 {
		f = f.detail("alike by name: %s", strings.Join(near, ", "))
	}
	return f
}

// namesIn returns the names of the keys namespace/name that are in the namespace.
func namesIn(keys []string, namespace string) []string {
	var names []string
	for _, key := range keys {
		if name, ok := strings.CutPrefix(key, namespace+"/"); ok {
			names = append(names, name)
		}
	}
	return names
}
