package aws

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

// answers is where the answer to a call is found after everything was learnt, as its
// Gap; nil when it is known.
var answers = map[string]func(facts.AWS) *facts.Gap{
	"sts:GetCallerIdentity":              func(a facts.AWS) *facts.Gap { return a.Caller.Gap },
	"eks:DescribeCluster":                func(a facts.AWS) *facts.Gap { return a.EKS.Gap },
	"eks:ListPodIdentityAssociations":    func(a facts.AWS) *facts.Gap { return a.Associations.Gap },
	"eks:DescribePodIdentityAssociation": func(a facts.AWS) *facts.Gap { return (*a.Associations.Value)["prod/app"].RoleARN.Gap },
	"iam:ListOpenIDConnectProviders":     func(a facts.AWS) *facts.Gap { return a.Accounts[mine].Providers.Gap },
	"iam:GetOpenIDConnectProvider":       func(a facts.AWS) *facts.Gap { return a.Accounts[mine].Provider[issuer].Gap },
	"iam:GetRole":                        func(a facts.AWS) *facts.Gap { return a.Accounts[mine].Roles["app"].Gap },
	"iam:ListRoles":                      func(a facts.AWS) *facts.Gap { return a.Accounts[mine].RoleARNs.Gap },
	"iam:ListAttachedRolePolicies":       func(a facts.AWS) *facts.Gap { return app(a).Attached.Gap },
	"iam:ListRolePolicies":               func(a facts.AWS) *facts.Gap { return app(a).Inline.Gap },
	"iam:GetPolicy":                      func(a facts.AWS) *facts.Gap { return (*app(a).Attached.Value)[0].Document.Gap },
	"iam:GetPolicyVersion":               func(a facts.AWS) *facts.Gap { return (*app(a).Attached.Value)[0].Document.Gap },
	"iam:GetRolePolicy":                  func(a facts.AWS) *facts.Gap { return (*app(a).Inline.Value)[0].Document.Gap },
}

func app(a facts.AWS) facts.Role { return *a.Accounts[mine].Roles["app"].Value }

func TestEachCallFailsEachWay(t *testing.T) {
	html := "<html><body>\n<h1>Blocked</h1>\n</body></html>"
	ways := []struct {
		name   string
		fault  awstest.Fault
		kind   facts.GapKind
		detail string
	}{
		{"denied", awstest.Fault{Deny: true}, facts.Forbidden, "not authorized to perform: CALL"},
		{"throttled", awstest.Fault{Code: "Throttling", Message: "Rate exceeded"}, facts.Throttled, "Throttling: Rate exceeded"},
		{"too many requests", awstest.Fault{Status: 429, Body: "slow down"}, facts.Throttled, "HTTP status 429"},
		{"gone", awstest.Fault{Status: 404, Code: "NoSuchEntity", Message: "nothing"}, facts.Absent, "NoSuchEntity: nothing"},
		{"not found", awstest.Fault{Status: 404, Code: "ResourceNotFoundException", Message: "nothing"}, facts.Absent, "ResourceNotFoundException: nothing"},
		{"expired", awstest.Fault{Status: 403, Code: "ExpiredToken", Message: "secret words"}, facts.Unreachable, "the AWS credentials have expired (ExpiredToken)"},
		{"wrong keys", awstest.Fault{Status: 403, Code: "SignatureDoesNotMatch", Message: "secret words"}, facts.Unreachable, "the AWS credentials are not valid (SignatureDoesNotMatch)"},
		{"invalid", awstest.Fault{Code: "ValidationError", Message: "bad\n\tname"}, facts.Unreachable, "ValidationError: bad name"},
		{"down", awstest.Fault{Status: 503, Code: "ServiceUnavailable", Message: "busy"}, facts.Unreachable, "ServiceUnavailable: busy"},
		{"error page", awstest.Fault{Status: 500, Body: html}, facts.Unreachable, "HTTP status 500"},
		{"proxy's page", awstest.Fault{Status: 403, Body: html}, facts.Malformed, "HTTP status 403"},
		{"page", awstest.Fault{Body: html}, facts.Malformed, "HTTP status 200"},
		{"garbage", awstest.Fault{Body: "\x00\xff garbage"}, facts.Malformed, "HTTP status 200"},
		{"empty", awstest.Fault{Body: " "}, facts.Malformed, ""},
		{"empty object", awstest.Fault{Body: "{}"}, facts.Malformed, ""},
		{"empty element", awstest.Fault{Body: "<X><GetRoleResult><Role/></GetRoleResult></X>"}, facts.Malformed, ""},
		{"truncated", awstest.Fault{Truncate: true}, facts.Malformed, "HTTP status 200"},
		{"closed", awstest.Fault{Close: true}, facts.Unreachable, "no answer from 127.0.0.1:"},
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			s := testWorld(t)
			c := dial(t, s, alice, region)
			for call, answer := range answers {
				s.Mend()
				fault := way.fault
				fault.Call = call
				s.Inject(fault)
				a := begin(t, c, "blue")
				c.Learn(t.Context(), &a, everything)
				for other, answer := range answers {
					if other != call && !spoilt(call, other) && answer(a) != nil {
						t.Errorf("%s: %s fails as well: %v", call, other, answer(a))
					}
				}
				g := answer(a)
				if g == nil {
					t.Errorf("%s: no gap", call)
					continue
				}
				if want := strings.ReplaceAll(way.detail, "CALL", call); g.Kind != way.kind || g.Call != call || !strings.Contains(g.Detail, want) {
					t.Errorf("%s: got %v\nwant %s: %s", call, g, way.kind, want)
				}
				if strings.Contains(g.Detail, "secret") || strings.ContainsAny(g.Detail, "\n\t") {
					t.Errorf("%s: %q", call, g.Detail)
				}
				if way.fault.Code != "" && g.RequestID == "" {
					t.Errorf("%s: no request id", call)
				}
			}
		})
	}
}

// spoilt says whether a fact can not be reached, or does not come, when a call fails.
func spoilt(call, other string) bool {
	in := func(list ...string) bool { return slices.Contains(list, other) }
	switch call {
	case "eks:ListPodIdentityAssociations":
		return in("eks:DescribePodIdentityAssociation")
	case "iam:GetRole":
		return in("iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListRoles")
	case "iam:ListAttachedRolePolicies":
		return in("iam:GetPolicy", "iam:GetPolicyVersion")
	case "iam:ListRolePolicies":
		return in("iam:GetRolePolicy")
	case "iam:GetPolicy", "iam:GetPolicyVersion":
		return in("iam:GetPolicy", "iam:GetPolicyVersion")
	}
	return false
}

// A call that hangs costs its own fact when time is up, and no other.
func TestSlowCalls(t *testing.T) {
	for call, answer := range answers {
		synctest.Test(t, func(t *testing.T) {
			s := testWorld(t)
			c := direct(s, alice)
			s.Inject(awstest.Fault{Call: call, Delay: time.Hour})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			a := must(c.Begin(ctx, "blue"))
			cancel()
			ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
			c.Learn(ctx, &a, single)
			cancel()
			for other, answer := range answers {
				if other != call && !spoilt(call, other) && answer(a) != nil {
					t.Errorf("%s: %s fails as well: %v", call, other, answer(a))
				}
			}
			if g := answer(a); g == nil || g.Kind != facts.Unreachable || g.Call != call || g.Detail != "no answer in time" {
				t.Errorf("%s: %v", call, g)
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	s := testWorld(t)
	c := dial(t, s, alice, region)
	a := begin(t, c, "blue")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Learn(ctx, &a, everything)
	if g := gap(t, a.Accounts[mine].Roles["app"]); g.Kind != facts.Unreachable || g.Detail != "interrupted before AWS answered" {
		t.Error(g)
	}
}

func TestGapOfForeignErrors(t *testing.T) {
	g := gapOf(errors.New("line 1\nline \x1b[31m2 " + strings.Repeat("é", 3000)))
	if g.Kind != facts.Unreachable || g.Call != "" || !strings.HasPrefix(g.Detail, "line 1 line [31m2 éé") || len(g.Detail) > 1010 {
		t.Errorf("%d bytes: %v", len(g.Detail), g)
	}
	given := &facts.Gap{Kind: facts.Absent}
	if gapOf(given) != given {
		t.Error("a gap is not kept")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
