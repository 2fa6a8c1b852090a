package kube

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

func TestDocuments(t *testing.T) {
	s := kubetest.Start(t)
	long := strings.Repeat("x", documentLimit)
	s.Issue(kubetest.NewIssuer("https://issuer.example.com"))
	s.Fault("/.well-known/openid-configuration", kubetest.Writing("application/json", long))
	c := connect(t, s)
	if b, err := c.JWKS(t.Context()); !strings.HasPrefix(string(b), `{"keys":[{`) || err != nil {
		t.Errorf("%s, %v", b, err)
	}
	if b, err := c.Discovery(t.Context()); len(b) != documentLimit || err != nil {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	s.Fault("/.well-known/openid-configuration", kubetest.Writing("application/json", long+"x"))
	if _, err := c.Discovery(t.Context()); facts.KindOf(err) != facts.Malformed {
		t.Errorf("too long: %v", err)
	}
	s.Fault("/.well-known/openid-configuration", kubetest.CutOff)
	if _, err := c.Discovery(t.Context()); facts.KindOf(err) != facts.Unreachable {
		t.Errorf("cut off: %v", err)
	}
	s.Fault("/openid/v1/jwks", kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{}, "", io.EOF)))
	if _, err := c.JWKS(t.Context()); facts.KindOf(err) != facts.Forbidden || err.(*facts.Gap).Call != "get /openid/v1/jwks" {
		t.Errorf("forbidden: %v", err)
	}
}

func TestMint(t *testing.T) {
	s := kubetest.Start(t)
	account := facts.Ref{Kind: facts.ServiceAccountKind, Namespace: "apps", Name: "web"}
	s.Add(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "apps"}})
	s.Issue(kubetest.NewIssuer("https://issuer.example.com"))
	for asked, want := range map[string]string{"sts.amazonaws.com": "sts.amazonaws.com", "": "https://issuer.example.com"} {
		raw, err := connect(t, s).Mint(t.Context(), account, asked)
		if err != nil {
			t.Fatal(err)
		}
		var claims jwt.RegisteredClaims
		if _, _, err := jwt.NewParser().ParseUnverified(raw, &claims); err != nil {
			t.Fatal(err)
		}
		if life := claims.ExpiresAt.Sub(claims.IssuedAt.Time); !slices.Equal(claims.Audience, []string{want}) || life != 10*time.Minute || claims.Subject != "system:serviceaccount:apps:web" {
			t.Errorf("asked for %q: a token of %s for %s that lives %s", asked, claims.Subject, claims.Audience, life)
		}
	}
	gone := facts.Ref{Kind: facts.ServiceAccountKind, Namespace: "apps", Name: "gone"}
	if _, err := connect(t, s).Mint(t.Context(), gone, ""); facts.KindOf(err) != facts.Absent {
		t.Errorf("of an account that is not there: %v", err)
	}
	s.Fault("serviceaccounts/token", kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{}, "", io.EOF)))
	if _, err := connect(t, s).Mint(t.Context(), account, ""); facts.KindOf(err) != facts.Forbidden || err.(*facts.Gap).Call != "create serviceaccounts/token" {
		t.Errorf("forbidden: %v", err)
	}
}

func TestFindACK(t *testing.T) {
	s := kubetest.Start(t)
	for name, image := range map[string]string{
		"a/plain":             "public.ecr.aws/aws-controllers-k8s/s3-controller:1.1.2",
		"b/mirrored":          "registry.example.com:5000/mirror/aws-controllers-k8s/s3-controller@sha256:0",
		"c/ack-s3-controller": "registry.example.com/renamed:1",
		"d/other-service":     "public.ecr.aws/aws-controllers-k8s/s3control-controller:1",
		"e/other-origin":      "public.ecr.aws/someone/s3-controller:1",
	} {
		namespace, name, _ := strings.Cut(name, "/")
		d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
		d.Spec.Template.Spec.Containers = []corev1.Container{{Image: "sidecar"}, {Image: image}}
		s.Add(d)
	}
	refs, err := connect(t, s).FindACK(t.Context(), "s3")
	var got []string
	for _, ref := range refs {
		got = append(got, ref.String())
	}
	if want := []string{"deployment/a/plain", "deployment/b/mirrored", "deployment/c/ack-s3-controller"}; !slices.Equal(got, want) || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if refs, err := connect(t, s).FindACK(t.Context(), "sqs"); len(refs) != 0 || err != nil {
		t.Errorf("sqs: %v, %v", refs, err)
	}
	s.Fault("deployments", kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{}, "", io.EOF)))
	if _, err := connect(t, s).FindACK(t.Context(), "s3"); facts.KindOf(err) != facts.Forbidden {
		t.Errorf("forbidden: %v", err)
	}
}

func TestExec(t *testing.T) {
	const limit = 100
	writes := func(out, complaint string, code int) http.HandlerFunc {
		return kubetest.Running(func(_ *http.Request, stdout, stderr io.Writer) metav1.Status {
			io.WriteString(stdout, out)
			io.WriteString(stderr, complaint)
			return kubetest.Exited(code)
		})
	}
	noSuchCommand := `OCI runtime exec failed: exec: "env": executable file not found in $PATH: unknown`
	for _, tc := range []struct {
		name   string
		serve  http.HandlerFunc
		out    string
		kind   facts.GapKind
		detail string
	}{
		{name: "output", serve: writes("A=1\n", "", 0), out: "A=1\n"},
		{name: "output to the limit", serve: writes(strings.Repeat("x", limit), "", 0), out: strings.Repeat("x", limit)},
		{name: "too much", serve: writes(strings.Repeat("x", limit+1), "", 0), kind: facts.Malformed, detail: "env writes more than 100 bytes"},
		{name: "exit status", serve: writes("", "env: broken\npipe", 3), kind: facts.Unreachable, detail: "env exits with 3: env: broken pipe"},
		{name: "no such file", serve: writes("", "cat: /x: No such file or directory", 1), kind: facts.Absent, detail: "env exits with 1: cat: /x: No such file or directory"},
		{name: "no such command", serve: kubetest.Running(func(*http.Request, io.Writer, io.Writer) metav1.Status {
			return metav1.Status{Status: metav1.StatusFailure, Message: noSuchCommand}
		}), kind: facts.Absent, detail: "executable file not found"},
		{name: "forbidden", serve: kubetest.Failing(apierrors.NewForbidden(podResource, "web", io.EOF)), kind: facts.Forbidden, detail: "is forbidden"},
		{name: "pod gone", serve: kubetest.Failing(apierrors.NewNotFound(podResource, "web")), kind: facts.Unreachable, detail: `pods "web" not found`},
		{name: "endless", serve: kubetest.Running(func(_ *http.Request, stdout, _ io.Writer) metav1.Status {
			for {
				if _, err := io.WriteString(stdout, "x"); err != nil {
					return kubetest.Exited(1)
				}
			}
		}), kind: facts.Malformed, detail: "writes more than"},
		{name: "silent", serve: kubetest.Running(func(*http.Request, io.Writer, io.Writer) metav1.Status {
			time.Sleep(time.Second)
			return kubetest.Exited(0)
		}),
			kind: facts.Unreachable, detail: "no answer in time"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := kubetest.Start(t)
			s.Fault("pods/exec", tc.serve)
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			out, err := connect(t, s).Exec(ctx, "apps", "web", "c", []string{"env"}, limit)
			if string(out) != tc.out || facts.KindOf(err) != tc.kind {
				t.Fatalf("%q, %v; want %s", out, err, tc.kind)
			}
			if tc.kind != "" {
				if gap := err.(*facts.Gap); gap.Call != "create pods/exec" || !strings.Contains(gap.Detail, tc.detail) {
					t.Errorf("%v, want %q", gap, tc.detail)
				}
			}
			if r := requests(s, "/api/v1/namespaces/apps/pods/web/exec"); len(r) == 0 || r[0].Query != "command=env&container=c&stderr=true&stdout=true" {
				t.Errorf("requests %+v", r)
			}
		})
	}
}
