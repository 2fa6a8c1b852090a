package awstest_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

const (
	account  = "111122223333"
	alice    = "AKIAALICE00000000000"
	region   = "us-west-2"
	issuer   = "https://oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E"
	provider = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E"
	appRole  = "arn:aws:iam::111122223333:role/team/x/app"
)

var ctx = context.Background()

// world is a server of testdata/world.json.
func world(t *testing.T) *awstest.Server {
	t.Helper()
	f, err := os.Open("testdata/world.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := awstest.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	return awstest.New(w)
}

// clients are the SDK's own, as alice.
type clients struct {
	iam *iam.Client
	sts *sts.Client
	eks *eks.Client
}

func as(t *testing.T, s *awstest.Server, accessKey, region string) clients {
	t.Helper()
	return of(s.Start(t, accessKey, region).Config())
}

func of(cfg awssdk.Config) clients {
	cfg.RetryMaxAttempts = 1
	return clients{iam.NewFromConfig(cfg), sts.NewFromConfig(cfg), eks.NewFromConfig(cfg)}
}

func start(t *testing.T) (*awstest.Server, clients) {
	t.Helper()
	s := world(t)
	return s, as(t, s, alice, region)
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// wantError checks status, code and a part of the message of an SDK error.
func wantError(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	var api smithy.APIError
	var response *smithyhttp.ResponseError
	if !errors.As(err, &api) || !errors.As(err, &response) {
		t.Fatalf("got %v, want an API error %s", err, code)
	}
	if api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), message) || response.HTTPStatusCode() != status {
		t.Errorf("got %d %s: %q\nwant %d %s: %q", response.HTTPStatusCode(), api.ErrorCode(), api.ErrorMessage(), status, code, message)
	}
}

// wantType checks that an error is one of the SDK's modelled types.
func wantType[E error](t *testing.T, err error) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Errorf("got %T %v, want a %T", err, err, want)
	}
}

func decoded(t *testing.T, policy *string) string {
	t.Helper()
	text, err := url.PathUnescape(awssdk.ToString(policy))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
