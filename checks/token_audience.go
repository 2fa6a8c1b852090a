package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var TokenAudience = register(&Check{
	ID:    "token-audience",
	Link:  LinkToken,
	Stage: StageAudience,
	Grain: GrainWorkload,
	Worst: Error,
	Title: "the token is issued for the audience that is meant",
	Why: "STS takes only a token whose audience the OIDC provider lists among its client IDs: InvalidIdentityToken: Incorrect " +
		"token audience. The audience is that of the projected volume. The webhook writes it from the annotation " +
		"eks.amazonaws.com/audience or its own default, sts.amazonaws.com, when the pod is created; a manifest may ask for another. " +
		"The token for the API server, and that of EKS Pod Identity, are for others and do not serve.",
	Fix: "Let the volume, the annotation and the provider's client IDs name the same audience, in every partition " +
		"sts.amazonaws.com unless you chose another, and restart the pods after a change.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html",
		"https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken",
	},
	Judge: each((*Audit).Workloads, tokenAudience),
})

// A projection is a token that a container reads, and what decided its audience.
type projection struct {
	container Container
	role      string // AWS_ROLE_ARN, "" when that is not known
	audience  string // "" is the API server's own
	// meant is the audience that the webhook would ask for now. It counts only for a token
	// of the webhook's own.
	meant     string
	byWebhook bool
}

// file is where the container looks for the token.
func (p projection) file() string {
	file, _ := p.container.Literal("AWS_WEB_IDENTITY_TOKEN_FILE")
	return file
}

func tokenAudience(a *Audit, w *Workload) Finding {
	if w.podsErr != nil {
		return missing(w.podsErr)
	}
	if _, err := a.serviceAccount(w.account()); err != nil {
		return missing(err)
	}
	projections := w.projections()
	if len(projections) == 0 {
		pod, _ := w.Effective()
		if container, from := unknownIn(pod, "AWS_WEB_IDENTITY_TOKEN_FILE"); from != "" {
			return depends("which token container %s reads, whose AWS_WEB_IDENTITY_TOKEN_FILE comes from %s", container, from)
		}
		return skip("no container of it reads a projected token")
	}
	best := pass("its token is for %s", audienceText(projections[0].audience))
	for i, p := range projections {
		f := a.judgeAudience(w, p)
		if i == 0 || slices.Index(Results, f.Result) < slices.Index(Results, best.Result) {
			best = f
		}
	}
	return best
}

// projections are the tokens that the containers of the effective pod read.
func (w *Workload) projections() []projection {
	pod, _ := w.Effective()
	var all []projection
	for _, c := range pod.Spec.Containers {
		t, ok := inject.TokenOf(pod.Spec, c)
		if !ok {
			continue
		}
		p := projection{container: Container{w, c}, audience: t.Audience}
		p.role, _ = c.Literal("AWS_ROLE_ARN")
		_, own := w.Template.Spec.Volume(inject.VolumeName)
		i := slices.IndexFunc(w.Fresh.Pod.Spec.Containers, func(fresh facts.Container) bool { return fresh.Name == c.Name })
		if i >= 0 && inject.Injected(c) && (!own || w.Kind == facts.Pod) && w.Fresh.Identity.RoleARN != "" {
			p.meant, p.byWebhook = w.Fresh.Identity.Audience, true
		}
		all = append(all, p)
	}
	return all
}

func (a *Audit) judgeAudience(w *Workload, p projection) Finding {
	of := &Binding{Account: w.account(), RoleARN: p.role, Workloads: []*Workload{w}}
	clientIDs, err := a.clientIDs(of)
	meant, wrong := a.wrongAudience(of, p)
	switch {
	case p.byWebhook && p.audience != p.meant && a.webhookUnknown() != nil:
		return missing(a.webhookUnknown())
	case p.byWebhook && p.audience != p.meant:
		return a.audienceStale(w, of, p, wrong)
	case err == nil && slices.Contains(clientIDs, p.audience):
		return pass("its token is for %s, which the provider takes", audienceText(p.audience))
	case wrong && p.forOthers():
		return a.audienceOfOthers(w, of, p, clientIDs)
	case wrong:
		return a.audienceMisspelt(w, of, p, meant)
	case err != nil:
		return missing(err)
	case p.audience == "":
		return depends("whether the API server's own audience is one of the provider's client IDs, %s", strings.Join(clientIDs, ", "))
	}
	return pass("its token is for %s, as %s says", audienceText(p.audience), a.whoseAudience(w, p))
}

// forOthers says whether the token was made for the API server or for EKS Pod Identity.
func (p projection) forOthers() bool {
	return p.audience == "" || p.audience == inject.PodIdentityAudience
}

// wrongAudience returns the audience that a token should have, where the provider does
// not take the one that it has and that is not the provider's fault: the pod is older
// than the annotation, the token was made for others, or its manifest misspells it. What
// the annotation or the webhook asks for is for provider-audience to judge.
func (a *Audit) wrongAudience(b *Binding, p projection) (meant string, wrong bool) {
	clientIDs, err := a.clientIDs(b)
	if err != nil || slices.Contains(clientIDs, p.audience) {
		return "", false
	}
	usual := a.webhook().Audience
	isUsual := func(id string) bool { return id == usual || nearly(id, usual) }
	switch {
	case p.byWebhook && p.audience != p.meant:
		return p.meant, slices.Contains(clientIDs, p.meant)
	case p.audience == "" && !slices.ContainsFunc(clientIDs, func(id string) bool { return !isUsual(id) }),
		p.audience == inject.PodIdentityAudience:
		return usual, true
	case p.byWebhook || p.audience == usual || p.forOthers():
		return "", false
	}
	i := slices.IndexFunc(clientIDs, func(id string) bool { return likeAudience(p.audience, id) != "" })
	if i < 0 {
		return "", false
	}
	return clientIDs[i], true
}

// audienceStale is about a pod whose token is not for the audience that the account asks
// for by now.
func (a *Audit) audienceStale(w *Workload, of *Binding, p projection, wrong bool) Finding {
	result := warn
	if wrong {
		result = fail
	}
	f := result("the pods' token is for %s, and %s now asks for %s", audienceText(p.audience), a.whoseAudience(w, p), audienceText(p.meant))
	if wrong {
		f = f.seen("%s", logged(incorrectAudience, w))
	}
	return a.audienceExpected(f, of).mend(a.restart(w))
}

// audienceOfOthers is about a token that was made for the API server or for EKS Pod Identity.
func (a *Audit) audienceOfOthers(w *Workload, of *Binding, p projection, clientIDs []string) Finding {
	f := fail("container %s reads a token for %s: expected %s", p.container.Name, audienceText(p.audience), strings.Join(clientIDs, " or ")).
		detail("%s comes from %s", p.file(), a.whoseAudience(w, p)).
		seen("%s", logged(incorrectAudience, w))
	switch key := a.webhook().Prefix + "/audience"; {
	case p.byWebhook && w.Fresh.Identity.Mapped:
		return f.mend(Remedy{Text: "set Audience for the account in the webhook's ConfigMap, where it has no default" + anew([]*Workload{w})})
	case p.byWebhook:
		return f.mend(Remedy{
			Text:  fmt.Sprintf("remove the annotation %s, so that the webhook's default counts%s", key, anew([]*Workload{w})),
			Edits: append([]edit.Edit{edit.Annotate{Context: a.context(), Object: w.account(), Key: key, Remove: true}}, a.restarts([]*Workload{w})...),
			Owner: ownerOf(a.accountOf(of).Meta),
		})
	}
	return f.mend(a.leadToToken(p.container, nil))
}

// audienceMisspelt is about a manifest that asks for all but one of the provider's client IDs.
func (a *Audit) audienceMisspelt(w *Workload, of *Binding, p projection, intended string) Finding {
	f := fail("the token is for audience %s, by a volume of the manifest: expected %s", quoted([]string{p.audience}), intended).
		seen("%s", logged(incorrectAudience, w)).
		differing(p.audience, intended)
	if hidden := unseen(p.audience); hidden != "" {
		f = f.detail("it holds characters that are not seen: %s", hidden)
	}
	return a.audienceExpected(f, of).
		mend(Remedy{Text: fmt.Sprintf("have the projected volume of the manifest ask for %s", intended), Owner: ownerOf(w.Meta)})
}

// incorrectAudience is what STS says of an audience that the provider does not list.
const incorrectAudience = "InvalidIdentityToken: Incorrect token audience"

// whoseAudience is what decides the audience of a token.
func (a *Audit) whoseAudience(w *Workload, p projection) string {
	sa, _ := a.serviceAccount(w.account())
	key := a.webhook().Prefix + "/audience"
	_, annotated := sa.Annotations[key]
	switch mount, _ := inject.MountAt(p.container.Container, p.file()); {
	case mount.Path == apiServerMount:
		return "what admission mounts for the API server"
	case !p.byWebhook:
		return "a volume of the manifest"
	case w.Fresh.Identity.Mapped:
		return "the webhook's ConfigMap"
	case annotated:
		return "the annotation " + key
	}
	return "the webhook's default"
}

// clientIDs are those of the provider in the account of the binding's role.
func (a *Audit) clientIDs(b *Binding) ([]string, error) {
	arn, ok := facts.ParseRoleARN(b.RoleARN)
	if !ok {
		return nil, &facts.Gap{Kind: facts.Absent, Detail: "the ARN of a role"}
	}
	issuer, err := a.issuer()
	if err != nil {
		return nil, err
	}
	provider, err := a.provider(arn.Account, issuer)
	return provider.ClientIDs, err
}

// audienceExpected adds what provider and trust policy ask for.
func (a *Audit) audienceExpected(f Finding, b *Binding) Finding {
	if clientIDs, err := a.clientIDs(b); err == nil {
		f = f.detail("the provider takes %s", strings.Join(clientIDs, ", "))
	}
	t := a.evaluateTrust(b)
	if t.err != nil || t.idle != "" || t.forAnother() {
		return f
	}
	conditions, _ := t.on(audienceClaim)
	for _, c := range conditions {
		f = f.detail("the trust policy asks for %s", strings.Join(c.Values, ", "))
	}
	return f
}
