package changes_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// TestOldestFirst tells when facts changed, and sorts them by it.
func TestOldestFirst(t *testing.T) {
	d := changes.Between(side(fixtures.Healthy()), side(change(t, `{
		"takenAt": "2026-11-25T03:04:05Z",
		"cluster": {
			"serviceAccounts": {"value": {"ack-system/ack-s3-controller": {
				"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/other", "eks.amazonaws.com/audience": "x"},
				"managers": [
					{"name": "kubectl-create", "at": "2026-11-20T09:00:10Z"},
					{"name": "helm", "at": "2026-11-24T20:00:00Z"},
					{"name": "kubectl-annotate", "at": "2026-11-24T22:00:00Z", "roleArn": true}
				]
			}}},
			"webhooks": {"value": {"istio": {"createdAt": "2026-11-24T21:00:00Z", "webhooks": []}}}
		},
		"aws": {"eks": {"value": {"platformVersion": "eks.10"}}, "accounts": {"111122223333": {"roles": {"ack-s3-controller": {"value": {"createdAt": "2026-11-24T19:00:00Z"}}}}}}
	}`)))
	var got []string
	for _, f := range d.Facts {
		at := "-"
		if !f.At.IsZero() {
			at = f.At.Format(time.TimeOnly)
		}
		got = append(got, strings.Join([]string{at, string(f.Kind), f.Object, f.Item, strings.Join(f.By, "+")}, "|"))
	}
	want := []string{
		"19:00:00|recreated|arn:aws:iam::111122223333:role/ack-s3-controller||",
		"21:00:00|created|mutatingwebhookconfiguration/istio||",
		"22:00:00|changed|serviceaccount/ack-system/ack-s3-controller|annotation eks.amazonaws.com/role-arn|kubectl-annotate",
		"22:00:00|changed|serviceaccount/ack-system/ack-s3-controller|annotation eks.amazonaws.com/audience|helm+kubectl-annotate",
		"-|changed|cluster|EKS: platform version|",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestConcerns relates facts to the verdicts and findings that depend on them.
func TestConcerns(t *testing.T) {
	s := change(t, `{"cluster": {"serviceAccounts": {"value": {
		"ack-system/ack-s3-controller": {"annotations": null}, "ack-system/stranger": {"annotations": {"eks.amazonaws.com/audience": "x"}}}}}}`)
	before := change(t, `{"cluster": {"serviceAccounts": {"value": {"ack-system/stranger": {"annotations": {"eks.amazonaws.com/audience": "y"}}}}}}`)
	d := changes.Between(side(before), side(s))
	controller := facts.Ref{Kind: facts.Deployment, Namespace: "ack-system", Name: "ack-s3-controller"}
	under := d.Under(controller)
	if len(d.Facts) != 2 || len(under) != 1 || under[0].Object != "serviceaccount/ack-system/ack-s3-controller" {
		t.Fatalf("under the controller: %+v of %+v", under, d.Facts)
	}
	if !slices.Contains(under[0].Checks, "role-annotation") {
		t.Errorf("the checks are %v", under[0].Checks)
	}
	unturned := changes.Between(side(fixtures.Healthy()), side(change(t, `{"aws": {"accounts": {"111122223333": {"roles": {"ack-s3-controller": {"value": {"createdAt": "2026-11-21T00:00:00Z"}}}}}}}`)))
	if len(unturned.Facts) != 1 || len(unturned.Facts[0].Affects) != 0 {
		t.Errorf("a verdict that did not turn depends on %+v", unturned.Facts)
	}
	if len(d.Verdicts) != 1 || d.Verdicts[0].Turn() != changes.Worse || d.Verdicts[0].Object != controller {
		t.Errorf("the verdicts are %+v", d.Verdicts)
	}
}

// TestOutOfSight tells nothing of what only one side looked at.
func TestOutOfSight(t *testing.T) {
	all := change(t, `{"asked": {"namespace": "", "targets": []}, "cluster": {"namespace": "",
		"namespaces": {"value": {"other": {}}},
		"serviceAccounts": {"value": {"other/app": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/nobody"}}}}}}`)
	d := changes.Between(side(all), side(fixtures.Healthy()))
	if len(d.Facts) > 0 {
		t.Errorf("a fact of another namespace is told: %+v", d.Facts)
	}
	if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], "first at all namespaces, then at deployment/ack-system/ack-s3-controller") {
		t.Errorf("the warnings are %q", d.Warnings)
	}
	gone := 0
	for _, f := range d.Findings {
		if strings.HasPrefix(f.Now().Object, "serviceaccount/other/app") {
			gone++
			if f.Kind != changes.Gone || f.Why != "its namespace was not looked at this time" {
				t.Errorf("%s: %s, %s", f.Now().Check.ID, f.Kind, f.Why)
			}
		}
	}
	if gone == 0 {
		t.Error("nothing is told of the account's findings")
	}
}

// TestListingLost says of every object that it could not be told, once for each check.
func TestListingLost(t *testing.T) {
	d := changes.Between(side(fixtures.Healthy()), side(change(t,
		`{"cluster": {"workloads": {"deployment": {"value": null, "gap": {"kind": "forbidden", "call": "list deployments"}}}}}`)))
	if !d.Unclear() || d.Worse(checks.Warn) {
		t.Errorf("unclear: %v, worse: %v", d.Unclear(), d.Worse(checks.Warn))
	}
	told := map[string]int{}
	for _, f := range d.Findings {
		told[f.Now().Check.ID]++
		if f.Kind == changes.Gone || f.Kind == changes.Mended || f.Now().Check.ID == "trust-policy-subject" && f.Kind != changes.Unclear {
			t.Errorf("%s is told as %s", f.Now().Check.ID, f.Kind)
		}
	}
	if told["trust-policy-subject"] != 1 {
		t.Errorf("trust-policy-subject is told %d times", told["trust-policy-subject"])
	}
}

// TestPods tells of pods what their template does not tell, and nothing of those that end.
func TestPods(t *testing.T) {
	env := func(value string) func(*facts.Snapshot) *facts.PodTemplate {
		return func(s *facts.Snapshot) *facts.PodTemplate {
			w := (*s.Cluster.Workloads[facts.Deployment].Value)["ack-system/ack-s3-controller"]
			w.Template = w.Template.Clone()
			w.Template.Spec.Containers[0].Env[1].Value = &value
			(*s.Cluster.Workloads[facts.Deployment].Value)["ack-system/ack-s3-controller"] = w
			pods := *s.Cluster.Pods.Value
			pods[0].PodTemplate = pods[0].PodTemplate.Clone()
			pods[0].Spec.Containers[0].Env[1].Value = &value
			pods[0].Oldest = s.TakenAt.Add(time.Hour)
			return &pods[0].PodTemplate
		}
	}
	rolled := fixtures.Healthy()
	env("eu-west-1")(rolled)
	want := "changed template: env AWS_REGION of controller\n- us-west-2\n+ eu-west-1\n"
	if got := told(changes.Between(side(fixtures.Healthy()), side(rolled)).Facts); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	env("eu-west-1")(rolled).Spec.Containers[0].Env[3].Value = new("arn:aws:iam::111122223333:role/other")
	d := changes.Between(side(fixtures.Healthy()), side(rolled))
	want = "changed pods: env AWS_ROLE_ARN of controller\n- arn:aws:iam::111122223333:role/ack-s3-controller\n+ arn:aws:iam::111122223333:role/other\n" + want
	if got := told(d.Facts); got != want || !d.Facts[0].At.Equal(rolled.TakenAt.Add(time.Hour)) {
		t.Errorf("at %s got %s, want %s", d.Facts[0].At, got, want)
	}
	ending := fixtures.Healthy()
	pods := append(*ending.Cluster.Pods.Value, (*rolled.Cluster.Pods.Value)[0])
	pods[1].Terminating = true
	ending.Cluster.Pods = facts.Known(pods)
	if got := changes.Between(side(fixtures.Healthy()), side(ending)).Facts; len(got) > 0 {
		t.Errorf("of a pod that ends is told: %+v", got)
	}
}

// TestSelector calls nothing gone that another selector hides.
func TestSelector(t *testing.T) {
	all := `{"asked": {"targets": [], "selector": "%s"}, "cluster": {"workloads": {"deployment": {"value": {"ack-system/ack-s3-controller": %s}}}}}`
	chosen := change(t, strings.NewReplacer("\"%s\"", `"app=x"`, "%s", "null").Replace(all))
	like := change(t, `{"asked": {"targets": [], "selector": "app=x"}}`)
	for _, before := range []*facts.Snapshot{fixtures.Healthy(), like} {
		for _, f := range changes.Between(side(before), side(chosen)).Facts {
			if f.Kind == changes.Deleted {
				t.Errorf("%s %s is told as deleted", f.Object, f.Item)
			}
		}
	}
	for _, f := range changes.Between(side(change(t, `[{"op": "replace", "path": "/cluster/pods/value/0/spec/containers/0/env/1/value", "value": "111122223333"}]`)), side(chosen)).Findings {
		if strings.Contains(f.Why, "not there any more") {
			t.Errorf("%s %s: %s", f.Now().Check.ID, f.Now().Object, f.Why)
		}
	}
}

// TestProviders tells once of a provider that was deleted.
func TestProviders(t *testing.T) {
	const url = "oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001"
	d := changes.Between(side(fixtures.Healthy()), side(change(t, `{"aws": {"accounts": {"111122223333": {
		"providers": {"value": ["arn:aws:iam::111122223333:oidc-provider/other"]},
		"provider": {"`+url+`": {"value": null, "gap": {"kind": "absent"}}}}}}}`)))
	want := "changed OIDC providers\n+ arn:aws:iam::111122223333:oidc-provider/other\ndeleted \n"
	if got := told(d.Facts); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if d.Facts[1].Object != "arn:aws:iam::111122223333:oidc-provider/"+url || len(d.Facts[1].Affects) != 1 {
		t.Errorf("the second is %+v", d.Facts[1])
	}
}

// TestDeleted says that an object is not there any more, and does not call it mended.
func TestDeleted(t *testing.T) {
	asked := `{"asked": {"targets": ["serviceaccount/ack-system/extra"]}, "cluster": {"serviceAccounts": {"value": {"ack-system/extra": %s}}}}`
	before := change(t, strings.Replace(asked, "%s", `{"annotations": {"eks.amazonaws.com/role-arn": "nonsense"}}`, 1))
	after := change(t, strings.Replace(asked, "%s", "null", 1))
	after.Asked.Targets = nil
	d := changes.Between(side(before), side(after))
	found := false
	for _, f := range d.Findings {
		if f.Now().Check.ID == "role-arn-format" && f.Now().Object == "serviceaccount/ack-system/extra" {
			found = true
			if f.Kind != changes.Gone || f.Why != "the object is not there any more" {
				t.Errorf("%s, %s", f.Kind, f.Why)
			}
		}
	}
	if !found {
		t.Errorf("nothing is told of the account: %+v", d.Findings)
	}
}

// TestOtherCluster warns first.
func TestOtherCluster(t *testing.T) {
	again := `{"cluster": {"server": "https://x"}, "issuer": {"apiServer": {"value": {"issuer": "https://other"}}}, "aws": {"eks": {"value": {"issuer": "https://other"}}}}`
	for patch, want := range map[string]string{
		again: "two clusters of one name, or prod was created again: the issuers are ",
		strings.Replace(again, `"value": {"issuer": "https://other"}}}}`, `"value": {"issuer": "https://other", "name": "staging"}}}}`, 1): "two different clusters are compared: the issuers are ",
		`{"cluster": {"server": "https://through-a-proxy", "context": "other"}}`:                                                           "",
	} {
		d := changes.Between(side(fixtures.Healthy()), side(change(t, patch)))
		if got := strings.Join(d.Warnings, "\n"); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("the warnings are %q, want %q", got, want)
		}
	}
	if d := changes.Between(side(&facts.Snapshot{}), side(&facts.Snapshot{})); len(d.Warnings) != 1 || !d.Empty() {
		t.Errorf("of nothing: %q, %+v", d.Warnings, d.Findings)
	}
}

// TestOtherChecks warns where a verdict may have turned because a check was left out.
func TestOtherChecks(t *testing.T) {
	s := change(t, `{"cluster": {"serviceAccounts": {"value": {"ack-system/ack-s3-controller": {"annotations": {"eks.amazonaws.com/role-arn": "nonsense"}}}}}}`)
	few := changes.Side{Report: checks.Run(s, slices.DeleteFunc(checks.All(), func(c *checks.Check) bool { return c.ID == "role-arn-format" })), Snapshot: s}
	if d := changes.Between(side(s), few); len(d.Verdicts) != 1 || !d.Verdicts[0].Open || d.Verdicts[0].Turn() != changes.Otherwise {
		t.Errorf("the verdicts are %+v", d.Verdicts)
	}
	for _, d := range []*changes.Diff{changes.Between(side(s), few), changes.Between(few, side(s))} {
		if len(d.Warnings) != 1 || !strings.HasSuffix(d.Warnings[0], ": role-arn-format") {
			t.Errorf("the warnings are %q", d.Warnings)
		}
		for _, f := range d.Findings {
			if f.Kind == changes.Mended {
				t.Errorf("%s is told as mended", f.Now().Check.ID)
			}
		}
	}
}

// TestMark counts only what is new or graver than the baseline.
func TestMark(t *testing.T) {
	subject, scope := &checks.Check{ID: "subject"}, &checks.Check{ID: "scope"}
	f := func(c *checks.Check, r checks.Result) checks.Finding {
		return checks.Finding{Check: c, Result: r, Object: "x"}
	}
	for _, c := range []struct {
		before, now checks.Result
		known       bool
	}{
		{checks.Fail, checks.Fail, true}, {checks.Fail, checks.Warn, true}, {checks.Warn, checks.Fail, false},
		{checks.Unknown, checks.Unknown, true}, {checks.Fail, checks.Unknown, false}, {checks.Unknown, checks.Fail, false},
		{checks.Pass, checks.Fail, false}, {checks.Pass, checks.Pass, false}, {checks.Note, checks.Note, false},
	} {
		cause := f(subject, c.now)
		r := &checks.Report{
			Findings:  []checks.Finding{f(subject, c.now), f(scope, checks.Fail)},
			Diagnoses: []checks.Diagnosis{{Cause: &cause, Also: []checks.Finding{f(subject, c.now)}}},
		}
		changes.Mark(r, &checks.Report{Findings: []checks.Finding{f(subject, c.before)}})
		if r.Findings[0].Known != c.known || cause.Known != c.known || r.Diagnoses[0].Also[0].Known != c.known || r.Findings[1].Known {
			t.Errorf("%s, and now %s: known %v", c.before, c.now, r.Findings[0].Known)
		}
	}
}
