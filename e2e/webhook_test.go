package e2e

import (
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
	"slices"
	"strings"
	"testing"
	"time"

	admission "k8s.io/api/admission/v1"
	core "k8s.io/api/core/v1"
)

// A hook stands in for the pod identity webhook. It is written from what the real
// one was seen to do, and knows nothing of the doctor's model of it.
type hook struct {
	cluster cluster
	server  *httptest.Server
	ca      string // base64 of the PEM certificate
	// associated are the accounts, namespace/name, with an EKS Pod Identity association.
	associated func(key string) bool
}

func startHook(t *testing.T, c cluster, associated func(string) bool) *hook {
	h := &hook{cluster: c, associated: associated}
	cert, pemBytes := certificate(t)
	h.server = httptest.NewUnstartedServer(h)
	h.server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	h.server.StartTLS()
	t.Cleanup(h.server.Close)
	h.ca = base64.StdEncoding.EncodeToString(pemBytes)
	return h
}

func certificate(t *testing.T) (tls.Certificate, []byte) {
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

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review admission.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request == nil {
		http.Error(w, "no admission review", http.StatusBadRequest)
		return
	}
	response := &admission.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	var pod core.Pod
	if err := json.Unmarshal(review.Request.Object.Raw, &pod); err == nil {
		if patch := h.patch(review.Request.Namespace, &pod); patch != nil {
			response.Patch, response.PatchType = patch, new(admission.PatchTypeJSONPatch)
		}
	}
	review.Request, review.Response = nil, response
	json.NewEncoder(w).Encode(review)
}

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// patch answers the changes to a pod, or nil for none.
func (h *hook) patch(namespace string, pod *core.Pod) []byte {
	name := pod.Spec.ServiceAccountName
	if name == "" {
		name = "default"
	}
	var volume, path, file string
	var env []core.EnvVar
	audience := "sts.amazonaws.com"
	switch role := h.cluster.roleOf(namespace, name); {
	case h.associated(namespace + "/" + name):
		volume, path, file, audience = "eks-pod-identity-token", "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount", "eks-pod-identity-token", "pods.eks.amazonaws.com"
		env = []core.EnvVar{
			{Name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", Value: "http://169.254.170.23/v1/credentials"},
			{Name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Value: path + "/" + file},
		}
	case role != "":
		volume, path, file = "aws-iam-token", "/var/run/secrets/eks.amazonaws.com/serviceaccount", "token"
		env = []core.EnvVar{{Name: "AWS_ROLE_ARN", Value: role}, {Name: "AWS_WEB_IDENTITY_TOKEN_FILE", Value: path + "/" + file}}
	default:
		return nil
	}
	pod.Spec.Volumes = slices.Concat([]core.Volume{{Name: volume, VolumeSource: core.VolumeSource{Projected: &core.ProjectedVolumeSource{
		DefaultMode: new(int32(420)),
		Sources: []core.VolumeProjection{{ServiceAccountToken: &core.ServiceAccountTokenProjection{
			Audience: audience, ExpirationSeconds: new(int64(86400)), Path: file,
		}}},
	}}}}, pod.Spec.Volumes)
	for _, list := range []*[]core.Container{&pod.Spec.InitContainers, &pod.Spec.Containers} {
		for i := range *list {
			add(&(*list)[i], env, core.VolumeMount{Name: volume, MountPath: path, ReadOnly: true})
		}
	}
	ops := []operation{{"replace", "/spec/containers", pod.Spec.Containers}, {"add", "/spec/volumes", pod.Spec.Volumes}}
	if len(pod.Spec.InitContainers) > 0 {
		ops = append(ops, operation{"replace", "/spec/initContainers", pod.Spec.InitContainers})
	}
	b, err := json.Marshal(ops)
	if err != nil {
		panic(err)
	}
	return b
}

// add gives a container the variables, unless it has one of them, the region pair
// unless it has one of that, and the mount.
func add(c *core.Container, env []core.EnvVar, mount core.VolumeMount) {
	has := func(names ...string) bool {
		return slices.ContainsFunc(c.Env, func(e core.EnvVar) bool { return slices.Contains(names, e.Name) })
	}
	if !has("AWS_STS_REGIONAL_ENDPOINTS") {
		c.Env = append(c.Env, core.EnvVar{Name: "AWS_STS_REGIONAL_ENDPOINTS", Value: "regional"})
	}
	if !has("AWS_DEFAULT_REGION", "AWS_REGION") {
		c.Env = append(c.Env, core.EnvVar{Name: "AWS_DEFAULT_REGION", Value: awsRegion}, core.EnvVar{Name: "AWS_REGION", Value: awsRegion})
	}
	if !has(env[0].Name, env[1].Name) {
		c.Env = append(c.Env, env...)
	}
	c.VolumeMounts = append(c.VolumeMounts, mount)
}

// register tells the API server of the hook, in the shape that EKS gives its own.
func (h *hook) register(t *testing.T) {
	t.Helper()
	h.cluster.apply(t, strings.NewReplacer("URL", h.server.URL+"/mutate", "CA", h.ca).Replace(`
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
  admissionReviewVersions: [v1]
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  objectSelector: {matchExpressions: [{key: eks.amazonaws.com/skip-pod-identity-webhook, operator: DoesNotExist}]}
`))
}
