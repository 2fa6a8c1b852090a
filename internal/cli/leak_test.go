package cli

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/irsa-doctor/irsa-doctor/internal/faulty"
)

// TestNothingGoesOn holds that a run leaves no goroutine behind, whatever ends it. It can
// not run beside other tests.
func TestNothingGoesOn(t *testing.T) {
	l := newLab(t)
	l.showProof()
	stalled := faulty.Call{Name: "list pods", Where: "in ack-system"}
	for _, tc := range []struct {
		name  string
		spoil func(*gated)
		args  []string
		code  int
	}{
		{"to the end", func(*gated) {}, []string{"--mint", "--exec"}, exitOK},
		{"refused", func(g *gated) { g.kube.Close() }, nil, exitNothing},
		{"no time left", func(g *gated) { g.kube.Spoil(stalled, faulty.Named("stall")) }, []string{"--timeout", "200ms"}, exitIncomplete},
		{"no time left in the middle", func(g *gated) { g.kube.Spoil(stalled, faulty.Named("stall in the middle")) }, []string{"--timeout", "200ms"}, exitIncomplete},
		{"no time left for AWS", func(g *gated) { g.aws.Spoil(faulty.Call{Name: "iam:GetRole"}, faulty.Named("stall")) }, []string{"--timeout", "200ms"}, exitIncomplete},
		{"no time left in the pod", func(g *gated) {
			g.kube.Spoil(faulty.Call{Name: "create pods/exec", Where: "in ack-system env"}, faulty.Named("stall"))
		}, []string{"--exec", "--timeout", "300ms"}, exitIncomplete},
		{"interrupted", func(g *gated) { g.kube.Spoil(stalled, faulty.Named("stall")) }, nil, exitInterrupted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := l.open(t, append(onTarget, tc.args...))
			tc.spoil(g)
			before := goleak.IgnoreCurrent()
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			if tc.code == exitInterrupted {
				time.AfterFunc(200*time.Millisecond, interrupt)
			}
			if o := run(ctx, "", append(g.args, "--profile", "hasty")...); o.code != tc.code {
				t.Errorf("exit %d, want %d: %s", o.code, tc.code, o.stderr)
			}
			if err := goleak.Find(before); err != nil {
				t.Error(err)
			}
		})
	}
}
