package harness

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const serviceRange = "10.214.0.0/24"

// controllers are those that the tests need. All of them would take five seconds more
// until a namespace has its first service account.
var controllers = strings.Join([]string{
	"serviceaccount-controller", "root-ca-certificate-publisher-controller", "namespace-controller",
	"deployment-controller", "replicaset-controller", "statefulset-controller", "daemonset-controller", "job-controller", "cronjob-controller",
	"garbage-collector-controller", "pod-garbage-collector-controller", "node-lifecycle-controller", "clusterrole-aggregation-controller",
}, ",")

// A controlPlane is an API server with etcd, the controllers and the scheduler.
type controlPlane struct {
	dir     string
	kubeall string
	pki     *pki
	server  string // URL
	client  *http.Client
}

// newControlPlane makes the certificates.
func newControlPlane(dir, binaries string) (*controlPlane, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cp := &controlPlane{dir: dir, kubeall: filepath.Join(binaries, "kubeall"), server: "https://127.0.0.1:" + port}
	if cp.pki, err = newPKI(filepath.Join(dir, "pki")); err != nil {
		return nil, err
	}
	if err := cp.pki.server("apiserver"); err != nil {
		return nil, err
	}
	for name, user := range map[string][]string{
		"admin":              {"admin", "system:masters"},
		"controller-manager": {"system:kube-controller-manager"},
		"scheduler":          {"system:kube-scheduler"},
		"kubelet":            {"system:node:" + nodeName, "system:nodes"},
		"kubelet-client":     {"kubelet-client", "system:masters"},
	} {
		if err := cp.pki.client(name, cp.server, user[0], user[1:]...); err != nil {
			return nil, err
		}
	}
	admin, err := tls.LoadX509KeyPair(cp.pki.path("admin", "crt"), cp.pki.path("admin", "key"))
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(cp.pki.path("ca", "crt"))
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	cp.client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{admin}},
	}}
	return cp, nil
}

// freePort is a port that nobody listened on a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// address is the machine's own, or one of nobody's: the API server only has to have one
// that is not loopback.
func address() (own net.IP, ok bool) {
	// Nothing is sent: connecting only chooses the route.
	c, err := net.Dial("udp4", "198.51.100.1:9")
	if err != nil {
		return net.IPv4(198, 51, 100, 1), false
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).IP, true
}

// start starts the API server. Its issuer has the form of EKS's; nobody dials it.
func (cp *controlPlane) start(p *processes) error {
	id := make([]byte, 16)
	rand.Read(id)
	issuer := fmt.Sprintf("https://oidc.eks.us-west-2.amazonaws.com/id/%X", id)
	policy := filepath.Join(cp.dir, "audit-policy.json")
	err := os.WriteFile(policy, []byte(`{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]}`), 0o600)
	if err != nil {
		return err
	}
	own, _ := address()
	k := cp.pki
	return p.start("apiserver", []string{"KUBEALL_ETCD=" + cp.dir}, cp.kubeall, "apiserver",
		"--bind-address=127.0.0.1", "--secure-port="+strings.TrimPrefix(cp.server, "https://127.0.0.1:"), "--advertise-address="+own.String(),
		"--tls-cert-file="+k.path("apiserver", "crt"), "--tls-private-key-file="+k.path("apiserver", "key"), "--client-ca-file="+k.path("ca", "crt"),
		// Without these the controllers and the scheduler complain for ever.
		"--requestheader-client-ca-file="+k.path("ca", "crt"), "--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--service-cluster-ip-range="+serviceRange,
		"--kubelet-client-certificate="+k.path("kubelet-client", "crt"), "--kubelet-client-key="+k.path("kubelet-client", "key"),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer="+issuer, "--service-account-jwks-uri="+issuer+"/keys", "--api-audiences="+issuer+",https://kubernetes.default.svc",
		"--service-account-signing-key-file="+k.path("tokens", "key"), "--service-account-key-file="+k.path("tokens", "key"),
		"--service-account-max-token-expiration=24h",
		"--audit-policy-file="+policy, "--audit-log-path="+filepath.Join(cp.dir, "audit.log"), "--profiling=false")
}

// startControllers starts the controller manager and the scheduler. They serve nothing.
func (cp *controlPlane) startControllers(p *processes) error {
	for component, more := range map[string][]string{
		"controller-manager": {
			"--service-account-private-key-file=" + cp.pki.path("tokens", "key"), "--root-ca-file=" + cp.pki.path("ca", "crt"),
			"--use-service-account-credentials=true", "--controllers=" + controllers, "--flex-volume-plugin-dir=" + filepath.Join(cp.dir, "flex"),
		},
		"scheduler": nil,
	} {
		config := cp.pki.path(component, "kubeconfig")
		args := []string{component, "--kubeconfig=" + config, "--authentication-kubeconfig=" + config, "--authorization-kubeconfig=" + config,
			"--leader-elect=false", "--secure-port=0"}
		if err := p.start(component, nil, cp.kubeall, append(args, more...)...); err != nil {
			return err
		}
	}
	return nil
}

// get reads an object of the API into v.
func (cp *controlPlane) get(ctx context.Context, path string, v any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, cp.server+path, nil)
	if err != nil {
		return err
	}
	response, err := cp.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: %s", path, response.Status)
	}
	if v == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(v)
}

func (cp *controlPlane) ready(ctx context.Context) error { return cp.get(ctx, "/readyz", nil) }

// populated says whether pods could be created.
func (cp *controlPlane) populated(ctx context.Context) error {
	if err := cp.get(ctx, "/api/v1/namespaces/default/serviceaccounts/default", nil); err != nil {
		return err
	}
	return cp.get(ctx, "/api/v1/namespaces/default/configmaps/kube-root-ca.crt", nil)
}

func (cp *controlPlane) nodeReady(ctx context.Context) error {
	var n struct {
		Status struct {
			Conditions []struct{ Type, Status, Message string }
		}
	}
	if err := cp.get(ctx, "/api/v1/nodes/"+nodeName, &n); err != nil {
		return err
	}
	for _, c := range n.Status.Conditions {
		if c.Type == "Ready" && c.Status != "True" {
			return fmt.Errorf("not ready: %s", c.Message)
		}
	}
	return nil
}
