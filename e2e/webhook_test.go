package e2e

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	admission "k8s.io/api/admission/v1"
	core "k8s.io/api/core/v1"
)

// A hook serves an injector to the API server, as the pod identity webhook is served.
type hook struct {
	injector
	cluster cluster
	server  *httptest.Server
	ca      string // base64 of the PEM certificate
	calls   atomic.Int64
}

func startHook(t *testing.T, c cluster, in injector) *hook {
	h := &hook{injector: in, cluster: c}
	cert, pemBytes := selfSigned(t)
	h.server = httptest.NewUnstartedServer(h)
	h.server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	h.server.StartTLS()
	t.Cleanup(h.server.Close)
	h.ca = base64.StdEncoding.EncodeToString(pemBytes)
	return h
}

func selfSigned(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "pod-identity-webhook"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// ServeHTTP answers a review in the version in which it was asked.
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.calls.Add(1)
	var review admission.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, "no admission review", http.StatusBadRequest)
		return
	}
	response := &admission.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	var pod core.Pod
	if err := json.Unmarshal(review.Request.Object.Raw, &pod); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if h.inject(review.Request.Namespace, &pod) {
		patch, err := json.Marshal(replace(&pod))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		response.Patch, response.PatchType = patch, new(admission.PatchTypeJSONPatch)
	}
	review.Request, review.Response = nil, response
	json.NewEncoder(w).Encode(review)
}

// replace is the JSON patch that puts all that an injector changes.
func replace(pod *core.Pod) any {
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	patch := []operation{{"add", "/spec/containers", pod.Spec.Containers}, {"add", "/spec/volumes", pod.Spec.Volumes}}
	if len(pod.Spec.InitContainers) > 0 {
		patch = append(patch, operation{"add", "/spec/initContainers", pod.Spec.InitContainers})
	}
	if len(pod.Labels) > 0 {
		patch = append(patch, operation{"add", "/metadata/labels", pod.Labels})
	}
	return patch
}

const registration = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: pod-identity-webhook}
webhooks:
- name: iam-for-pods.amazonaws.com
  clientConfig: {url: "URL", caBundle: CA}
  failurePolicy: Ignore
  reinvocationPolicy: IfNeeded
  sideEffects: None
  timeoutSeconds: 10
  admissionReviewVersions: [v1beta1]
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  namespaceSelector: {matchLabels: SELECTED}
  objectSelector: {matchExpressions: [{key: eks.amazonaws.com/skip-pod-identity-webhook, operator: DoesNotExist}]}
`

// register tells the API server of the hook, in the shape that EKS gives its own, and
// waits until it calls. With a selector, the hook is for the namespaces of these labels.
func (h *hook) register(t *testing.T, selector string) {
	t.Helper()
	h.cluster.apply(t, strings.NewReplacer("URL", h.server.URL+"/mutate", "CA", h.ca, "SELECTED", cmp.Or(selector, "{}")).Replace(registration))
	h.await(t, selector == "")
}

// unregister waits until the API server calls no longer.
func (h *hook) unregister(t *testing.T) {
	t.Helper()
	h.cluster.kubectl(t, "delete", "mutatingwebhookconfiguration", "pod-identity-webhook")
	h.await(t, false)
}

const probe = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "probe-", "namespace": "default"},
 "spec": {"containers": [{"name": "app", "image": "none"}]}}`

// await waits until the API server does, or does not, ask the hook about a pod.
func (h *hook) await(t *testing.T, asked bool) {
	t.Helper()
	for range 100 {
		before := h.calls.Load()
		if out, err := h.cluster.run(probe, "create", "-f", "-", "--dry-run=server"); err != nil {
			t.Fatalf("probe the webhook: %v\n%s", err, out)
		}
		if asked == (h.calls.Load() > before) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the API server asks the webhook: want %v", asked)
}
