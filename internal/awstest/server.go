// Package awstest is a test double of AWS: an HTTP server that speaks the wire protocols of IAM, STS
// (AWS query: form in, XML out) and EKS (REST, JSON) as those services document them, over a [World] that a test makes up.
//
// It answers from AWS's documentation and knows nothing of irsa-doctor: no package of it is imported here.
// Not imitated: conditions of identity-based policies and permissions boundaries, eventual consistency, quotas other than those on a role's trust policy and an OIDC provider, and clock skew.
package awstest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A Server answers for AWS. Set its fields before it serves.
type Server struct {
	// Keys answers the JWKS that an issuer publishes. An error, or no Keys, is an issuer that STS can not reach.
	Keys func(issuer string) ([]byte, error)
	// Trust decides in place of the server's own evaluation whether a role's trust policy admits an Ask.
	Trust func(Ask) bool
	// Now is the clock; nil is the real one.
	Now func() time.Time
	// MaxPage caps every page below what was asked for, as AWS may; zero does not.
	MaxPage int
	// OnCall, if set, is told of every call after it was answered.
	OnCall func(Call)

	mu          sync.Mutex
	world       *World
	faults      []*Fault
	awsPolicies *Account
	calls       []Call
}

// New makes a server of a world, and completes it with defaults. The world then belongs to the server: use [Server.Edit].
func New(world *World) *Server {
	world.complete()
	return &Server{world: world, awsPolicies: managed()}
}

// Edit changes or reads the world between calls.
func (s *Server) Edit(edit func(*World)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(s.world)
	s.world.complete()
}

// An Env is the environment in which SDKs and the AWS CLI reach a server as one principal.
type Env map[string]string

// Start serves for the length of a test and answers the environment of the given access key of the world.
func (s *Server) Start(t testing.TB, accessKeyID, region string) Env {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	none := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(none, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.world.Credentials[accessKeyID]
	if c == nil {
		t.Fatalf("no access key %s in this world", accessKeyID)
	}
	env := Env{
		"AWS_ENDPOINT_URL":            srv.URL,
		"AWS_ACCESS_KEY_ID":           accessKeyID,
		"AWS_SECRET_ACCESS_KEY":       c.Secret,
		"AWS_SESSION_TOKEN":           c.Token,
		"AWS_REGION":                  region,
		"AWS_DEFAULT_REGION":          region, // what AWS CLI v1 reads
		"AWS_CONFIG_FILE":             none,
		"AWS_SHARED_CREDENTIALS_FILE": none,
		"AWS_EC2_METADATA_DISABLED":   "true",
	}
	if c.Secret == "" {
		env["AWS_SECRET_ACCESS_KEY"] = "unverified"
	}
	return env
}

// Set puts the environment into the test's process until the test ends.
func (e Env) Set(t testing.TB) {
	for name, value := range e {
		t.Setenv(name, value)
	}
}

// List is the environment as exec.Cmd wants it.
func (e Env) List() []string {
	var list []string
	for name, value := range e {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

// Config is the environment as a configuration of the AWS SDK, for tests that run in parallel.
func (e Env) Config() awssdk.Config {
	cred := awssdk.Credentials{
		AccessKeyID: e["AWS_ACCESS_KEY_ID"], SecretAccessKey: e["AWS_SECRET_ACCESS_KEY"], SessionToken: e["AWS_SESSION_TOKEN"],
	}
	return awssdk.Config{
		Region:       e["AWS_REGION"],
		HTTPClient:   &http.Client{Transport: whole{}},
		BaseEndpoint: awssdk.String(e["AWS_ENDPOINT_URL"]),
		Credentials:  awssdk.CredentialsProviderFunc(func(context.Context) (awssdk.Credentials, error) { return cred, nil }),
	}
}

// A whole transport sends bodies out of memory. The SDK closes a body when the answer
// begins; net/http, which may still be looking for the body's end, then drops the
// connection and the answer with it: this server is near enough to show it.
type whole struct{}

func (whole) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.WithContext(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return http.DefaultTransport.RoundTrip(r)
}

// A request is one call on its way through the server.
type request struct {
	*Server
	http      *http.Request
	id        string
	service   string // "iam", "sts", "eks", or empty when no service would take the call
	action    string
	region    string // of the credential scope; empty when unsigned
	accessKey string
	params    url.Values // the form, or path and query of a REST call
	body      []byte
	caller    *Credential
	account   *Account // the caller's; nil when unsigned
	now       time.Time
}

// A problem is an error answer.
type problem struct {
	status  int
	code    string
	message string
	members map[string]string // further members of an EKS error
}

// A reply is an answer in the wire form of its service.
type reply struct {
	status int
	header http.Header
	body   []byte
}

const maxBody = 1 << 20

// ServeHTTP answers one call of any service.
func (s *Server) ServeHTTP(w http.ResponseWriter, h *http.Request) {
	r := &request{Server: s, http: h, id: requestID(), now: time.Now()}
	if s.Now != nil {
		r.now = s.Now()
	}
	var p *problem
	if body, err := io.ReadAll(http.MaxBytesReader(w, h.Body, maxBody)); err != nil {
		p = &problem{status: http.StatusRequestEntityTooLarge, code: "RequestEntityTooLarge", message: "Request body is too large."}
	} else {
		r.body = body
		r.route()
		s.mu.Lock()
		p = r.authenticate()
		s.mu.Unlock()
	}

	fault := s.fault(r)
	if !fault.wait(h.Context()) {
		s.record(r, 0, "")
		panic(http.ErrAbortHandler)
	}
	var answer reply
	switch {
	case fault.answers():
		answer, p = fault.reply(r)
	case p != nil:
		answer = r.refuse(p)
	default:
		s.mu.Lock()
		answer, p = r.serve(fault != nil && fault.Deny || !r.permitted())
		s.mu.Unlock()
	}
	code := ""
	if p != nil {
		code = p.code
	}
	s.record(r, answer.status, code)
	fault.write(w, answer)
}

var scope = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$`)

// route finds out which service and action is meant: the credential scope decides; unsigned calls go by the
// action's API version or, without one, to EKS.
func (r *request) route() {
	signed := scope.FindStringSubmatch(r.http.Header.Get("Authorization"))
	if signed != nil {
		r.accessKey, r.region, r.service = signed[1], signed[3], signed[4]
	}
	r.params = r.http.URL.Query()
	if strings.HasPrefix(r.http.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		form, _ := url.ParseQuery(string(r.body)) // what can not be parsed is missing, and answered so
		for k, v := range form {
			r.params[k] = v
		}
	}
	r.action = r.params.Get("Action")
	if signed == nil {
		switch {
		case r.params.Get("Version") == queryServices["iam"].version:
			r.service = "iam"
		case r.action != "" || r.http.URL.Path == "/":
			r.service = "sts"
		default:
			r.service = "eks"
		}
	}
	if r.service == "eks" {
		r.routeEKS()
	}
}

// authenticate finds out who calls. The errors are those of "Common Errors" in the IAM, STS and EKS API references.
func (r *request) authenticate() *problem {
	if r.service == "sts" && r.action == "AssumeRoleWithWebIdentity" {
		return nil // "does not require the use of Amazon Web Services security credentials"
	}
	deny := func(query, eks, message string) *problem {
		if r.service == "eks" {
			query = eks
		}
		return &problem{status: http.StatusForbidden, code: query, message: message}
	}
	if r.accessKey == "" {
		return deny("MissingAuthenticationToken", "MissingAuthenticationTokenException", "Request is missing Authentication Token")
	}
	c := r.world.Credentials[r.accessKey]
	var a *Account
	if c != nil {
		a = r.world.Accounts[accountOf(c.ARN)]
	}
	token := r.http.Header.Get("X-Amz-Security-Token")
	switch {
	case a == nil, a.Partition != partitionOf(r.region), subtle.ConstantTimeCompare([]byte(token), []byte(c.Token)) == 0:
		return deny("InvalidClientTokenId", "UnrecognizedClientException", "The security token included in the request is invalid.")
	case !c.Expires.IsZero() && !r.now.Before(c.Expires):
		return deny("ExpiredToken", "ExpiredTokenException", "The security token included in the request is expired")
	case c.Secret != "" && !r.signedWith(c.Secret):
		return deny("SignatureDoesNotMatch", "InvalidSignatureException", "The request signature we calculated does not match the signature you provided. "+
			"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	r.caller, r.account = c, a
	return nil
}

// signedWith signs the request again with the SDK's own signer and compares.
func (r *request) signedWith(secret string) bool {
	given := r.http.Header.Get("Authorization")
	m := scope.FindStringSubmatch(given)
	at, err := time.Parse("20060102T150405Z", r.http.Header.Get("X-Amz-Date"))
	if m == nil || err != nil {
		return false
	}
	again, err := http.NewRequestWithContext(r.http.Context(), r.http.Method, "http://"+r.http.Host+r.http.URL.RequestURI(), bytes.NewReader(r.body))
	if err != nil {
		return false
	}
	again.ContentLength = 0
	for name := range strings.SplitSeq(m[5], ";") {
		switch name {
		case "content-length":
			again.ContentLength = r.http.ContentLength
		case "host":
		default:
			again.Header[http.CanonicalHeaderKey(name)] = r.http.Header.Values(name)
		}
	}
	sum := sha256.Sum256(r.body)
	cred := awssdk.Credentials{AccessKeyID: r.accessKey, SecretAccessKey: secret}
	if err := v4.NewSigner().SignHTTP(r.http.Context(), cred, again, hex.EncodeToString(sum[:]), r.service, r.region, at); err != nil {
		return false
	}
	return again.Header.Get("Authorization") == given
}

// serve does the call. It is called with the world locked.
func (r *request) serve(denied bool) (reply, *problem) {
	if r.service == "eks" {
		return r.serveEKS(denied)
	}
	return r.serveQuery(denied)
}

// refuse is a problem in the wire form of the service.
func (r *request) refuse(p *problem) reply {
	if r.service == "eks" {
		return r.eksError(p)
	}
	return r.queryError(p)
}

// deniedTo is the answer to a principal that lacks a permission.
func (r *request) deniedTo(code, resource, reason string) *problem {
	return &problem{status: http.StatusForbidden, code: code, message: "User: " + r.caller.ARN + " is not authorized to perform: " +
		r.service + ":" + r.action + " on resource: " + resource + reason}
}

func (r *request) pageSize(asked, otherwise int) int {
	if asked == 0 {
		asked = otherwise
	}
	if r.MaxPage > 0 {
		asked = min(asked, r.MaxPage)
	}
	return asked
}

func requestID() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
