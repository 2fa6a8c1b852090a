package e2e

import (
	"slices"
	"testing"
)

// forbidden looks as an account without any right: all is unknown, and named.
func (l *lab) forbidden(t *testing.T) {
	l.kubectl(t, "create", "serviceaccount", "stranger", "-n", namespace)
	as := l.kubeconfigs(t, namespace)
	code, r, stderr := l.check(t, []string{"KUBECONFIG=" + as(t, "stranger")})
	if code != 3 || r.Summary.Complete {
		t.Errorf("exit %d, complete %v: %s", code, r.Summary.Complete, stderr)
	}
	for _, want := range []string{"list deployments", "list pods", "list serviceaccounts", "list mutatingwebhookconfigurations"} {
		if !slices.Contains(r.Summary.MissingPermissions, want) {
			t.Errorf("%q is not among the missing permissions %q", want, r.Summary.MissingPermissions)
		}
	}
	for _, f := range r.Findings {
		if f.Result == "fail" || f.Result == "warn" {
			t.Errorf("%s says %s out of nothing", f.Check, f.Result)
		}
	}
}
