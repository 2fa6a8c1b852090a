package cli

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// onCall does something after the nth call of a name.
func (l *lab) onCall(name string, n int64, do func()) {
	var calls atomic.Int64
	l.aws.OnCall = func(c awstest.Call) {
		if c.Name() == name && calls.Add(1) == n {
			do()
		}
	}
}

func TestWait(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	var kept *awstest.Provider
	l.edit(func(a *awstest.Account) {
		kept = a.Providers[issuerHost]
		delete(a.Providers, issuerHost)
	})
	l.onCall("iam:ListOpenIDConnectProviders", 3, func() {
		l.edit(func(a *awstest.Account) { a.Providers[issuerHost] = kept })
	})
	o := l.check("--wait", "1m", "-o", "json")
	if r := o.report(t); o.code != exitOK || r.Diagnoses[0].Verdict != "healthy" {
		t.Errorf("exit %d, %+v", o.code, r.Diagnoses)
	}
	told := strings.Split(strings.TrimSpace(o.stderr), "\n")
	if len(told) != 2 || !strings.Contains(told[0], "ack-s3-controller: broken, provider-exists: ") || !strings.HasSuffix(told[1], "ack-s3-controller: healthy") {
		t.Errorf("stderr tells %q; want what is broken, once, and that it is well", told)
	}
	if n := l.aws.Count("iam:ListOpenIDConnectProviders"); n != 4 {
		t.Errorf("%d looks, want 4", n)
	}
}

// TestWaitThroughAnOutage has AWS vanish for a while.
func TestWaitThroughAnOutage(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	policy := awstest.Document("")
	l.edit(func(a *awstest.Account) { policy = a.Roles["ack-s3-controller"].TrustPolicy })
	l.retrust(":ack-system:", ":default:")
	var looks atomic.Int64
	l.aws.OnCall = func(c awstest.Call) {
		if c.Name() != "iam:ListOpenIDConnectProviders" {
			return
		}
		switch looks.Add(1) {
		case 2:
			l.aws.Inject(awstest.Fault{Call: "*:*", Close: true})
		case 4:
			l.aws.Mend()
			l.edit(func(a *awstest.Account) { a.Roles["ack-s3-controller"].TrustPolicy = policy })
		}
	}
	o := l.check("--wait", "1m", "-o", "json")
	if r := o.report(t); o.code != exitOK || r.Diagnoses[0].Verdict != "healthy" {
		t.Errorf("exit %d, %+v", o.code, r.Diagnoses)
	}
	if !strings.Contains(o.stderr, "no answer from 127.0.0.1") {
		t.Errorf("stderr tells nothing of the outage: %s", o.stderr)
	}
}

func TestWaitInVain(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.retrust(":ack-system:", ":default:")
	start := time.Now()
	o := l.check("--wait", "600ms", "-o", "json", "--fail-on", "never")
	if r := o.report(t); o.code != exitOK || r.Diagnoses[0].Cause != "trust-policy-subject" {
		t.Errorf("exit %d, %+v", o.code, r.Diagnoses)
	}
	if took := time.Since(start); took < 600*time.Millisecond || took > 10*time.Second {
		t.Errorf("it waited for %s", took)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]func(*lab){
		"one list":       func(l *lab) { l.kube.Fault("pods", kubetest.Hanging) },
		"the API server": func(l *lab) { l.kube.Delay(time.Minute) },
		"IAM":            func(l *lab) { l.aws.Inject(awstest.Fault{Call: "iam:*", Delay: time.Minute}) },
		"AWS":            func(l *lab) { l.aws.Inject(awstest.Fault{Call: "*:*", Delay: time.Minute}) },
		"everything": func(l *lab) {
			l.kube.Delay(time.Minute)
			l.aws.Inject(awstest.Fault{Call: "*:*", Delay: time.Minute})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			hang(l)
			start := time.Now()
			o := l.check("--timeout", "1s", "-o", "json")
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			r := o.report(t)
			if o.code != exitIncomplete || r.Summary.Complete || r.Summary.Unknown == 0 || r.Summary.Fail > 0 || len(r.Diagnoses) != 1 || r.Diagnoses[0].Verdict != "unknown" {
				t.Errorf("exit %d, %+v, %+v", o.code, r.Summary, r.Diagnoses)
			}
			if want := "irsa-doctor: --timeout 1s is over; the report holds what was found until then\n"; !strings.HasPrefix(o.stderr, want) {
				t.Errorf("stderr %q", o.stderr)
			}
		})
	}
	t.Run("looking for the ACK controller", func(t *testing.T) {
		t.Parallel()
		l := newLab(t)
		l.kube.Fault("deployments", kubetest.Hanging)
		if o := l.run("check", "--ack", "s3", "--timeout", "500ms"); o.code != exitIncomplete || !strings.Contains(o.stderr, "--timeout 500ms was over") {
			t.Errorf("exit %d, %s", o.code, o.stderr)
		}
	})
}

// TestInterruptedWait keeps the last whole look.
func TestInterruptedWait(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.retrust(":ack-system:", ":default:")
	ctx, interrupt := context.WithCancel(t.Context())
	l.onCall("sts:GetCallerIdentity", 3, interrupt)
	o := run(ctx, "", append([]string{"check", controller, "-n", "ack-system", "--eks-cluster", "prod", "-o", "json", "--wait", "1m"}, l.args...)...)
	if r := o.report(t); o.code != exitInterrupted || !r.Summary.Complete || r.Diagnoses[0].Cause != "trust-policy-subject" {
		t.Errorf("exit %d, %+v, %+v\n%s", o.code, r.Summary, r.Diagnoses, o.stderr)
	}
}

// TestInterruptedBefore has nothing to report.
func TestInterruptedBefore(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	ctx, interrupt := context.WithCancel(t.Context())
	l.kube.Fault("deployments", kubetest.Hanging)
	l.onCall("sts:GetCallerIdentity", 1, interrupt)
	o := run(ctx, "", append([]string{"check", "--ack", "s3"}, l.args...)...)
	if o.code != exitInterrupted || o.stdout != "" || o.stderr != "irsa-doctor: interrupted before anything was found\n" {
		t.Errorf("exit %d, %s%s", o.code, o.stdout, o.stderr)
	}
}
