package edit

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

const (
	arn      = "arn:aws:iam::111122223333:role/app"
	issuer   = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
	provider = "arn:aws:iam::111122223333:oidc-provider/" + issuer
)

var (
	taken   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	api     = facts.Ref{Kind: facts.Deployment, Namespace: "shop", Name: "api"}
	nightly = facts.Ref{Kind: facts.CronJob, Namespace: "shop", Name: "nightly"}
	once    = facts.Ref{Kind: facts.Job, Namespace: "shop", Name: "once"}
	single  = facts.Ref{Kind: facts.Pod, Namespace: "shop", Name: "single"}
	bare    = facts.Ref{Kind: facts.ReplicaSet, Namespace: "shop", Name: "bare"}
	account = facts.Ref{Kind: facts.ServiceAccountKind, Namespace: "shop", Name: "api"}
)

// shop is a cluster of EKS with a workload of each sort, whose pods are older than
// the annotation of their account.
func shop() *facts.Snapshot {
	s := &facts.Snapshot{Version: facts.SchemaVersion, TakenAt: taken}
	template := facts.PodTemplate{
		Labels: map[string]string{"app": "api"},
		Spec: facts.PodSpec{ServiceAccount: "api", Containers: []facts.Container{
			{Name: "app", Env: []facts.Env{{Name: "AWS_REGION", Value: new("us-east-1a")}, {Name: "SECRET"}}},
			{Name: "side"},
		}},
	}
	s.Cluster.Namespaces = facts.Known(map[string]facts.Namespace{"shop": {}})
	s.Cluster.ServiceAccounts = facts.Known(map[string]facts.ServiceAccount{
		"shop/api":   {Meta: facts.Meta{Annotations: map[string]string{facts.RoleARNAnnotation: arn}}},
		"shop/other": {},
	})
	s.Cluster.Webhooks = facts.Known(map[string]facts.WebhookConfiguration{"pod-identity-webhook": {Webhooks: []facts.Webhook{{
		Name: "iam-for-pods.amazonaws.com", URL: "https://127.0.0.1:23443/mutate",
		Objects: facts.Selector{Expressions: []facts.Expression{{Key: facts.SkipLabel, Operator: "DoesNotExist"}}},
	}}}})
	s.Cluster.Workloads = map[facts.Kind]facts.Fact[map[string]facts.Workload]{}
	var pods []facts.PodShape
	for _, ref := range []facts.Ref{api, nightly, once, single, bare} {
		s.Cluster.Workloads[ref.Kind] = facts.Known(map[string]facts.Workload{ref.Key(): {Template: template, Replicas: 3, Updating: true}})
		pods = append(pods, facts.PodShape{Owner: ref, Count: 2, Names: []string{ref.Name + "-1"}, Phase: "Running", PodTemplate: template, Waiting: []string{"app: CrashLoopBackOff"}},
			facts.PodShape{Owner: ref, Count: 1, Names: []string{ref.Name + "-0"}, Phase: "Failed", PodTemplate: template})
	}
	s.Cluster.Pods = facts.Known(pods)
	s.Cluster.FailedCreates = facts.Known([]facts.FailedCreate{{Owner: api, Message: "forbidden"}, {Owner: bare, Message: "quota"}})
	s.AWS.EKS = facts.Known(facts.EKSCluster{Name: "prod", ARN: "arn:aws:eks:us-east-1:111122223333:cluster/prod"})
	s.AWS.Associations = facts.Known(map[string]facts.Association{"shop/other": {ID: "a-1"}})
	s.AWS.Accounts = map[string]facts.Account{"111122223333": {
		Providers: facts.Known([]string{provider}),
		Provider: map[string]facts.Fact[facts.Provider]{
			issuer: facts.Known(facts.Provider{ARN: provider, URL: issuer, ClientIDs: []string{"sts.amazon.com"}}),
		},
		Roles: map[string]facts.Fact[facts.Role]{
			"app":  facts.Known(facts.Role{ARN: arn, Name: "app", TrustPolicy: "{}"}),
			"gone": facts.Missing[facts.Role](&facts.Gap{Kind: facts.Absent}),
		},
	}}
	return s
}

func TestCommands(t *testing.T) {
	for _, tc := range []struct {
		edit Edit
		want string
	}{
		{Annotate{"prod", account, facts.RoleARNAnnotation, arn, false},
			"kubectl annotate serviceaccount/api eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/app --overwrite -n shop --context prod"},
		{Annotate{"", account, "eks.amazonaws.com/role_arn", "", true}, "kubectl annotate serviceaccount/api eks.amazonaws.com/role_arn- -n shop"},
		{CreateServiceAccount{"prod", "shop", "new"}, "kubectl create serviceaccount new -n shop --context prod"},
		{SetEnv{"", api, "app", "AWS_REGION", "us-east-1", false}, "kubectl set env deployment/api -c app AWS_REGION=us-east-1 -n shop"},
		{SetEnv{"", api, "", "AWS_PROFILE", "", true}, "kubectl set env deployment/api AWS_PROFILE- -n shop"},
		{SetEnv{"", nightly, "app", "X", "it's", false}, `kubectl set env cronjob/nightly -c app 'X=it'\''s' -n shop`},
		{SetEnv{"", once, "app", "X", "y", false}, ""},
		{SetEnv{"", single, "app", "X", "y", false}, ""},
		{SetServiceAccount{"", api, "other"}, "kubectl set serviceaccount deployment/api other -n shop"},
		{SetServiceAccount{"", single, "other"}, ""},
		{RemovePodLabel{"", api, facts.SkipLabel},
			`kubectl patch deployment/api --type json -p '[{"op":"remove","path":"/spec/template/metadata/labels/eks.amazonaws.com~1skip-pod-identity-webhook"}]' -n shop`},
		{RemovePodLabel{"", nightly, "a~b"},
			`kubectl patch cronjob/nightly --type json -p '[{"op":"remove","path":"/spec/jobTemplate/spec/template/metadata/labels/a~0b"}]' -n shop`},
		{RemovePodLabel{"", once, facts.SkipLabel}, ""},
		{Restart{"prod", api, 3}, "kubectl rollout restart deployment/api -n shop --context prod"},
		{Restart{"", bare, 3}, ""},
		{Restart{"", nightly, 0}, ""},
		{Restart{"", single, 1}, ""},
		{PutTrustPolicy{"ops", "111122223333", "app", "{\n  \"Version\": \"2012-10-17\"\n}"},
			`aws iam update-assume-role-policy --role-name app --policy-document '{"Version":"2012-10-17"}' --profile ops`},
		{PutTrustPolicy{"", "111122223333", "app", "no policy"}, ""},
		{CreateProvider{"", "111122223333", "aws", "https://" + issuer, []string{"sts.amazonaws.com"}},
			"aws iam create-open-id-connect-provider --url https://" + issuer + " --client-id-list sts.amazonaws.com"},
		{AddClientID{"ops", provider, "sts.amazonaws.com"},
			"aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn " + provider + " --client-id sts.amazonaws.com --profile ops"},
		{DeleteAssociation{"ops", "us-east-1", "prod", "a-1", account},
			"aws eks delete-pod-identity-association --cluster-name prod --association-id a-1 --region us-east-1 --profile ops"},
	} {
		c := tc.edit.Command()
		if got := c.String(); got != tc.want {
			t.Errorf("%T:\n got %s\nwant %s", tc.edit, got, tc.want)
		}
		if len(c) > 0 && !c.Safe() {
			t.Errorf("%s is not safe", c)
		}
	}
	// An audience is written by whoever may annotate a service account.
	if c := (AddClientID{"", provider, "file:///etc/passwd"}).Command(); c.Safe() {
		t.Errorf("%s is safe", c)
	}
}

// everyEdit has each edit about something that shop holds.
func everyEdit() []Edit {
	return []Edit{
		Annotate{Object: account, Key: "k", Value: "v"}, Annotate{Object: account, Key: facts.RoleARNAnnotation, Remove: true},
		CreateServiceAccount{Namespace: "shop", Name: "new"}, SetEnv{Workload: api, Name: "X", Value: "y"}, SetEnv{Workload: api, Name: "SECRET", Unset: true},
		SetServiceAccount{Workload: api, Account: "other"}, RemovePodLabel{Workload: api, Key: "app"}, Restart{Workload: api},
		PutTrustPolicy{Account: "111122223333", Role: "app", Document: "[]"}, CreateProvider{Account: "111122223333", Partition: "aws", URL: "https://other"},
		AddClientID{ProviderARN: provider, ClientID: "x"},
		DeleteAssociation{Cluster: "prod", ID: "a-1", Account: facts.Ref{Kind: facts.ServiceAccountKind, Namespace: "shop", Name: "other"}},
	}
}

// Every edit changes what it is about; one that finds nothing of that leaves the
// snapshot as it was, except that what is created then exists.
func TestApplyChangesAndNeverPanics(t *testing.T) {
	for _, e := range everyEdit() {
		s := shop()
		e.Apply(s)
		if cmp.Equal(s, shop(), cmpopts.EquateEmpty()) {
			t.Errorf("%T %+v changes nothing", e, e)
		}
		_, creates := e.(CreateProvider)
		// Its listings are known, and hold nothing.
		hollow := &facts.Snapshot{}
		hollow.Cluster.Workloads = map[facts.Kind]facts.Fact[map[string]facts.Workload]{facts.Deployment: facts.Known(map[string]facts.Workload{})}
		hollow.Cluster.Pods = facts.Known([]facts.PodShape{})
		hollow.AWS.Accounts = map[string]facts.Account{"111122223333": {}}
		for _, s := range []*facts.Snapshot{{}, hollow} {
			before := s.Clone()
			e.Apply(s)
			if changed := !cmp.Equal(s, before, cmpopts.EquateEmpty()); changed != creates {
				t.Errorf("%T changes a snapshot without its object: %v", e, changed)
			}
		}
		empty := shop()
		empty.Cluster.ServiceAccounts = facts.Known(map[string]facts.ServiceAccount(nil))
		e.Apply(empty)
	}
}

func TestAnnotate(t *testing.T) {
	s := shop()
	other := facts.Ref{Kind: facts.ServiceAccountKind, Namespace: "shop", Name: "other"}
	Annotate{Object: other, Key: facts.RoleARNAnnotation, Value: arn}.Apply(s)
	Annotate{Object: account, Key: facts.RoleARNAnnotation, Remove: true}.Apply(s)
	Annotate{Object: api, Key: "k", Value: "v"}.Apply(s) // a workload is none of its business
	want := map[string]facts.ServiceAccount{"shop/api": {}, "shop/other": {Meta: facts.Meta{Annotations: map[string]string{facts.RoleARNAnnotation: arn}}}}
	if diff := cmp.Diff(want, *s.Cluster.ServiceAccounts.Value, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// podsOf returns the pods of the workload that are alive.
func podsOf(s *facts.Snapshot, ref facts.Ref) []facts.PodShape {
	return slices.DeleteFunc(slices.Clone(s.Cluster.Pods.Or(nil)), func(p facts.PodShape) bool { return p.Owner != ref || !p.Alive() })
}

func TestRestartInjects(t *testing.T) {
	s := shop()
	Restart{Workload: api}.Apply(s)
	pods := podsOf(s, api)
	if len(pods) != 1 {
		t.Fatalf("%d shapes are alive", len(pods))
	}
	p := pods[0]
	if p.Count != 3 || p.Phase != "Running" || p.Waiting != nil || p.Newest != taken || p.Oldest != taken || !slices.Equal(p.Names, []string{"api"}) {
		t.Errorf("the fresh pod is %+v", p)
	}
	for _, c := range p.Spec.Containers {
		if got, _ := c.Literal("AWS_ROLE_ARN"); got != arn || !inject.Injected(c) {
			t.Errorf("container %s is not injected: %+v", c.Name, c.Env)
		}
	}
	if got, _ := p.Spec.Containers[1].Literal("AWS_REGION"); got != "us-east-1" {
		t.Errorf("the webhook of EKS injects region %q", got)
	}
	w := (*s.Cluster.Workloads[facts.Deployment].Value)["shop/api"]
	if w.Updating || inject.Injected(w.Template.Spec.Containers[0]) {
		t.Error("the rollout is not done, or the template holds what belongs to the pod")
	}
	if failed := s.Cluster.FailedCreates.Or(nil); len(failed) != 1 || failed[0].Owner != bare {
		t.Errorf("failures to create are now %+v", failed)
	}
	for _, ref := range []facts.Ref{nightly, once, single, bare} {
		Restart{Workload: ref}.Apply(s)
		if pods := podsOf(s, ref); len(pods) != 1 || pods[0].Count != 2 {
			t.Errorf("the pods of %s were replaced", ref)
		}
	}
}

func TestTemplateEdits(t *testing.T) {
	region := func(c facts.Container) string { v, _ := c.Literal("AWS_REGION"); return v }
	for name, tc := range map[string]struct {
		edit Edit
		ok   func(facts.PodTemplate) bool
	}{
		"set": {SetEnv{Workload: api, Container: "app", Name: "AWS_REGION", Value: "us-east-1"}, func(p facts.PodTemplate) bool {
			return region(p.Spec.Containers[0]) == "us-east-1" && len(p.Spec.Containers[0].Env) == 2
		}},
		"set in the other": {SetEnv{Workload: api, Container: "side", Name: "AWS_REGION", Value: "x"}, func(p facts.PodTemplate) bool {
			return region(p.Spec.Containers[0]) == "us-east-1a" && region(p.Spec.Containers[1]) == "x"
		}},
		"set in all": {SetEnv{Workload: api, Name: "AWS_REGION", Value: "x"}, func(p facts.PodTemplate) bool {
			return region(p.Spec.Containers[0]) == "x" && region(p.Spec.Containers[1]) == "x"
		}},
		"set empty": {SetEnv{Workload: api, Container: "app", Name: "AWS_REGION"}, func(p facts.PodTemplate) bool {
			return p.Spec.Containers[0].Env[0].Empty && region(p.Spec.Containers[0]) == ""
		}},
		"set what is not kept": {SetEnv{Workload: api, Container: "app", Name: "TOKEN", Value: "hidden"}, func(p facts.PodTemplate) bool {
			e, ok := p.Spec.Containers[0].Getenv("TOKEN")
			return ok && e.Value == nil
		}},
		"unset":   {SetEnv{Workload: api, Container: "app", Name: "AWS_REGION", Unset: true}, func(p facts.PodTemplate) bool { return len(p.Spec.Containers[0].Env) == 1 }},
		"account": {SetServiceAccount{Workload: api, Account: "other"}, func(p facts.PodTemplate) bool { return p.Spec.Account() == "other" }},
		"label":   {RemovePodLabel{Workload: api, Key: "app"}, func(p facts.PodTemplate) bool { return len(p.Labels) == 0 }},
	} {
		s := shop()
		tc.edit.Apply(s)
		template := (*s.Cluster.Workloads[facts.Deployment].Value)["shop/api"].Template
		if !tc.ok(template) {
			t.Errorf("%s: the template is now %+v", name, template)
		}
		pods := podsOf(s, api)
		if want := inject.Admit(s, "shop", template).Pod; len(pods) != 1 || !cmp.Equal(pods[0].PodTemplate, want, cmpopts.EquateEmpty()) {
			t.Errorf("%s: the pods are not those of the template: %+v", name, pods)
		}
	}
}

func TestTemplateEditsByKind(t *testing.T) {
	for ref, want := range map[facts.Ref]struct{ template, pods bool }{
		api: {true, true}, nightly: {true, false}, bare: {true, false}, once: {false, false}, single: {false, false},
	} {
		s := shop()
		e := SetServiceAccount{Workload: ref, Account: "other"}
		e.Apply(s)
		template := (*s.Cluster.Workloads[ref.Kind].Value)[ref.Key()].Template.Spec.Account() == "other"
		pods := podsOf(s, ref)[0].Spec.Account() == "other"
		if template != want.template || pods != want.pods {
			t.Errorf("%s: template changed %v, pods replaced %v", ref, template, pods)
		}
		if (len(e.Command()) > 0) != template {
			t.Errorf("%s: the command %q does not do what Apply does", ref, e.Command())
		}
		if got, ok := RollsOut(e); got != ref || ok != want.pods {
			t.Errorf("%s: RollsOut = %v, %v", ref, got, ok)
		}
	}
	if _, ok := RollsOut(Annotate{Object: account}); ok {
		t.Error("an annotation rolls out")
	}
}

// What the pod of an account with an association becomes, the webhook decides.
func TestSetServiceAccountToOneWithAssociation(t *testing.T) {
	s := shop()
	SetServiceAccount{Workload: api, Account: "other"}.Apply(s)
	c := podsOf(s, api)[0].Spec.Containers[0]
	if !inject.HasPodIdentity(c) || inject.Injected(c) {
		t.Errorf("variables: %+v", c.Env)
	}
}

func TestRolloutStandsStillWithoutAccount(t *testing.T) {
	s := shop()
	before := podsOf(s, api)
	SetServiceAccount{Workload: api, Account: "missing"}.Apply(s)
	if diff := cmp.Diff(before, podsOf(s, api), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("pods came up without their account:\n%s", diff)
	}
}

func TestNoPodsOfNoReplicas(t *testing.T) {
	s := shop()
	workloads := *s.Cluster.Workloads[facts.Deployment].Value
	w := workloads[api.Key()]
	w.Replicas = 0
	workloads[api.Key()] = w
	s.Cluster.Pods = facts.Known([]facts.PodShape{})
	Restart{Workload: api}.Apply(s)
	if pods := podsOf(s, api); len(pods) != 0 {
		t.Errorf("a workload scaled to zero has pods: %+v", pods)
	}
}

func TestCreateServiceAccountLetsPodsCome(t *testing.T) {
	s := shop()
	delete(*s.Cluster.ServiceAccounts.Value, "shop/api")
	s.Cluster.Pods = facts.Known([]facts.PodShape{})
	CreateServiceAccount{Namespace: "shop", Name: "api"}.Apply(s)
	if pods := podsOf(s, api); len(pods) != 1 || inject.Injected(pods[0].Spec.Containers[0]) {
		t.Errorf("pods: %+v", pods)
	}
	if failed := s.Cluster.FailedCreates.Or(nil); len(failed) != 1 || failed[0].Owner != bare {
		t.Errorf("failures to create are now %+v", failed)
	}
	// Creating it again is refused, and keeps what is there.
	Annotate{Object: account, Key: "k", Value: "v"}.Apply(s)
	CreateServiceAccount{Namespace: "shop", Name: "api"}.Apply(s)
	if (*s.Cluster.ServiceAccounts.Value)["shop/api"].Annotations["k"] != "v" {
		t.Error("the account was made anew")
	}
}

// A snapshot that edits were applied to can still be saved.
func TestEditedSnapshotSurvivesJSON(t *testing.T) {
	s := shop()
	for _, e := range everyEdit() {
		e.Apply(s)
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := facts.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, back, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-edited +read back):\n%s", diff)
	}
}
