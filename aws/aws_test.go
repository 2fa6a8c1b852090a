package aws

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	alice   = "AKIAALICE00000000000"
	mine    = "111122223333"
	theirs  = "444455556666" // has a role for alice
	foreign = "999988887777"
	region  = "us-west-2"
	issuer  = "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E"
	auditor = "arn:aws:iam::444455556666:role/auditor"
)

// reads are the calls that the package may make. An action that is not among them
// must be thought about: it is one more permission that every user has to give.
var reads = []string{
	"sts:GetCallerIdentity", "sts:AssumeRole",
	"eks:DescribeCluster", "eks:ListPodIdentityAssociations", "eks:DescribePodIdentityAssociation",
	"iam:ListOpenIDConnectProviders", "iam:GetOpenIDConnectProvider",
	"iam:GetRole", "iam:ListRoles", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies",
	"iam:GetRolePolicy", "iam:GetPolicy", "iam:GetPolicyVersion",
}

// everything is a Want that leads to each of reads.
var everything = Want{
	Roles: []string{
		"arn:aws:iam::111122223333:role/team/x/app", "arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/worker",
		"arn:aws:iam::111122223333:role/bare", "arn:aws:iam::111122223333:role/gone",
		"arn:aws:iam::444455556666:role/remote", "arn:aws:iam::444455556666:role/app",
		"arn:aws:iam::999988887777:role/app", "arn:aws-cn:iam::111122223333:role/beijing",
		"app", "arn:aws:iam::111122223333:role/app ", "arn:aws:iam::1111:role/short",
	},
	Issuers:      []string{"https://" + issuer, issuer, "https://issuer.example.com"},
	Associations: []string{"prod/app", "prod/chained", "prod/nobody"},
}

// single is a Want of all kinds of facts in which no two goroutines wait for the same
// one: on a sync.Once the clock of a synctest bubble would stand still.
var single = Want{
	Roles:        []string{"arn:aws:iam::111122223333:role/team/x/app", "arn:aws:iam::111122223333:role/gone"},
	Issuers:      []string{"https://" + issuer},
	Associations: []string{"prod/app"},
}

// testWorld is a server of testdata/world.json. It holds every call against reads.
func testWorld(t testing.TB) *awstest.Server {
	t.Helper()
	f, err := os.Open("testdata/world.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	world, err := awstest.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	return serverOf(t, world)
}

func serverOf(t testing.TB, world *awstest.World) *awstest.Server {
	s := awstest.New(world)
	t.Cleanup(func() {
		for _, call := range s.Calls() {
			if !slices.Contains(reads, call.Name()) {
				t.Errorf("%s is not among the calls that this package may make", call.Name())
			}
		}
	})
	return s
}

// dial connects through the environment, as users do. Calls are not repeated.
func dial(t *testing.T, s *awstest.Server, key, region string, roles ...string) *Client {
	t.Helper()
	s.Start(t, key, region).Set(t)
	t.Setenv("AWS_PROFILE", "")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	c, err := Connect(t.Context(), Options{RoleARNs: roles, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// inProcess calls a server without a network, so that a synctest bubble can hold both.
type inProcess struct{ *awstest.Server }

func (p inProcess) Do(r *http.Request) (response *http.Response, err error) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			if err = r.Context().Err(); err == nil {
				err = io.EOF
			}
		default:
			panic(p)
		}
	}()
	w := httptest.NewRecorder()
	in := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), r.Body)
	in.Header, in.ContentLength = r.Header, r.ContentLength
	p.ServeHTTP(w, in)
	return w.Result(), nil
}

// direct is a client of a server in the same process.
func direct(s *awstest.Server, key string, roles ...roleARN) *Client {
	return newClient(awssdk.Config{
		Region: region, HTTPClient: inProcess{s}, Retryer: newRetryer,
		Credentials: awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) {
			return awssdk.Credentials{AccessKeyID: key, SecretAccessKey: "alice's secret key"}, nil
		}),
	}, "http://aws.test", roles)
}

func begin(t *testing.T, c *Client, cluster string) facts.AWS {
	t.Helper()
	a, err := c.Begin(t.Context(), cluster)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// golden compares v as JSON with a file of testdata.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got); see -update:\n%s", path, diff)
	}
}

// gap is the Gap of a fact that must have one.
func gap[T any](t *testing.T, f facts.Fact[T]) *facts.Gap {
	t.Helper()
	if f.Gap == nil {
		t.Fatalf("got %+v, want a gap", f.Value)
	}
	return f.Gap
}

// known is the value of a fact that must have one.
func known[T any](t *testing.T, f facts.Fact[T]) T {
	t.Helper()
	v, err := f.Get()
	if err != nil {
		t.Fatal(err)
	}
	return v
}
