package aws

import (
	"testing"
	"testing/synctest"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

// Calls that are throttled for a while are repeated, and what then comes is no gap.
func TestThrottledForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testWorld(t)
		c := direct(s, alice)
		for _, call := range reads {
			s.Inject(awstest.Throttled(call, attempts+1))
		}
		a := must(c.Begin(t.Context(), "blue"))
		c.Learn(t.Context(), &a, single)
		for call, answer := range answers {
			if g := answer(a); g != nil {
				t.Errorf("%s: %v", call, g)
			}
		}
	})
}

func TestAttempts(t *testing.T) {
	for _, c := range []struct {
		fault awstest.Fault
		kind  facts.GapKind
		want  int
	}{
		{awstest.Throttled("iam:GetRole", 0), facts.Throttled, throttledAttempts},
		{awstest.Fault{Call: "iam:GetRole", Status: 503, Code: "ServiceUnavailable"}, facts.Unreachable, attempts},
		{awstest.Fault{Call: "iam:GetRole", Close: true}, facts.Unreachable, attempts},
		{awstest.Denied("iam:GetRole"), facts.Forbidden, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := testWorld(t)
			s.Inject(c.fault)
			client := direct(s, alice)
			a := must(client.Begin(t.Context(), "blue"))
			client.Learn(t.Context(), &a, Want{Roles: []string{"arn:aws:iam::111122223333:role/worker"}})
			if g := gap(t, a.Accounts[mine].Roles["worker"]); g.Kind != c.kind {
				t.Error(g)
			}
			if n := s.Count("iam:GetRole"); n != c.want {
				t.Errorf("%s: %d attempts, want %d", c.kind, n, c.want)
			}
		})
	}
}
