package e2e

import (
	"strings"
	"testing"
)

// scopes names the controller in every way that there is.
func (l *lab) scopes(t *testing.T) {
	const object = "deployment/" + namespace + "/" + name
	pod := strings.Fields(l.kubectl(t, "get", "pods", "-n", namespace, "-o", "jsonpath={.items[*].metadata.name}"))[0]
	for _, args := range []string{
		"deploy/" + name + " -n " + namespace,
		"deployment.apps/" + name + " -n " + namespace,
		"sa/" + name + " -n " + namespace,
		"pod/" + pod + " -n " + namespace,
		"-n " + namespace,
		"-n " + namespace + " -l app.kubernetes.io/name=" + name,
		"-A",
		"--ack s3",
	} {
		code, r, stderr := l.doctorSays(t, nil, append(strings.Fields("check "+args), "-o", "json", "--eks-cluster", "prod")...)
		if code != 0 || len(r.Diagnoses) != 1 || r.Diagnoses[0].Object != object || r.Diagnoses[0].Verdict != "healthy" {
			t.Errorf("check %s: exit %d, %v: %s", args, code, r.Diagnoses, stderr)
		}
	}
	for args, want := range map[string]int{
		"deploy/nonesuch -n " + namespace: 1,
		"-n default":                      3,
		"--ack ec2":                       3,
		"deploy/" + name + " -n " + namespace + " --context nonesuch":            2,
		"deploy/" + name + " -n " + namespace + " --eks-cluster nonesuch":        2,
		"deploy/" + name + " -n " + namespace + " --profile nonesuch":            2,
		"deploy/" + name + " -n " + namespace + " --endpoint-url http://[::1]:1": 2,
	} {
		code, _, stderr := l.doctorSays(t, []string{"AWS_MAX_ATTEMPTS=1"}, append(strings.Fields("check "+args), "-o", "json")...)
		if code != want {
			t.Errorf("check %s: exit %d, want %d: %s", args, code, want, stderr)
		}
	}
}
