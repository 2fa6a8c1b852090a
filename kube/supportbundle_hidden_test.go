package kube

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// TestHiddenIsNeverWrong hides every key and every value of a bundle in turn: no check
// then finds fault, or finds all well, where it does not find so of the whole.
func TestHiddenIsNeverWrong(t *testing.T) {
	for name, spoil := range map[string]func(*kubetest.Server){
		"healthy": func(*kubetest.Server) {},
		"broken": func(s *kubetest.Server) {
			kubetest.Edit(s, func(a *corev1.ServiceAccount) {
				if arn, ok := a.Annotations[facts.RoleARNAnnotation]; ok {
					a.Annotations[facts.RoleARNAnnotation] = arn + "-s"
				}
			})
		},
	} {
		s := kubetest.Start(t, "testdata/ack.yaml")
		spoil(s)
		whole := dump(t, connect(t, s), lists, unredacted)
		b, asked := bundle(t, whole), facts.Asked{Namespace: "ack-system"}
		told := judge(b.Cluster(asked))
		judged := map[string]bool{}
		for file, text := range whole {
			var tree any
			if err := json.Unmarshal([]byte(text), &tree); err != nil {
				t.Fatal(err)
			}
			vary(tree, "", func(at string, hidden any) {
				read(t, b, file, encoded(t, hidden))
				c := b.Cluster(asked)
				known := encoded(t, c)
				if judged[known] {
					return
				}
				judged[known] = true
				for of, found := range judge(c) {
					switch before, known := told[of]; {
					case found.Result == before.Result, found.Result == checks.Unknown:
					case found.Result == checks.Fail, found.Result == checks.Warn, known && found.Result == checks.Pass:
						t.Errorf("%s, hidden in %s at %s: %s: %s: %s; the whole says %s: %s", name, file, at, of, found.Result, found.Message, before.Result, before.Message)
					}
				}
			})
			read(t, b, file, text)
		}
		if len(judged) < 20 {
			t.Errorf("%s: all that was hidden came to %d clusters", name, len(judged))
		}
	}
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// judge judges a cluster with the AWS and the issuer of a healthy account.
func judge(c facts.Cluster) map[string]checks.Finding {
	s := fixtures.Healthy()
	s.Asked, s.Cluster = facts.Asked{Namespace: c.Namespace}, c
	found := map[string]checks.Finding{}
	for _, f := range checks.Run(s, checks.All()).Findings {
		found[f.Check.ID+" of "+f.Object] = f
	}
	return found
}

const hiddenText = "***HIDDEN***"

var accountID = regexp.MustCompile(`\d{12}`)

// vary gives copies of a tree of JSON in each of which one key or one value is hidden,
// wholly or in part, and tells where.
func vary(tree any, at string, give func(at string, varied any)) {
	give(at, hiddenText)
	switch v := tree.(type) {
	case string:
		if part := accountID.ReplaceAllString(v, hiddenText); part != v {
			give(at+" (account)", part)
		}
		if len(v) > 1 {
			give(at+" (end)", v[:len(v)/2]+hiddenText)
		}
	case []any:
		for i, e := range v {
			vary(e, fmt.Sprintf("%s/%d", at, i), func(at string, varied any) {
				c := slices.Clone(v)
				c[i] = varied
				give(at, c)
			})
		}
	case map[string]any:
		for key, e := range v {
			c := maps.Clone(v)
			delete(c, key)
			c[hiddenText] = e
			give(at+"/"+key+" (key)", c)
			vary(e, at+"/"+key, func(at string, varied any) {
				c := maps.Clone(v)
				c[key] = varied
				give(at, c)
			})
		}
	}
}

// TestDefaultRedactors: what they hide by default costs the findings about the token's
// file, and no others.
func TestDefaultRedactors(t *testing.T) {
	s := kubetest.Start(t, "testdata/ack.yaml")
	c, asked := connect(t, s), facts.Asked{Namespace: "ack-system"}
	told := judge(bundle(t, dump(t, c, lists, redacted)).Cluster(asked))
	var lost []string
	for of, live := range judge(c.Collect(t.Context(), asked)) {
		if told[of].Result != live.Result {
			lost = append(lost, fmt.Sprintf("%s is %s, live %s", told[of].Check.ID, told[of].Result, live.Result))
		}
	}
	slices.Sort(lost)
	want := []string{"pod-agreement is unknown, live pass", "pod-token-path is unknown, live pass", "pod-token-readable is unknown, live pass", "token-audience is unknown, live pass"}
	if !slices.Equal(lost, want) {
		t.Errorf("lost %q, want %q", lost, want)
	}
}

func TestDecisiveArgs(t *testing.T) {
	for _, tc := range []struct {
		args    string
		matters bool
	}{
		{"--password=***HIDDEN***", false},
		{"--password ***HIDDEN***", false},
		{"postgres://***HIDDEN***:***HIDDEN***@***HIDDEN***:5432/***HIDDEN***", false},
		{"***HIDDEN***:***HIDDEN***@tcp(***HIDDEN***:3306)/***HIDDEN***", false},
		{"serve ***HIDDEN***", true},
		{"--verbose=1 ***HIDDEN***", true},
		{"***HIDDEN***=us-west-2", true},
		{"--***HIDDEN***=us-west-2", true},
		{"--***HIDDEN*** us-west-2", true},
		{"--aws-region=***HIDDEN***", true},
		{"--aws-region ***TOKEN_GENERIC_1A2B3C***", true},
		{"--assume-role=***HIDDEN***", true},
		{"--as=arn:aws:iam::***HIDDEN***:role/x", true},
		{"--at=https://x/arn:aws:iam::***HIDDEN***:role/x", true},
	} {
		if got := masked(strings.Join(decisiveArgs(strings.Fields(tc.args)), " ")); got != tc.matters {
			t.Errorf("%s: matters %v", tc.args, got)
		}
	}
}
