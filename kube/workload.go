package kube

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// An object is one of a listing.
type object struct {
	ref facts.Ref
	// controller is the workload that makes it; zero when that is of no kind that we list,
	// such as a Rollout. Then and only then workload is set; of a service account its Meta.
	controller facts.Ref
	workload   facts.Workload
	injector   *facts.Injector // set when its pods run the pod identity webhook
}

// objects are by namespace/name.
type objects map[string]object

// list lists one kind, in all namespaces when namespace is "".
func (c *Client) list(ctx context.Context, kind facts.Kind, namespace string, o metav1.ListOptions) (objects, error) {
	apps, batch, core := c.kube.AppsV1(), c.kube.BatchV1(), c.kube.CoreV1()
	switch kind {
	case facts.Deployment:
		return objectsOf(ctx, apps.Deployments(namespace), o, func(l *appsv1.DeploymentList) []appsv1.Deployment { return l.Items }, deployment)
	case facts.StatefulSet:
		return objectsOf(ctx, apps.StatefulSets(namespace), o, func(l *appsv1.StatefulSetList) []appsv1.StatefulSet { return l.Items }, statefulSet)
	case facts.DaemonSet:
		return objectsOf(ctx, apps.DaemonSets(namespace), o, func(l *appsv1.DaemonSetList) []appsv1.DaemonSet { return l.Items }, daemonSet)
	case facts.ReplicaSet:
		return objectsOf(ctx, apps.ReplicaSets(namespace), o, func(l *appsv1.ReplicaSetList) []appsv1.ReplicaSet { return l.Items }, replicaSet)
	case facts.Job:
		return objectsOf(ctx, batch.Jobs(namespace), o, func(l *batchv1.JobList) []batchv1.Job { return l.Items }, job)
	case facts.CronJob:
		return objectsOf(ctx, batch.CronJobs(namespace), o, func(l *batchv1.CronJobList) []batchv1.CronJob { return l.Items }, cronJob)
	case facts.Pod:
		return objectsOf(ctx, core.Pods(namespace), o, podsOf, func(p *corev1.Pod) object { return podObject(p, shapeOf(p)) })
	}
	return objectsOf(ctx, core.ServiceAccounts(namespace), o, accountsOf, serviceAccount)
}

func podsOf(l *corev1.PodList) []corev1.Pod                           { return l.Items }
func accountsOf(l *corev1.ServiceAccountList) []corev1.ServiceAccount { return l.Items }

func objectsOf[L metav1.ListInterface, T any](ctx context.Context, from lister[L], o metav1.ListOptions, items func(L) []T, project func(*T) object) (objects, error) {
	found := objects{}
	err := each(ctx, from, o, items, func(t *T) {
		p := project(t)
		found[p.ref.Key()] = p
	})
	return found, err
}

// deployment follows kubectl rollout status as to what is Updating.
func deployment(d *appsv1.Deployment) object {
	want, s := or(d.Spec.Replicas, 1), d.Status
	o := topmost(facts.Deployment, d, &d.Spec.Template)
	o.workload.Replicas = want
	o.workload.Updating = s.ObservedGeneration < d.Generation || s.UpdatedReplicas < want || s.Replicas > s.UpdatedReplicas
	return o
}

func statefulSet(s *appsv1.StatefulSet) object {
	want, rolling := or(s.Spec.Replicas, 1), s.Spec.UpdateStrategy
	due := want // pods that are to be of the new revision
	if r := rolling.RollingUpdate; r != nil {
		due -= or(r.Partition, 0)
	}
	o := topmost(facts.StatefulSet, s, &s.Spec.Template)
	o.workload.Replicas = want
	o.workload.Updating = s.Status.ObservedGeneration < s.Generation ||
		rolling.Type != appsv1.OnDeleteStatefulSetStrategyType && s.Status.CurrentRevision != s.Status.UpdateRevision && s.Status.UpdatedReplicas < due
	return o
}

func daemonSet(d *appsv1.DaemonSet) object {
	o := topmost(facts.DaemonSet, d, &d.Spec.Template)
	o.workload.Replicas = d.Status.DesiredNumberScheduled
	o.workload.Updating = d.Status.ObservedGeneration < d.Generation ||
		d.Spec.UpdateStrategy.Type != appsv1.OnDeleteDaemonSetStrategyType && d.Status.UpdatedNumberScheduled < d.Status.DesiredNumberScheduled
	return o
}

func replicaSet(r *appsv1.ReplicaSet) object {
	return controlled(facts.ReplicaSet, r, func() facts.Workload {
		return facts.Workload{Meta: meta(r), Template: template(&r.Spec.Template), Replicas: or(r.Spec.Replicas, 1)}
	})
}

// job wants no pods any more once it is complete or has failed.
func job(j *batchv1.Job) object {
	return controlled(facts.Job, j, func() facts.Workload {
		w := facts.Workload{
			Meta: meta(j), Template: template(&j.Spec.Template),
			Replicas: or(j.Spec.Parallelism, 1), Suspended: or(j.Spec.Suspend, false),
		}
		for _, c := range j.Status.Conditions {
			if c.Status == corev1.ConditionTrue && (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) {
				w.Replicas = 0
			}
		}
		return w
	})
}

func cronJob(c *batchv1.CronJob) object {
	o := topmost(facts.CronJob, c, &c.Spec.JobTemplate.Spec.Template)
	o.workload.Suspended = or(c.Spec.Suspend, false)
	return o
}

func podObject(p *corev1.Pod, shape facts.PodShape) object {
	return controlled(facts.Pod, p, func() facts.Workload {
		return facts.Workload{Meta: meta(p), Template: shape.PodTemplate, Replicas: 1}
	})
}

func serviceAccount(a *corev1.ServiceAccount) object {
	return object{ref: refOf(facts.ServiceAccountKind, a), workload: facts.Workload{Meta: meta(a)}}
}

// topmost is an object of a kind that no other kind of ours makes.
func topmost(kind facts.Kind, o metav1.Object, pods *corev1.PodTemplateSpec) object {
	ref := refOf(kind, o)
	return object{
		ref: ref, injector: injectorIn(ref, &pods.Spec),
		workload: facts.Workload{Meta: meta(o), Template: template(pods)},
	}
}

// controlled is an object of a kind that another kind of ours may make.
func controlled(kind facts.Kind, o metav1.Object, alone func() facts.Workload) object {
	p := object{ref: refOf(kind, o), controller: controllerOf(o)}
	if p.controller.IsZero() {
		p.workload = alone()
	}
	return p
}

// or returns what p points to, or what the API takes when it is not given.
func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
