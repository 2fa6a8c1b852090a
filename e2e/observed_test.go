package e2e

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What the real webhook, v0.6.17-5-g3bf80a34, made of the pods of observedPods through a
// real API server, v1.34.4: a pod a line. Of each, only what a webhook may change.
//
//go:embed testdata/webhook-observed.jsonl
var observed []byte

// observedFlags are the webhook's flags in the two runs.
var observedFlags = map[string]injector{
	"default": {},
	"eks":     {region: "us-east-1", regionalSTS: true},
}

const observedRole = "arn:aws:iam::111122223333:role/app"

// observedAccounts are the service accounts, with the annotations that follow the prefix.
var observedAccounts = map[string]map[string]string{
	"none":        {},
	"plain":       {"role-arn": observedRole},
	"noautomount": {"role-arn": observedRole},
	"aud":         {"role-arn": observedRole, "audience": "my.aud.example"},
	"badarn":      {"role-arn": "app"},
	"emptyarn":    {"role-arn": ""},
	"spacearn":    {"role-arn": " " + observedRole},
	"instprof":    {"role-arn": "arn:aws:iam::111122223333:instance-profile/app"},
	"prefixtypo":  {"roleArn": observedRole},
	"exp":         {"role-arn": observedRole, "token-expiration": "3600"},
	"expbad":      {"role-arn": observedRole, "token-expiration": "1h"},
	"exphigh":     {"role-arn": observedRole, "token-expiration": "172800"},
	"explow":      {"role-arn": observedRole, "token-expiration": "60"},
	"stson":       {"role-arn": observedRole, "sts-regional-endpoints": "true"},
	"stsoff":      {"role-arn": observedRole, "sts-regional-endpoints": "false"},
	"stsbad":      {"role-arn": observedRole, "sts-regional-endpoints": "yes"},
}

// observedPods says how a case's pod differs from one container app without anything, as
// the account plain.
var observedPods = map[string]func(*core.Pod){
	"base":             func(p *core.Pod) {},
	"audience":         as("aud"),
	"bad-arn":          as("badarn"),
	"empty-arn":        as("emptyarn"),
	"space-arn":        as("spacearn"),
	"instance-profile": as("instprof"),
	"nosa-annotation":  as("none"),
	"prefix-typo":      as("prefixtypo"),
	"noautomount":      as("noautomount"),
	"exp-sa":           as("exp"),
	"exp-bad":          as("expbad"),
	"exp-high":         as("exphigh"),
	"exp-low":          as("explow"),
	"sts-on":           as("stson"),
	"sts-off":          as("stsoff"),
	"sts-bad":          as("stsbad"),

	"exp-pod-bad":             all(as("exp"), annotated("token-expiration", "x")),
	"exp-pod-over-sa":         all(as("exp"), annotated("token-expiration", "7200")),
	"pod-audience-annotation": all(annotated("audience", "pod.aud"), annotated("role-arn", "arn:aws:iam::111122223333:role/fromPod"), annotated("sts-regional-endpoints", "true")),

	"hostnetwork": func(p *core.Pod) { p.Spec.HostNetwork = true },
	"windows":     func(p *core.Pod) { p.Spec.NodeSelector = map[string]string{"kubernetes.io/os": "windows"} },
	"skip-label": func(p *core.Pod) {
		p.Labels = map[string]string{annotationPrefix + "skip-pod-identity-webhook": "false"}
	},

	"pre-all":            variables("AWS_ROLE_ARN", "r", "AWS_REGION", "eu-west-1", "AWS_STS_REGIONAL_ENDPOINTS", "legacy"),
	"pre-role":           variables("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/other"),
	"pre-role-empty":     variables("AWS_ROLE_ARN", ""),
	"pre-tokenfile":      variables("AWS_WEB_IDENTITY_TOKEN_FILE", "/elsewhere/token"),
	"pre-region":         variables("AWS_REGION", "eu-west-1"),
	"pre-default-region": variables("AWS_DEFAULT_REGION", "eu-west-1"),
	"pre-sts":            variables("AWS_STS_REGIONAL_ENDPOINTS", "legacy"),
	"pre-keys":           variables("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY", "x"),

	"other-volume": emptyVolume("data"),
	"pre-volume":   emptyVolume("aws-iam-token"),
	"pre-mount": all(emptyVolume("aws-iam-token"), func(p *core.Pod) {
		p.Spec.Containers[0].VolumeMounts = []core.VolumeMount{{Name: "aws-iam-token", MountPath: "/custom"}}
	}),

	"init-and-two":    fourContainers,
	"skip-all":        annotated("skip-containers", "app"),
	"skip-containers": all(fourContainers, annotated("skip-containers", "side,init2")),
	"skip-with-space": all(fourContainers, annotated("skip-containers", "side, init2")),
}

func as(account string) func(*core.Pod) {
	return func(p *core.Pod) { p.Spec.ServiceAccountName = account }
}

func annotated(key, value string) func(*core.Pod) {
	return func(p *core.Pod) { p.Annotations[annotationPrefix+key] = value }
}

func all(changes ...func(*core.Pod)) func(*core.Pod) {
	return func(p *core.Pod) {
		for _, change := range changes {
			change(p)
		}
	}
}

// variables sets pairs of name and value.
func variables(pairs ...string) func(*core.Pod) {
	return func(p *core.Pod) {
		for pair := range slices.Chunk(pairs, 2) {
			p.Spec.Containers[0].Env = append(p.Spec.Containers[0].Env, core.EnvVar{Name: pair[0], Value: pair[1]})
		}
	}
}

func emptyVolume(name string) func(*core.Pod) {
	return func(p *core.Pod) {
		p.Spec.Volumes = []core.Volume{{Name: name, VolumeSource: core.VolumeSource{EmptyDir: &core.EmptyDirVolumeSource{}}}}
	}
}

func fourContainers(p *core.Pod) {
	p.Spec.InitContainers = []core.Container{{Name: "init1", Image: "none"}, {Name: "init2", Image: "none"}}
	p.Spec.Containers = append(p.Spec.Containers, core.Container{Name: "side", Image: "none"})
}

// A shape is what a webhook may change of a pod.
type shape struct {
	Run, Case                  string
	InitContainers, Containers []container
	Volumes                    []core.Volume
}

type container struct {
	Name         string
	Env          []core.EnvVar
	VolumeMounts []core.VolumeMount
}

// shapeOf leaves out what the API server adds for its own token.
func shapeOf(pod core.Pod) shape {
	own := func(name string) bool { return strings.HasPrefix(name, "kube-api-access-") }
	s := shape{Volumes: slices.DeleteFunc(pod.Spec.Volumes, func(v core.Volume) bool { return own(v.Name) })}
	for list, containers := range map[*[]container][]core.Container{&s.InitContainers: pod.Spec.InitContainers, &s.Containers: pod.Spec.Containers} {
		for _, c := range containers {
			mounts := slices.DeleteFunc(c.VolumeMounts, func(m core.VolumeMount) bool { return own(m.Name) })
			*list = append(*list, container{c.Name, c.Env, mounts})
		}
	}
	return s
}

// text is a shape to compare, without what is empty.
func (s shape) text(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, c := range slices.Concat(s.InitContainers, s.Containers) {
		fmt.Fprintf(&b, "container %s\n", c.Name)
		for _, e := range c.Env {
			fmt.Fprintf(&b, "  %s=%q\n", e.Name, e.Value)
		}
		for _, m := range c.VolumeMounts {
			fmt.Fprintf(&b, "  %s at %s, read-only %v\n", m.Name, m.MountPath, m.ReadOnly)
		}
	}
	for _, v := range s.Volumes {
		text, err := json.Marshal(v)
		must(t, err)
		fmt.Fprintf(&b, "volume %s\n", text)
	}
	return b.String()
}

// TestWebhook has the API server ask the injector about the pods of which it was observed
// what the real webhook makes of them.
func TestWebhook(t *testing.T) {
	c := theCluster(t)
	const namespace = "observed"
	c.run("", "delete", "namespace", namespace, "--ignore-not-found", "--wait")
	c.kubectl(t, "create", "namespace", namespace)
	t.Cleanup(func() {
		c.run("", "delete", "mutatingwebhookconfiguration", "pod-identity-webhook", "--ignore-not-found")
		c.run("", "delete", "namespace", namespace, "--wait=false")
	})
	c.apply(t, list(t, slices.Collect(maps.Keys(observedAccounts)), func(name string) any {
		return core.ServiceAccount{
			TypeMeta: meta.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"}, ObjectMeta: meta.ObjectMeta{Name: name, Namespace: namespace},
			AutomountServiceAccountToken: new(name != "noautomount"),
		}
	}))
	pods := list(t, slices.Collect(maps.Keys(observedPods)), func(name string) any {
		pod := core.Pod{
			TypeMeta: meta.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: meta.ObjectMeta{Name: name, Namespace: namespace, Annotations: map[string]string{}},
			Spec: core.PodSpec{ServiceAccountName: "plain", Containers: []core.Container{{Name: "app", Image: "none"}}},
		}
		observedPods[name](&pod)
		return pod
	})
	want := map[string]shape{}
	for line := range bytes.Lines(observed) {
		var s shape
		must(t, json.Unmarshal(line, &s))
		want[s.Run+"/"+s.Case] = s
	}
	if len(want) != len(observedFlags)*len(observedPods) {
		t.Errorf("%d pods were observed, and %d are created", len(want), len(observedFlags)*len(observedPods))
	}
	for run, in := range observedFlags {
		in.associated = func(_, _ string) bool { return false }
		in.annotations = func(in, account string) map[string]string {
			prefixed := map[string]string{}
			for key, value := range observedAccounts[account] {
				if in == namespace {
					prefixed[annotationPrefix+key] = value
				}
			}
			return prefixed
		}
		h := startHook(t, c, in)
		h.register(t, "")
		out, err := c.run(pods, "create", "-f", "-", "--dry-run=server", "-o", "json")
		if err != nil {
			t.Fatalf("create the pods: %v\n%s", err, out)
		}
		for created := json.NewDecoder(strings.NewReader(out)); created.More(); {
			var pod core.Pod
			must(t, created.Decode(&pod))
			name := run + "/" + pod.Name
			t.Run(name, func(t *testing.T) {
				if got, want := shapeOf(pod).text(t), want[name].text(t); got != want {
					t.Errorf("the injector makes of it\n%s\nand the webhook made\n%s", got, want)
				}
			})
			delete(want, name)
		}
	}
	for name := range want {
		t.Errorf("%s was not created", name)
	}
}

// list is a manifest of the objects with these names.
func list(t *testing.T, names []string, object func(name string) any) string {
	t.Helper()
	var items []any
	for _, name := range slices.Sorted(slices.Values(names)) {
		items = append(items, object(name))
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	must(t, err)
	return string(text)
}

// TestWebhookWithPodIdentity has the injector follow an association.
func TestWebhookWithPodIdentity(t *testing.T) {
	in := observedFlags["eks"]
	in.annotations = func(_, _ string) map[string]string {
		return map[string]string{annotationPrefix + "role-arn": observedRole}
	}
	in.associated = func(namespace, account string) bool { return namespace == "n" && account == "default" }
	for range 100 {
		pod := core.Pod{Spec: core.PodSpec{Containers: []core.Container{{Name: "app"}}}}
		if !in.inject("n", &pod) || pod.Labels["eks.amazonaws.com/pod-identity"] != "enabled" {
			t.Fatalf("the pod's labels are %v", pod.Labels)
		}
		token := pod.Spec.Volumes[0].Projected.Sources[0].ServiceAccountToken
		if *token.ExpirationSeconds < 79200 || *token.ExpirationSeconds > 86400 {
			t.Errorf("the token lives %d s, want 79200 to 86400", *token.ExpirationSeconds)
		}
		token.ExpirationSeconds = nil
		const want = `container app
  AWS_STS_REGIONAL_ENDPOINTS="regional"
  AWS_DEFAULT_REGION="us-east-1"
  AWS_REGION="us-east-1"
  AWS_CONTAINER_CREDENTIALS_FULL_URI="http://169.254.170.23/v1/credentials"
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"
  eks-pod-identity-token at /var/run/secrets/pods.eks.amazonaws.com/serviceaccount, read-only true
volume {"name":"eks-pod-identity-token","projected":{"sources":[{"serviceAccountToken":{"audience":"pods.eks.amazonaws.com","path":"eks-pod-identity-token"}}],"defaultMode":420}}
`
		if got := shapeOf(pod).text(t); got != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}
