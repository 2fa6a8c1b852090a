package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var PodAgreement = register(&Check{
	ID:    "pod-agreement",
	Link:  LinkPod,
	Stage: StageChain,
	Grain: GrainWorkload,
	Worst: Warning,
	Title: "the pods of the workload agree on their identity",
	Why: "Pods keep the identity that they were created with. When some were created before the annotation, or while the webhook " +
		"was away, one replica works and the next gets AccessDenied: the fault comes and goes with the pod that a request meets.",
	Fix:   "Restart the workload, so that all its pods are created alike.",
	Refs:  []string{"https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html"},
	Judge: each((*Audit).Workloads, podAgreement),
})

func podAgreement(a *Audit, w *Workload) Finding {
	switch {
	case w.podsErr != nil:
		return missing(w.podsErr)
	case w.Updating:
		return skip("a rollout is under way")
	case w.Kind == facts.CronJob:
		return skip("its runs need not agree")
	case w.podCount() < 2:
		return skip("it has %s", plural(w.podCount(), "pod"))
	}
	for _, p := range w.Pods {
		for _, name := range []string{"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
			if container, from := unknownIn(p.PodTemplate, name); from != "" {
				return depends("whether its pods agree: %s of container %s comes from %s", name, container, from)
			}
		}
	}
	groups := w.identities()
	newest := groups[len(groups)-1]
	switch {
	case len(groups) == 1:
		return pass("all %d pods have %s", newest.count, newest.identity)
	case newest.identity == noIdentity && a.ownBinding(w).RoleARN != "":
		return skip("the newest pods have none at all: see pod-injected")
	}
	f := warn("%d of its %d pods differ from the newest in their identity", w.podCount()-newest.count, w.podCount())
	for _, g := range slices.Backward(groups) {
		f = f.detail("%s (%s): %s", plural(g.count, "pod"), g.example, g.identity)
	}
	return f.mend(a.restart(w))
}

const noIdentity = "no web identity"

// A podIdentity is what a number of pods have in common.
type podIdentity struct {
	identity string
	count    int
	example  string // name of a pod
}

// identities groups the pods that are alive by what identity they have, those with the
// newest last.
func (w *Workload) identities() []podIdentity {
	var groups []podIdentity
	for _, p := range w.Pods {
		g := podIdentity{identity: identityOf(w, p), count: p.Count}
		if len(p.Names) > 0 {
			g.example = p.Names[0]
		}
		if i := slices.IndexFunc(groups, func(known podIdentity) bool { return known.identity == g.identity }); i >= 0 {
			g.count += groups[i].count
			groups = slices.Delete(groups, i, i+1)
		}
		groups = append(groups, g)
	}
	return groups
}

// identityOf describes the identity of the pods of a shape: that of each container of
// the manifest, once where they have the same.
func identityOf(w *Workload, p facts.PodShape) string {
	var all []string
	for _, c := range p.Spec.Containers {
		if _, ok := (Container{w, c}).manifest(); !ok {
			continue
		}
		text := noIdentity
		role, _ := c.Literal("AWS_ROLE_ARN")
		switch t, ok := inject.TokenOf(p.Spec, c); {
		case ok:
			text = fmt.Sprintf("%s by a token for %s", role, audienceText(t.Audience))
		case inject.HasPodIdentity(c):
			text = "EKS Pod Identity"
		}
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return strings.Join(all, " and ")
}

// audienceText is an audience as a message names it.
func audienceText(audience string) string {
	if audience == "" {
		return "the API server's own audience"
	}
	return "audience " + audience
}
