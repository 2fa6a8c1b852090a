package inject

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// What the real webhook (v0.6.17-5-g3bf80a34) made of the pods of the cases below
// when they were created through a real API server (v1.34.4): a pod spec a line. The
// values of key variables are left out, as in a snapshot.
//
//go:embed testdata/observed.jsonl
var observed []byte

// The flags of the two runs.
var runs = map[string]map[string]string{
	"default": nil,
	"eks":     {"aws-default-region": "us-east-1", "sts-regional-endpoint": ""},
}

const (
	prefix = "eks.amazonaws.com/"
	arn    = "arn:aws:iam::111122223333:role/app"
)

// The annotations of the service accounts.
var accounts = map[string]map[string]string{
	"none":        nil,
	"plain":       {prefix + "role-arn": arn},
	"noautomount": {prefix + "role-arn": arn},
	"aud":         {prefix + "role-arn": arn, prefix + "audience": "my.aud.example"},
	"badarn":      {prefix + "role-arn": "app"},
	"emptyarn":    {prefix + "role-arn": ""},
	"spacearn":    {prefix + "role-arn": " " + arn},
	"instprof":    {prefix + "role-arn": "arn:aws:iam::111122223333:instance-profile/app"},
	"prefixtypo":  {prefix + "roleArn": arn},
	"exp":         {prefix + "role-arn": arn, prefix + "token-expiration": "3600"},
	"expbad":      {prefix + "role-arn": arn, prefix + "token-expiration": "1h"},
	"exphigh":     {prefix + "role-arn": arn, prefix + "token-expiration": "172800"},
	"explow":      {prefix + "role-arn": arn, prefix + "token-expiration": "60"},
	"stson":       {prefix + "role-arn": arn, prefix + "sts-regional-endpoints": "true"},
	"stsoff":      {prefix + "role-arn": arn, prefix + "sts-regional-endpoints": "false"},
	"stsbad":      {prefix + "role-arn": arn, prefix + "sts-regional-endpoints": "yes"},
}

// pods are the pods of the cases as they were sent to the API server.
func pods() map[string]facts.PodTemplate {
	app := func(env ...facts.Env) []facts.Container { return []facts.Container{{Name: "app", Env: env}} }
	set := func(name, value string) facts.Env { return facts.Env{Name: name, Value: &value} }
	run := func(account string, containers []facts.Container) facts.PodTemplate {
		return facts.PodTemplate{Spec: facts.PodSpec{ServiceAccount: account, Containers: containers}}
	}
	annotated := func(p facts.PodTemplate, annotations map[string]string) facts.PodTemplate {
		p.Annotations = annotations
		return p
	}
	four := []facts.Container{{Name: "init1", Role: "init"}, {Name: "init2", Role: "init"}, {Name: "app"}, {Name: "side"}}

	hostNetwork := run("plain", app())
	hostNetwork.Spec.HostNetwork = true
	otherVolume := run("plain", app())
	otherVolume.Spec.Volumes = []facts.Volume{{Name: "data", Kind: "emptyDir"}}
	preVolume := run("plain", app())
	preVolume.Spec.Volumes = []facts.Volume{{Name: VolumeName, Kind: "emptyDir"}}
	preMount := run("plain", []facts.Container{{Name: "app", Mounts: []facts.Mount{{Volume: VolumeName, Path: "/custom"}}}})
	preMount.Spec.Volumes = preVolume.Spec.Volumes
	skipLabel := run("plain", app())
	skipLabel.Labels = map[string]string{facts.SkipLabel: "false"}
	windows := run("plain", app())
	windows.Spec.NodeSelector = map[string]string{"kubernetes.io/os": "windows"}

	return map[string]facts.PodTemplate{
		"base":             run("plain", app()),
		"audience":         run("aud", app()),
		"bad-arn":          run("badarn", app()),
		"empty-arn":        run("emptyarn", app()),
		"space-arn":        run("spacearn", app()),
		"instance-profile": run("instprof", app()),
		"nosa-annotation":  run("none", app()),
		"prefix-typo":      run("prefixtypo", app()),
		"noautomount":      run("noautomount", app()),
		"hostnetwork":      hostNetwork,
		"windows":          windows,
		"init-and-two":     run("plain", four),
		"other-volume":     otherVolume,

		"exp-sa":          run("exp", app()),
		"exp-bad":         run("expbad", app()),
		"exp-high":        run("exphigh", app()),
		"exp-low":         run("explow", app()),
		"exp-pod-bad":     annotated(run("exp", app()), map[string]string{prefix + "token-expiration": "x"}),
		"exp-pod-over-sa": annotated(run("exp", app()), map[string]string{prefix + "token-expiration": "7200"}),
		"sts-on":          run("stson", app()),
		"sts-off":         run("stsoff", app()),
		"sts-bad":         run("stsbad", app()),
		"pod-audience-annotation": annotated(run("plain", app()), map[string]string{
			prefix + "audience": "pod.aud", prefix + "role-arn": "arn:aws:iam::111122223333:role/fromPod", prefix + "sts-regional-endpoints": "true"}),

		"pre-all":            run("plain", app(set("AWS_ROLE_ARN", "r"), set("AWS_REGION", "eu-west-1"), set("AWS_STS_REGIONAL_ENDPOINTS", "legacy"))),
		"pre-role":           run("plain", app(set("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/other"))),
		"pre-role-empty":     run("plain", app(set("AWS_ROLE_ARN", ""))),
		"pre-tokenfile":      run("plain", app(set("AWS_WEB_IDENTITY_TOKEN_FILE", "/elsewhere/token"))),
		"pre-region":         run("plain", app(set("AWS_REGION", "eu-west-1"))),
		"pre-default-region": run("plain", app(set("AWS_DEFAULT_REGION", "eu-west-1"))),
		"pre-sts":            run("plain", app(set("AWS_STS_REGIONAL_ENDPOINTS", "legacy"))),
		"pre-keys":           run("plain", app(facts.Env{Name: "AWS_ACCESS_KEY_ID"}, facts.Env{Name: "AWS_SECRET_ACCESS_KEY"})),
		"pre-volume":         preVolume,
		"pre-mount":          preMount,

		"skip-label":      skipLabel,
		"skip-all":        annotated(run("plain", app()), map[string]string{prefix + "skip-containers": "app"}),
		"skip-containers": annotated(run("plain", four), map[string]string{prefix + "skip-containers": "side,init2"}),
		"skip-with-space": annotated(run("plain", four), map[string]string{prefix + "skip-containers": "side, init2"}),
	}
}

// cluster is the cluster that the webhook was observed in.
func cluster(flags map[string]string) *facts.Snapshot {
	s := new(facts.Snapshot)
	byKey := map[string]facts.ServiceAccount{}
	for name, annotations := range accounts {
		byKey["default/"+name] = facts.ServiceAccount{Meta: facts.Meta{Annotations: annotations}}
	}
	s.Cluster.ServiceAccounts = facts.Known(byKey)
	s.Cluster.Namespaces = facts.Known(map[string]facts.Namespace{"default": {}})
	s.Cluster.Injector = facts.Known(facts.Injector{Flags: flags})
	s.Cluster.Webhooks = facts.Known(map[string]facts.WebhookConfiguration{"pod-identity-webhook": {Webhooks: []facts.Webhook{{
		Name:          "pod-identity-webhook.amazonaws.com",
		URL:           "https://127.0.0.1:16445/mutate",
		FailurePolicy: "Ignore",
		Objects:       facts.Selector{Expressions: []facts.Expression{{Key: facts.SkipLabel, Operator: "DoesNotExist"}}},
	}}}})
	return s
}

func TestAsObserved(t *testing.T) {
	seen := map[string]int{}
	for line := range bytes.Lines(observed) {
		var want struct {
			Run, Case  string
			Containers []facts.Container
			Volumes    []facts.Volume
		}
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		seen[want.Case]++
		t.Run(want.Run+"/"+want.Case, func(t *testing.T) {
			flags, known := runs[want.Run]
			pod, ok := pods()[want.Case]
			if !known || !ok {
				t.Fatal("there is no such case")
			}
			got := Admit(cluster(flags), "default", pod).Pod.Spec
			if diff := cmp.Diff(want.Containers, got.Containers, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("containers (-observed +inject):\n%s", diff)
			}
			if diff := cmp.Diff(want.Volumes, got.Volumes, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("volumes (-observed +inject):\n%s", diff)
			}
			if diff := cmp.Diff(pods()[want.Case], pod, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the pod that was asked about changed:\n%s", diff)
			}
		})
	}
	for name := range pods() {
		if seen[name] != len(runs) {
			t.Errorf("%s was observed in %d runs of %d", name, seen[name], len(runs))
		}
	}
}
