package e2e

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/irsa-doctor/irsa-doctor/internal/faulty"
)

// faults has every call that the doctor makes of the API server and of AWS fail in every
// way, one at a time. The calls are those that the runs without a fault make.
func (l *lab) faults(t *testing.T) {
	l.disguise(t)
	proxy := l.proxy(t)
	target := []string{"check", "deploy/" + name, "-n", namespace}
	proofs := append(slices.Clone(target), "--mint")
	if l.kubectl(t, "get", "nodes", "-o", "name") != "" {
		l.ready(t)
		proofs = append(proofs, "--exec")
	}
	const keys = "get /openid/v1/jwks" // a token is verified with them
	known := map[string]bool{keys: true}
	var survived atomic.Int64
	atOnce := make(chan struct{}, 4)
	var all sync.WaitGroup
	for _, args := range [][]string{target, proofs, {"check", "--ack", "s3"}, {"check", "-A"}} {
		args = append(args, "--eks-cluster", "prod", "-o", "json")
		whole := l.open(t, proxy)
		healthy := doctor(t, whole.env, args...)
		if healthy.Code != 0 {
			t.Fatalf("%q: exit %d, %s%s", args, healthy.Code, healthy.Stdout, healthy.Stderr)
		}
		for _, call := range append(whole.kube.Calls(), whole.aws.Calls()...) {
			like := strings.TrimSuffix(call.String(), " in "+namespace)
			if known[like] && !(like == keys && slices.Contains(args, "--mint")) {
				continue
			}
			known[like] = true
			for _, fault := range faulty.Faults() {
				if !fault.Of(call.Name) {
					continue
				}
				all.Go(func() {
					atOnce <- struct{}{}
					defer func() { <-atOnce }()
					if wrong := l.spoil(t, proxy, args, call, fault, healthy); wrong != nil {
						t.Errorf("%s, %s, %q: %s", call, fault.Name, args[1:], strings.Join(wrong, "\n"))
						return
					}
					survived.Add(1)
				})
			}
		}
	}
	all.Wait()
	t.Logf("%d faults survived, of %d calls", survived.Load(), len(known))
}

// spoil looks with one call spoilt, and returns what is wrong with what comes of it.
func (l *lab) spoil(t *testing.T, proxy http.Handler, args []string, call faulty.Call, fault faulty.Fault, healthy faulty.Outcome) []string {
	f := l.open(t, proxy)
	defer f.close()
	f.kube.Spoil(call, fault)
	f.aws.Spoil(call, fault)
	attempts, limit := []string{"AWS_MAX_ATTEMPTS=1"}, 30*time.Second
	switch fault.Effect {
	case faulty.Survived:
		attempts = nil
	case faulty.Late:
		args, limit = append(slices.Clone(args), "--timeout", "1s"), 10*time.Second
	}
	begun := time.Now()
	got := doctor(t, slices.Concat(f.env, attempts), args...)
	wrong := faulty.Judge(call, fault, healthy, got)
	if !f.kube.Spoilt() && !f.aws.Spoilt() && fault.Effect != faulty.Late {
		wrong = append(wrong, "the call is not made")
	}
	if took := time.Since(begun); took > limit {
		wrong = append(wrong, "it takes "+took.String())
	}
	return wrong
}
