package cli

import (
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/faulty"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

func TestNothingCanBeAudited(t *testing.T) {
	kubeconfig := func(t *testing.T, text string) string {
		path := filepath.Join(t.TempDir(), "kubeconfig")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tc := range []struct {
		name  string
		spoil func(*testing.T, *lab) []string // returns further arguments
		words []string
	}{
		{"unknown context", func(*testing.T, *lab) []string { return []string{"--context", "prd"} }, []string{`no context "prd"; --context may be test`}},
		{"no kubeconfig", func(*testing.T, *lab) []string { return []string{"--kubeconfig", "testdata/nowhere"} }, []string{"testdata/nowhere"}},
		{"kubeconfig of garbage", func(t *testing.T, _ *lab) []string { return []string{"--kubeconfig", kubeconfig(t, "\x00\x01{{")} }, []string{"read the kubeconfig"}},
		{"kubeconfig that is HTML", func(t *testing.T, _ *lab) []string {
			return []string{"--kubeconfig", kubeconfig(t, "<html>\n<p>log in</p>")}
		}, []string{"read the kubeconfig"}},
		{"empty kubeconfig", func(t *testing.T, _ *lab) []string { return []string{"--kubeconfig", kubeconfig(t, "")} }, []string{"no cluster is configured", "--kubeconfig"}},
		{"the API server is down", func(_ *testing.T, l *lab) []string { l.kube.Close(); return nil }, []string{"reach the API server", "connection refused", "--context"}},
		{"a web server in the API server's place", func(_ *testing.T, l *lab) []string { l.html("/"); return nil }, []string{"the API server"}},
		{"the API server is another", func(t *testing.T, _ *lab) []string {
			return []string{"--kubeconfig", faulty.Kubeconfig(t, stranger(t))}
		}, []string{"reach the API server", "certificate signed by unknown authority"}},
		{"expired credentials", func(t *testing.T, _ *lab) []string {
			t.Setenv("AWS_ACCESS_KEY_ID", expired)
			t.Setenv("AWS_SESSION_TOKEN", "CANARY-session")
			return nil
		}, []string{"credentials have expired", "aws sso login"}},
		{"deleted keys", func(t *testing.T, _ *lab) []string { t.Setenv("AWS_ACCESS_KEY_ID", "AKIAGONE000000000000"); return nil }, []string{"credentials are not valid"}},
		{"no credentials", func(t *testing.T, _ *lab) []string {
			t.Setenv("AWS_ACCESS_KEY_ID", "")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "")
			return nil
		}, []string{"no AWS credentials found", "--profile"}},
		{"unknown profile", func(*testing.T, *lab) []string { return []string{"--profile", "prd"} }, []string{"no profile prd"}},
		{"no region", func(*testing.T, *lab) []string { return []string{"--region", ""} }, []string{"no AWS region is known"}},
		{"no network to AWS", func(*testing.T, *lab) []string { return []string{"--endpoint-url", "http://127.0.0.1:1"} }, []string{"no answer from 127.0.0.1:1"}},
		{"AWS is another", func(t *testing.T, _ *lab) []string { return []string{"--endpoint-url", stranger(t)} }, []string{"no answer from 127.0.0.1", "certificate signed by unknown authority"}},
		{"no such cluster", func(*testing.T, *lab) []string { return []string{"--eks-cluster", "prd"} }, []string{"EKS cluster prd", "aws eks list-clusters"}},
		{"another cluster, by its issuer", func(_ *testing.T, l *lab) []string {
			l.editCluster(func(c *awstest.Cluster) { c.Issuer += "F" })
			return nil
		}, []string{"EKS cluster prod is not the one that the kubeconfig reaches", "--context"}},
		{"another cluster, by CA and endpoint", func(_ *testing.T, l *lab) []string {
			l.kube.Fault("/.well-known/openid-configuration", http.NotFound)
			l.editCluster(func(c *awstest.Cluster) {
				c.Endpoint = "https://other.eks.amazonaws.com"
				c.CAData = base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
			})
			return nil
		}, []string{"EKS cluster prod is not the one that the kubeconfig reaches"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := newLab(t)
			args := tc.spoil(t, l)
			o := run(t.Context(), "", slices.Concat([]string{"check", controller, "-n", "ack-system", "--eks-cluster", "prod"}, l.args, args)...)
			o.refused(t, tc.words...)
			if strings.Contains(o.stderr, "CANARY") {
				t.Errorf("a secret is shown: %s", o.stderr)
			}
		})
	}
}

// stranger serves with a certificate that nobody has signed.
func stranger(t *testing.T) string {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// html puts a page in the place of every answer of the API server.
func (l *lab) html(prefix string) {
	page := kubetest.Writing("text/html", "<!DOCTYPE html>\n<html><body>log in</body></html>")
	l.run("check", controller, "-n", "ack-system") // tells which paths there are
	for _, r := range l.kube.Requests() {
		if strings.HasPrefix(r.Path, prefix) {
			l.kube.Fault(r.Path, page)
		}
	}
}

func status(code int, reason string) http.HandlerFunc {
	return kubetest.Failing(apierrors.NewGenericServerResponse(code, "get", schema.GroupResource{Resource: "x"}, "", reason, 0, true))
}
