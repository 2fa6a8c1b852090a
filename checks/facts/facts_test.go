package facts_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func TestFact(t *testing.T) {
	gap := &facts.Gap{Kind: facts.Forbidden, Call: "iam:GetRole", Detail: "no"}
	for name, test := range map[string]struct {
		fact facts.Fact[int]
		want int
		kind facts.GapKind
	}{
		"known":        {facts.Known(7), 7, ""},
		"missing":      {facts.Missing[int](gap), 0, facts.Forbidden},
		"plain error":  {facts.Missing[int](errors.New("connection refused")), 0, facts.Unreachable},
		"nobody asked": {facts.Fact[int]{}, 0, facts.NotCollected},
	} {
		got, err := test.fact.Get()
		if got != test.want || facts.KindOf(err) != test.kind {
			t.Errorf("%s: got %d, %v", name, got, err)
		}
	}
	if got := gap.Error(); got != "forbidden (iam:GetRole): no" {
		t.Error(got)
	}
}

// TestEmptyIsKnown holds that an empty list stays known through JSON: it would turn
// into a listing that nobody took.
func TestEmptyIsKnown(t *testing.T) {
	s := &facts.Snapshot{Version: facts.SchemaVersion}
	s.Cluster.Pods = facts.Known[[]facts.PodShape](nil)
	s.Cluster.Namespaces = facts.Known[map[string]facts.Namespace](nil)
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	c, err := facts.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Cluster.Pods.Get(); err != nil {
		t.Error(err)
	}
	if _, err := c.Cluster.Namespaces.Get(); err != nil {
		t.Error(err)
	}
}

func TestValueAndGapAreRefused(t *testing.T) {
	var f facts.Fact[string]
	err := json.Unmarshal([]byte(`{"value": "x", "gap": {"kind": "absent"}}`), &f)
	if err == nil || !strings.Contains(err.Error(), "at once") {
		t.Error(err)
	}
}

func TestDocument(t *testing.T) {
	for in, want := range map[string]facts.Document{
		`"{\"a\": 1}"`: `{"a": 1}`,
		`{"a": 1}`:     `{"a": 1}`,
	} {
		var d facts.Document
		if err := json.Unmarshal([]byte(in), &d); err != nil || d != want {
			t.Errorf("%s: got %q, %v", in, d, err)
		}
	}
}

func TestSelector(t *testing.T) {
	labels := map[string]string{"app": "x", "tier": "db"}
	for name, test := range map[string]struct {
		selector facts.Selector
		refused  bool
		key      string
	}{
		"everything":     {facts.Selector{}, false, ""},
		"label":          {facts.Selector{MatchLabels: map[string]string{"app": "x"}}, false, ""},
		"other value":    {facts.Selector{MatchLabels: map[string]string{"app": "y", "zone": "a"}}, true, "app"},
		"in":             {facts.Selector{Expressions: []facts.Expression{{Key: "app", Operator: "In", Values: []string{"w", "x"}}}}, false, ""},
		"not in":         {facts.Selector{Expressions: []facts.Expression{{Key: "app", Operator: "NotIn", Values: []string{"x"}}}}, true, "app"},
		"not in, no key": {facts.Selector{Expressions: []facts.Expression{{Key: "zone", Operator: "NotIn", Values: []string{"x"}}}}, false, ""},
		"exists":         {facts.Selector{Expressions: []facts.Expression{{Key: "zone", Operator: "Exists"}}}, true, "zone"},
		"does not exist": {facts.Selector{Expressions: []facts.Expression{{Key: "app", Operator: "DoesNotExist"}}}, true, "app"},
		"no operator":    {facts.Selector{Expressions: []facts.Expression{{Key: "app", Operator: "Near"}}}, true, "app"},
	} {
		refused, key := test.selector.Refusal(labels)
		if refused != test.refused || key != test.key || test.selector.Matches(labels) == refused {
			t.Errorf("%s: refused %v on %q", name, refused, key)
		}
	}
}

func TestKept(t *testing.T) {
	for _, test := range []struct{ variable, value, want string }{
		{"AWS_REGION", "us-west-2", "us-west-2"},
		{"AWS_SECRET_ACCESS_KEY", "canary", ""},
		{"DATABASE_URL", "canary", ""},
		{"HTTPS_PROXY", "http://user:canary@proxy:3128/canary?canary", "http://proxy:3128"},
		{"HTTPS_PROXY", "canary", "unreadable URL"},
		{"AWS_ENDPOINT_URL_STS", "https://sts.example/path", "https://sts.example"},
		{"AWS_ENDPOINT_URL", "", ""},
		{"AWS_WEB_IDENTITY_TOKEN_FILE", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "[a token or key]"},
		{"AWS_PROFILE", "AKIAIOSFODNN7EXAMPLE", "[a token or key]"},
		{"AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/secrets/eyJ.token", "/var/run/secrets/eyJ.token"},
	} {
		if got := facts.Kept(test.variable, test.value); got != test.want {
			t.Errorf("%s=%s: kept %q, want %q", test.variable, test.value, got, test.want)
		}
	}
	for _, variable := range []string{"AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN"} {
		if !facts.IsKey(variable) || facts.KeepValue(variable) {
			t.Errorf("%s is a key, and its value must not be kept", variable)
		}
	}
}

func TestKeepAnnotation(t *testing.T) {
	for key, want := range map[string]bool{
		"eks.amazonaws.com/role-arn":                       true,
		"eks.amazonaws.com/role_arn":                       true,
		"eks.amazon.com/role-arn":                          true,
		"iam.amazonaws.com/role":                           true,
		"role-arn":                                         true,
		"meta.helm.sh/release-name":                        true,
		"kubectl.kubernetes.io/last-applied-configuration": false,
		"example.com/password":                             false,
	} {
		if facts.KeepAnnotation(key) != want {
			t.Errorf("%s: want %v", key, want)
		}
	}
}

func TestRef(t *testing.T) {
	ref := facts.Ref{Kind: facts.CronJob, Namespace: "shop", Name: "nightly"}
	b, err := json.Marshal(map[facts.Ref]facts.Ref{ref: ref})
	if err != nil {
		t.Fatal(err)
	}
	var back map[facts.Ref]facts.Ref
	if err := json.Unmarshal(b, &back); err != nil || back[ref] != ref {
		t.Errorf("%s: %v, %v", b, back, err)
	}
	if err := new(facts.Ref).UnmarshalText([]byte("pod/x")); err == nil {
		t.Error("pod/x was taken for an object")
	}
}

func TestClone(t *testing.T) {
	s := &facts.Snapshot{
		Version: facts.SchemaVersion, TakenAt: time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC),
		Asked: facts.Asked{Targets: []facts.Ref{{Kind: facts.Pod, Namespace: "a", Name: "b"}}},
	}
	s.AWS.Accounts = map[string]facts.Account{"1": {Roles: map[string]facts.Fact[facts.Role]{"r": facts.Known(facts.Role{TrustPolicy: "{ not JSON"})}}}
	c := s.Clone()
	if diff := cmp.Diff(s, c); diff != "" {
		t.Error(diff)
	}
	delete(c.AWS.Accounts["1"].Roles, "r")
	if len(s.AWS.Accounts["1"].Roles) != 1 {
		t.Error("the copy shares a map with the snapshot")
	}
}

func TestByNamespace(t *testing.T) {
	s := &facts.Snapshot{Version: facts.SchemaVersion, Asked: facts.Asked{Targets: []facts.Ref{{Kind: facts.Pod, Namespace: "c", Name: "gone"}}}}
	s.Cluster.ServiceAccounts = facts.Known(map[string]facts.ServiceAccount{"a/x": {}, "b/x": {}})
	s.Cluster.Workloads = map[facts.Kind]facts.Fact[map[string]facts.Workload]{
		facts.Deployment: facts.Known(map[string]facts.Workload{"a/x": {}, "b/x": {}, "b/y": {}}),
		facts.Job:        facts.Missing[map[string]facts.Workload](&facts.Gap{Kind: facts.Forbidden}),
	}
	s.Cluster.Pods = facts.Known([]facts.PodShape{{Owner: facts.Ref{Kind: facts.Deployment, Namespace: "b", Name: "x"}}})
	parts := s.ByNamespace()
	for namespace, want := range map[string]string{"a": "1 1 0", "b": "1 2 1", "c": "0 0 0"} {
		c := parts[namespace].Cluster
		got := fmt.Sprint(len(c.ServiceAccounts.Or(nil)), len(c.Workloads[facts.Deployment].Or(nil)), len(c.Pods.Or(nil)))
		if got != want {
			t.Errorf("%s: accounts, deployments and pods %s, want %s", namespace, got, want)
		}
		if _, err := c.Workloads[facts.Job].Get(); facts.KindOf(err) != facts.Forbidden {
			t.Errorf("%s: jobs are %v, want the gap", namespace, err)
		}
		if c.FailedCreates.Value != nil {
			t.Errorf("%s: a listing that nobody took is known", namespace)
		}
	}
	if len(parts) != 3 || len(s.Cluster.ServiceAccounts.Or(nil)) != 2 {
		t.Errorf("%d parts of %d accounts", len(parts), len(s.Cluster.ServiceAccounts.Or(nil)))
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"version": 1, "cluster": {"pods": {"value": [{"owner": "pod/a/b"}]}}}`))
	f.Add([]byte(`{"version": 1, "aws": {"accounts": {"1": null}}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := facts.Parse(b)
		if err != nil {
			return
		}
		if diff := cmp.Diff(s, s.Clone()); diff != "" {
			t.Error(diff)
		}
	})
}
