package inject

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func TestFromInjector(t *testing.T) {
	roles := facts.Known(map[string]facts.MappedRole{"a/b": {RoleARN: arn}})
	defaults := Webhook{Prefix: DefaultPrefix, Audience: DefaultAudience, ExpirationSeconds: 86400, MountPath: MountPath}
	with := func(change func(*Webhook)) Webhook {
		w := defaults
		change(&w)
		return w
	}
	for name, tc := range map[string]struct {
		flags map[string]string
		want  Webhook
	}{
		"defaults": {nil, defaults},
		"all": {map[string]string{
			"annotation-prefix": "irsa.example.com", "token-audience": "aud", "token-expiration": "3600", "token-mount-path": "/token",
			"aws-default-region": "eu-west-1", "sts-regional-endpoint": "true", "compose-role-arn": "true", "watch-config-map": "true",
			"watch-container-credentials-config": "/etc/config",
		}, Webhook{"irsa.example.com", "aud", 3600, "/token", "eu-west-1", true, true, true, *roles.Value}},
		"flags that stand alone":  {map[string]string{"sts-regional-endpoint": ""}, with(func(w *Webhook) { w.RegionalSTS = true })},
		"flags that are off":      {map[string]string{"sts-regional-endpoint": "false", "watch-config-map": "false"}, defaults},
		"expiration that is low":  {map[string]string{"token-expiration": "10"}, with(func(w *Webhook) { w.ExpirationSeconds = 600 })},
		"expiration that is none": {map[string]string{"token-expiration": "1h"}, defaults},
	} {
		if diff := cmp.Diff(tc.want, FromInjector(facts.Injector{Flags: tc.flags, Roles: roles})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestIdentity(t *testing.T) {
	w := FromInjector(facts.Injector{
		Flags: map[string]string{"watch-config-map": "", "sts-regional-endpoint": "", "token-expiration": "7200"},
		Roles: facts.Known(map[string]facts.MappedRole{
			"ns/mapped": {RoleARN: "exact", Audience: "aud", ExpirationSeconds: 900, RegionalSTS: true},
			"*/mapped":  {RoleARN: "any"},
			"ns/empty":  {},
			"*/empty":   {RoleARN: "any"},
		}),
	})
	for name, tc := range map[string]struct {
		namespace, account string
		annotations        map[string]string
		want               Identity // zero: none
	}{
		"annotated":               {"ns", "app", accounts["aud"], Identity{arn, "my.aud.example", 7200, true, false}},
		"annotation wins":         {"ns", "mapped", accounts["plain"], Identity{arn, "sts.amazonaws.com", 7200, true, false}},
		"empty audience is taken": {"ns", "app", map[string]string{prefix + "role-arn": arn, prefix + "audience": ""}, Identity{arn, "", 7200, true, false}},
		"mapped":                  {"ns", "mapped", nil, Identity{"exact", "aud", 900, true, true}},
		"empty annotation":        {"ns", "mapped", accounts["emptyarn"], Identity{"exact", "aud", 900, true, true}},
		"mapped in any namespace": {"other", "mapped", nil, Identity{"any", "", 7200, false, true}},
		"exact entry shadows":     {"ns", "empty", nil, Identity{}},
		"not mapped":              {"ns", "app", nil, Identity{}},
	} {
		got, ok := w.Identity(tc.namespace, tc.account, facts.ServiceAccount{Meta: facts.Meta{Annotations: tc.annotations}})
		if got != tc.want || ok != (tc.want != Identity{}) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, ok, tc.want)
		}
	}

	other := FromInjector(facts.Injector{Flags: map[string]string{"annotation-prefix": "irsa.example.com"}})
	if _, ok := other.Identity("ns", "app", facts.ServiceAccount{Meta: facts.Meta{Annotations: accounts["plain"]}}); ok {
		t.Error("another prefix: the annotation of the default one counts")
	}
}

func TestSkipContainers(t *testing.T) {
	for value, want := range map[string][]string{
		"":               nil,
		"app":            {"app"},
		"a,b":            {"a", "b"},
		"a, b":           {"a", " b"},
		`"a,b",c`:        {"a,b", "c"},
		`a"b`:            nil,
		`"a`:             nil,
		"a\nb":           {"a"},
		"a,":             {"a", ""},
		" a , b ":        {" a ", " b "},
		"\n\nlast,line":  {"last", "line"},
		"app,\"side\",x": {"app", "side", "x"},
	} {
		if got := SkipContainers(value); !cmp.Equal(got, want) {
			t.Errorf("SkipContainers(%q) = %q, want %q", value, got, want)
		}
	}
}

func FuzzSkipContainers(f *testing.F) {
	f.Add("a, b")
	f.Add(`"a""b",c`)
	f.Fuzz(func(t *testing.T, value string) { SkipContainers(value) })
}

func TestOverrides(t *testing.T) {
	const sts, seconds = prefix + "sts-regional-endpoints", prefix + "token-expiration"
	for name, tc := range map[string]struct {
		annotations map[string]string
		want        []Override
	}{
		"none":     {nil, nil},
		"good":     {map[string]string{sts: "t", seconds: "172800"}, nil},
		"both bad": {map[string]string{sts: "yes", seconds: "1h"}, []Override{{sts, "yes", ""}, {seconds, "1h", ""}}},
		"empty":    {map[string]string{sts: "", seconds: ""}, []Override{{sts, "", ""}, {seconds, "", ""}}},
		"raised":   {map[string]string{seconds: "599"}, []Override{{seconds, "599", "600"}}},
		"negative": {map[string]string{seconds: "-1"}, []Override{{seconds, "-1", "600"}}},
		"least":    {map[string]string{seconds: "600"}, nil},
	} {
		if diff := cmp.Diff(tc.want, EKS("").Overrides(tc.annotations)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestMutatePodIdentity(t *testing.T) {
	pod := facts.PodTemplate{Spec: facts.PodSpec{Containers: []facts.Container{
		{Name: "app"},
		{Name: "wired", Env: []facts.Env{{Name: "AWS_ROLE_ARN"}, {Name: "AWS_WEB_IDENTITY_TOKEN_FILE"}}},
		{Name: "own", Env: []facts.Env{{Name: "AWS_CONTAINER_CREDENTIALS_FULL_URI"}}},
	}}}
	got := EKS("eu-west-1").MutatePodIdentity(pod, facts.ServiceAccount{Meta: facts.Meta{Annotations: accounts["exp"]}})
	set := func(name, value string) facts.Env { return facts.Env{Name: name, Value: &value} }
	region := []facts.Env{set("AWS_STS_REGIONAL_ENDPOINTS", "regional"), set("AWS_DEFAULT_REGION", "eu-west-1"), set("AWS_REGION", "eu-west-1")}
	both := append(region[:3:3],
		set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23"),
		set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"))
	mounts := []facts.Mount{{Volume: "eks-pod-identity-token", Path: "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount", ReadOnly: true}}
	want := facts.PodTemplate{
		Labels: map[string]string{"eks.amazonaws.com/pod-identity": "enabled"},
		Spec: facts.PodSpec{
			Containers: []facts.Container{
				{Name: "app", Env: both, Mounts: mounts},
				{Name: "wired", Env: append(pod.Spec.Containers[1].Env[:2:2], both...), Mounts: mounts},
				{Name: "own", Env: append(pod.Spec.Containers[2].Env[:1:1], region...), Mounts: mounts},
			},
			Volumes: []facts.Volume{{Name: "eks-pod-identity-token", Kind: "projected", DefaultMode: new(int32(420)),
				Tokens: []facts.TokenSource{{Audience: "pods.eks.amazonaws.com", ExpirationSeconds: 3600, Path: "eks-pod-identity-token"}}}},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !HasPodIdentity(got.Spec.Containers[0]) || HasPodIdentity(got.Spec.Containers[2]) || Injected(got.Spec.Containers[0]) {
		t.Error("the predicates do not tell the two mechanisms apart")
	}
	if pod.Labels != nil || len(pod.Spec.Containers[1].Env) != 2 {
		t.Errorf("the pod that was given changed: %+v", pod)
	}
}

func TestTokenOf(t *testing.T) {
	tokens := []facts.TokenSource{{Audience: "sts.amazonaws.com", Path: "token"}, {Audience: "vault", Path: "deep/vault"}}
	for name, tc := range map[string]struct {
		file     string
		mounts   []facts.Mount
		audience string // "" means that there is no token
		injected bool
	}{
		"as the webhook does":  {MountPath + "/token", []facts.Mount{{Volume: VolumeName, Path: MountPath}}, "sts.amazonaws.com", true},
		"on Windows":           {`C:\var\run\secrets\eks.amazonaws.com\serviceaccount\token`, []facts.Mount{{Volume: VolumeName, Path: MountPath}}, "sts.amazonaws.com", true},
		"by hand":              {"/t/token", []facts.Mount{{Volume: "own", Path: "/t/"}}, "sts.amazonaws.com", false},
		"another token":        {"/t/deep/vault", []facts.Mount{{Volume: "own", Path: "/t"}}, "vault", false},
		"sub path of a folder": {"/t/vault", []facts.Mount{{Volume: "own", Path: "/t", SubPath: "deep"}}, "vault", false},
		"sub path of a file":   {"/t/x", []facts.Mount{{Volume: "own", Path: "/t/x", SubPath: "token"}}, "sts.amazonaws.com", false},
		"the deepest mount":    {"/t/deep/vault", []facts.Mount{{Volume: "own", Path: "/t"}, {Volume: "scratch", Path: "/t/deep"}}, "", false},
		"the root":             {"/token", []facts.Mount{{Volume: "own", Path: "/"}}, "sts.amazonaws.com", false},
		"no mount":             {MountPath + "/token", nil, "", false},
		"a like name":          {"/t/token", []facts.Mount{{Volume: "own", Path: "/t/to"}}, "", false},
		"the mount itself":     {"/t", []facts.Mount{{Volume: "own", Path: "/t"}}, "", false},
		"no such file":         {MountPath + "/tokens", []facts.Mount{{Volume: VolumeName, Path: MountPath}}, "", true},
		"no such volume":       {"/t/token", []facts.Mount{{Volume: "gone", Path: "/t"}}, "", false},
		"empty":                {"", []facts.Mount{{Volume: "own", Path: "/"}}, "", false},
	} {
		spec := facts.PodSpec{Volumes: []facts.Volume{{Name: VolumeName, Tokens: tokens}, {Name: "own", Tokens: tokens}, {Name: "scratch"}}}
		c := facts.Container{
			Env:    []facts.Env{{Name: "AWS_ROLE_ARN", Value: new(arn)}, {Name: "AWS_WEB_IDENTITY_TOKEN_FILE", Value: &tc.file}},
			Mounts: tc.mounts,
		}
		got, ok := TokenOf(spec, c)
		if got.Audience != tc.audience || ok != (tc.audience != "") {
			t.Errorf("%s: TokenOf = %+v, %v; want audience %q", name, got, ok, tc.audience)
		}
		if Injected(c) != tc.injected {
			t.Errorf("%s: Injected = %v", name, !tc.injected)
		}
	}
	unknown := facts.Container{Env: []facts.Env{{Name: "AWS_ROLE_ARN"}, {Name: "AWS_WEB_IDENTITY_TOKEN_FILE", From: "configmap c key k"}}}
	if _, ok := TokenOf(facts.PodSpec{}, unknown); ok || Injected(unknown) {
		t.Error("a token file that is not known leads to a token")
	}
}
