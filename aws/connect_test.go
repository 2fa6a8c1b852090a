package aws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
)

// home gives the test an AWS configuration of its own and no credentials elsewhere.
func home(t *testing.T, config string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "config")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AWS_ENDPOINT_URL", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
	} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", dir)
	t.Setenv("AWS_CONFIG_FILE", path)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", path)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
}

const profiles = `
[profile empty]
region = us-west-2
[profile static]
aws_access_key_id = AKIASTATIC0000000000
aws_secret_access_key = x
[profile half]
region = us-west-2
aws_access_key_id = AKIASTATIC0000000000
[profile sso]
region = us-west-2
sso_session = corp
sso_account_id = 111122223333
sso_role_name = x
[sso-session corp]
sso_region = us-west-2
sso_start_url = https://corp.example.com/start
[profile process]
region = us-west-2
credential_process = false
[profile mfa]
region = us-west-2
role_arn = arn:aws:iam::111122223333:role/x
source_profile = static
mfa_serial = arn:aws:iam::111122223333:mfa/x
[profile chained]
region = us-west-2
role_arn = arn:aws:iam::111122223333:role/x
source_profile = static
[profile token]
region = us-west-2
role_arn = arn:aws:iam::111122223333:role/x
web_identity_token_file = /nonexistent
`

func TestConnectErrors(t *testing.T) {
	const login = "log in (aws sso login), set AWS_PROFILE or pass --profile"
	for _, c := range []struct {
		options Options
		want    []string
	}{
		{Options{Profile: "nope"}, []string{"no profile nope in ~/.aws/config; see aws configure list-profiles"}},
		{Options{Region: region}, []string{"no AWS credentials found; " + login}},
		{Options{Profile: "empty"}, []string{"no AWS credentials found; " + login}},
		{Options{Profile: "static"}, []string{"no AWS region is known; pass --region or set AWS_REGION"}},
		{Options{Profile: "half"}, []string{"read the AWS configuration: ", "partial credentials"}},
		{Options{Profile: "sso"}, []string{"get AWS credentials: ", "cached SSO token", login}},
		{Options{Profile: "process"}, []string{"get AWS credentials: process provider error", login}},
		{Options{Profile: "token"}, []string{"get AWS credentials: ", "/nonexistent", login}},
		{Options{Profile: "mfa"}, []string{"the profile wants an MFA code", "aws configure export-credentials"}},
		{Options{RoleARNs: []string{"auditor"}}, []string{`"auditor" is not the ARN of a role`}},
		{Options{RoleARNs: []string{auditor + "\n"}}, []string{`role/auditor\n" is not the ARN of a role`}},
		{Options{RoleARNs: []string{auditor, "arn:aws:iam::444455556666:role/x"}}, []string{"are roles of one account"}},
		{Options{EndpointURL: "localhost:4566"}, []string{`endpoint URL "localhost:4566" is not of the form https://HOST`}},
	} {
		t.Run(fmt.Sprintf("%+v", c.options), func(t *testing.T) {
			home(t, profiles)
			_, err := Connect(t.Context(), c.options)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
		})
	}
}

func TestConnectProfileOfEnvironment(t *testing.T) {
	home(t, profiles)
	t.Setenv("AWS_PROFILE", "nope")
	if _, err := Connect(t.Context(), Options{}); err == nil || !strings.HasPrefix(err.Error(), "no profile nope ") {
		t.Error(err)
	}
}

// A profile whose role can not be assumed: AWS's own words, or that there is no network.
func TestConnectAssumesRoleOfProfile(t *testing.T) {
	home(t, profiles)
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
	if _, err := Connect(t.Context(), Options{Profile: "chained"}); err == nil || !strings.HasPrefix(err.Error(), "get AWS credentials: no answer from 127.0.0.1:1: ") {
		t.Error(err)
	}
	refuse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<ErrorResponse><Error><Code>ExpiredToken</Code><Message>old</Message></Error></ErrorResponse>`)
	}))
	defer refuse.Close()
	t.Setenv("AWS_ENDPOINT_URL_STS", refuse.URL)
	_, err := Connect(t.Context(), Options{Profile: "chained"})
	if err == nil || err.Error() != "get AWS credentials: "+fmt.Sprintf(expired, "ExpiredToken") {
		t.Error(err)
	}
}

// hungMetadata is an instance metadata service that does not answer for a minute.
type hungMetadata struct{}

func (hungMetadata) GetMetadata(context.Context, *imds.GetMetadataInput, ...func(*imds.Options)) (*imds.GetMetadataOutput, error) {
	time.Sleep(time.Minute)
	return nil, errors.New("timed out")
}

func TestMetadataServiceIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := awssdk.NewCredentialsCache(ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = hungMetadata{} }))
		start := time.Now()
		err := checkCredentials(t.Context(), provider)
		if err == nil || !strings.HasPrefix(err.Error(), "no AWS credentials found; ") {
			t.Error(err)
		}
		if waited := time.Since(start); waited > 2*time.Second {
			t.Errorf("waited %s", waited)
		}
		time.Sleep(time.Minute) // until the service's answer: the SDK waits on, in the background
	})
}

func TestCredentialsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		provider := awssdk.NewCredentialsCache(awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) {
			time.Sleep(time.Minute)
			return awssdk.Credentials{}, errors.New("too late")
		}))
		if err := checkCredentials(ctx, provider); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		time.Sleep(time.Minute)
	})
}

// The endpoint that is passed wins over those of the environment, for every service.
func TestEndpointURLWins(t *testing.T) {
	s := testWorld(t)
	env := s.Start(t, alice, region)
	env.Set(t)
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_EKS"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	c, err := Connect(t.Context(), Options{EndpointURL: env["AWS_ENDPOINT_URL"]})
	if err != nil {
		t.Fatal(err)
	}
	a := begin(t, c, "blue")
	known(t, a.Caller)
	known(t, a.EKS)
	known(t, a.Accounts[mine].Providers)
}

func TestEndpointURLsOfServices(t *testing.T) {
	s := testWorld(t)
	env := s.Start(t, alice, region)
	env.Set(t)
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	for _, name := range []string{"AWS_ENDPOINT_URL_IAM", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_EKS"} {
		t.Setenv(name, env["AWS_ENDPOINT_URL"])
	}
	c, err := Connect(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := begin(t, c, "blue")
	known(t, a.Caller)
	known(t, a.EKS)
	known(t, a.Accounts[mine].Providers)
}

func TestUserAgent(t *testing.T) {
	s := testWorld(t)
	c := dial(t, s, alice, region)
	begin(t, c, "blue")
	for _, call := range s.Calls() {
		if !strings.Contains(call.UserAgent, "app/irsa-doctor-test") {
			t.Errorf("%s: %s", call.Name(), call.UserAgent)
		}
	}
	if id := appID(strings.Repeat("v", 60)); len(id) != 50 {
		t.Errorf("%d characters", len(id))
	}
}

// The user's choice of retries wins.
func TestRetriesOfTheUser(t *testing.T) {
	for _, c := range []struct {
		mode, attempts string
		want           int
	}{{"", "", throttledAttempts}, {"", "2", 2}, {"adaptive", "", 3}} {
		s := testWorld(t)
		s.Start(t, alice, region).Set(t)
		t.Setenv("AWS_RETRY_MODE", c.mode)
		t.Setenv("AWS_MAX_ATTEMPTS", c.attempts)
		client, err := Connect(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for name, retryer := range map[string]awssdk.Retryer{
			"iam": client.iam.Options().Retryer, "eks": client.eks.Options().Retryer, "sts": client.sts.Options().Retryer,
		} {
			if got := retryer.MaxAttempts(); got != c.want {
				t.Errorf("%+v: %s makes %d attempts", c, name, got)
			}
		}
	}
}
