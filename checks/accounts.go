package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

// Accounts are the bindings of the service accounts themselves, without the roles that
// manifests pin. The error is as that of Bindings.
func (a *Audit) Accounts() ([]*Binding, error) {
	bindings, err := a.Bindings()
	return slices.DeleteFunc(slices.Clone(bindings), func(b *Binding) bool { return b.Pinned }), err
}

// ownBinding returns the binding of the account that a workload in scope runs as.
func (a *Audit) ownBinding(w *Workload) *Binding {
	return a.bound[bindingKey{account: w.account()}]
}

// isTarget says whether the user named the workload or its service account.
func (a *Audit) isTarget(w *Workload) bool {
	return a.isNamed(w) || slices.Contains(a.Asked.Targets, w.account())
}

// isNamed says whether the user named the workload, or an object that it owns.
func (a *Audit) isNamed(w *Workload) bool {
	return slices.ContainsFunc(a.Asked.Targets, func(ref facts.Ref) bool {
		return ref == w.Ref || a.Cluster.Owners[ref] == w.Ref
	})
}

// wiresItself says whether the workload's manifest sets a variable of web identity. What
// the webhook gave a pod that nothing owns is not its manifest's.
func (w *Workload) wiresItself() bool {
	return slices.ContainsFunc(w.Template.Spec.Containers, func(c facts.Container) bool {
		return presetsWebIdentity(c) && !(w.Kind == facts.Pod && inject.Injected(c))
	})
}

// podCount is the number of its pods that run or are about to.
func (w *Workload) podCount() int {
	n := 0
	for _, p := range w.Pods {
		n += p.Count
	}
	return n
}

// restart is the remedy that has a workload's pods created anew.
func (a *Audit) restart(w *Workload) Remedy {
	n := w.podCount()
	switch w.Kind {
	case facts.Deployment, facts.StatefulSet, facts.DaemonSet:
		return Remedy{
			Text:  fmt.Sprintf("restart %s/%s, which replaces %s", w.Kind, w.Name, plural(n, "pod")),
			Edits: []edit.Edit{edit.Restart{Context: a.context(), Workload: w.Ref, Pods: n}},
		}
	case facts.ReplicaSet:
		return Remedy{Text: fmt.Sprintf("delete the %s of replicaset/%s, which makes new ones", plural(n, "pod"), w.Name)}
	case facts.CronJob:
		return Remedy{Text: fmt.Sprintf("wait for the next run of cronjob/%s, or delete the job that runs", w.Name)}
	}
	return Remedy{Text: fmt.Sprintf("delete %s/%s and create it again", w.Kind, w.Name)}
}

// restarts are the edits that replace the pods of the workloads, as far as a command does.
func (a *Audit) restarts(workloads []*Workload) []edit.Edit {
	var edits []edit.Edit
	for _, w := range workloads {
		if w.podCount() > 0 {
			edits = append(edits, a.restart(w).Edits...)
		}
	}
	return edits
}

// anew says in words what restarts does, as the end of a remedy's text, or "".
func anew(workloads []*Workload) string {
	var names []string
	pods := 0
	for _, w := range workloads {
		if n := w.podCount(); n > 0 {
			names = append(names, string(w.Kind)+"/"+w.Name)
			pods += n
		}
	}
	if pods == 0 {
		return ""
	}
	return fmt.Sprintf(", then replace %s of %s", plural(pods, "pod"), strings.Join(names, ", "))
}
