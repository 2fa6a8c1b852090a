// Package aws learns facts from IAM, EKS and STS, and judges nothing. It only
// reads. What it can not learn is a *facts.Gap in the fact's place, never a
// missing entry or an empty list. A role's name is looked up in the role's own
// account, or not at all.
package aws

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// Options say how to reach AWS. The zero Options take all from the environment
// and the configuration files, as the AWS CLI does.
type Options struct {
	Profile     string   // of the configuration files
	Region      string   // of the cluster and of STS
	EndpointURL string   // of all services; it wins over AWS_ENDPOINT_URL and its like
	RoleARNs    []string // roles to assume, each to read its own account with; one an account
	Version     string   // of this program; AWS's logs then name it
}

// A Client reads AWS as the caller, and other accounts through roles: Begin first,
// then Learn.
type Client struct {
	region     string
	eksCluster string // as given to Begin
	sts        *sts.Client
	eks        *eks.Client
	iam        *iam.Client
	routes     map[string]route   // by account
	stop       context.CancelFunc // of all connections
	shown      *shown
}

// A route is how to read an account by assuming a role of it.
type route struct {
	role roleARN
	iam  *iam.Client
}

const (
	dialTimeout    = 5 * time.Second
	attemptTimeout = 15 * time.Second // of one attempt of one call, with its answer
	parallelCalls  = 10               // what the SDK's HTTP client keeps open to one host
)

// Connect finds the region and the credentials, and asks no service of AWS but what
// the credentials themselves take. Its errors are one line that says what to do.
func Connect(ctx context.Context, o Options) (*Client, error) {
	roles, err := routed(o.RoleARNs)
	if err != nil {
		return nil, err
	}
	if err := checkEndpoint(o.EndpointURL); err != nil {
		return nil, err
	}
	life, stop := context.WithCancel(context.Background())
	cfg, err := load(ctx, life, o)
	if err == nil {
		err = checkCredentials(ctx, cfg.Credentials)
	}
	if err != nil {
		stop()
		return nil, err
	}
	c := newClient(cfg, o.EndpointURL, roles)
	c.stop = stop
	return c, nil
}

// Close closes all connections. The Client can not be used any more.
func (c *Client) Close() { c.stop() }

// routed parses the ARNs of the roles to assume.
func routed(arns []string) ([]roleARN, error) {
	var roles []roleARN
	of := map[string]string{}
	for _, arn := range arns {
		role, ok := parseRoleARN(arn)
		if !ok {
			return nil, fmt.Errorf("%q is not the ARN of a role; one looks like arn:aws:iam::111122223333:role/NAME", arn)
		}
		if other, twice := of[role.account]; twice {
			return nil, fmt.Errorf("%s and %s are roles of one account; name one of them", other, arn)
		}
		of[role.account] = arn
		roles = append(roles, role)
	}
	return roles, nil
}

func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	if u, err := url.Parse(endpoint); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return fmt.Errorf("endpoint URL %q is not of the form https://HOST", endpoint)
	}
	return nil
}

// load reads the environment and the configuration files. The connections of what it
// returns are closed when life is over.
func load(ctx, life context.Context, o Options) (awssdk.Config, error) {
	client := awshttp.NewBuildableClient().WithTimeout(attemptTimeout).WithDialerOptions(func(d *net.Dialer) { d.Timeout = dialTimeout }).
		WithTransportOptions(func(t *http.Transport) { t.DialContext = dialUntil(life, t.DialContext) })
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(client), config.WithAppID(appID(o.Version)), config.WithLogger(logging.Nop{}),
	}
	if o.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Region != "" {
		options = append(options, config.WithRegion(o.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, configError(err)
	}
	if cfg.Region == "" {
		return cfg, errors.New("no AWS region is known; pass --region or set AWS_REGION")
	}
	if cfg.RetryMaxAttempts == 0 && cfg.RetryMode == "" { // the user has not chosen
		cfg.Retryer = newRetryer
	}
	return cfg, nil
}

type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// dialUntil dials connections that are closed when life is over.
func dialUntil(life context.Context, dial dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err == nil {
			context.AfterFunc(life, func() { conn.Close() })
		}
		return conn, err
	}
}

// appID is at most 50 characters, which is what AWS takes.
func appID(version string) string {
	id := "irsa-doctor-" + version
	return id[:min(len(id), 50)]
}

func newClient(cfg awssdk.Config, endpoint string, roles []roleARN) *Client {
	cfg.HTTPClient = &limited{client: cfg.HTTPClient, slots: make(chan struct{}, parallelCalls)}
	shown := new(shown)
	if cfg.Credentials != nil {
		cfg.Credentials = shown.note(cfg.Credentials)
	}
	base := func(own **string) {
		if endpoint != "" {
			*own = &endpoint
		}
	}
	iamOf := func(cfg awssdk.Config) *iam.Client {
		return iam.NewFromConfig(cfg, func(o *iam.Options) { base(&o.BaseEndpoint) })
	}
	c := &Client{
		region: cfg.Region,
		sts:    sts.NewFromConfig(cfg, func(o *sts.Options) { base(&o.BaseEndpoint) }),
		eks:    eks.NewFromConfig(cfg, func(o *eks.Options) { base(&o.BaseEndpoint) }),
		iam:    iamOf(cfg),
		routes: map[string]route{},
		shown:  shown,
	}
	for _, role := range roles {
		as := cfg.Copy()
		as.Credentials = shown.note(awssdk.NewCredentialsCache(&session{AssumeRoleProvider: stscreds.NewAssumeRoleProvider(c.sts, role.String(),
			func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "irsa-doctor" })}))
		c.routes[role.account] = route{role, iamOf(as)}
	}
	return c
}

// A limited client has a bounded number of calls under way, whatever the number of
// goroutines: IAM's throttling is unpublished, and shared by the whole account.
type limited struct {
	client awssdk.HTTPClient
	slots  chan struct{}
}

func (l *limited) Do(r *http.Request) (*http.Response, error) {
	select {
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
		r, err := whole(r)
		if err != nil {
			return nil, err
		}
		return l.client.Do(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// whole is the request with its body in memory. The SDK closes a body when the answer
// begins; net/http, which may still be looking for the body's end, then drops the
// connection and the answer with it. A server near enough to answer at once shows it.
// What is in memory can be sent again, on another connection.
func whole(r *http.Request) (*http.Request, error) {
	if r.Body == nil {
		return r, nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.WithContext(r.Context())
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, err = r.GetBody()
	return r, err
}
