package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

// A Step is one link of a workload's chain, as a picture shows it.
type Step struct {
	Link   Link
	Result Result   // the gravest of the findings about it
	Text   string   // what stands there, in a few words; "" when nothing is known
	Checks []string // the IDs of the checks that fail, warn or could not tell
}

// chain describes every link between the object and what its role may do.
func (a *Audit) chain(object facts.Ref, findings []Finding) []Step {
	w, b := a.found[object], a.bindingOf(object)
	var steps []Step
	for _, link := range Links {
		if b != nil && b.servedByPodIdentity() && slices.Contains(unusedByPodIdentity, link) {
			steps = append(steps, Step{Link: link, Result: Skip, Text: "not in use: EKS Pod Identity serves the pods"})
			continue
		}
		step := Step{Link: link, Result: Skip, Text: a.describe(link, w, b)}
		for _, f := range findings {
			if f.Check.Link != link {
				continue
			}
			if slices.Index(Results, f.Result) < slices.Index(Results, step.Result) {
				step.Result = f.Result
			}
			if f.Result == Fail || f.Result == Warn || f.Result == Unknown {
				step.Checks = append(step.Checks, f.Check.ID)
			}
		}
		steps = append(steps, step)
	}
	return steps
}

// unusedByPodIdentity are the links that count for web identity only.
var unusedByPodIdentity = []Link{LinkToken, LinkIssuer, LinkProvider, LinkTrustPolicy}

// describe says in a few words what stands at a link; w and b may be nil.
func (a *Audit) describe(link Link, w *Workload, b *Binding) string {
	switch link {
	case LinkWorkload:
		return w.describe()
	case LinkServiceAccount:
		switch {
		case b == nil:
			return ""
		case b.Pinned:
			return b.Account.Name + ", and the pods name " + shortRole(b.RoleARN)
		case b.RoleARN == "":
			return b.Account.Name + ", no role ARN"
		}
		return b.Account.Name + " → " + shortRole(b.RoleARN)
	case LinkWebhook:
		return a.describeWebhook()
	case LinkPod:
		return w.describePod()
	case LinkToken:
		if w == nil {
			return ""
		}
		if audiences := w.audiences(); len(audiences) > 0 {
			return "audience " + strings.Join(audiences, ", ")
		}
		return "no projected token"
	case LinkIssuer:
		issuer, _ := a.issuer()
		return strings.TrimPrefix(issuer, "https://")
	}
	if b == nil {
		return ""
	}
	arn, ok := facts.ParseRoleARN(b.RoleARN)
	if !ok {
		return ""
	}
	switch link {
	case LinkProvider:
		return a.describeProvider(arn)
	case LinkRole:
		return "account " + arn.Account + ", role" + arn.Path + arn.Name
	case LinkTrustPolicy:
		return b.Subject()
	case LinkPermissions:
		role, err := a.role(b.RoleARN)
		if err != nil {
			return ""
		}
		return describePolicies(role)
	}
	return ""
}

func (w *Workload) describe() string {
	if w == nil {
		return ""
	}
	if w.podsErr != nil {
		return "its pods are not known"
	}
	n, waiting := 0, ""
	for _, p := range w.Pods {
		n += p.Count
		if len(p.Waiting) > 0 && waiting == "" {
			waiting = ", " + p.Waiting[0]
		}
	}
	return plural(n, "pod") + waiting
}

func (a *Audit) describeWebhook() string {
	registered, err := inject.Registered(a.Snapshot)
	switch {
	case err != nil:
		return ""
	case len(registered) == 0:
		return "none is registered"
	}
	var names []string
	for _, r := range registered {
		names = append(names, r.Configuration)
	}
	return strings.Join(slices.Compact(names), ", ")
}

func (w *Workload) describePod() string {
	if w == nil {
		return ""
	}
	pod, live := w.Effective()
	count := func(has func(facts.Container) bool) (n int) {
		for _, c := range pod.Spec.Containers {
			if has(c) {
				n++
			}
		}
		return n
	}
	kind, n := "web identity", count(func(c facts.Container) bool {
		_, byHand := inject.TokenOf(pod.Spec, c)
		return byHand || inject.Injected(c)
	})
	if other := count(inject.HasPodIdentity); n == 0 && other > 0 {
		kind, n = "EKS Pod Identity", other
	}
	text := fmt.Sprintf("%s in %d of %s", kind, n, plural(len(pod.Spec.Containers), "container"))
	if !live {
		text += ", if one were created now"
	}
	return text
}

func (a *Audit) describeProvider(arn facts.RoleARN) string {
	issuer, err := a.issuer()
	if err != nil {
		return ""
	}
	provider, err := a.provider(arn.Account, issuer)
	switch {
	case err == nil:
		return "account " + arn.Account + ", client IDs " + strings.Join(provider.ClientIDs, ", ")
	case facts.KindOf(err) == facts.Absent:
		return "account " + arn.Account + " has none for this issuer"
	}
	return ""
}

func describePolicies(role facts.Role) string {
	attached, err1 := role.Attached.Get()
	inline, err2 := role.Inline.Get()
	if err1 != nil || err2 != nil {
		return ""
	}
	var names []string
	for _, p := range slices.Concat(attached, inline) {
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return "no policy"
	}
	return strings.Join(names, ", ")
}

// shortRole is the resource of a role's ARN, or the text itself when it is none.
func shortRole(arn string) string {
	if r, ok := facts.ParseRoleARN(arn); ok {
		return "role" + r.Path + r.Name
	}
	return arn
}
