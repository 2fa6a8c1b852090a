package checks

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var WebhookInstalled = register(&Check{
	ID:    "webhook-installed",
	Link:  LinkWebhook,
	Stage: StageChain,
	Grain: GrainCluster,
	Worst: Error,
	Title: "a webhook that gives pods web identity is registered",
	Why: "The annotation does nothing by itself. A mutating webhook reads it when a pod is created, and adds AWS_ROLE_ARN, " +
		"AWS_WEB_IDENTITY_TOKEN_FILE and the token. Without its MutatingWebhookConfiguration pods start as if the annotation " +
		"were not there, with no event and no error, and run as the node (AccessDenied naming assumed-role/…/i-…). EKS runs the " +
		"webhook in its control plane, where no Service or pod shows; its registration, pod-identity-webhook, can be deleted.",
	Fix: "On EKS create the MutatingWebhookConfiguration pod-identity-webhook again; elsewhere install " +
		"amazon-eks-pod-identity-webhook. Then restart the pods that were created without it.",
	Refs: []string{
		"https://github.com/aws/amazon-eks-pod-identity-webhook",
		"https://repost.aws/knowledge-center/eks-troubleshoot-irsa-errors",
	},
	Judge: webhookInstalled,
})

// webhookInstalled judges the cluster, for those workloads that need a webhook.
func webhookInstalled(a *Audit) []Finding {
	f := a.webhookRegistered()
	f.Object = "cluster"
	if f.Affects == nil {
		f.Affects = a.Targets()
	}
	return []Finding{f}
}

func (a *Audit) webhookRegistered() Finding {
	hooks, err := inject.Registered(a.Snapshot)
	if err != nil {
		return missing(err)
	}
	if len(hooks) > 0 {
		var names []string
		for _, h := range hooks {
			names = append(names, fmt.Sprintf("%s of %s", h.Name, h.Configuration))
		}
		return pass("%s is registered", strings.Join(names, ", "))
	}
	need, missed := a.needWebhook()
	if len(need) == 0 {
		if _, err := a.Bindings(); err != nil {
			return missing(err)
		}
		return skip("nothing here needs one")
	}
	for _, w := range missed {
		if w.podsErr != nil {
			return missing(w.podsErr).detail("no pod identity webhook is registered")
		}
	}
	configurations, _ := a.Cluster.Webhooks.Get()
	injector, noInjector := a.Cluster.Injector.Get()
	result := fail
	switch {
	case len(missed) > 0:
	case len(configurations) > 0 && noInjector != nil && !a.onEKS():
		result = note // one of them may inject, such as a policy engine's
	default:
		result = warn
	}
	f := result("no pod identity webhook is registered: expected a MutatingWebhookConfiguration such as pod-identity-webhook")
	f.Affects = need
	if names := slices.Sorted(maps.Keys(configurations)); len(names) > 0 {
		f = f.detail("registered for pods: %s", strings.Join(names, ", "))
	}
	if noInjector == nil {
		f = f.detail("%s runs the webhook, but the API server is not told to call it", injector.Workload)
	}
	r := Remedy{Text: "install amazon-eks-pod-identity-webhook with its MutatingWebhookConfiguration"}
	if a.onEKS() {
		r.Text = "create the MutatingWebhookConfiguration pod-identity-webhook again: webhook iam-for-pods.amazonaws.com, " +
			"URL https://127.0.0.1:23443/mutate, the cluster's CA as caBundle, CREATE of pods"
	}
	if len(missed) == 0 {
		f = f.detail("the pods that run have web identity: it was registered when they were created, or one does it that goes by another name")
		if f.Result == Note {
			return f
		}
		return f.mend(r)
	}
	r.Text += anew(missed)
	return f.asNode(missed...).mend(r)
}

// needWebhook are the objects in scope whose role only a webhook can bring, and those of
// the workloads whose pods went without.
func (a *Audit) needWebhook() (need []facts.Ref, missed []*Workload) {
	for _, b := range a.bindings {
		if b.Pinned || b.RoleARN == "" && b.Association == nil {
			continue
		}
		if len(b.Workloads) == 0 {
			need = append(need, b.Account)
		}
		for _, w := range b.Workloads {
			if w.wiresItself() {
				continue
			}
			need = append(need, w.Ref)
			if !w.hasIdentity() {
				missed = append(missed, w)
			}
		}
	}
	return need, missed
}

// hasIdentity says whether some container of the effective pod was given web identity or
// EKS Pod Identity.
func (w *Workload) hasIdentity() bool {
	pod, _ := w.Effective()
	return slices.ContainsFunc(pod.Spec.Containers, func(c facts.Container) bool {
		return inject.Injected(c) || inject.HasPodIdentity(c)
	})
}
