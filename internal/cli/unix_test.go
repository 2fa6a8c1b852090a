//go:build unix

package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// TestInterrupted interrupts the process itself: it can not run beside other tests.
func TestInterrupted(t *testing.T) {
	l := newLab(t)
	l.kube.Fault("pods", kubetest.Hanging)
	go func() {
		for l.aws.Count("sts:GetCallerIdentity") == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		syscall.Kill(os.Getpid(), syscall.SIGINT)
	}()
	var stdout, stderr strings.Builder
	args := append([]string{"irsa-doctor", "check", controller, "-n", "ack-system", "--eks-cluster", "prod", "-o", "json"}, l.args...)
	code := Run(args, strings.NewReader(""), &stdout, &stderr)
	o := outcome{code, stdout.String(), stderr.String()}
	if r := o.report(t); code != exitInterrupted || r.Summary.Unknown == 0 || r.Summary.Fail > 0 {
		t.Errorf("exit %d, %+v\n%s", code, r.Summary, o.stderr)
	}
	if o.stderr != "irsa-doctor: interrupted; the report holds what was found until then\n" {
		t.Errorf("stderr %q", o.stderr)
	}
}

// TestInterruptedReading reads from a pipe into which nobody writes.
func TestInterruptedReading(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close() // and with it the read that is left behind
	for _, args := range [][]string{{"check", "--from", pipe}, {"bundle", "--from", pipe, "-o", filepath.Join(dir, "b")}, {"diff", pipe, "-"}} {
		ctx, interrupt := context.WithTimeout(t.Context(), 50*time.Millisecond)
		o := run(ctx, "", args...)
		interrupt()
		if o.code != exitInterrupted || o.stdout != "" || o.stderr != "irsa-doctor: interrupted while reading "+pipe+"\n" {
			t.Errorf("%s: exit %d, %s%s", args[0], o.code, o.stdout, o.stderr)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v is left: %v", left, err)
	}
}

// TestNoTimeForCredentials has a profile whose command for credentials takes longer than the look may.
func TestNoTimeForCredentials(t *testing.T) {
	l := newLab(t)
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[profile slow]\ncredential_process = exec sleep 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("PATH", "/bin:/usr/bin")
	o := l.check("--profile", "slow", "--timeout", "200ms")
	if o.code != exitIncomplete || o.stdout != "" || !strings.HasPrefix(o.stderr, "irsa-doctor: --timeout 200ms was over before anything was found: get AWS credentials: ") {
		t.Errorf("exit %d, %s%s", o.code, o.stdout, o.stderr)
	}
}

// TestWriteToPipe holds that what is no file is written to, and not replaced.
func TestWriteToPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		b, _ := os.ReadFile(pipe)
		read <- string(b)
	}()
	if o := run(t.Context(), "", "demo", "stale-pod", "-q", "--report", "json="+pipe); o.code != exitFindings {
		t.Errorf("exit %d, %s", o.code, o.stderr)
	}
	if text := <-read; !strings.HasPrefix(text, "{") {
		t.Errorf("the pipe gave %.100q", text)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Errorf("%v, %v: the pipe was replaced", info, err)
	}
}
