package checks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

var WorkloadServiceAccount = register(&Check{
	ID:    "workload-service-account",
	Link:  LinkWorkload,
	Stage: StageChain,
	Grain: GrainWorkload,
	Worst: Error,
	Title: "the workload runs as the service account that was made for it",
	Why: "A template without serviceAccountName runs as default. The account with the role stays unused, its pods get no web " +
		"identity, and AWS answers AccessDenied to the role of the node. A chart may make the account and never name it in the " +
		"template, or know the setting by another key.",
	Fix: "Name the account in serviceAccountName of the pod template; a change of it replaces the pods.",
	Refs: []string{
		"https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
		"https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html",
	},
	Judge: workloadServiceAccount,
})

// workloadServiceAccount judges the workloads in scope, and those that an account in
// scope was surely meant for.
func workloadServiceAccount(a *Audit) []Finding {
	return append(each((*Audit).Workloads, runsAsMeant)(a), a.strays()...)
}

func runsAsMeant(a *Audit, w *Workload) Finding {
	own := a.ownBinding(w)
	if own.RoleARN != "" {
		return pass("it runs as %s, which names a role", own.Account.Name)
	}
	meant, err := a.meantAccount(w)
	switch {
	case err != nil:
		return missing(err)
	case meant.IsZero():
		return skip("it runs as %s, and no other account is known to be meant", own.Account.Name)
	case a.isTarget(w) || w.wantsRole():
		return a.runsAsAnother(fail, w, meant).asNode(w)
	}
	return a.runsAsAnother(warn, w, meant)
}

func (a *Audit) runsAsAnother(result func(string, ...any) Finding, w *Workload, meant facts.Ref) Finding {
	f := result("it runs as service account %s, which names no role; %s, which does, is used by nothing", w.account().Name, meant.Name)
	if w.Template.Spec.ServiceAccount == "" {
		f = f.detail("the template sets no serviceAccountName")
	}
	if sa, err := a.serviceAccount(meant); err == nil {
		id, _ := a.webhook().Identity(meant.Namespace, meant.Name, sa)
		f = f.detail("%s names %s", meant.Name, id.RoleARN).detail("%s", whyMeant(w, meant, sa))
	}
	return f.mend(Remedy{
		Text:  fmt.Sprintf("have it run as %s, if that was made for it", meant.Name),
		Edits: doable(edit.SetServiceAccount{Context: a.context(), Workload: w.Ref, Account: meant.Name}),
		Owner: ownerOf(w.Meta),
	})
}

// whyMeant says in what the account is like the workload.
func whyMeant(w *Workload, meant facts.Ref, sa facts.ServiceAccount) string {
	if likeName(w.Name, meant.Name) != unlike {
		return "their names are alike"
	}
	if release := w.Annotations[releaseKey]; release != "" && release == sa.Annotations[releaseKey] {
		return "both belong to Helm release " + release
	}
	i := slices.IndexFunc(appLabels, func(key string) bool { return w.Labels[key] != "" && w.Labels[key] == sa.Labels[key] })
	return fmt.Sprintf("both carry the label %s=%s", appLabels[i], w.Labels[appLabels[i]])
}

// strays are warnings about workloads out of scope: an account in scope that nothing
// uses has the name of one, which runs as default.
func (a *Audit) strays() []Finding {
	if a.Asked.Selector != "" {
		return nil
	}
	var findings []Finding
	for _, b := range a.bindings {
		if b.Pinned || len(b.Workloads) > 0 || b.RoleARN == "" {
			continue
		}
		if used, err := a.isUsed(b.Account); used || err != nil {
			continue
		}
		for _, w := range a.runningAsDefault(b.Account) {
			f := a.runsAsAnother(warn, w, b.Account)
			if likeName(w.Name, b.Account.Name) != likeExactly {
				f.Result, f.Remedy = Note, nil
				f = f.detail("pods that come and go may use it, as those of a job, or a program that asks for its tokens")
			}
			f.Object, f.Affects = w.Object(), []facts.Ref{b.Account}
			findings = append(findings, f)
		}
	}
	return findings
}

// runningAsDefault are the workloads that run as default and have a name like the account's.
func (a *Audit) runningAsDefault(account facts.Ref) []*Workload {
	var found []*Workload
	for _, kind := range facts.WorkloadKinds {
		listed, _ := a.Cluster.Workloads[kind].Get()
		for _, key := range slices.Sorted(maps.Keys(listed)) {
			namespace, name, _ := strings.Cut(key, "/")
			ref := facts.Ref{Kind: kind, Namespace: namespace, Name: name}
			if namespace != account.Namespace || listed[key].Template.Spec.Account() != "default" || likeName(name, account.Name) == unlike {
				continue
			}
			w := &Workload{Ref: ref, Workload: listed[key]}
			a.attach(w)
			inScope := slices.ContainsFunc(a.workloads, func(known *Workload) bool { return known.Ref == ref })
			if !inScope && !w.wiresItself() && !a.namesARole(w.account()) {
				found = append(found, w)
			}
		}
	}
	return found
}
