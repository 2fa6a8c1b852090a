package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var PodInjected = register(&Check{
	ID:    "pod-injected",
	Link:  LinkPod,
	Stage: StageChain,
	Grain: GrainWorkload,
	Worst: Error,
	Title: "every container of the pods has web identity",
	Why: "The webhook changes a pod only when it is created. A pod that is older than the annotation never gets AWS_ROLE_ARN, " +
		"AWS_WEB_IDENTITY_TOKEN_FILE and the token, and its SDK goes on to the node's role (AccessDenied: User: " +
		"arn:aws:sts::…:assumed-role/…/i-…). A container that sets one of the two variables itself, even to nothing, is given " +
		"neither. One that another webhook adds later is missed, unless the webhook is called again.",
	Fix: "Restart the workload after every change of the annotation. Leave both variables to the webhook, or set both and mount the " +
		"token yourself.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html",
		"https://github.com/aws/amazon-eks-pod-identity-webhook",
		"https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#reinvocation-policy",
	},
	Judge: each((*Audit).Workloads, podInjected),
})

func podInjected(a *Audit, w *Workload) Finding {
	if w.podsErr != nil {
		return missing(w.podsErr)
	}
	if _, err := a.serviceAccount(w.account()); err != nil {
		return missing(err)
	}
	if f, ok := a.deletedYoung(w); ok {
		return f
	}
	_, live := w.Effective()
	lacking, late := a.lacking(w)
	switch f, ok := a.identityWithheld(w, lacking); {
	case ok:
		return f
	case len(lacking) > 0 && live:
		return a.neverInjected(w, lacking)
	}
	if f, ok := a.tokenNotMounted(w); ok {
		return f
	}
	if f, ok := a.controllerSkipped(w); ok {
		return f
	}
	if len(late) > 0 {
		return a.addedLater(w, late)
	}
	if f, ok := a.blankSkipped(w); ok {
		return f
	}
	if !live {
		return pass("a pod that is created now has it")
	}
	return pass("its containers have it")
}

// controllerSkipped is about an ACK controller that skip-containers names: it does
// nothing but call AWS, so that nobody can have meant it.
func (a *Audit) controllerSkipped(w *Workload) (Finding, bool) {
	key := a.webhook().Prefix + "/skip-containers"
	pod, _ := w.Effective()
	skipped := inject.SkipContainers(pod.Annotations[key])
	for _, c := range pod.Spec.Containers {
		c := Container{w, c}
		_, ack := c.ack()
		_, role := given(c.Container, "AWS_ROLE_ARN")
		_, keys := given(c.Container, "AWS_ACCESS_KEY_ID")
		if ack && !role && !keys && slices.Contains(skipped, c.Name) {
			return fail("%s on its pods keeps the webhook from container %s, which is the ACK controller", key, c.Name).
				asNode(w).
				mend(Remedy{Text: fmt.Sprintf("take %s out of the annotation %s of the pod template%s", c.Name, key, anew([]*Workload{w})), Owner: ownerOf(w.Meta)}), true
		}
	}
	return Finding{}, false
}

// lacking are the containers of the effective pod that have not both variables of web
// identity and are not skipped on purpose: those of the manifest, and those that
// admission added.
func (a *Audit) lacking(w *Workload) (manifest, late []Container) {
	pod, live := w.Effective()
	skipped := inject.SkipContainers(pod.Annotations[a.webhook().Prefix+"/skip-containers"])
	for _, c := range pod.Spec.Containers {
		_, role := given(c, "AWS_ROLE_ARN")
		_, file := given(c, "AWS_WEB_IDENTITY_TOKEN_FILE")
		if role && file || slices.Contains(skipped, c.Name) {
			continue
		}
		c := Container{w, c}
		if _, ok := c.manifest(); ok || !live {
			manifest = append(manifest, c)
		} else if !w.Updating {
			late = append(late, c)
		}
	}
	return manifest, late
}

// blankSkipped is about containers that were to be skipped: the webhook takes a blank
// after a comma for a part of the name.
func (a *Audit) blankSkipped(w *Workload) (Finding, bool) {
	key := a.webhook().Prefix + "/skip-containers"
	for _, name := range inject.SkipContainers(w.Template.Annotations[key]) {
		trimmed := strings.TrimSpace(name)
		isContainer := slices.ContainsFunc(w.Template.Spec.Containers, func(c facts.Container) bool { return c.Name == trimmed })
		if name != trimmed && isContainer {
			return note("%s on its pods names %q, blank and all: container %s is not skipped", key, name, trimmed), true
		}
	}
	return Finding{}, false
}

// identityWithheld is about workloads that go without web identity for a reason that can
// be seen, in the order in which the webhook comes upon it.
func (a *Audit) identityWithheld(w *Workload, lacking []Container) (Finding, bool) {
	if len(lacking) == 0 {
		return Finding{}, false
	}
	if slices.ContainsFunc(lacking, func(c Container) bool { return inject.HasPodIdentity(c.Container) }) {
		name := ""
		if own := a.ownBinding(w); own.Association != nil {
			name = ", by association " + own.Association.ID
		}
		return skip("EKS Pod Identity took over%s: its pods have the variables of that instead", name), true
	}
	if half := halfWired(lacking); len(half) > 0 {
		if f, ok := restByEnvFrom(half); ok {
			return f, true
		}
		return a.presetVariable(w, half), true
	}
	switch w.Fresh.Withheld.Reason {
	case inject.NoRole:
		return skip("its service account names no role"), true
	case inject.NoWebhook:
		return skip("no webhook is registered, as webhook-installed says"), true
	case inject.NamespaceExcluded, inject.PodExcluded, inject.Unreachable:
		return skip("the webhook is not called for its pods, as webhook-reaches-pods says"), true
	}
	_, live := w.Effective()
	if _, skips := w.Template.Labels[facts.SkipLabel]; w.Fresh.Gap != nil && (!live || skips) {
		return missing(w.Fresh.Gap), true
	}
	return Finding{}, false
}

// halfWired are the containers whose manifest sets one of the two variables and not the
// other, or sets one to nothing.
func halfWired(lacking []Container) []Container {
	return slices.DeleteFunc(slices.Clone(lacking), func(c Container) bool {
		m, ok := c.manifest()
		return !ok || !presetsWebIdentity(m)
	})
}

// restByEnvFrom is about containers that set one of the two variables and take in a
// ConfigMap or Secret that may hold the other.
func restByEnvFrom(half []Container) (Finding, bool) {
	for _, c := range half {
		for _, name := range []string{"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
			_, set := c.Getenv(name)
			if sources := envSources(c.Container, name); !set && len(sources) > 0 {
				return depends("whether container %s has %s, which envFrom %s may hold", c.Name, name, strings.Join(sources, ", ")), true
			}
		}
	}
	return Finding{}, false
}

// presetVariable is about containers that keep the webhook from giving them both variables.
func (a *Audit) presetVariable(w *Workload, half []Container) Finding {
	own := a.ownBinding(w)
	var all []string
	var names [][]string
	for _, c := range half {
		m, _ := c.manifest()
		var set, how []string
		for _, name := range []string{"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
			if _, ok := m.Getenv(name); !ok {
				continue
			}
			set = append(set, name)
			if _, ok := given(m, name); !ok {
				name += " to nothing"
			}
			how = append(how, name)
		}
		names = append(names, set)
		all = append(all, fmt.Sprintf("container %s itself sets %s", c.Name, strings.Join(how, " and ")))
	}
	_, hasRole := given(half[0].Container, "AWS_ROLE_ARN")
	_, hasFile := given(half[0].Container, "AWS_WEB_IDENTITY_TOKEN_FILE")
	result, end := fail, "so that the webhook sets neither variable"
	switch {
	case own.RoleARN != "":
	case hasRole:
		end = "which an SDK ignores without a token: its service account names no role"
		// A program may have a use of its own for the variable.
		if !a.isTarget(w) {
			result = warn
		}
	case hasFile:
		end = "and no role: its service account names none"
	default:
		end = "and its service account names no role"
	}
	f := result("%s, %s", all[0], end)
	for _, more := range all[1:] {
		f = f.detail("%s", more)
	}
	switch {
	case f.Result == Warn:
	case hasFile:
		f = f.seen("%s", logged("role ARN is not set", w))
	default:
		f = f.asNode(w)
	}
	return f.mend(a.leaveToWebhook(w, own, half, names))
}

// leaveToWebhook is the remedy that removes the variables from the manifest, with the
// role that they name put on the account where it names none.
func (a *Audit) leaveToWebhook(w *Workload, own *Binding, half []Container, names [][]string) Remedy {
	r := Remedy{Owner: ownerOf(w.Meta)}
	var unset []edit.Edit
	for i, c := range half {
		edits := a.unsetEnv(c, names[i]...)
		if len(edits) == 0 {
			unset = nil
			break
		}
		unset = append(unset, edits...)
	}
	role, _ := half[0].Literal("AWS_ROLE_ARN")
	_, isRole := facts.ParseRoleARN(role)
	switch {
	case own.RoleARN != "":
		r.Text = fmt.Sprintf("remove the variable from the manifest; the webhook then sets both, with role %s", own.RoleARN)
		r.Edits = unset
	case isRole && own.Association == nil:
		key := a.webhook().Prefix + "/role-arn"
		r.Text = fmt.Sprintf("annotate service account %s with %s in its place, and remove the variable from the manifest", own.Account.Name, role)
		if len(unset) > 0 {
			r.Edits = append([]edit.Edit{edit.Annotate{Context: a.context(), Object: own.Account, Key: key, Value: role}}, unset...)
		}
	default:
		r.Text = fmt.Sprintf("annotate service account %s with the ARN of its role, and remove the variable from the manifest", own.Account.Name)
	}
	return r
}

// tokenNotMounted is about containers that are given both variables and can not find the
// token where the second leads.
func (a *Audit) tokenNotMounted(w *Workload) (Finding, bool) {
	for _, c := range w.Template.Spec.Containers {
		why := w.Fresh.Containers[c.Name]
		if w.Kind == facts.Pod && inject.Injected(c) {
			continue
		}
		var f Finding
		var text string
		switch why.Reason {
		case inject.VolumeTaken:
			f = fail("the pod's own volume %s holds no service account token, and keeps the webhook from adding its own", why.Detail)
			text = fmt.Sprintf("rename volume %s in the pod template", why.Detail)
		case inject.MountTaken:
			f = fail("container %s mounts volume %s itself, and not at %s, where the webhook tells it to look for the token",
				c.Name, inject.VolumeName, why.Detail)
			text = fmt.Sprintf("remove the mount of %s from container %s", inject.VolumeName, c.Name)
		default:
			continue
		}
		file := inject.TokenFile(w.Template.Spec, a.webhook().MountPath+"/token")
		return f.seen("%s", logged("open "+file+": no such file or directory", w)).mend(Remedy{Text: text, Owner: ownerOf(w.Meta)}), true
	}
	return Finding{}, false
}

// needsNoRole says whether a container is of a service mesh or an agent that calls nothing
// of AWS, by the names that their webhooks give.
func needsNoRole(c Container) bool {
	return slices.ContainsFunc([]string{
		"istio-", "linkerd-", "consul-", "kuma-", "vault-agent", "daprd", "datadog-", "opentelemetry-auto-instrumentation",
	}, func(prefix string) bool { return strings.HasPrefix(c.Name, prefix) })
}

// callsAWS says whether a container is surely one that sends logs, traces or figures to AWS.
func callsAWS(c Container) bool {
	return slices.ContainsFunc([]string{"fluent", "xray", "cloudwatch", "otel-collector", "appmesh"}, func(part string) bool {
		return strings.Contains(c.Name+" "+c.Image, part)
	})
}

// addedLater is about containers that other webhooks added after this one was called. Few
// of them call AWS; but where this one is called again they were meant to have a role.
func (a *Audit) addedLater(w *Workload, late []Container) Finding {
	hooks, _ := inject.Registered(a.Snapshot)
	once := slices.DeleteFunc(slices.Clone(hooks), func(h inject.Registration) bool { return h.ReinvocationPolicy == "IfNeeded" })
	again := len(hooks) > 0 && len(once) == 0
	result := note
	var names []string
	for _, c := range late {
		names = append(names, c.Name)
		if callsAWS(c) || again && !needsNoRole(c) {
			result = warn
		}
	}
	f := result("container %s, which another webhook added, has no web identity", strings.Join(names, ", "))
	for _, h := range once {
		f = f.detail("%s is called once only, before that webhook: its reinvocationPolicy is not IfNeeded", h.Configuration)
	}
	switch {
	case f.Result == Note:
		return f.detail("it needs none unless it calls AWS, as few sidecars do")
	case !again:
		return f.mend(Remedy{Text: "if that container calls AWS, set reinvocationPolicy IfNeeded for the pod identity webhook, then restart the pods"})
	case a.onEKS():
		return f.mend(Remedy{Text: "if that container calls AWS, restart the pods: the webhook is called again for what others add"})
	}
	return f.detail("the webhook is called again for it, and an old one does nothing in a pod that has its volume already").
		mend(Remedy{Text: "if that container calls AWS, update the webhook, then restart the pods"})
}
