package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/faulty"
)

// canary is an access key whose secrets must appear nowhere.
const canary = "AKIACANARY0000000000"

// A front is what one run of the doctor takes for the API server and for AWS.
type front struct {
	kube, aws *faulty.Gate
	env       []string
}

// disguise has EKS tell the certificate of the fronts as the cluster's own, for the
// length of the test, and adds the canary's credentials.
func (l *lab) disguise(t *testing.T) {
	t.Helper()
	var own string
	l.aws.Edit(func(w *awstest.World) {
		c := w.Accounts[awsAccount].Clusters[awsRegion]["prod"]
		own, c.CAData = c.CAData, base64.StdEncoding.EncodeToString(faulty.CA())
		w.Credentials[canary] = &awstest.Credential{ARN: "arn:aws:iam::" + awsAccount + ":user/canary", Token: "CANARY-session"}
	})
	t.Cleanup(func() {
		l.aws.Edit(func(w *awstest.World) { w.Accounts[awsAccount].Clusters[awsRegion]["prod"].CAData = own })
	})
}

// open opens a front before the API server, as proxy reaches it, and before AWS.
func (l *lab) open(t *testing.T, proxy http.Handler) *front {
	t.Helper()
	f := &front{kube: faulty.Open(t, faulty.Kubernetes{}, true, proxy), aws: faulty.Open(t, faulty.AWS{}, false, l.aws)}
	f.env = append(slices.Clone(l.env), "KUBECONFIG="+faulty.Kubeconfig(t, f.kube.URL), "AWS_ENDPOINT_URL="+f.aws.URL,
		"AWS_ACCESS_KEY_ID="+canary, "AWS_SECRET_ACCESS_KEY=CANARY-secret", "AWS_SESSION_TOKEN=CANARY-session")
	return f
}

func (f *front) close() {
	f.kube.Close()
	f.aws.Close()
}

// proxy passes requests on to the API server as the administrator's.
func (c cluster) proxy(t *testing.T) http.Handler {
	t.Helper()
	var config struct {
		Clusters []struct {
			Cluster struct {
				Server string
				CA     []byte `json:"certificate-authority-data"`
			}
		}
		Users []struct {
			User struct {
				Certificate []byte `json:"client-certificate-data"`
				Key         []byte `json:"client-key-data"`
			}
		}
	}
	must(t, json.Unmarshal([]byte(c.kubectl(t, "config", "view", "--raw", "--minify", "--flatten", "-o", "json")), &config))
	server, err := url.Parse(config.Clusters[0].Cluster.Server)
	must(t, err)
	admin, err := tls.X509KeyPair(config.Users[0].User.Certificate, config.Users[0].User.Key)
	if err != nil {
		t.Skip("the administrator is not known by a certificate: ", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(config.Clusters[0].Cluster.CA)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{admin}}, MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(server)
			r.Out.Header.Del("Authorization")
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // the doctor has gone
	}
}
