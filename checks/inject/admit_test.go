package inject

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// hook changes the one webhook of the cluster.
func hook(s *facts.Snapshot, change func(*facts.Webhook)) {
	configurations := s.Cluster.Webhooks.Or(nil)
	for _, c := range configurations {
		change(&c.Webhooks[0])
	}
}

func TestAdmitWithholds(t *testing.T) {
	service := &facts.ServiceRef{Namespace: "ops", Name: "pod-identity-webhook"}
	serve := func(s *facts.Snapshot, b facts.Fact[facts.Backend]) {
		hook(s, func(h *facts.Webhook) { h.URL, h.Service = "", service })
		s.Cluster.Backends = map[string]facts.Fact[facts.Backend]{"ops/pod-identity-webhook": b}
	}
	associate := func(s *facts.Snapshot) {
		s.AWS.Associations = facts.Known(map[string]facts.Association{"default/plain": {ID: "a-1"}})
	}
	for name, tc := range map[string]struct {
		change  func(*facts.Snapshot, *facts.PodTemplate)
		want    Withheld
		refused bool
	}{
		"nothing": {func(*facts.Snapshot, *facts.PodTemplate) {}, Withheld{}, false},
		"no webhook": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			s.Cluster.Webhooks = facts.Known(map[string]facts.WebhookConfiguration{"istio": {Webhooks: []facts.Webhook{{Name: "istio.io", URL: "https://x/inject"}}}})
		}, Withheld{NoWebhook, ""}, false},
		"namespace selector": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			hook(s, func(h *facts.Webhook) { h.Namespaces.MatchLabels = map[string]string{"irsa": "on"} })
		}, Withheld{NamespaceExcluded, "irsa"}, false},
		"namespace selector on the name": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			hook(s, func(h *facts.Webhook) {
				h.Namespaces.MatchLabels = map[string]string{"kubernetes.io/metadata.name": "default"}
			})
		}, Withheld{}, false},
		"skip label": {func(_ *facts.Snapshot, p *facts.PodTemplate) { p.Labels = map[string]string{facts.SkipLabel: ""} },
			Withheld{PodExcluded, facts.SkipLabel}, false},
		"service gone": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			serve(s, facts.Missing[facts.Backend](&facts.Gap{Kind: facts.Absent}))
		}, Withheld{Unreachable, "its Service ops/pod-identity-webhook does not exist"}, false},
		"service not ready": {func(s *facts.Snapshot, _ *facts.PodTemplate) { serve(s, facts.Known(facts.Backend{NotReady: 2})) },
			Withheld{Unreachable, "its Service ops/pod-identity-webhook has no ready endpoint"}, false},
		"service not ready, and the policy is Fail": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			serve(s, facts.Known(facts.Backend{}))
			hook(s, func(h *facts.Webhook) { h.FailurePolicy = "Fail" })
		}, Withheld{Unreachable, "its Service ops/pod-identity-webhook has no ready endpoint"}, true},
		"service ready": {func(s *facts.Snapshot, _ *facts.PodTemplate) { serve(s, facts.Known(facts.Backend{Ready: 1})) }, Withheld{}, false},
		"empty bundle": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			serve(s, facts.Known(facts.Backend{Ready: 1}))
			hook(s, func(h *facts.Webhook) { h.CABundle.Empty = true })
		}, Withheld{Unreachable, "its caBundle is empty, so that the API server trusts no certificate of its Service"}, false},
		"unreadable bundle": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			hook(s, func(h *facts.Webhook) { h.CABundle.Problem = "it is no PEM" })
		}, Withheld{Unreachable, "its caBundle can not be read: it is no PEM"}, false},
		"expired bundle": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			s.TakenAt = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
			hook(s, func(h *facts.Webhook) { h.CABundle.NotAfter = time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC) })
		}, Withheld{Unreachable, "its caBundle expired on 2026-01-31"}, false},
		"one of two webhooks is down": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			all := maps.Clone(s.Cluster.Webhooks.Or(nil))
			all["a-pod-identity-webhook"] = facts.WebhookConfiguration{Webhooks: []facts.Webhook{{CABundle: facts.CABundle{Problem: "x"}}}}
			s.Cluster.Webhooks = facts.Known(all)
		}, Withheld{}, false},
		"one of two webhooks is down, and its policy is Fail": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			all := maps.Clone(s.Cluster.Webhooks.Or(nil))
			all["z-pod-identity-webhook"] = facts.WebhookConfiguration{Webhooks: []facts.Webhook{{FailurePolicy: "Fail", CABundle: facts.CABundle{Problem: "x"}}}}
			s.Cluster.Webhooks = facts.Known(all)
		}, Withheld{Unreachable, "its caBundle can not be read: x"}, true},
		"no account": {func(_ *facts.Snapshot, p *facts.PodTemplate) { p.Spec.ServiceAccount = "gone" },
			Withheld{NoServiceAccount, "default/gone"}, true},
		"no role": {func(_ *facts.Snapshot, p *facts.PodTemplate) { p.Spec.ServiceAccount = "none" }, Withheld{NoRole, "default/none"}, false},
		"association on EKS": {func(s *facts.Snapshot, _ *facts.PodTemplate) {
			associate(s)
			s.Cluster.Injector = facts.Fact[facts.Injector]{}
			s.AWS.EKS = facts.Known(facts.EKSCluster{ARN: "arn:aws:eks:eu-west-1:111122223333:cluster/prod"})
		}, Withheld{Association, "a-1"}, false},
		"association elsewhere": {func(s *facts.Snapshot, _ *facts.PodTemplate) { associate(s) }, Withheld{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, pod := cluster(nil), pods()["base"]
			tc.change(s, &pod)
			before := s.Clone()
			a := Admit(s, "default", pod)
			if a.Withheld != tc.want || a.Refused != tc.refused || a.Gap != nil || len(a.Containers) > 0 {
				t.Errorf("got %+v, refused %v, gap %v, containers %v; want %+v, %v", a.Withheld, a.Refused, a.Gap, a.Containers, tc.want, tc.refused)
			}
			given := tc.want == Withheld{}
			if got := Injected(a.Pod.Spec.Containers[0]); got != given {
				t.Errorf("injected: %v", got)
			}
			if (a.Identity.RoleARN == arn) != given {
				t.Errorf("identity %+v", a.Identity)
			}
			if tc.want.Reason != Association && !given && !cmp.Equal(a.Pod, pod, cmpopts.EquateEmpty()) {
				t.Errorf("the pod was changed:\n%s", cmp.Diff(pod, a.Pod))
			}
			if (tc.want.Reason == Association) != HasPodIdentity(a.Pod.Spec.Containers[0]) {
				t.Error("pod identity is where it should not be, or not where it should")
			}
			if diff := cmp.Diff(before, s, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the snapshot changed:\n%s", diff)
			}
		})
	}
}

// What is not known never withholds: the pod is as it would be, and the gap tells.
func TestAdmitWithGaps(t *testing.T) {
	forbidden := &facts.Gap{Kind: facts.Forbidden, Call: "list"}
	for name, tc := range map[string]struct {
		change   func(*facts.Snapshot)
		kind     facts.GapKind
		injected bool
	}{
		"accounts": {func(s *facts.Snapshot) {
			s.Cluster.ServiceAccounts = facts.Missing[map[string]facts.ServiceAccount](forbidden)
		}, facts.Forbidden, false},
		"webhooks": {func(s *facts.Snapshot) {
			s.Cluster.Webhooks = facts.Missing[map[string]facts.WebhookConfiguration](forbidden)
		}, facts.Forbidden, true},
		"namespaces that no selector needs": {func(s *facts.Snapshot) {
			s.Cluster.Namespaces = facts.Missing[map[string]facts.Namespace](forbidden)
		}, "", true},
		"namespaces that a selector needs": {func(s *facts.Snapshot) {
			s.Cluster.Namespaces = facts.Missing[map[string]facts.Namespace](forbidden)
			hook(s, func(h *facts.Webhook) { h.Namespaces.MatchLabels = map[string]string{"irsa": "on"} })
		}, facts.Forbidden, true},
		"match conditions": {func(s *facts.Snapshot) {
			hook(s, func(h *facts.Webhook) { h.MatchConditions = []string{"not-system"} })
		}, facts.Undecidable, true},
		"endpoints of its Service": {func(s *facts.Snapshot) {
			hook(s, func(h *facts.Webhook) { h.URL, h.Service = "", &facts.ServiceRef{Namespace: "ops", Name: "hook"} })
			s.Cluster.Backends = map[string]facts.Fact[facts.Backend]{"ops/hook": facts.Missing[facts.Backend](forbidden)}
		}, facts.Forbidden, true},
		"everything": {func(s *facts.Snapshot) { *s = facts.Snapshot{} }, facts.NotCollected, false},
	} {
		s := cluster(nil)
		tc.change(s)
		a := Admit(s, "default", pods()["base"])
		var kind facts.GapKind
		if a.Gap != nil {
			kind = a.Gap.Kind
		}
		if kind != tc.kind || a.Withheld != (Withheld{}) || a.Refused || Injected(a.Pod.Spec.Containers[0]) != tc.injected {
			t.Errorf("%s: gap %v, withheld %v, refused %v, pod %+v", name, a.Gap, a.Withheld, a.Refused, a.Pod)
		}
	}
}

func TestAdmitContainers(t *testing.T) {
	contested := pods()["base"]
	contested.Spec.Containers = []facts.Container{{Name: "app", Mounts: []facts.Mount{{Volume: "own", Path: MountPath + "/"}}}}
	ownToken := pods()["pre-volume"]
	ownToken.Spec.Volumes = []facts.Volume{{Name: VolumeName, Kind: "projected", Tokens: []facts.TokenSource{{Path: "token"}}}}
	elsewhere := ownToken
	elsewhere.Spec.Containers = []facts.Container{{Name: "app", Mounts: []facts.Mount{{Volume: VolumeName, Path: "/custom"}}}}
	for name, tc := range map[string]struct {
		pod     facts.PodTemplate
		want    map[string]Withheld
		refused bool
	}{
		"all":                 {pods()["init-and-two"], nil, false},
		"skipped":             {pods()["skip-containers"], map[string]Withheld{"side": {Skipped, "side"}, "init2": {Skipped, "init2"}}, false},
		"blank":               {pods()["skip-with-space"], map[string]Withheld{"side": {Skipped, "side"}}, false},
		"role set":            {pods()["pre-role"], map[string]Withheld{"app": {VariableSet, "AWS_ROLE_ARN"}}, false},
		"token file set":      {pods()["pre-tokenfile"], map[string]Withheld{"app": {VariableSet, "AWS_WEB_IDENTITY_TOKEN_FILE"}}, false},
		"everything set":      {pods()["pre-all"], map[string]Withheld{"app": {VariableSet, "AWS_ROLE_ARN"}}, false},
		"volume taken":        {pods()["pre-volume"], map[string]Withheld{"app": {VolumeTaken, VolumeName}}, false},
		"own token":           {ownToken, nil, false},
		"mounted already":     {pods()["pre-mount"], map[string]Withheld{"app": {VolumeTaken, VolumeName}}, false},
		"own token elsewhere": {elsewhere, map[string]Withheld{"app": {MountTaken, MountPath}}, false},
		"contested path":      {contested, map[string]Withheld{"app": {PathContested, "own"}}, true},
	} {
		a := Admit(cluster(nil), "default", tc.pod)
		if diff := cmp.Diff(tc.want, a.Containers, cmpopts.EquateEmpty()); diff != "" || a.Refused != tc.refused {
			t.Errorf("%s: refused %v (-want +got):\n%s", name, a.Refused, diff)
		}
		// A container of which nothing is said can use the identity, and no other can.
		for _, c := range a.Pod.Spec.Containers {
			_, ok := TokenOf(a.Pod.Spec, c)
			_, withheld := a.Containers[c.Name]
			if !tc.refused && (ok && Injected(c)) == withheld {
				t.Errorf("%s: container %s has a token: %v", name, c.Name, ok)
			}
		}
	}
}

func TestRegistered(t *testing.T) {
	one := func(h facts.Webhook) facts.WebhookConfiguration {
		return facts.WebhookConfiguration{Webhooks: []facts.Webhook{h}}
	}
	s := new(facts.Snapshot)
	s.Cluster.Webhooks = facts.Known(map[string]facts.WebhookConfiguration{
		"pod-identity-webhook":                    one(facts.Webhook{Name: "a"}),
		"release-amazon-eks-pod-identity-webhook": one(facts.Webhook{Name: "b"}),
		"eks":                           one(facts.Webhook{Name: "iam-for-pods.amazonaws.com", URL: "https://127.0.0.1:23443/mutate"}),
		"upstream":                      one(facts.Webhook{Name: "pod-identity-webhook.amazonaws.com"}),
		"by-service":                    one(facts.Webhook{Service: &facts.ServiceRef{Namespace: "n", Name: "my-pod-identity"}}),
		"by-url":                        one(facts.Webhook{URL: "https://x/pod-identity"}),
		"vpc-resource-mutating-webhook": one(facts.Webhook{Name: "mpod.vpc.k8s.aws", URL: "https://127.0.0.1/mutate-v1-pod"}),
		"istio-sidecar-injector":        one(facts.Webhook{Name: "rev.namespace.sidecar-injector.istio.io", Service: &facts.ServiceRef{Name: "istiod"}}),
	})
	hooks, err := Registered(s)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range hooks {
		got = append(got, h.Configuration)
	}
	want := []string{"by-service", "by-url", "eks", "pod-identity-webhook", "release-amazon-eks-pod-identity-webhook", "upstream"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := Registered(new(facts.Snapshot)); facts.KindOf(err) != facts.NotCollected {
		t.Errorf("of an empty snapshot: %v", err)
	}
}

func TestOf(t *testing.T) {
	const issuer = "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
	upstream := FromInjector(facts.Injector{})
	for name, tc := range map[string]struct {
		fill func(*facts.Snapshot)
		want Webhook
	}{
		"nothing known": {func(*facts.Snapshot) {}, upstream},
		"EKS says so": {func(s *facts.Snapshot) {
			s.AWS.EKS = facts.Known(facts.EKSCluster{ARN: "arn:aws:eks:eu-west-1:111122223333:cluster/prod"})
		}, EKS("eu-west-1")},
		"EKS says so without an ARN": {func(s *facts.Snapshot) { s.AWS.EKS = facts.Known(facts.EKSCluster{Issuer: issuer}) }, EKS("eu-west-1")},
		"the issuer says so":         {func(s *facts.Snapshot) { s.Issuer.APIServer = facts.Known(facts.Discovery{Issuer: issuer}) }, EKS("eu-west-1")},
		"another issuer": {func(s *facts.Snapshot) {
			s.Issuer.APIServer = facts.Known(facts.Discovery{Issuer: "https://oidc.example.com"})
		}, upstream},
		"the webhook's name says so": {func(s *facts.Snapshot) {
			s.Cluster.Webhooks = facts.Known(map[string]facts.WebhookConfiguration{"w": {Webhooks: []facts.Webhook{{Name: "iam-for-pods.amazonaws.com"}}}})
		}, EKS("")},
		"one runs in the cluster": {func(s *facts.Snapshot) {
			s.AWS.EKS = facts.Known(facts.EKSCluster{Issuer: issuer})
			s.Cluster.Injector = facts.Known(facts.Injector{Flags: map[string]string{"token-audience": "aud"}})
		}, FromInjector(facts.Injector{Flags: map[string]string{"token-audience": "aud"}})},
	} {
		s := new(facts.Snapshot)
		tc.fill(s)
		if diff := cmp.Diff(tc.want, Of(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
