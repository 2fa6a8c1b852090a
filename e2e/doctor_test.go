package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"testing"
)

// A report is what a test reads of the JSON report as a whole.
type report struct {
	Summary struct {
		Complete           bool
		MissingPermissions []string
	}
	Diagnoses []struct{ Object, Verdict string }
	Findings  []struct{ Check, Result string }
}

// check runs the doctor on the controller and returns exit code, report and stderr.
func (l *lab) check(t *testing.T, env []string, args ...string) (int, report, string) {
	t.Helper()
	return l.doctorSays(t, env, append([]string{"check", "deploy/" + name, "-n", namespace, "-o", "json"}, args...)...)
}

// doctorSays runs the doctor and returns exit code, JSON report and stderr.
func (l *lab) doctorSays(t *testing.T, env []string, args ...string) (int, report, string) {
	t.Helper()
	cmd := exec.Command("irsa-doctor", args...)
	cmd.Env = append(slices.Clone(l.env), env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	var r report
	if stdout.Len() > 0 {
		must(t, json.Unmarshal(stdout.Bytes(), &r))
	}
	return cmd.ProcessState.ExitCode(), r, stderr.String()
}

func (l *lab) mustPass(t *testing.T, check string, args ...string) {
	t.Helper()
	_, r, _ := l.check(t, nil, args...)
	for _, f := range r.Findings {
		if f.Check == check && f.Result != "pass" {
			t.Errorf("%s: %s", check, f.Result)
		}
	}
}
