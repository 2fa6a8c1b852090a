package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

var PodRoleCurrent = register(&Check{
	ID:    "pod-role-current",
	Link:  LinkPod,
	Stage: StageARN,
	Grain: GrainWorkload,
	Worst: Error,
	Title: "the pods have the role that their service account names",
	Why: "A pod keeps the AWS_ROLE_ARN that it was created with. After the annotation was changed it goes on asking for the old " +
		"role: with AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity once that is gone or trusts the account " +
		"no more, and with the old permissions until then. An AWS_ROLE_ARN in the manifest outlives every annotation.",
	Fix:   "Restart the workload after the annotation was changed, and name the role in one place only.",
	Refs:  []string{"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html"},
	Judge: each((*Audit).Workloads, podRoleCurrent),
})

func podRoleCurrent(a *Audit, w *Workload) Finding {
	if w.podsErr != nil {
		return missing(w.podsErr)
	}
	if _, err := a.serviceAccount(w.account()); err != nil {
		return missing(err)
	}
	own := a.ownBinding(w)
	_, live := w.Effective()
	switch {
	case !live:
		return skip("no pod of it runs")
	case own.RoleARN == "":
		return skip("its service account names no role")
	case own.Association != nil:
		return skip("EKS Pod Identity takes over its new pods: see pod-identity-conflict")
	}
	stale, pinned, current := a.rolesOfPods(w, own)
	switch {
	case len(stale) > 0:
		return a.roleStale(w, own, stale)
	case len(pinned) > 0:
		return note("%s, and its service account names %s: the manifest counts", strings.Join(pinned, ", "), own.RoleARN)
	case !current:
		pod, _ := w.Effective()
		if container, from := unknownIn(pod, "AWS_ROLE_ARN"); from != "" {
			return depends("which role container %s has, whose AWS_ROLE_ARN comes from %s", container, from)
		}
		return skip("its pods have no role: see pod-injected")
	}
	return pass("its pods have %s", own.RoleARN)
}

// rolesOfPods are the other roles that the effective pod has from the webhook, what the
// manifest pins in its containers, and whether some container has the account's role.
func (a *Audit) rolesOfPods(w *Workload, own *Binding) (stale, pinned []string, current bool) {
	pod, _ := w.Effective()
	for _, c := range pod.Spec.Containers {
		arn, ok := c.Literal("AWS_ROLE_ARN")
		switch {
		case !ok || arn == "":
		case a.isRoleOf(own, arn):
			current = true
		case w.pins(c):
			pinned = append(pinned, fmt.Sprintf("the manifest gives container %s the role %s", c.Name, arn))
		case !slices.Contains(stale, arn):
			stale = append(stale, arn)
		}
	}
	return stale, pinned, current
}

// pins says whether the manifest itself sets the role of a container of a pod.
func (w *Workload) pins(c facts.Container) bool {
	if w.Kind == facts.Pod {
		return !inject.Injected(c)
	}
	m, ok := Container{w, c}.manifest()
	if !ok {
		return false
	}
	_, sets := m.Getenv("AWS_ROLE_ARN")
	return sets
}

// isRoleOf says whether the webhook gives pods of the account this ARN.
func (a *Audit) isRoleOf(own *Binding, arn string) bool {
	return arn == own.RoleARN ||
		(a.webhook().ComposesARN || a.webhookUnknown() != nil) && !strings.HasPrefix(own.RoleARN, "arn:") && strings.HasSuffix(arn, ":role/"+own.RoleARN)
}

// roleStale is about pods whose role is not the account's any more.
func (a *Audit) roleStale(w *Workload, own *Binding, stale []string) Finding {
	const what = "its pods have another role than its service account names: the annotation was changed after they were created"
	lost, logs, err := a.roleLost(own, stale[0], w)
	f := warn(what)
	if lost != "" {
		f = fail(what).seen("%s", logged(logs, w))
	}
	f = f.differing(stale[0], own.RoleARN)
	switch {
	case lost != "":
		f = f.detail("the role of the pods %s", lost)
	case err != nil:
		f = f.detail("whether the role of the pods still works is not known: %s", err)
	default:
		f = f.detail("the role of the pods still works")
	}
	if at, by := annotatedBy(a.accountOf(own)); !at.IsZero() {
		f = f.detail("the annotation was changed %s by %s", at.UTC().Format("2006-01-02 15:04:05"), by)
	}
	return f.mend(a.restart(w))
}

func (a *Audit) accountOf(b *Binding) facts.ServiceAccount {
	sa, _ := a.serviceAccount(b.Account)
	return sa
}

// roleLost says why a role that pods still have can not be had, and what is logged, or
// "" when it can. The error says why that is not known.
func (a *Audit) roleLost(own *Binding, arn string, w *Workload) (lost, logs string, err error) {
	parsed, ok := facts.ParseRoleARN(arn)
	if !ok {
		return "is no role: its ARN is malformed", "ValidationError: Request ARN is invalid", nil
	}
	switch _, err := a.role(arn); {
	case facts.KindOf(err) == facts.Absent:
		return "does not exist", notAuthorized, nil
	case err != nil:
		return "", "", err
	}
	issuer, err := a.issuer()
	if err != nil {
		return "", "", err
	}
	if _, err := a.provider(parsed.Account, issuer); facts.KindOf(err) == facts.Absent {
		return "is of an account without a provider for this cluster's issuer",
			"InvalidIdentityToken: No OpenIDConnect provider found in your account for " + issuer, nil
	}
	t := a.evaluateTrust(&Binding{Account: own.Account, RoleARN: arn, Workloads: []*Workload{w}})
	switch {
	case t.err != nil:
		return "", "", t.err
	case t.result.Decision == policy.Denied:
		return "does not trust the service account", notAuthorized, nil
	}
	return "", "", nil
}
