package e2e

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/irsa-doctor/irsa-doctor/internal/faulty"
)

// interrupted ends the doctor while a call has no answer, by a signal or by --timeout: it
// prints what it has found until then.
func (l *lab) interrupted(t *testing.T) {
	l.disguise(t)
	proxy := l.proxy(t)
	target := []string{"check", "deploy/" + name, "-n", namespace, "--eks-cluster", "prod"}
	pods, role := faulty.Call{Name: "list pods", Where: "in " + namespace}, faulty.Call{Name: "iam:GetRole"}
	const told = "irsa-doctor: interrupted; the report holds what was found until then\n"
	const late = "irsa-doctor: --timeout 2s is over; the report holds what was found until then\nhint: --timeout gives it longer\n"
	for _, tc := range []struct {
		name    string
		stalled faulty.Call
		signal  os.Signal // nil waits for --timeout
		code    int
		stderr  string
	}{
		{"Ctrl-C, no pods", pods, os.Interrupt, 130, told},
		{"Ctrl-C, no role", role, os.Interrupt, 130, told},
		{"SIGTERM, no role", role, syscall.SIGTERM, 130, told},
		{"timeout, no pods", pods, nil, 3, late},
		{"timeout, no role", role, nil, 3, late},
	} {
		for _, format := range []string{"json", "table"} {
			t.Run(tc.name+", "+format, func(t *testing.T) {
				args := append(slices.Clone(target), "-o", format)
				if tc.signal == nil {
					args = append(args, "--timeout", "2s")
				}
				p := l.start(t, l.stall(t, proxy, tc.stalled), args...)
				p.meet(t, tc.stalled)
				if tc.signal != nil {
					must(t, p.cmd.Process.Signal(tc.signal))
				}
				got := p.end(t)
				if got.Code != tc.code || got.Stderr != tc.stderr {
					t.Errorf("exit %d, want %d: %s", got.Code, tc.code, got.Stderr)
				}
				if format == "json" {
					isPartial(t, got, tc.stalled.Name)
				} else if text := strings.Join(strings.Fields(got.Stdout), " "); !strings.Contains(text, "the audit is incomplete") || !strings.Contains(text, "unreachable ("+tc.stalled.Name+")") {
					t.Errorf("the report does not say that it is incomplete for want of %s:\n%s", tc.stalled.Name, got.Stdout)
				}
			})
		}
	}
	t.Run("Ctrl-C before anything was found", func(t *testing.T) {
		deployments := faulty.Call{Name: "list deployments"}
		p := l.start(t, l.stall(t, proxy, deployments), "check", "--ack", "s3", "--eks-cluster", "prod")
		p.meet(t, deployments)
		must(t, p.cmd.Process.Signal(os.Interrupt))
		if got := p.end(t); got.Code != 130 || got.Stdout != "" || got.Stderr != "irsa-doctor: interrupted before anything was found\n" {
			t.Errorf("exit %d, %q, %s", got.Code, got.Stdout, got.Stderr)
		}
	})
	t.Run("Ctrl-C while nobody answers", func(t *testing.T) {
		f := l.open(t, proxy)
		f.env = append(f.env, "AWS_ENDPOINT_URL=http://"+silent(t), "KUBECONFIG="+faulty.Kubeconfig(t, "https://"+silent(t)))
		p := l.start(t, f, append(slices.Clone(target), "-o", "json")...)
		time.Sleep(300 * time.Millisecond)
		must(t, p.cmd.Process.Signal(os.Interrupt))
		got := p.end(t)
		if got.Code != 130 || got.Stderr != told {
			t.Errorf("exit %d: %s", got.Code, got.Stderr)
		}
		if r, err := got.Report(); err != nil || r.Summary.Complete || r.Summary.Unknown == 0 || r.Summary.Pass > 0 {
			t.Errorf("%v, %+v", err, r.Summary)
		}
	})
	t.Run("Ctrl-C twice", func(t *testing.T) { l.interruptedTwice(t, l.stall(t, proxy, role), role, target) })
}

// interruptedTwice holds that a second Ctrl-C ends at once even a doctor that hangs: here
// in the writing of a report that nobody reads.
func (l *lab) interruptedTwice(t *testing.T, f *front, stalled faulty.Call, args []string) {
	read, write, err := os.Pipe()
	must(t, err)
	defer read.Close()
	const setPipeSize, least = 1031, 4096 // F_SETPIPE_SZ of Linux
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, read.Fd(), setPipeSize, least); errno != 0 {
		t.Fatal(errno)
	}
	p := l.command(f, append(slices.Clone(args), "-o", "json")...)
	p.cmd.Stdout = write
	must(t, p.cmd.Start())
	write.Close()
	p.meet(t, stalled)
	must(t, p.cmd.Process.Signal(os.Interrupt))
	if _, err := io.ReadFull(read, make([]byte, 1)); err != nil { // it writes, and has more to write
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	must(t, p.cmd.Process.Signal(os.Interrupt))
	ended := make(chan struct{})
	go func() {
		p.cmd.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		p.cmd.Process.Kill()
		t.Fatal("the second interrupt does not end it")
	}
	if status := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGINT {
		t.Errorf("it ends with %v", p.cmd.ProcessState)
	}
}

// isPartial holds that a report says what it lacks, and holds what was found.
func isPartial(t *testing.T, got faulty.Outcome, lacks string) {
	t.Helper()
	r, err := got.Report()
	if err != nil {
		t.Fatal(err)
	}
	if r.Summary.Complete || r.Summary.Pass == 0 || r.Summary.Unknown == 0 || r.Summary.Fail+r.Summary.Warn > 0 {
		t.Errorf("the summary is %+v", r.Summary)
	}
	if !slices.ContainsFunc(r.Summary.Gaps, func(g faulty.Gap) bool { return g.Call == lacks }) {
		t.Errorf("no gap names %s: %+v", lacks, r.Summary.Gaps)
	}
}

// A process is a doctor at work.
type process struct {
	cmd            *exec.Cmd
	front          *front
	stdout, stderr bytes.Buffer
}

// stall opens a front at which one call has no answer.
func (l *lab) stall(t *testing.T, proxy http.Handler, call faulty.Call) *front {
	f := l.open(t, proxy)
	f.kube.Spoil(call, faulty.Named("stall"))
	f.aws.Spoil(call, faulty.Named("stall"))
	return f
}

func (l *lab) command(f *front, args ...string) *process {
	p := &process{cmd: exec.Command("irsa-doctor", args...), front: f}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = f.env, &p.stdout, &p.stderr
	return p
}

func (l *lab) start(t *testing.T, f *front, args ...string) *process {
	t.Helper()
	p := l.command(f, args...)
	must(t, p.cmd.Start())
	t.Cleanup(func() { p.cmd.Process.Kill() })
	return p
}

// meet waits until the doctor has made the call, which must be soon.
func (p *process) meet(t *testing.T, call faulty.Call) {
	t.Helper()
	for begun := time.Now(); !p.front.kube.Spoilt() && !p.front.aws.Spoilt(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("%s is not called", call)
		}
	}
	time.Sleep(100 * time.Millisecond) // for the calls that were made with it
}

// end waits until the doctor has ended, which must be soon.
func (p *process) end(t *testing.T) faulty.Outcome {
	t.Helper()
	begun := time.Now()
	if err := p.cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("it goes on for %s", took)
	}
	return faulty.Outcome{Code: p.cmd.ProcessState.ExitCode(), Stdout: p.stdout.String(), Stderr: p.stderr.String()}
}

// silent is the address of a server that takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}
