package edit

import (
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

// rolls says whether a change of the template replaces the pods of such a workload.
func rolls(k facts.Kind) bool {
	return k == facts.Deployment || k == facts.StatefulSet || k == facts.DaemonSet
}

// editable says whether kubectl changes the template of such a workload: that of a
// Job and the spec of a Pod can not be changed.
func editable(k facts.Kind) bool {
	return rolls(k) || k == facts.ReplicaSet || k == facts.CronJob
}

// changeTemplate changes the template of a workload, and rolls it out where the
// controller does.
func changeTemplate(s *facts.Snapshot, ref facts.Ref, change func(*facts.PodTemplate)) {
	workloads := s.Cluster.Workloads[ref.Kind].Or(nil)
	w, ok := workloads[ref.Key()]
	if !ok || !editable(ref.Kind) {
		return
	}
	w.Template = w.Template.Clone()
	change(&w.Template)
	workloads[ref.Key()] = w
	rollOut(s, ref)
}

// rollOut replaces the pods of a workload by such as would be created now, with the
// rollout done. When none can be created, the rollout stands still and the old pods stay.
func rollOut(s *facts.Snapshot, ref facts.Ref) {
	workloads := s.Cluster.Workloads[ref.Kind].Or(nil)
	w, ok := workloads[ref.Key()]
	if !ok || !rolls(ref.Kind) {
		return
	}
	admission := inject.Admit(s, ref.Namespace, w.Template)
	if admission.Refused {
		return
	}
	w.Updating = false
	workloads[ref.Key()] = w
	if failed := s.Cluster.FailedCreates.Value; failed != nil {
		*failed = slices.DeleteFunc(*failed, func(f facts.FailedCreate) bool { return f.Owner == ref })
	}
	pods := s.Cluster.Pods.Value
	if pods == nil || w.Replicas == 0 && !alive(s, ref) {
		return
	}
	*pods = slices.DeleteFunc(*pods, func(p facts.PodShape) bool { return p.Owner == ref && p.Alive() })
	*pods = append(*pods, facts.PodShape{
		Owner:       ref,
		Count:       max(int(w.Replicas), 1),
		Names:       []string{ref.Name},
		Oldest:      s.TakenAt,
		Newest:      s.TakenAt,
		Phase:       "Running",
		PodTemplate: admission.Pod,
	})
}

// alive says whether some pod of the workload runs or is about to.
func alive(s *facts.Snapshot, ref facts.Ref) bool {
	return slices.ContainsFunc(s.Cluster.Pods.Or(nil), func(p facts.PodShape) bool { return p.Owner == ref && p.Alive() })
}

func refOf(kind facts.Kind, key string) facts.Ref {
	namespace, name, _ := strings.Cut(key, "/")
	return facts.Ref{Kind: kind, Namespace: namespace, Name: name}
}
