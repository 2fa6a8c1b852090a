package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var WebhookReachesPods = register(&Check{
	ID:    "webhook-reaches-pods",
	Link:  LinkWebhook,
	Stage: StageChain,
	Grain: GrainWorkload,
	Worst: Error,
	Title: "the API server calls the webhook for the workload's pods",
	Why: "The API server calls the webhook only for pods that the selectors of its registration match, and only where it reaches " +
		"and trusts it. With failurePolicy Ignore, the usual one, a webhook that is down, or whose caBundle is empty or has " +
		"expired, lets every pod through as it is: no event, no error, and the pod runs as the node. The label " +
		"eks.amazonaws.com/skip-pod-identity-webhook excludes a pod whatever its value, false included.",
	Fix: "Remove the label, or have the selectors match the namespace and the pods; give the webhook's Service ready endpoints and " +
		"the registration the CA of the webhook's certificate. Then restart the pods that were created meanwhile.",
	Refs: []string{
		"https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",
		"https://github.com/aws/amazon-eks-pod-identity-webhook",
	},
	Judge: each((*Audit).Workloads, webhookReachesPods),
})

func webhookReachesPods(a *Audit, w *Workload) Finding {
	if _, err := a.serviceAccount(w.account()); err != nil {
		return missing(err)
	}
	hooks, err := inject.Registered(a.Snapshot)
	own := a.ownBinding(w)
	switch {
	case err != nil:
		return missing(err)
	case own.RoleARN == "" && own.Association == nil:
		return skip("its service account has no role that a webhook could bring")
	case w.wiresItself():
		return skip("its own manifest sets the variables of web identity")
	case len(hooks) == 0:
		return skip("none is registered, as webhook-installed says")
	case w.podsErr != nil:
		return missing(w.podsErr)
	}
	hook := hooks[0]
	switch why := w.Fresh.Withheld; why.Reason {
	case inject.NamespaceExcluded:
		f := a.kept(w, "the namespaceSelector of %s leaves out namespace %s by the label %s", hook.Configuration, w.Namespace, why.Detail)
		namespaces := a.Cluster.Namespaces.Or(nil)
		if value, ok := namespaces[w.Namespace].Labels[why.Detail]; ok {
			f = f.detail("the namespace carries %s=%s", why.Detail, value)
		} else {
			f = f.detail("the namespace does not carry that label")
		}
		return f.mend(Remedy{Text: fmt.Sprintf("label namespace %s so that the selector matches it%s", w.Namespace, afterwards(w)), Owner: ownerOf(namespaces[w.Namespace].Meta)})
	case inject.PodExcluded:
		return a.podExcluded(w, hook, why.Detail)
	case inject.Unreachable:
		f := a.kept(w, "the API server can not call %s: %s", hook.Configuration, why.Detail)
		if w.Fresh.Refused {
			f = f.detail("its failurePolicy is Fail, so that no pod is created at all")
		} else {
			f = f.detail("its failurePolicy is %s, so that pods are created without web identity and nothing tells", hook.FailurePolicy)
		}
		return f.mend(Remedy{Text: bringWebhook(hook, why.Detail) + afterwards(w), Owner: a.ownerOfWebhook(hook)})
	}
	if gap := w.Fresh.Gap; gap != nil {
		if _, live := w.Effective(); live && w.hasIdentity() {
			return pass("its pods were given an identity, though what decides is not all known: %s", gap)
		}
		return missing(gap)
	}
	return pass("the API server calls %s for its pods", hook.Configuration)
}

// bringWebhook says how to have the API server reach a webhook, by what is wrong.
func bringWebhook(hook inject.Registration, fault string) string {
	switch {
	case strings.Contains(fault, "caBundle"):
		return fmt.Sprintf("put the CA of the webhook's certificate in the caBundle of MutatingWebhookConfiguration %s", hook.Configuration)
	case hook.Service != nil && strings.Contains(fault, "endpoint"):
		return fmt.Sprintf("bring up the pods behind Service %s", hook.Service.Key())
	case hook.Service != nil:
		return fmt.Sprintf("create Service %s, with the webhook behind it", hook.Service.Key())
	}
	return "mend the webhook"
}

// afterwards is what is left to do for pods that were missed, as the end of a remedy's text.
func afterwards(w *Workload) string {
	if w.hasIdentity() {
		return ""
	}
	return anew([]*Workload{w})
}

// podExcluded is about pods that the objectSelector of the webhook leaves out.
func (a *Audit) podExcluded(w *Workload, hook inject.Registration, key string) Finding {
	value, carries := w.Template.Labels[key]
	if !carries {
		return a.kept(w, "the objectSelector of %s leaves out its pods, which do not carry the label %s", hook.Configuration, key).
			mend(Remedy{Text: fmt.Sprintf("give the pod template the label %s that the selector asks for", key), Owner: ownerOf(w.Meta)})
	}
	f := a.kept(w, "the label %s=%s on its pods keeps the webhook away", key, value)
	// Where nobody asked, the label may be there for a reason: the account has a role for others.
	if key == facts.SkipLabel && f.Result == Fail && !w.wantsRole() {
		others := slices.ContainsFunc(a.ownBinding(w).Workloads, func(other *Workload) bool {
			_, skips := other.Template.Labels[key]
			return !skips
		})
		switch {
		case others && value != "false" && !a.isNamed(w):
			return note("%s: the account's other workloads have its role", f.Message)
		case !a.isTarget(w):
			f.Result, f.Error = Warn, ""
		}
	}
	if key == facts.SkipLabel && value == "false" {
		f = f.detail("the label counts whatever its value")
	}
	return f.mend(Remedy{
		Text:  fmt.Sprintf("remove the label from the pod template of %s/%s", w.Kind, w.Name),
		Edits: doable(edit.RemovePodLabel{Context: a.context(), Workload: w.Ref, Key: key}),
		Owner: ownerOf(w.Meta),
	})
}

// kept is a failure where the workload's pod went without identity, else a warning.
func (a *Audit) kept(w *Workload, format string, args ...any) Finding {
	if w.hasIdentity() {
		return warn(format, args...).detail("the pods that run have an identity; those created from now on will not")
	}
	f := fail(format, args...)
	if w.Fresh.Refused {
		return f
	}
	return f.asNode(w)
}

// ownerOfWebhook says who manages a webhook's registration.
func (a *Audit) ownerOfWebhook(hook inject.Registration) string {
	configurations := a.Cluster.Webhooks.Or(nil)
	return ownerOf(configurations[hook.Configuration].Meta)
}
