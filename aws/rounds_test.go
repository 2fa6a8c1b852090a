package aws

import (
	"context"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

// rounds are how many answers have to be waited for one after the other. The clock of
// the bubble stands still but for the delay of the calls, so that it counts exactly.
func rounds(t *testing.T, do func(context.Context, *awstest.Server)) (n int) {
	synctest.Test(t, func(t *testing.T) {
		s := testWorld(t)
		s.Inject(awstest.Fault{Call: "*:*", Delay: time.Second})
		start := time.Now()
		do(t.Context(), s)
		n = int(time.Since(start) / time.Second)
	})
	return n
}

func TestRounds(t *testing.T) {
	route, _ := parseRoleARN(auditor)
	for _, c := range []struct {
		name string
		want int
		do   func(context.Context, *awstest.Server)
	}{
		{"begin", 1, func(ctx context.Context, s *awstest.Server) { must(direct(s, alice).Begin(ctx, "blue")) }},
		{"begin with a role to assume first", 2, func(ctx context.Context, s *awstest.Server) { must(direct(s, alice, route).Begin(ctx, "blue")) }},
		{"provider and association", 2, func(ctx context.Context, s *awstest.Server) {
			c := direct(s, alice)
			a := must(c.Begin(ctx, "blue"))
			c.Learn(ctx, &a, Want{Issuers: []string{issuer}, Associations: []string{"prod/app"}})
		}},
		{"one target", 4, func(ctx context.Context, s *awstest.Server) {
			c := direct(s, alice)
			a := must(c.Begin(ctx, "blue"))
			want := single
			want.Roles = want.Roles[:1]
			c.Learn(ctx, &a, want)
		}},
		{"a role that is absent", 3, func(ctx context.Context, s *awstest.Server) {
			c := direct(s, alice)
			a := must(c.Begin(ctx, "blue"))
			want := single
			want.Roles = want.Roles[1:]
			c.Learn(ctx, &a, want)
		}},
		{"roles of two accounts", 5, func(ctx context.Context, s *awstest.Server) {
			c := direct(s, alice, route)
			a := must(c.Begin(ctx, "blue"))
			want := single
			want.Roles = []string{"arn:aws:iam::111122223333:role/team/x/app", "arn:aws:iam::444455556666:role/remote"}
			c.Learn(ctx, &a, want)
		}},
	} {
		if got := rounds(t, c.do); got != c.want {
			t.Errorf("%s: %d rounds of calls, want %d", c.name, got, c.want)
		}
	}
}

// No more calls are under way at once than the client allows itself.
func TestParallelCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testWorld(t)
		c := direct(s, alice)
		a := must(c.Begin(t.Context(), ""))
		var want Want
		for i := range 3 * parallelCalls {
			want.Issuers = append(want.Issuers, "issuer.example.com/"+string(rune('a'+i)))
		}
		s.Inject(awstest.Fault{Call: "iam:GetOpenIDConnectProvider", Delay: time.Second})
		account := a.Accounts[mine]
		account.Providers.Gap = nameless // so that each is asked for
		a.Accounts[mine] = account
		start := time.Now()
		c.Learn(t.Context(), &a, want)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("%d calls of a second took %s", 3*parallelCalls, took)
		}
	})
}

// BenchmarkOneTarget looks at one target of a server 100 ms away, and reports how
// many round trips that takes.
func BenchmarkOneTarget(b *testing.B) {
	const away = 100 * time.Millisecond
	s := testWorld(b)
	s.Inject(awstest.Fault{Call: "*:*", Delay: away})
	srv := httptest.NewServer(s)
	defer srv.Close()
	c := newClient(awssdk.Config{
		Region: region, HTTPClient: srv.Client(),
		Credentials: awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) {
			return awssdk.Credentials{AccessKeyID: alice, SecretAccessKey: "alice's secret key"}, nil
		}),
	}, srv.URL, nil)
	want := single
	want.Roles = want.Roles[:1]
	for b.Loop() {
		a := must(c.Begin(b.Context(), "blue"))
		c.Learn(b.Context(), &a, want)
		if _, err := a.Accounts[mine].Roles["app"].Get(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(away), "rounds/op")
}
