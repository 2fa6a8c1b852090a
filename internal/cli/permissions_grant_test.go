package cli

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// A grant is the smallest part of RBAC: one verb on one resource, or on one path.
type grant struct {
	namespace string // "" for all
	verb      string
	group     string
	resource  string   // with its subresource; or the path
	names     []string // that it is restricted to; none for all
}

// call is the grant as a Gap names it.
func (g grant) call() string { return g.verb + " " + g.resource }

// grantsOf takes ClusterRoles and Roles in YAML apart, as the API server does.
func grantsOf(t *testing.T, text string) []grant {
	t.Helper()
	var grants []grant
	for doc := range strings.SplitSeq(text, "---\n") {
		var role rbacv1.Role // a ClusterRole has the same fields
		if err := yaml.UnmarshalStrict([]byte(doc), &role); err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		if role.Namespace == "" != (role.Kind == "ClusterRole") {
			t.Fatalf("%s in namespace %q", role.Kind, role.Namespace)
		}
		for _, rule := range role.Rules {
			for _, verb := range rule.Verbs {
				for _, path := range rule.NonResourceURLs {
					grants = append(grants, grant{verb: verb, resource: path})
				}
				for _, group := range rule.APIGroups {
					for _, resource := range rule.Resources {
						grants = append(grants, grant{role.Namespace, verb, group, resource, rule.ResourceNames})
					}
				}
			}
		}
	}
	return grants
}

// asked is what a request takes, as the API server reads it. A web socket gets pods/exec,
// and has to have the right to create it: so says the API server of who then comes by SPDY,
// which kubetest does not speak, and from Kubernetes 1.35 on of both.
func asked(r *http.Request) grant {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	var g grant
	switch {
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		g.group, parts = parts[1], parts[3:]
	default:
		return grant{verb: strings.ToLower(r.Method), resource: r.URL.Path}
	}
	if parts[0] == "namespaces" && len(parts) > 1 {
		g.namespace = parts[1]
		if len(parts) > 2 {
			parts = parts[2:]
		}
	}
	g.resource, g.verb = parts[0], "list"
	if len(parts) > 1 {
		g.names, g.verb = parts[1:2], "get"
	} else if selector, err := fields.ParseSelector(r.URL.Query().Get("fieldSelector")); err == nil {
		if name, ok := selector.RequiresExactMatch("metadata.name"); ok {
			g.names = []string{name}
		}
	}
	if len(parts) > 2 {
		g.resource += "/" + parts[2]
	}
	if r.Method == http.MethodPost || g.resource == "pods/exec" {
		g.verb = "create"
	}
	return g
}

// covers says whether the grant allows what is asked.
func (g grant) covers(asked grant) bool {
	return (g.namespace == "" || g.namespace == asked.namespace) && g.verb == asked.verb && g.group == asked.group && g.resource == asked.resource &&
		(len(g.names) == 0 || len(asked.names) == 1 && slices.Contains(g.names, asked.names[0]))
}

// guard has the API server answer at these paths to somebody with these grants alone.
func (l *lab) guard(paths []string, grants []grant) {
	for _, path := range paths {
		answer := l.kube.Answer
		if strings.HasSuffix(path, "/exec") {
			answer = l.exec()
		}
		l.kube.Fault(path, func(w http.ResponseWriter, r *http.Request) {
			want := asked(r)
			if slices.ContainsFunc(grants, func(g grant) bool { return g.covers(want) }) {
				answer(w, r)
				return
			}
			kubetest.Failing(apierrors.NewForbidden(schema.GroupResource{Group: want.group, Resource: want.resource}, "", nil))(w, r)
		})
	}
}

// unrefused holds that the rights cover every call: even those on which nothing depends.
func (l *lab) unrefused(t *testing.T, r rights) {
	t.Helper()
	for _, q := range l.kube.Requests() {
		want := asked(&http.Request{Method: q.Method, URL: &url.URL{Path: q.Path, RawQuery: q.Query}})
		if !slices.ContainsFunc(r.grants, func(g grant) bool { return g.covers(want) }) {
			t.Errorf("no right covers %+v", want)
		}
	}
	for _, c := range l.aws.Calls() {
		if c.Status == http.StatusForbidden {
			t.Errorf("%s is refused: %s", c.Name(), c.Code)
		}
	}
}
