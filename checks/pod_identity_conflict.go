package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var PodIdentityConflict = register(&Check{
	ID:    "pod-identity-conflict",
	Link:  LinkServiceAccount,
	Stage: StageChain,
	Grain: GrainBinding,
	Worst: Error,
	Title: "one mechanism alone serves the service account, IRSA or EKS Pod Identity",
	Why: "The webhook asks for an EKS Pod Identity association first. Where the account has one, a new pod is given the " +
		"variables of EKS Pod Identity and no web identity, whatever the annotation says. The association's role has to trust " +
		"pods.eks.amazonaws.com; one that trusts the cluster's OIDC provider only ends in AccessDeniedException: Unauthorized " +
		"Exception! EKS does not have permissions to assume the associated role. Pods that are older than the association keep " +
		"their web identity, and so the fault comes with the next restart.",
	Fix: "Choose one. For EKS Pod Identity let pods.eks.amazonaws.com do sts:AssumeRole and sts:TagSession in the role's trust " +
		"policy, and remove the annotation once it works. For IRSA delete the association and restart the pods.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html",
		"https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html",
		"https://docs.aws.amazon.com/eks/latest/userguide/service-accounts.html",
	},
	Judge: each((*Audit).Bindings, podIdentityConflict),
})

// deniedByAgent is what EKS answers when it can not assume an association's role.
const deniedByAgent = "AccessDeniedException: Unauthorized Exception! EKS does not have permissions to assume the associated role."

func podIdentityConflict(a *Audit, b *Binding) Finding {
	if issuer, err := a.issuer(); err == nil && issuer != "" && !a.onEKS() {
		return skip("only EKS has EKS Pod Identity")
	}
	associations, err := a.AWS.Associations.Get()
	if err != nil {
		f := missing(err)
		if b.podsHave(servedByWebhook) {
			f = f.detail("its pods have the variables of EKS Pod Identity, so that there is an association, or was one")
		}
		return f
	}
	as, ok := associations[b.Account.Key()]
	switch {
	case !ok && b.podsHave(servedByWebhook):
		return fail("the pods have the variables of EKS Pod Identity, and the account has no association any more").
			detail("a pod keeps what it was created with, and EKS renews no credentials for it").
			mend(Remedy{Text: "replace the pods, so that they get what the account gives now", Edits: a.replaceServed(b)})
	case !ok:
		return pass("the account has no EKS Pod Identity association")
	}
	if b.Pinned || b.wiredByHand() {
		return note("association %s does not count where the manifest itself sets the variables of web identity", as.ID).
			detail("only version 2 of the JavaScript SDK takes EKS Pod Identity first")
	}
	arn, err := as.RoleARN.Get()
	if err != nil {
		return missing(err).detail("association %s takes over every new pod of the account; what its role trusts is not known", as.ID)
	}
	role, err := a.role(arn)
	if facts.KindOf(err) == facts.Absent {
		return a.associationBreaks(b, as, fmt.Sprintf("role %s, which does not exist", arn), "").
			mend(a.choose(b, as, Remedy{Text: "create the association's role"}))
	}
	if err != nil {
		return missing(err).detail("association %s takes over every new pod of the account, with role %s", as.ID, arn)
	}
	decision, withheld, err := admitsPodIdentity(role.TrustPolicy)
	if err != nil {
		return missing(err)
	}
	if decision == policy.Denied {
		return a.associationBreaks(b, as,
			fmt.Sprintf("role %s, which does not let %s do %s", arn, podIdentityService, strings.Join(withheld, " and ")),
			logged(deniedByAgent, b.Workloads...)).mend(a.choose(b, as, a.trustedByPodIdentity(b, role, withheld)))
	}
	f := b.bothWork(as, cmp.Or(as.TargetARN, arn))
	if decision == policy.Depends {
		f = f.detail("the trust policy of %s has conditions for %s, which are not judged here", arn, podIdentityService)
	}
	return f
}

// associationBreaks is for an association with a role that can not be had through it.
// The answer is what the log then shows, or "".
func (a *Audit) associationBreaks(b *Binding, as facts.Association, role, answer string) Finding {
	message := fmt.Sprintf("association %s gives the account's new pods %s", as.ID, role)
	var f Finding
	switch err := a.podsUnknown(b); {
	case b.podsHave(servedByWebhook):
		f = fail("%s", message).seen("%s", answer)
	case err != nil:
		f = missing(err).detail("%s; whether its pods have web identity from before is not known", message)
	case b.servedByPodIdentity():
		f = fail("%s", message).seen("%s", answer)
	default:
		f = warn("%s", message).detail("the pods that run now are older, and keep their web identity until they are replaced")
	}
	if b.RoleARN == "" {
		return f
	}
	return f.detail("while there is an association, the annotation has no effect on new pods: %s", b.RoleARN)
}

// trustedByPodIdentity has EKS Pod Identity get the association's role. Where the
// annotation names another, which of the two is meant is not known.
func (a *Audit) trustedByPodIdentity(b *Binding, role facts.Role, withheld []string) Remedy {
	document, err := policy.Parse(string(role.TrustPolicy))
	if err != nil || !b.getsByPodIdentity(role.ARN) {
		return Remedy{
			Text: fmt.Sprintf("where the association's role is meant, allow %s to do %s in the trust policy of %s",
				podIdentityService, strings.Join(withheld, " and "), role.Name),
			Owner: ownerOfTags(role.Tags),
		}
	}
	return a.trustRemedy(role, document)
}

// choose adds to the remedy that has EKS Pod Identity work what to do where IRSA is meant.
func (a *Audit) choose(b *Binding, as facts.Association, remedy Remedy) Remedy {
	if b.RoleARN == "" {
		return remedy
	}
	eks, err := a.AWS.EKS.Get()
	command := edit.DeleteAssociation{Profile: a.Asked.Profile, Region: a.region(), Cluster: eks.Name, ID: as.ID}.Command()
	remedy.Text += "; where IRSA is meant, delete the association instead"
	if !a.webIdentityWorks(b) {
		remedy.Text += ", once the annotation's role can be had by web identity"
		return remedy
	}
	if err == nil && command.Safe() {
		remedy.Text += fmt.Sprintf(" (%s)", command)
	}
	if len(a.replaceServed(b)) > 0 {
		remedy.Text += " and replace the pods"
	}
	return remedy
}

// bothWork is for an association whose role can be had through it.
func (b *Binding) bothWork(as facts.Association, arn string) Finding {
	switch {
	case b.RoleARN == "":
		return pass("association %s alone gives the account a role, %s", as.ID, arn)
	case b.RoleARN == arn:
		f := note("association %s and the annotation both name %s: new pods get it through EKS Pod Identity", as.ID, arn)
		if !b.servedByPodIdentity() {
			f = f.detail("the pods that run now get it by web identity until they are replaced")
		}
		return f.detail("the annotation has no effect, and can go once EKS Pod Identity is meant to stay")
	case b.servedByPodIdentity():
		return warn("association %s gives the pods another role than the annotation, which has no effect", as.ID).
			detail("association: %s", arn).
			detail("annotation:  %s", b.RoleARN).
			mend(Remedy{Text: "remove the annotation, or delete the association: whichever is not meant"})
	}
	return warn("association %s gives new pods another role than the pods have that run now", as.ID).
		detail("now, by web identity:               %s", b.RoleARN).
		detail("once replaced, by EKS Pod Identity: %s", arn).
		mend(Remedy{Text: "remove the annotation, or delete the association: whichever is not meant"})
}

// podsUnknown says why pods of the account may be overlooked.
func (a *Audit) podsUnknown(b *Binding) error {
	_, err := a.Workloads()
	for _, w := range b.Workloads {
		err = cmp.Or(err, w.podsErr)
	}
	return err
}

// podsHave says whether some container of a pod that is alive is so.
func (b *Binding) podsHave(so func(Container) bool) bool {
	return slices.ContainsFunc(b.Workloads, func(w *Workload) bool {
		return slices.ContainsFunc(w.Pods, func(p facts.PodShape) bool {
			return slices.ContainsFunc(p.Spec.Containers, func(c facts.Container) bool { return so(Container{w, c}) })
		})
	})
}

// servedByWebhook says whether the webhook gave the container the variables of EKS Pod
// Identity, and nothing gave it web identity.
func servedByWebhook(c Container) bool {
	m, _ := c.manifest()
	byHand := c.Workload.Kind != facts.Pod && inject.HasPodIdentity(m)
	return inject.HasPodIdentity(c.Container) && !presetsWebIdentity(c.Container) && !byHand
}

// wiredByHand says whether the manifests of the workloads set the variables of web
// identity themselves, so that new pods have them too.
func (b *Binding) wiredByHand() bool {
	return len(b.Workloads) > 0 && !slices.ContainsFunc(b.Workloads, func(w *Workload) bool {
		return w.Kind == facts.Pod || !slices.ContainsFunc(w.Template.Spec.Containers, presetsWebIdentity)
	})
}

// webIdentityWorks says whether IAM certainly lets the account have its role by web
// identity, once the association is gone.
func (a *Audit) webIdentityWorks(b *Binding) bool {
	alone := *b
	alone.Association = nil
	t := a.evaluateTrust(&alone)
	if t.idle != "" || t.err != nil || t.result.Decision != policy.Allowed {
		return false
	}
	provider, err := a.provider(t.arn.Account, t.issuer)
	return err == nil && !slices.ContainsFunc(t.audiences, func(audience string) bool {
		return !slices.Contains(provider.ClientIDs, audience)
	})
}

// replaceServed are the edits that replace the pods that EKS Pod Identity serves.
func (a *Audit) replaceServed(b *Binding) []edit.Edit {
	var edits []edit.Edit
	for _, w := range b.Workloads {
		pods := 0
		for _, p := range w.Pods {
			if !slices.ContainsFunc(p.Spec.Containers, presetsWebIdentity) {
				pods += p.Count
			}
		}
		if pods > 0 {
			edits = append(edits, doable(edit.Restart{Context: a.context(), Workload: w.Ref, Pods: pods})...)
		}
	}
	return edits
}
