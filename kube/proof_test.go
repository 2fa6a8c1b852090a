package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/streaming/pkg/httpstream/wsstream"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func TestDocuments(t *testing.T) {
	s := newServer(t)
	long := strings.Repeat("x", documentLimit)
	s.faults["/openid/v1/jwks"] = func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept"), "application/jwk-set+json") { // which the API server insists on
			w.WriteHeader(http.StatusNotAcceptable)
			return
		}
		writing("application/jwk-set+json", `{"keys":[]}`)(w, r)
	}
	s.faults["/.well-known/openid-configuration"] = writing("application/json", long)
	c := s.client()
	if b, err := c.JWKS(t.Context()); string(b) != `{"keys":[]}` || err != nil {
		t.Errorf("%s, %v", b, err)
	}
	if b, err := c.Discovery(t.Context()); len(b) != documentLimit || err != nil {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	s.faults["/.well-known/openid-configuration"] = writing("application/json", long+"x")
	if _, err := c.Discovery(t.Context()); facts.KindOf(err) != facts.Malformed {
		t.Errorf("too long: %v", err)
	}
	s.faults["/.well-known/openid-configuration"] = cutOff
	if _, err := c.Discovery(t.Context()); facts.KindOf(err) != facts.Unreachable {
		t.Errorf("cut off: %v", err)
	}
	s.faults["/openid/v1/jwks"] = failing(apierrors.NewForbidden(schema.GroupResource{}, "", io.EOF))
	if _, err := c.JWKS(t.Context()); facts.KindOf(err) != facts.Forbidden || err.(*facts.Gap).Call != "get /openid/v1/jwks" {
		t.Errorf("forbidden: %v", err)
	}
}

func TestMint(t *testing.T) {
	s := newServer(t)
	account := facts.Ref{Kind: facts.ServiceAccountKind, Namespace: "apps", Name: "web"}
	s.faults["serviceaccounts/token"] = func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		o, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
		asked, ok := o.(*authenticationv1.TokenRequest)
		if err != nil || !ok || r.Method != http.MethodPost || r.URL.Path != "/api/v1/namespaces/apps/serviceaccounts/web/token" {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
			return
		}
		asked.Status.Token = fmt.Sprintf("%v for %d s", asked.Spec.Audiences, *asked.Spec.ExpirationSeconds)
		s.encode(w, r, authenticationv1.SchemeGroupVersion, asked)
	}
	for audience, want := range map[string]string{"sts.amazonaws.com": "[sts.amazonaws.com] for 600 s", "": "[] for 600 s"} {
		if raw, err := s.client().Mint(t.Context(), account, audience); raw != want || err != nil {
			t.Errorf("%q, %v; want %q", raw, err, want)
		}
	}
	s.faults["serviceaccounts/token"] = failing(apierrors.NewForbidden(schema.GroupResource{}, "", io.EOF))
	if _, err := s.client().Mint(t.Context(), account, ""); facts.KindOf(err) != facts.Forbidden || err.(*facts.Gap).Call != "create serviceaccounts/token" {
		t.Errorf("forbidden: %v", err)
	}
}

func TestFindACK(t *testing.T) {
	s := newServer(t)
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
		s.add(d)
	}
	refs, err := s.client().FindACK(t.Context(), "s3")
	var got []string
	for _, ref := range refs {
		got = append(got, ref.String())
	}
	if want := []string{"deployment/a/plain", "deployment/b/mirrored", "deployment/c/ack-s3-controller"}; !slices.Equal(got, want) || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if refs, err := s.client().FindACK(t.Context(), "sqs"); len(refs) != 0 || err != nil {
		t.Errorf("sqs: %v, %v", refs, err)
	}
	s.faults["deployments"] = failing(apierrors.NewForbidden(schema.GroupResource{}, "", io.EOF))
	if _, err := s.client().FindACK(t.Context(), "s3"); facts.KindOf(err) != facts.Forbidden {
		t.Errorf("forbidden: %v", err)
	}
}

// running serves exec over a web socket: it lets run write, and ends with its status.
func running(run func(ctx context.Context, stdout, stderr io.Writer) metav1.Status) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		channels := []wsstream.ChannelType{wsstream.IgnoreChannel, wsstream.WriteChannel, wsstream.WriteChannel, wsstream.WriteChannel, wsstream.IgnoreChannel}
		conn := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{remotecommand.StreamProtocolV5Name: {Binary: true, Channels: channels}})
		conn.SetIdleTimeout(time.Minute)
		_, streams, err := conn.Open(w, r)
		if err != nil {
			return
		}
		defer conn.Close()
		status := run(r.Context(), streams[remotecommand.StreamStdOut], streams[remotecommand.StreamStdErr])
		json.NewEncoder(streams[remotecommand.StreamErr]).Encode(status)
	}
}

func exits(code int) metav1.Status {
	if code == 0 {
		return metav1.Status{Status: metav1.StatusSuccess}
	}
	return metav1.Status{Status: metav1.StatusFailure, Reason: remotecommand.NonZeroExitCodeReason, Message: "command terminated",
		Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: remotecommand.ExitCodeCauseType, Message: fmt.Sprint(code)}}}}
}

func TestExec(t *testing.T) {
	const limit = 100
	writes := func(out, complaint string, code int) http.HandlerFunc {
		return running(func(_ context.Context, stdout, stderr io.Writer) metav1.Status {
			io.WriteString(stdout, out)
			io.WriteString(stderr, complaint)
			return exits(code)
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
		{name: "no such command", serve: running(func(context.Context, io.Writer, io.Writer) metav1.Status {
			return metav1.Status{Status: metav1.StatusFailure, Message: noSuchCommand}
		}), kind: facts.Absent, detail: "executable file not found"},
		{name: "forbidden", serve: failing(apierrors.NewForbidden(podResource, "web", io.EOF)), kind: facts.Forbidden, detail: "is forbidden"},
		{name: "pod gone", serve: failing(apierrors.NewNotFound(podResource, "web")), kind: facts.Absent, detail: `pods "web" not found`},
		{name: "endless", serve: running(func(ctx context.Context, stdout, _ io.Writer) metav1.Status {
			for {
				if _, err := io.WriteString(stdout, "x"); err != nil {
					return exits(1)
				}
			}
		}), kind: facts.Malformed, detail: "writes more than"},
		{name: "silent", serve: running(func(ctx context.Context, _, _ io.Writer) metav1.Status { time.Sleep(time.Second); return exits(0) }),
			kind: facts.Unreachable, detail: "no answer in time"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newServer(t)
			s.faults["pods/exec"] = tc.serve
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			out, err := s.client().Exec(ctx, "apps", "web", "c", []string{"env"}, limit)
			if string(out) != tc.out || facts.KindOf(err) != tc.kind {
				t.Fatalf("%q, %v; want %s", out, err, tc.kind)
			}
			if tc.kind != "" {
				if gap := err.(*facts.Gap); gap.Call != "create pods/exec" || !strings.Contains(gap.Detail, tc.detail) {
					t.Errorf("%v, want %q", gap, tc.detail)
				}
			}
			if r := s.requests("/api/v1/namespaces/apps/pods/web/exec"); len(r) == 0 || r[0].query != "command=env&container=c&stderr=true&stdout=true" {
				t.Errorf("requests %+v", r)
			}
		})
	}
}
