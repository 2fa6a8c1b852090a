package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
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

func tokenAudience(a *Audit, w *Workload) Finding {
	if w.podsErr != nil {
		return missing(w.podsErr)
	}
	if _, err := a.serviceAccount(w.account()); err != nil {
		return missing(err)
	}
	projections := w.projections()
	if len(projections) == 0 {
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
	works, err := a.audienceWorks(of, p.audience)
	switch {
	case p.byWebhook && p.audience != p.meant:
		return a.audienceStale(w, of, p)
	case err == nil && works:
		return pass("its token is for %s, which the provider takes", audienceText(p.audience))
	case p.audience == "" || p.audience == inject.PodIdentityAudience:
		return a.audienceOfOthers(w, of, p)
	}
	if intended, ok := a.nearClientID(of, p.audience); ok && p.audience != a.webhook().Audience {
		return a.audienceMisspelt(w, of, p, intended)
	}
	return pass("its token is for %s, as %s says", audienceText(p.audience), a.whoseAudience(w, p))
}

// audienceStale is about a pod whose token is not for the audience that the account asks
// for by now.
func (a *Audit) audienceStale(w *Workload, of *Binding, p projection) Finding {
	const what = "the pods' token is for %s, and %s now asks for %s"
	worksNow, errNow := a.audienceWorks(of, p.audience)
	worksThen, errThen := a.audienceWorks(of, p.meant)
	f := warn(what, audienceText(p.audience), a.whoseAudience(w, p), audienceText(p.meant))
	if errNow == nil && errThen == nil && !worksNow && worksThen {
		f = fail(what, audienceText(p.audience), a.whoseAudience(w, p), audienceText(p.meant)).seen("%s", logged(incorrectAudience, w))
	}
	return a.audienceExpected(f, of).mend(a.restart(w))
}

// audienceOfOthers is about a token that was made for the API server or for EKS Pod Identity.
func (a *Audit) audienceOfOthers(w *Workload, of *Binding, p projection) Finding {
	clientIDs, err := a.clientIDs(of)
	if err != nil {
		return missing(err)
	}
	own := func(id string) bool {
		return !strings.HasPrefix(id, "sts.amazonaws.com") && !strings.HasPrefix(id, "sts.amazon.com")
	}
	if p.audience == "" && slices.ContainsFunc(clientIDs, own) {
		return depends("whether the API server's own audience is one of the provider's client IDs, %s", strings.Join(clientIDs, ", "))
	}
	f := fail("container %s reads a token for %s: expected one of %s", p.container.Name, audienceText(p.audience), strings.Join(clientIDs, ", "))
	file, _ := p.container.Literal("AWS_WEB_IDENTITY_TOKEN_FILE")
	f = f.detail("%s comes from %s", file, a.whoseAudience(w, p)).seen("%s", logged(incorrectAudience, w))
	switch key := a.webhook().Prefix + "/audience"; {
	case p.byWebhook && w.Fresh.Identity.Mapped:
		return f.mend(Remedy{Text: "set Audience for the account in the webhook's ConfigMap: it has no default there" + anew([]*Workload{w})})
	case p.byWebhook:
		return f.mend(Remedy{
			Text:  fmt.Sprintf("remove the annotation %s, so that the webhook's default counts%s", key, anew([]*Workload{w})),
			Edits: append([]edit.Edit{edit.Annotate{Context: a.Asked.Context, Object: w.account(), Key: key, Remove: true}}, a.restarts([]*Workload{w})...),
			Owner: ownerOf(a.accountOf(of).Meta),
		})
	}
	return f.mend(a.leadToToken(p.container, nil))
}

// audienceMisspelt is about an audience that is all but one of the provider's client IDs.
func (a *Audit) audienceMisspelt(w *Workload, of *Binding, p projection, intended string) Finding {
	f := fail("the token is for audience %q, by %s: expected %s", p.audience, a.whoseAudience(w, p), intended).
		seen("%s", logged(incorrectAudience, w)).
		differing(p.audience, intended)
	if hidden := unseen(p.audience); hidden != "" {
		f = f.detail("it holds characters that are not seen: %s", hidden)
	}
	f = a.audienceExpected(f, of)
	key := a.webhook().Prefix + "/audience"
	sa := a.accountOf(of)
	arn, _ := parseRoleARN(of.RoleARN)
	issuer, _ := a.issuer()
	if provider, err := a.provider(arn.Account, issuer); err == nil {
		if remedy, ok := a.correctAudience(a.ownBinding(w), provider); ok {
			return f.mend(remedy)
		}
	}
	if _, annotated := sa.Annotations[key]; p.byWebhook && annotated {
		return f.mend(Remedy{
			Text:  fmt.Sprintf("annotate the service account with %s=%s%s", key, intended, anew([]*Workload{w})),
			Edits: append([]edit.Edit{edit.Annotate{Context: a.Asked.Context, Object: w.account(), Key: key, Value: intended}}, a.restarts([]*Workload{w})...),
			Owner: ownerOf(sa.Meta),
		})
	}
	owner := ""
	if !p.byWebhook {
		owner = ownerOf(w.Meta)
	}
	return f.mend(Remedy{Text: fmt.Sprintf("have %s ask for %s%s", a.whoseAudience(w, p), intended, anew([]*Workload{w})), Owner: owner})
}

// incorrectAudience is what STS says of an audience that the provider does not list.
const incorrectAudience = "InvalidIdentityToken: Incorrect token audience"

// whoseAudience is what decides the audience of a token.
func (a *Audit) whoseAudience(w *Workload, p projection) string {
	sa, _ := a.serviceAccount(w.account())
	key := a.webhook().Prefix + "/audience"
	_, annotated := sa.Annotations[key]
	switch {
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
	arn, ok := parseRoleARN(b.RoleARN)
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

// audienceWorks says whether both the provider and the role's trust policy may take a
// token of the audience. The API server's own is not known, and so does not.
func (a *Audit) audienceWorks(b *Binding, audience string) (bool, error) {
	clientIDs, err := a.clientIDs(b)
	if err != nil {
		return false, err
	}
	if !slices.Contains(clientIDs, audience) {
		return false, nil
	}
	t := a.evaluateTrust(b)
	if t.err != nil || t.idle != "" {
		return true, nil
	}
	return t.document.Evaluate(t.request(b.Subject(), audience)).Decision != policy.Denied, nil
}

// nearClientID is the client ID of the provider that an audience all but equals.
func (a *Audit) nearClientID(b *Binding, audience string) (string, bool) {
	clientIDs, err := a.clientIDs(b)
	if err != nil || slices.Contains(clientIDs, audience) {
		return "", false
	}
	i := slices.IndexFunc(clientIDs, func(id string) bool {
		return strings.EqualFold(plainText(audience), id) || levenshtein.ComputeDistance(audience, id) <= 3
	})
	if i < 0 {
		return "", false
	}
	return clientIDs[i], true
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
