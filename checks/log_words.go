package checks

import (
	"cmp"
	"slices"
	"strings"
)

// logged is an error as the log of these workloads shows it. An ACK controller asks who
// it is when it starts, and exits with the answer.
// Source: SetAWSAccountInfo in pkg/config of aws-controllers-k8s/runtime.
func logged(err string, workloads ...*Workload) string {
	if slices.ContainsFunc(workloads, func(w *Workload) bool { _, ok := w.ackService(); return ok }) {
		return "unable to determine account info: unable to get caller identity: … " + err
	}
	return err
}

// asNode tells what a workload without web identity logs. Its SDK takes what comes next
// in its chain: the node's role where the pod reaches the node's metadata service, else
// nothing.
func (f Finding) asNode(workloads ...*Workload) Finding {
	otherwise := cmp.Or(strings.TrimSpace(logged("", workloads...)), "no credentials")
	return f.seen("AccessDenied: User: arn:aws:sts::…:assumed-role/…/i-… is not authorized to perform: … "+
		"(as the node; where the pod does not reach IMDS: %s)", otherwise)
}
