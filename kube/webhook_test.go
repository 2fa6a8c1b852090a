package kube

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

func TestSeesNewPods(t *testing.T) {
	rule := func(operation, group, version, resource string) admissionv1.RuleWithOperations {
		return admissionv1.RuleWithOperations{
			Operations: []admissionv1.OperationType{admissionv1.Update, admissionv1.OperationType(operation)},
			Rule:       admissionv1.Rule{APIGroups: []string{"x", group}, APIVersions: []string{version}, Resources: []string{"y", resource}},
		}
	}
	scoped := func(s admissionv1.ScopeType) admissionv1.RuleWithOperations {
		r := rule("CREATE", "", "v1", "pods")
		r.Scope = &s
		return r
	}
	for _, tc := range []struct {
		name string
		rule admissionv1.RuleWithOperations
		want bool
	}{
		{"create of pods", rule("CREATE", "", "v1", "pods"), true},
		{"all of everything", rule("*", "*", "*", "*"), true},
		{"all with subresources", rule("*", "*", "*", "*/*"), true},
		{"update only", rule("UPDATE", "", "v1", "pods"), false},
		{"another group", rule("CREATE", "apps", "v1", "pods"), false},
		{"another version", rule("CREATE", "", "v2", "pods"), false},
		{"another resource", rule("CREATE", "", "v1", "services"), false},
		{"a subresource", rule("CREATE", "", "v1", "pods/binding"), false},
		{"namespaced", scoped(admissionv1.NamespacedScope), true},
		{"any scope", scoped(admissionv1.AllScopes), true},
		{"cluster scope", scoped(admissionv1.ClusterScope), false},
		{"nothing", admissionv1.RuleWithOperations{}, false},
	} {
		if got := seesNewPods(tc.rule); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

func certificate(t *testing.T, notAfter time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: notAfter.AddDate(-1, 0, 0), NotAfter: notAfter}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestCABundle(t *testing.T) {
	sooner, later := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	broken := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})
	key := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("x")})
	for _, tc := range []struct {
		name string
		text []byte
		want facts.CABundle
	}{
		{"empty", nil, facts.CABundle{Empty: true}},
		{"no PEM", []byte("not a certificate"), facts.CABundle{Problem: "it holds no certificate in PEM"}},
		{"a key", key, facts.CABundle{Problem: "it holds no certificate in PEM"}},
		{"broken", broken, facts.CABundle{Problem: "x509: malformed certificate"}},
		{"one", certificate(t, sooner), facts.CABundle{NotAfter: sooner}},
		{"the later of two", slices.Concat(certificate(t, later), certificate(t, sooner)), facts.CABundle{NotAfter: later}},
		{"a good one among broken ones", slices.Concat(broken, certificate(t, sooner), broken), facts.CABundle{NotAfter: sooner}},
	} {
		if diff := cmp.Diff(tc.want, caBundle(tc.text)); diff != "" {
			t.Errorf("%s: -want +got\n%s", tc.name, diff)
		}
	}
}

func TestWebhookURL(t *testing.T) {
	h := webhook(&admissionv1.MutatingWebhook{ClientConfig: admissionv1.WebhookClientConfig{URL: new("https://user:CANARY@hook.example.com:8443/mutate?token=CANARY")}})
	if h.URL != "https://hook.example.com:8443/mutate" {
		t.Errorf("URL %q", h.URL)
	}
}

func TestBackendFacts(t *testing.T) {
	gone := apierrors.NewNotFound(schema.GroupResource{Resource: "services"}, "pod-identity-webhook")
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, "", io.EOF)
	for _, tc := range []struct {
		name                string
		service, slices     *apierrors.StatusError
		backend             string
		injector, mapped    facts.GapKind
		deployments, config *apierrors.StatusError
	}{
		{name: "all well", backend: "1 ready"},
		{name: "no Service", service: gone, backend: "absent"},
		{name: "Service forbidden", service: forbidden, backend: "1 ready"},
		{name: "slices forbidden", slices: forbidden, backend: "forbidden"},
		{name: "both forbidden", service: forbidden, slices: forbidden, backend: "forbidden"},
		{name: "deployments forbidden", deployments: forbidden, backend: "1 ready", injector: facts.Forbidden},
		{name: "ConfigMap forbidden", config: forbidden, backend: "1 ready", mapped: facts.Forbidden},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := kubetest.Start(t, "testdata/selfhosted.yaml")
			for path, err := range map[string]*apierrors.StatusError{
				"/api/v1/namespaces/irsa/services/pod-identity-webhook":        tc.service,
				"/apis/discovery.k8s.io/v1/namespaces/irsa/endpointslices":     tc.slices,
				"/apis/apps/v1/namespaces/irsa/deployments":                    tc.deployments,
				"/api/v1/namespaces/irsa/configmaps/" + "pod-identity-webhook": tc.config,
			} {
				if err != nil {
					s.Fault(path, kubetest.Failing(err))
				}
			}
			got := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps"})
			b, err := got.Backends["irsa/pod-identity-webhook"].Get()
			if state := string(facts.KindOf(err)); state != tc.backend && !(err == nil && b.Ready == 1 && tc.backend == "1 ready") {
				t.Errorf("backend %+v, %v; want %s", b, err, tc.backend)
			}
			i, err := got.Injector.Get()
			if facts.KindOf(err) != tc.injector {
				t.Fatalf("injector %v, want %q", err, tc.injector)
			}
			if _, err := i.Roles.Get(); tc.injector == "" && facts.KindOf(err) != tc.mapped {
				t.Errorf("roles %v, want %q", err, tc.mapped)
			}
		})
	}
}

func TestInjectorMissing(t *testing.T) {
	s := kubetest.Start(t, "testdata/selfhosted.yaml")
	kubetest.Edit(s, func(d *appsv1.Deployment) { d.Spec.Template.Labels = map[string]string{"app": "another"} })
	if _, err := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps"}).Injector.Get(); facts.KindOf(err) != facts.Absent {
		t.Errorf("with a Deployment that the Service does not select: %v", err)
	}
	s.Fault("mutatingwebhookconfigurations", kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{}, "", io.EOF)))
	if _, err := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps"}).Injector.Get(); facts.KindOf(err) != facts.Forbidden {
		t.Errorf("with unknown webhooks: %v", err)
	}
}

// TestTwoInjectors: which of two the Service selects is not known without the Service.
func TestTwoInjectors(t *testing.T) {
	s := kubetest.Start(t, "testdata/selfhosted.yaml")
	var canary *appsv1.Deployment
	kubetest.Edit(s, func(d *appsv1.Deployment) {
		if d.Name == "pod-identity-webhook" {
			canary = d.DeepCopy()
		}
	})
	canary.Name, canary.Spec.Template.Labels = "canary", map[string]string{"app": "canary"}
	s.Add(canary)
	i, err := connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps"}).Injector.Get()
	if err != nil || i.Workload.Name == "canary" {
		t.Errorf("%s, %v", i.Workload, err)
	}
	s.Fault("/api/v1/namespaces/irsa/services/pod-identity-webhook", kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{Resource: "services"}, "", io.EOF)))
	_, err = connect(t, s).Collect(t.Context(), facts.Asked{Namespace: "apps"}).Injector.Get()
	if gap, ok := errors.AsType[*facts.Gap](err); !ok || gap.Kind != facts.Forbidden || gap.Call != "get services" {
		t.Errorf("with the Service forbidden: %v", err)
	}
}

func TestMappedRoles(t *testing.T) {
	config := func(namespace, text string) *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "pod-identity-webhook"}, Data: map[string]string{"config": text}}
	}
	const entry = `{"a/b":{"RoleARN":"r"},"c/d":null}`
	for _, tc := range []struct {
		name  string
		flags []string
		maps  []runtime.Object
		kind  facts.GapKind
		roles int
	}{
		{"not watched", []string{"--namespace=hooks"}, []runtime.Object{config("hooks", entry)}, facts.Absent, 0},
		{"switched off", []string{"--namespace=hooks", "--watch-config-map=false"}, []runtime.Object{config("hooks", entry)}, facts.Absent, 0},
		{"watched", []string{"--namespace=hooks", "--watch-config-map"}, []runtime.Object{config("hooks", entry)}, "", 1},
		{"in the default namespace", []string{"--watch-config-map=true"}, []runtime.Object{config("eks", entry)}, "", 1},
		{"in its own namespace", []string{"--namespace", "$(NS)", "--watch-config-map=1"}, []runtime.Object{config("own", entry)}, "", 1},
		{"not there", []string{"--watch-config-map"}, nil, "", 0},
		{"without its key", []string{"--watch-config-map"}, []runtime.Object{config("eks", "")}, "", 0},
		{"no JSON", []string{"--watch-config-map"}, []runtime.Object{config("eks", "{a:")}, facts.Malformed, 0},
		{"JSON of something else", []string{"--watch-config-map"}, []runtime.Object{config("eks", `{"a/b":"r"}`)}, facts.Malformed, 0},
	} {
		s := kubetest.Start(t)
		s.Add(tc.maps...)
		webhook := facts.Injector{Workload: facts.Ref{Kind: facts.Deployment, Namespace: "own", Name: "w"}, Flags: injectorFlags(tc.flags)}
		roles, err := mappedRoles(webhook, func(namespace string) facts.Fact[map[string]facts.MappedRole] {
			return connect(t, s).configuredRoles(t.Context(), namespace)
		}).Get()
		if facts.KindOf(err) != tc.kind || len(roles) != tc.roles {
			t.Errorf("%s: %v, %v", tc.name, roles, err)
		}
	}
}

func TestInjectorIn(t *testing.T) {
	pod := func(image string, args ...string) *corev1.PodSpec {
		return &corev1.PodSpec{Containers: []corev1.Container{{Image: "sidecar"}, {Image: image, Args: args}}}
	}
	for _, tc := range []struct {
		name  string
		pod   *corev1.PodSpec
		flags string // "none" when it is no webhook
	}{
		{"upstream's image", pod("public.ecr.aws/eks/amazon-eks-pod-identity-webhook:v0.6.17", "--token-audience=a"), "token-audience"},
		{"by its flags", pod("mirror/hook@sha256:0", "--annotation-prefix", "example.com", "--aws-default-region=eu-west-1", "--tls-key=CANARY"), "annotation-prefix,aws-default-region"},
		{"one flag of its own is too little", pod("other", "--namespace=x", "--token-audience=a"), "none"},
		{"another program", pod("other", "--port=1"), "none"},
	} {
		i := injectorIn(facts.Ref{}, tc.pod)
		got := "none"
		if i != nil {
			var names []string
			for name, value := range i.Flags {
				names = append(names, name)
				if strings.Contains(value, "CANARY") {
					t.Errorf("%s: flag %s is kept", tc.name, name)
				}
			}
			slices.Sort(names)
			got = strings.Join(names, ",")
		}
		if got != tc.flags {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.flags)
		}
	}
}
