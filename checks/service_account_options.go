package checks

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var ServiceAccountOptions = register(&Check{
	ID:    "service-account-options",
	Link:  LinkServiceAccount,
	Stage: StageToken,
	Grain: GrainBinding,
	Worst: Warning,
	Title: "the webhook takes the options of the service account as they are written",
	Why: "The webhook reads eks.amazonaws.com/token-expiration as a number of seconds and eks.amazonaws.com/sts-regional-endpoints " +
		"as true or false. It silently ignores a value that is neither, such as 1h or yes, and raises an expiration below 600. " +
		"eks.amazonaws.com/audience and sts-regional-endpoints count on the service account only: on a pod they have no effect.",
	Fix: "Write seconds, from 600 to 86400, and true or false, and put audience and sts-regional-endpoints on the service account.",
	Refs: []string{
		"https://github.com/aws/amazon-eks-pod-identity-webhook",
		"https://docs.aws.amazon.com/eks/latest/userguide/configure-sts-endpoint.html",
	},
	Judge: each((*Audit).Accounts, serviceAccountOptions),
})

// maxExpiration is the longest that the API server of EKS issues a token for, in seconds;
// limitExpiration the longest that any API server takes in a pod.
// Source: pkg/constants.go of the webhook; core/validation of Kubernetes.
const (
	maxExpiration   = 86400
	limitExpiration = 1 << 32
)

func serviceAccountOptions(a *Audit, b *Binding) Finding {
	sa, err := a.serviceAccount(b.Account)
	switch {
	case err != nil:
		return missing(err)
	case b.RoleARN == "":
		return skip("it names no role, so that its options have no effect")
	}
	webhook := a.webhook()
	var ignored []string
	var edits []edit.Edit
	for _, o := range webhook.Overrides(sa.Annotations) {
		ignored = append(ignored, overridden(o, ""))
		if value, ok := meantOption(o.Key, o.Value); ok {
			edits = append(edits, edit.Annotate{Context: a.context(), Object: b.Account, Key: o.Key, Value: value})
		}
	}
	onAccount := len(ignored)
	for _, w := range b.Workloads {
		ignored = append(ignored, podOptions(webhook, sa, w)...)
	}
	long := a.longExpirations(webhook.Prefix+"/token-expiration", sa, b.Workloads)
	switch {
	case len(ignored) > 0:
		f := warn("%s", ignored[0])
		for _, text := range slices.Concat(ignored[1:], long) {
			f = f.detail("%s", text)
		}
		if onAccount == 0 {
			return f.mend(Remedy{Text: "correct the annotations of the pod template", Owner: ownerOf(b.Workloads[0].Meta)})
		}
		r := Remedy{Text: "write the annotations as the webhook takes them", Owner: ownerOf(sa.Meta)}
		if len(edits) == len(ignored) {
			r.Edits = edits
		}
		return f.mend(r)
	case len(long) > 0:
		return note("%s", long[0])
	}
	return pass("the webhook takes them as they are")
}

// overridden says what the webhook makes of an annotation; on says of what, if not of the
// service account.
func overridden(o inject.Override, on string) string {
	if o.Taken != "" {
		return fmt.Sprintf("%s=%q%s is raised to %s", o.Key, o.Value, on, o.Taken)
	}
	expected := "true or false"
	if strings.HasSuffix(o.Key, "/token-expiration") {
		expected = "a number of seconds"
	}
	return fmt.Sprintf("%s=%q%s is ignored: expected %s", o.Key, o.Value, on, expected)
}

// podOptions are the options on a workload's pod template that do not count as written. A
// copy of what the account carries does no harm.
func podOptions(webhook inject.Webhook, sa facts.ServiceAccount, w *Workload) []string {
	on := fmt.Sprintf(" on the pods of %s/%s", w.Kind, w.Name)
	var found []string
	for _, option := range []string{"/audience", "/sts-regional-endpoints"} {
		key := webhook.Prefix + option
		if v, ok := w.Template.Annotations[key]; ok && v != sa.Annotations[key] {
			found = append(found, fmt.Sprintf("%s=%q%s is ignored: expected on the service account", key, v, on))
		}
	}
	key := webhook.Prefix + "/token-expiration"
	if v, ok := w.Template.Annotations[key]; ok {
		for _, o := range webhook.Overrides(map[string]string{key: v}) {
			found = append(found, overridden(o, on))
		}
	}
	return found
}

// longExpirations tells of expirations that no token will have.
func (a *Audit) longExpirations(key string, sa facts.ServiceAccount, workloads []*Workload) []string {
	values := []string{sa.Annotations[key]}
	for _, w := range workloads {
		values = append(values, w.Template.Annotations[key])
	}
	var found []string
	for _, v := range values {
		switch seconds, err := strconv.ParseInt(v, 10, 64); {
		case err != nil:
		case seconds > limitExpiration:
			found = append(found, fmt.Sprintf("%s=%q is more than the API server takes in a pod, %d seconds", key, v, limitExpiration))
		case seconds > maxExpiration && a.onEKS():
			found = append(found, fmt.Sprintf("%s=%q is more than EKS gives: the tokens live %d seconds", key, v, maxExpiration))
		}
	}
	return found
}

// meantOption is the value as the webhook takes it, where there is no doubt what was meant.
func meantOption(key, value string) (string, bool) {
	value = strings.ToLower(strings.Trim(value, " \t\r\n\"'"))
	if strings.HasSuffix(key, "/token-expiration") {
		d, err := time.ParseDuration(value)
		if seconds, e := strconv.ParseInt(value, 10, 64); e == nil {
			d, err = time.Duration(max(seconds, 0))*time.Second, nil
		}
		seconds := max(int64(d.Seconds()), inject.MinExpiration)
		return strconv.FormatInt(seconds, 10), err == nil
	}
	switch value {
	case "true", "yes", "on", "enabled", "regional":
		return "true", true
	case "false", "no", "off", "disabled", "legacy":
		return "false", true
	}
	return "", false
}
