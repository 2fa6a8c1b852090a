package e2e

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"slices"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/internal/faulty"
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
	got := doctor(t, slices.Concat(l.env, env), args...)
	var r report
	if got.Stdout != "" {
		must(t, json.Unmarshal([]byte(got.Stdout), &r))
	}
	return got.Code, r, got.Stderr
}

// doctor runs the doctor to its end, in any goroutine.
func doctor(t *testing.T, env []string, args ...string) faulty.Outcome {
	t.Helper()
	cmd := exec.Command("irsa-doctor", args...)
	var stdout, stderr bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Error(err)
		return faulty.Outcome{}
	}
	return faulty.Outcome{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
}

func (l *lab) mustPass(t *testing.T, check string, args ...string) {
	t.Helper()
	_, r, stderr := l.check(t, nil, args...)
	asked := false
	for _, f := range r.Findings {
		if f.Check == check {
			asked = true
			if f.Result != "pass" {
				t.Errorf("%s: %s", check, f.Result)
			}
		}
	}
	if !asked {
		t.Errorf("nothing is said of %s: %s", check, stderr)
	}
}
