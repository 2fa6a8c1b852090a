package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// forbidden looks as an account without any right: all is unknown, and named.
func (l *lab) forbidden(t *testing.T) {
	l.kubectl(t, "create", "serviceaccount", "stranger", "-n", namespace)
	token := strings.TrimSpace(l.kubectl(t, "create", "token", "stranger", "-n", namespace))
	var config map[string]any
	must(t, json.Unmarshal([]byte(l.kubectl(t, "config", "view", "--raw", "--minify", "--flatten", "-o", "json")), &config))
	user := config["users"].([]any)[0].(map[string]any)
	user["user"] = map[string]string{"token": token}
	b, err := json.Marshal(config)
	must(t, err)
	kubeconfig := filepath.Join(t.TempDir(), "config")
	must(t, os.WriteFile(kubeconfig, b, 0o600))

	code, r, stderr := l.check(t, []string{"KUBECONFIG=" + kubeconfig})
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
