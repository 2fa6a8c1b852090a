package checks

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
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
		"https://github.com/aws/amazon-eks-pod-identity-webhook#eks-walkthrough",
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
	w := a.webhook()
	var ignored, details []string
	var edits []edit.Edit
	for _, o := range w.Overrides(sa.Annotations) {
		if o.Taken == "" {
			ignored = append(ignored, fmt.Sprintf("%s=%q is ignored: expected %s", o.Key, o.Value, expectedOption(o.Key)))
		} else {
			ignored = append(ignored, fmt.Sprintf("%s=%q is raised to %s", o.Key, o.Value, o.Taken))
		}
		if value, ok := meantOption(o.Key, o.Value); ok {
			edits = append(edits, edit.Annotate{Context: a.Asked.Context, Object: b.Account, Key: o.Key, Value: value})
		}
	}
	complete := len(edits) == len(ignored)
	for _, wl := range b.Workloads {
		ignored = append(ignored, podOptions(w.Prefix, wl)...)
	}
	long := longExpirations(w.Prefix, sa, b.Workloads)
	details = append(details, long...)
	switch {
	case len(ignored) > 0:
		f := warn("%s", ignored[0])
		for _, text := range append(ignored[1:], details...) {
			f = f.detail("%s", text)
		}
		r := Remedy{Text: "write what is meant as the webhook takes it", Owner: ownerOf(sa.Meta)}
		if complete {
			r.Edits = edits
		}
		return f.mend(r)
	case len(details) > 0:
		return note("%s", details[0])
	}
	return pass("the webhook takes them as they are")
}

// podOptions are the options on a workload's pod template that the webhook ignores there.
func podOptions(prefix string, w *Workload) []string {
	var found []string
	for _, option := range []string{"/audience", "/sts-regional-endpoints"} {
		if v, ok := w.Template.Annotations[prefix+option]; ok {
			found = append(found, fmt.Sprintf("%s=%q on the pods of %s/%s is ignored: expected on the service account", prefix+option, v, w.Kind, w.Name))
		}
	}
	key := prefix + "/token-expiration"
	if v, ok := w.Template.Annotations[key]; ok {
		switch seconds, err := strconv.ParseInt(v, 10, 64); {
		case err != nil:
			found = append(found, fmt.Sprintf("%s=%q on the pods of %s/%s is ignored: expected %s", key, v, w.Kind, w.Name, expectedOption(key)))
		case seconds < 600:
			found = append(found, fmt.Sprintf("%s=%q on the pods of %s/%s is raised to 600", key, v, w.Kind, w.Name))
		}
	}
	return found
}

// longExpirations tells of expirations that no token will have.
func longExpirations(prefix string, sa facts.ServiceAccount, workloads []*Workload) []string {
	key := prefix + "/token-expiration"
	values := []string{sa.Annotations[key]}
	for _, w := range workloads {
		values = append(values, w.Template.Annotations[key])
	}
	var found []string
	for _, v := range values {
		switch seconds, err := strconv.ParseInt(v, 10, 64); {
		case err != nil || seconds <= maxExpiration:
		case seconds > limitExpiration:
			found = append(found, fmt.Sprintf("%s=%q is more than the API server takes: it refuses pods with more than %d", key, v, limitExpiration))
		default:
			found = append(found, fmt.Sprintf("%s=%q is more than EKS issues tokens for: they live %d seconds", key, v, maxExpiration))
		}
	}
	return found
}

func expectedOption(key string) string {
	if strings.HasSuffix(key, "/token-expiration") {
		return "a number of seconds"
	}
	return "true or false"
}

// meantOption is the value as the webhook takes it, where there is no doubt what was meant.
func meantOption(key, value string) (string, bool) {
	value = strings.ToLower(strings.Trim(value, " \t\r\n\"'"))
	if strings.HasSuffix(key, "/token-expiration") {
		d, err := time.ParseDuration(value)
		if seconds, e := strconv.ParseInt(value, 10, 64); e == nil {
			d, err = time.Duration(max(seconds, 0))*time.Second, nil
		}
		seconds := max(int64(d.Seconds()), 600)
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
