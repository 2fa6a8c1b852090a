package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var RoleAnnotation = register(&Check{
	ID:    "role-annotation",
	Link:  LinkServiceAccount,
	Stage: StageChain,
	Grain: GrainBinding,
	Worst: Error,
	Title: "the service account names a role",
	Why: "The webhook reads the role from one annotation of the service account, eks.amazonaws.com/role-arn, and from nowhere " +
		"else: not from the pod, its template, the Deployment or the namespace, nor under any other key. Without it no pod is " +
		"changed and no error is shown. The SDK goes on to the node's role (AccessDenied: User: arn:aws:sts::…:assumed-role/…/i-… " +
		"is not authorized to perform) or finds no credentials at all.",
	Fix: "Annotate the service account with the ARN of the role, then restart its pods: the webhook changes a pod only when it " +
		"is created.",
	Refs: []string{
		"https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html",
		"https://github.com/aws/amazon-eks-pod-identity-webhook",
	},
	Judge: each((*Audit).Accounts, roleAnnotation),
})

func roleAnnotation(a *Audit, b *Binding) Finding {
	sa, err := a.serviceAccount(b.Account)
	if err != nil {
		return missing(err)
	}
	id, named := a.webhook().Identity(b.Account.Namespace, b.Account.Name, sa)
	switch {
	case named && id.Mapped:
		return pass("the webhook's ConfigMap gives it %s", id.RoleARN)
	case named:
		return pass("it names %s", id.RoleARN)
	case b.Association != nil:
		return skip("EKS Pod Identity association %s gives it its role", b.Association.ID)
	case len(b.Workloads) > 0 && !slices.ContainsFunc(b.Workloads, func(w *Workload) bool { return !w.wiresItself() }):
		return skip("the workload's own manifest sets the variables of web identity")
	}
	misused := len(b.Workloads) > 0
	for _, w := range b.Workloads {
		meant, err := a.meantAccount(w)
		misused = misused && err == nil && !meant.IsZero()
	}
	if misused {
		return skip("its workload was meant to run as another account, as workload-service-account says")
	}
	if err := a.roleByOtherMeans(b); err != nil {
		return missing(err)
	}
	return a.roleMissing(b, sa)
}

// roleByOtherMeans says what had to be known and was not to tell that neither the
// webhook's ConfigMap nor EKS Pod Identity gives the account a role.
func (a *Audit) roleByOtherMeans(b *Binding) error {
	if !a.onEKS() {
		injector, err := a.Cluster.Injector.Get()
		if err != nil {
			return unlessAbsent(err)
		}
		_, err = injector.Roles.Get()
		return unlessAbsent(err)
	}
	_, err := a.AWS.Associations.Get()
	// A pod that is given nothing tells that there is no association.
	if slices.ContainsFunc(b.Workloads, func(w *Workload) bool {
		pod, live := w.Effective()
		return live && !slices.ContainsFunc(pod.Spec.Containers, inject.HasPodIdentity)
	}) {
		return nil
	}
	return unlessAbsent(err)
}

// unlessAbsent is the error, but for that of a thing that was looked for and is not there.
func unlessAbsent(err error) error {
	if kind := facts.KindOf(err); kind == facts.Absent || kind == facts.NotAsked {
		return nil
	}
	return err
}

// A misplacedRole is a role's ARN where the webhook does not look for it.
type misplacedRole struct {
	where, key, value string // where is a phrase such as "on the pod template of deployment/api"
}

// roleMissing says why the webhook finds no role, and what was meant.
func (a *Audit) roleMissing(b *Binding, sa facts.ServiceAccount) Finding {
	key := a.webhook().Prefix + "/role-arn"
	keys, places, lost := rolesIn("on the service account", sa.Annotations, key), a.misplacedRoles(b), lostRoles(b)
	result := fail
	if len(lost) > 0 {
		result = warn
	}
	var f Finding
	written, empty := sa.Annotations[key]
	switch {
	case empty:
		f = result("its annotation %s is %q, which the webhook takes for no role", key, written)
	case len(keys) > 0:
		f = result("it carries the annotation %s, which the webhook does not read: expected %s", keys[0].key, key)
	case len(places) > 0:
		f = result("the annotation %s is %s, where the webhook does not read it: expected on the service account", places[0].key, places[0].where)
	case len(lost) > 0:
		f = result("it no longer carries the annotation %s, which it had when its pods were created", key)
	case a.hasOtherCredentials(b):
		return skip("it names no role, and its workload shows no sign of wanting one: it is given credentials another way")
	case projectedForSTS(b) != "":
		return depends("it names no role, and its workload's manifest projects a token for audience %s itself: the role may be named in a file, which is not read",
			projectedForSTS(b))
	default:
		f = result("it carries no annotation %s", key)
	}
	for _, m := range slices.Concat(keys, places) {
		f = f.detail("%s: %s=%q", m.where, m.key, m.value)
		if m.key == kiamAnnotation {
			f = f.detail("kiam and kube2iam read that key, from a pod")
		}
	}
	for _, arn := range lost {
		f = f.detail("pods that run still have %s; pods created from now on get no role", arn)
	}
	if n := len(sa.Managers); n > 0 && len(keys)+len(places) == 0 {
		last := sa.Managers[n-1]
		f = f.detail("last changed by %s on %s", last.Name, last.At.UTC().Format("2006-01-02 15:04"))
	}
	if b.isDefault() {
		f = a.ranAsDefault(f, b)
	}
	if f.Result == Fail {
		f = f.asNode(b.Workloads...)
	}
	return f.mend(a.annotateRole(b, sa, key, slices.Concat(keys, places), lost))
}

// rolesIn are the annotations of an object that name a role, or were meant to, but for
// the one that the webhook reads.
func rolesIn(where string, annotations map[string]string, but string) []misplacedRole {
	var found []misplacedRole
	for key, value := range annotations {
		if _, isRole := facts.ParseRoleARN(strings.TrimSpace(value)); key != but && (namesRole(key) || isRole) {
			found = append(found, misplacedRole{where, key, value})
		}
	}
	slices.SortFunc(found, func(x, y misplacedRole) int { return cmp.Compare(x.key, y.key) })
	return found
}

// misplacedRoles are the roles that the workloads, their pods or the namespace name.
func (a *Audit) misplacedRoles(b *Binding) []misplacedRole {
	var found []misplacedRole
	for _, w := range b.Workloads {
		name := string(w.Kind) + "/" + w.Name
		found = append(found, rolesIn("on "+name, w.Annotations, "")...)
		if w.Kind == facts.Pod {
			continue
		}
		inTemplate := rolesIn("on the pod template of "+name, w.Template.Annotations, "")
		found = append(found, inTemplate...)
		if pod, live := w.Effective(); live && len(inTemplate) == 0 {
			found = append(found, rolesIn("on the pods of "+name, pod.Annotations, "")...)
		}
	}
	namespaces := a.Cluster.Namespaces.Or(nil)
	return append(found, rolesIn("on namespace "+b.Account.Namespace, namespaces[b.Account.Namespace].Annotations, "")...)
}

// lostRoles are the roles that all pods of the binding's workloads still have from the
// webhook; none unless each of the workloads has such pods only.
func lostRoles(b *Binding) []string {
	var roles []string
	for _, w := range b.Workloads {
		for _, p := range w.Pods {
			i := slices.IndexFunc(p.Spec.Containers, inject.Injected)
			if i < 0 {
				return nil
			}
			if arn, ok := p.Spec.Containers[i].Literal("AWS_ROLE_ARN"); ok && !slices.Contains(roles, arn) {
				roles = append(roles, arn)
			}
		}
		if len(w.Pods) == 0 {
			return nil
		}
	}
	return roles
}

// hasOtherCredentials says whether a workload that nobody asked about is told to use
// keys or a credentials file.
func (a *Audit) hasOtherCredentials(b *Binding) bool {
	return len(b.Workloads) > 0 && !slices.ContainsFunc(b.Workloads, func(w *Workload) bool {
		return a.isTarget(w) || !slices.ContainsFunc(w.Template.Spec.Containers, func(c facts.Container) bool {
			_, key := given(c, "AWS_ACCESS_KEY_ID")
			_, file := given(c, "AWS_SHARED_CREDENTIALS_FILE")
			return key || file
		})
	})
}

// annotateRole is the remedy that has the account name the role: with a command when all
// that was found names the same one.
func (a *Audit) annotateRole(b *Binding, sa facts.ServiceAccount, key string, misplaced []misplacedRole, lost []string) Remedy {
	known := set{}
	for _, m := range misplaced {
		known.add(strings.TrimSpace(m.value))
	}
	for _, arn := range lost {
		known.add(arn)
	}
	owner := ownerOf(sa.Meta)
	values := known.sorted()
	if len(values) == 1 {
		if _, ok := facts.ParseRoleARN(values[0]); ok {
			edits := []edit.Edit{edit.Annotate{Context: a.context(), Object: b.Account, Key: key, Value: values[0]}}
			text := fmt.Sprintf("annotate the service account with %s", values[0])
			if len(lost) == 0 {
				text, edits = text+anew(b.Workloads), append(edits, a.restarts(b.Workloads)...)
			}
			return Remedy{Text: text, Edits: edits, Owner: owner}
		}
	}
	if b.isDefault() && len(b.Workloads) > 0 {
		return leaveDefault(b)
	}
	return Remedy{
		Text:  fmt.Sprintf("annotate service account %s in namespace %s with %s and the ARN of its role%s", b.Account.Name, b.Account.Namespace, key, anew(b.Workloads)),
		Owner: owner,
	}
}

// projectedForSTS is the audience of a token that the manifest of a workload of the binding
// projects for STS by itself, as the operators of OpenShift do; "" when there is none.
func projectedForSTS(b *Binding) string {
	for _, w := range b.Workloads {
		for _, v := range w.Template.Spec.Volumes {
			for _, t := range v.Tokens {
				if v.Name != inject.VolumeName && slices.Contains([]string{inject.DefaultAudience, "amazonaws.com", "openshift"}, t.Audience) {
					return t.Audience
				}
			}
		}
	}
	return ""
}
