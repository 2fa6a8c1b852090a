package changes

import (
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// workloads compares templates, and then the pods by what the template does not tell.
func (l *ledger) workloads(was, now *facts.Snapshot) {
	keys := selected(was.Cluster, now.Cluster)
	in := both(was.Cluster, now.Cluster)
	if was.Asked.Selector != now.Asked.Selector { // who chose otherwise did not see the same
		in = func(string) bool { return false }
	}
	begin := len(l.facts)
	for _, kind := range facts.WorkloadKinds {
		_, looked := now.Cluster.Workloads[kind]
		if _, had := was.Cluster.Workloads[kind]; !had && !looked {
			continue
		}
		before, after := was.Cluster.Workloads[kind], now.Cluster.Workloads[kind]
		listing[facts.Workload]{
			what:  string(kind) + "s",
			link:  checks.LinkWorkload,
			place: func(key string) place { return place{object: string(kind) + "/" + key, link: checks.LinkWorkload} },
			meta:  func(w facts.Workload) facts.Meta { return w.Meta },
			in: func(key string) bool {
				_, had := before.Or(nil)[key]
				_, has := after.Or(nil)[key]
				return in(key) && (had && has || now.Asked.Selector == "") // other labels hide what is there
			},
			each: func(p place, x, y facts.Workload) { l.template(p, x, y, keys) },
		}.compare(l, before, after)
	}
	told := map[string]bool{}
	for _, f := range l.facts[begin:] {
		told[podFact(f)] = true
	}
	p := whole("pods", checks.LinkPod)
	single(l, p, was.Cluster.Pods, now.Cluster.Pods, func(x, y []facts.PodShape) {
		old, fresh := shapes(x), shapes(y)
		l.pods(old, fresh, in, keys, was.TakenAt, told)
		l.running(was.Cluster, now.Cluster, old, fresh, in)
	})
	l.refused(was.Cluster, now.Cluster, in)
}

// running compares whether workloads whose pods stay have any.
func (l *ledger) running(was, now facts.Cluster, old, fresh map[facts.Ref][]facts.PodShape, in func(string) bool) {
	for _, kind := range []facts.Kind{facts.Deployment, facts.StatefulSet, facts.DaemonSet} {
		before, after := was.Workloads[kind].Or(nil), now.Workloads[kind].Or(nil)
		for _, key := range slices.Sorted(maps.Keys(after)) {
			if _, both := before[key]; !both || !in(key) {
				continue
			}
			namespace, name, _ := strings.Cut(key, "/")
			ref := facts.Ref{Kind: kind, Namespace: namespace, Name: name}
			p := place{object: ref.String(), link: checks.LinkWorkload}
			l.values(p, "pods that run", []string{some(len(old[ref]))}, []string{some(len(fresh[ref]))})
		}
	}
}

// refused compares the pods that could not be created.
func (l *ledger) refused(was, now facts.Cluster, in func(string) bool) {
	whole := whole("events of pods that could not be created", checks.LinkWorkload)
	single(l, whole, was.FailedCreates, now.FailedCreates, func(x, y []facts.FailedCreate) {
		known := map[facts.Ref][]string{}
		for _, e := range x {
			known[e.Owner] = append(known[e.Owner], e.Message)
		}
		for _, e := range y {
			if in(e.Owner.Key()) && !slices.Contains(known[e.Owner], e.Message) {
				p := place{object: e.Owner.String(), link: checks.LinkWorkload, stamp: stamp{at: e.Last}}
				l.write(p, Fact{Kind: Changed, Item: "pods that could not be created", Added: []string{e.Message}})
			}
		}
	})
}

// podFact is the same for a change of a template and of the pods made of it.
func podFact(f Fact) string {
	_, item, _ := strings.Cut(f.Item, ": ")
	return strings.Join(slices.Concat([]string{f.Object, item, ""}, f.Removed, []string{""}, f.Added), "\x00")
}

func (l *ledger) template(p place, was, now facts.Workload, keys map[string]bool) {
	l.compare(p, scale(was), scale(now))
	l.compare(p, annotations(was.Annotations), annotations(now.Annotations))
	l.pod(p, "template", []facts.PodTemplate{was.Template}, []facts.PodTemplate{now.Template}, keys)
}

// scale is whether the workload makes pods at all.
func scale(w facts.Workload) items {
	i := items{}
	i.add("replicas", some(int(w.Replicas)))
	if w.Suspended {
		i.add("suspended", "yes")
	}
	return i
}
