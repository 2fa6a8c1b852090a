package cli

import (
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// kinds are the words for a kind, as kubectl takes them.
var kinds = map[string]facts.Kind{
	"deploy": facts.Deployment, "deployment": facts.Deployment, "deployments": facts.Deployment, "deployment.apps": facts.Deployment,
	"sts": facts.StatefulSet, "statefulset": facts.StatefulSet, "statefulsets": facts.StatefulSet, "statefulset.apps": facts.StatefulSet,
	"ds": facts.DaemonSet, "daemonset": facts.DaemonSet, "daemonsets": facts.DaemonSet, "daemonset.apps": facts.DaemonSet,
	"rs": facts.ReplicaSet, "replicaset": facts.ReplicaSet, "replicasets": facts.ReplicaSet, "replicaset.apps": facts.ReplicaSet,
	"job": facts.Job, "jobs": facts.Job, "job.batch": facts.Job,
	"cj": facts.CronJob, "cronjob": facts.CronJob, "cronjobs": facts.CronJob, "cronjob.batch": facts.CronJob,
	"po": facts.Pod, "pod": facts.Pod, "pods": facts.Pod,
	"sa": facts.ServiceAccountKind, "serviceaccount": facts.ServiceAccountKind, "serviceaccounts": facts.ServiceAccountKind,
}

const targetHint = "a target is deploy/NAME, sts/NAME, ds/NAME, rs/NAME, job/NAME, cronjob/NAME, pod/NAME or sa/NAME"

// parseTargets reads arguments TYPE/NAME.
func parseTargets(args []string, namespace string) ([]facts.Ref, error) {
	var refs []facts.Ref
	for _, arg := range args {
		word, name, ok := strings.Cut(arg, "/")
		kind := kinds[strings.ToLower(word)]
		switch {
		case !ok || name == "" || strings.Contains(name, "/"):
			return nil, refuse(targetHint, "target %q is not TYPE/NAME", arg)
		case kind == "":
			return nil, refuse(targetHint, "target %q is of no kind that runs pods or is a service account", arg)
		}
		refs = append(refs, facts.Ref{Kind: kind, Namespace: namespace, Name: name})
	}
	return refs, nil
}
