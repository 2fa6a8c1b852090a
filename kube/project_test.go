package kube

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func TestArgument(t *testing.T) {
	for _, tc := range []struct {
		args  string
		value string
		ok    bool
	}{
		{"", "", false},
		{"--aws-region us-west-2", "us-west-2", true},
		{"--aws-region=us-west-2", "us-west-2", true},
		{"-aws-region us-west-2", "us-west-2", true},
		{"-aws-region=us-west-2", "us-west-2", true},
		{"--aws-region=", "", true},
		{"--aws-region", "", true},
		{"--aws-region a --aws-region=b", "b", true},
		{"--aws-region $(AWS_REGION)", "$(AWS_REGION)", true},
		{"--aws-region --log-level", "--log-level", true}, // as flag packages read it
		{"--aws-regions a", "", false},
		{"aws-region a", "", false},
		{"---aws-region a", "", false},
		{"- -- =", "", false},
	} {
		value, ok := argument(strings.Fields(tc.args), "aws-region")
		if value != tc.value || ok != tc.ok {
			t.Errorf("%s: %q, %v", tc.args, value, ok)
		}
	}
	for args, want := range map[string]string{"--on": "", "--on false": "", "--on=false": "false", "--on=false --on": "", "--off": "none"} {
		value, ok := switched(strings.Fields(args), "on")
		if !ok {
			value = "none"
		}
		if value != want {
			t.Errorf("%s: %q, want %q", args, value, want)
		}
	}
}

func TestRoleARNs(t *testing.T) {
	got := roleARNs([]string{"sh", "-c", "assume arn:aws:iam::111122223333:role/a/b --password=CANARY --x='arn:aws-cn:iam::111122223333:role/c'", "--role=arn:aws:iam::111122223333:role/a/b",
		"arn:aws:iam::1:role/short", "arn:aws:iam::111122223333:user/u", "arn:aws:s3:::bucket"})
	if want := []string{"arn:aws:iam::111122223333:role/a/b", "arn:aws-cn:iam::111122223333:role/c"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := roleARNs([]string{"sh", "-c", "aws sts assume-role-with-web-identity --role-arn arn:aws:iam::111122223333:role/a"}); got != nil {
		t.Errorf("the pod's own role %q was taken for one to assume", got)
	}
}

func TestEnv(t *testing.T) {
	for _, tc := range []struct {
		name, value string
		want        facts.Env
	}{
		{"AWS_REGION", "us-west-2", facts.Env{Value: new("us-west-2")}},
		{"AWS_REGION", "", facts.Env{Value: new(""), Empty: true}},
		{"AWS_ROLE_ARN", "$(ROLE)", facts.Env{Value: new("$(ROLE)")}},
		{"AWS_ENDPOINT_URL", "https://user:CANARY@vpce.example.com/CANARY?CANARY", facts.Env{Value: new("https://vpce.example.com")}},
		{"HTTPS_PROXY", "proxy.example.com:3128", facts.Env{Value: new("unreadable URL")}},
		{"https_proxy", "user:CANARY@proxy:3128", facts.Env{Value: new("unreadable URL")}},
		{"HTTPS_PROXY", "", facts.Env{Value: new(""), Empty: true}},
		{"AWS_SECRET_ACCESS_KEY", "CANARY", facts.Env{}},
		{"AWS_SECRET_ACCESS_KEY", "", facts.Env{Empty: true}},
		{"PASSWORD", "CANARY", facts.Env{}},
	} {
		tc.want.Name = tc.name
		if diff := cmp.Diff(tc.want, env(&corev1.EnvVar{Name: tc.name, Value: tc.value})); diff != "" {
			t.Errorf("%s=%s: -want +got\n%s", tc.name, tc.value, diff)
		}
	}
}

func TestEnvFromElsewhere(t *testing.T) {
	secret := &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "aws"}, Key: "key_id", Optional: new(true)}
	for _, tc := range []struct {
		source corev1.EnvVarSource
		want   facts.Env
	}{
		{corev1.EnvVarSource{SecretKeyRef: secret}, facts.Env{From: "secret aws key key_id", Optional: true}},
		{corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: secret.LocalObjectReference, Key: "region"}}, facts.Env{From: "configmap aws key region"}},
		{corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}, facts.Env{From: "field metadata.namespace"}},
	} {
		if diff := cmp.Diff(tc.want, env(&corev1.EnvVar{ValueFrom: &tc.source})); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
}

func TestVolumeKind(t *testing.T) {
	for want, s := range map[string]corev1.VolumeSource{
		"projected": {Projected: &corev1.ProjectedVolumeSource{}},
		"emptyDir":  {EmptyDir: &corev1.EmptyDirVolumeSource{}},
		"configMap": {ConfigMap: &corev1.ConfigMapVolumeSource{}},
		"secret":    {Secret: &corev1.SecretVolumeSource{}},
		"hostPath":  {HostPath: &corev1.HostPathVolumeSource{}},
		"csi":       {CSI: &corev1.CSIVolumeSource{}},
		"":          {},
	} {
		if got := volumeKind(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for name, want := range map[string]string{"kube-api-access-x2x7k": "kube-api-access", "kube-api-access-x2x7kk": "kube-api-access-x2x7kk", "aws-iam-token": "aws-iam-token"} {
		if got := volumeName(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestManagers(t *testing.T) {
	at := func(s int64) *metav1.Time { return new(metav1.Unix(s, 0)) }
	got := managers([]metav1.ManagedFieldsEntry{
		{Manager: "late", Time: at(300), FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{"f:eks.amazonaws.com/role-arn":{}}}}`)},
		{Manager: "status", Time: at(200), Subresource: "status", FieldsV1: metav1.NewFieldsV1(`{}`)},
		{Manager: "early", Time: at(100), FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{"f:annotations":{"f:eks.amazonaws.com/audience":{}},"f:labels":{"f:eks.amazonaws.com/role-arn":{}}}}`)},
		{Manager: "broken", FieldsV1: metav1.NewFieldsV1(`{"f:metadata":[`)},
		{Manager: "stripped"},
	})
	want := []facts.Manager{{Name: "broken"}, {Name: "stripped"}, {Name: "early", At: at(100).UTC()}, {Name: "late", At: at(300).UTC(), RoleARN: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestUpdating(t *testing.T) {
	at := metav1.ObjectMeta{Name: "w", Namespace: "apps", Generation: 4}
	d := func(replicas *int32, s appsv1.DeploymentStatus) object {
		return deployment(&appsv1.Deployment{ObjectMeta: at, Spec: appsv1.DeploymentSpec{Replicas: replicas}, Status: s})
	}
	sts := func(u appsv1.StatefulSetUpdateStrategy, s appsv1.StatefulSetStatus) object {
		return statefulSet(&appsv1.StatefulSet{ObjectMeta: at, Spec: appsv1.StatefulSetSpec{Replicas: new(int32(3)), UpdateStrategy: u}, Status: s})
	}
	ds := func(u appsv1.DaemonSetUpdateStrategyType, observed int64, updated int32) object {
		return daemonSet(&appsv1.DaemonSet{ObjectMeta: at, Spec: appsv1.DaemonSetSpec{UpdateStrategy: appsv1.DaemonSetUpdateStrategy{Type: u}},
			Status: appsv1.DaemonSetStatus{ObservedGeneration: observed, DesiredNumberScheduled: 3, UpdatedNumberScheduled: updated}})
	}
	rolling := appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType}
	partition := appsv1.StatefulSetUpdateStrategy{Type: rolling.Type, RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{Partition: new(int32(2))}}
	for _, tc := range []struct {
		name     string
		o        object
		replicas int32
		updating bool
	}{
		{"deployment, done", d(new(int32(2)), appsv1.DeploymentStatus{ObservedGeneration: 4, Replicas: 2, UpdatedReplicas: 2}), 2, false},
		{"deployment, default replicas", d(nil, appsv1.DeploymentStatus{ObservedGeneration: 4, Replicas: 1, UpdatedReplicas: 1}), 1, false},
		{"deployment, scaled to none", d(new(int32(0)), appsv1.DeploymentStatus{ObservedGeneration: 4}), 0, false},
		{"deployment, not seen yet", d(new(int32(2)), appsv1.DeploymentStatus{ObservedGeneration: 3, Replicas: 2, UpdatedReplicas: 2}), 2, true},
		{"deployment, new ones to come", d(new(int32(2)), appsv1.DeploymentStatus{ObservedGeneration: 4, Replicas: 2, UpdatedReplicas: 1}), 2, true},
		{"deployment, old ones to go", d(new(int32(2)), appsv1.DeploymentStatus{ObservedGeneration: 4, Replicas: 3, UpdatedReplicas: 2}), 2, true},
		{"statefulset, done", sts(rolling, appsv1.StatefulSetStatus{ObservedGeneration: 4, CurrentRevision: "b", UpdateRevision: "b"}), 3, false},
		{"statefulset, under way", sts(rolling, appsv1.StatefulSetStatus{ObservedGeneration: 4, UpdatedReplicas: 2, CurrentRevision: "a", UpdateRevision: "b"}), 3, true},
		{"statefulset, up to its partition", sts(partition, appsv1.StatefulSetStatus{ObservedGeneration: 4, UpdatedReplicas: 1, CurrentRevision: "a", UpdateRevision: "b"}), 3, false},
		{"statefulset, on delete", sts(appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType}, appsv1.StatefulSetStatus{ObservedGeneration: 4, CurrentRevision: "a", UpdateRevision: "b"}), 3, false},
		{"daemonset, done", ds(appsv1.RollingUpdateDaemonSetStrategyType, 4, 3), 3, false},
		{"daemonset, under way", ds(appsv1.RollingUpdateDaemonSetStrategyType, 4, 2), 3, true},
		{"daemonset, not seen yet", ds(appsv1.RollingUpdateDaemonSetStrategyType, 3, 3), 3, true},
		{"daemonset, on delete", ds(appsv1.OnDeleteDaemonSetStrategyType, 4, 0), 3, false},
		{"job, running", job(&batchv1.Job{Spec: batchv1.JobSpec{Parallelism: new(int32(5))}}), 5, false},
		{"job, failed", job(&batchv1.Job{Status: batchv1.JobStatus{Conditions: []batchv1.JobCondition{{Type: batchv1.JobFailed, Status: corev1.ConditionTrue}}}}), 0, false},
	} {
		if w := tc.o.workload; w.Replicas != tc.replicas || w.Updating != tc.updating {
			t.Errorf("%s: %d replicas, updating %v", tc.name, w.Replicas, w.Updating)
		}
	}
	if w := job(&batchv1.Job{Spec: batchv1.JobSpec{Suspend: new(true)}}).workload; !w.Suspended || w.Replicas != 1 {
		t.Errorf("suspended job %+v", w)
	}
}

func TestShapes(t *testing.T) {
	different := map[string]func(*corev1.Pod){
		"annotation":  func(p *corev1.Pod) { p.Annotations = map[string]string{facts.SkipContainersAnnotation: "a"} },
		"label":       func(p *corev1.Pod) { p.Labels = map[string]string{facts.SkipLabel: "true"} },
		"phase":       func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending },
		"terminating": func(p *corev1.Pod) { p.DeletionTimestamp = new(metav1.Now()) },
		"region":      func(p *corev1.Pod) { p.Spec.Containers[0].Env[0].Value = "eu-west-1" },
		"audience":    func(p *corev1.Pod) { p.Spec.Volumes[0].Projected.Sources[0].ServiceAccountToken.Audience = "a" },
		"waiting": func(p *corev1.Pod) {
			p.Status.InitContainerStatuses = []corev1.ContainerStatus{{Name: "i", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}}}
		},
	}
	alike := map[string]func(*corev1.Pod){
		"other annotation": func(p *corev1.Pod) { p.Annotations = map[string]string{"x": "CANARY"} },
		"its address":      func(p *corev1.Pod) { p.Annotations = map[string]string{"vpc.amazonaws.com/pod-ips": "10.0.0.1"} },
		"revision":         func(p *corev1.Pod) { p.Labels["controller-revision-hash"] = "x" },
		"ordinal": func(p *corev1.Pod) {
			p.Labels["apps.kubernetes.io/pod-index"], p.Labels["statefulset.kubernetes.io/pod-name"] = "1", p.Name
		},
		"another secret": func(p *corev1.Pod) { p.Spec.Containers[0].Env[1].Value = "CANARY-2" },
		"running states": func(p *corev1.Pod) {
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "web", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error"}}}}
		},
	}
	for _, group := range []struct {
		changes map[string]func(*corev1.Pod)
		want    int
	}{{different, 2}, {alike, 1}} {
		for _, name := range slices.Sorted(maps.Keys(group.changes)) {
			other := podOfReplicaSet(2)
			group.changes[name](other)
			s := shapes{}
			s.add(shapeOf(podOfReplicaSet(1)))
			s.add(shapeOf(other))
			if len(s) != group.want {
				t.Errorf("%s makes %d shapes, want %d", name, len(s), group.want)
			}
		}
	}
}

func TestEgress(t *testing.T) {
	tcp, udp := corev1.ProtocolTCP, corev1.ProtocolUDP
	port := func(p *corev1.Protocol, at any, end ...int32) networkingv1.NetworkPolicyPort {
		n := networkingv1.NetworkPolicyPort{Protocol: p}
		switch at := at.(type) {
		case int:
			n.Port = new(intstr.FromInt32(int32(at)))
		case string:
			n.Port = new(intstr.FromString(at))
		}
		if len(end) > 0 {
			n.EndPort = &end[0]
		}
		return n
	}
	cluster := []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{}}}
	block := []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{}}, {IPBlock: &networkingv1.IPBlock{CIDR: "10.0.0.0/8"}}}
	for _, tc := range []struct {
		name       string
		to         []networkingv1.NetworkPolicyPeer
		ports      []networkingv1.NetworkPolicyPort
		https, dns bool
	}{
		{"everything", nil, nil, true, true},
		{"the cluster", cluster, nil, false, true},
		{"a block", block, nil, true, true},
		{"443", nil, []networkingv1.NetworkPolicyPort{port(&tcp, 443)}, true, false},
		{"443 with no protocol", nil, []networkingv1.NetworkPolicyPort{port(nil, 443)}, true, false},
		{"443 of UDP", nil, []networkingv1.NetworkPolicyPort{port(&udp, 443)}, false, false},
		{"443 in the cluster", cluster, []networkingv1.NetworkPolicyPort{port(&tcp, 443)}, false, false},
		{"a range", nil, []networkingv1.NetworkPolicyPort{port(&tcp, 400, 500)}, true, false},
		{"a range beside it", nil, []networkingv1.NetworkPolicyPort{port(&tcp, 444, 500)}, false, false},
		{"all of TCP", block, []networkingv1.NetworkPolicyPort{port(&tcp, nil)}, true, true},
		{"DNS", cluster, []networkingv1.NetworkPolicyPort{port(&udp, 53), port(&tcp, 53)}, false, true},
		{"DNS by name", cluster, []networkingv1.NetworkPolicyPort{port(&udp, "dns")}, false, true},
		{"another name", cluster, []networkingv1.NetworkPolicyPort{port(&tcp, "https")}, false, false},
	} {
		r := networkingv1.NetworkPolicyEgressRule{To: tc.to, Ports: tc.ports}
		if allowsHTTPS(r) != tc.https || allowsDNS(r) != tc.dns {
			t.Errorf("%s: HTTPS %v, DNS %v", tc.name, allowsHTTPS(r), allowsDNS(r))
		}
	}
	egress := []networkingv1.NetworkPolicyEgressRule{{}}
	for _, tc := range []struct {
		spec networkingv1.NetworkPolicySpec
		want bool
	}{
		{networkingv1.NetworkPolicySpec{}, false},
		{networkingv1.NetworkPolicySpec{Egress: egress}, true},
		{networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Egress"}}, true},
		{networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{"Ingress"}, Egress: egress}, false},
	} {
		if got := restrictsEgress(&tc.spec); got != tc.want {
			t.Errorf("%+v: %v", tc.spec, got)
		}
	}
}
