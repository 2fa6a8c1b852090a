package kube

import (
	"encoding/json"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// files are those of a bundle, by path.
type files map[string]string

// A layout is how a version of troubleshoot writes a listing.
type layout func(list runtime.Object) any

// lists is how it does today: the list of the API, with kinds.
func lists(list runtime.Object) any {
	typed(list)
	items, _ := apimeta.ExtractList(list)
	for _, o := range items {
		typed(o)
	}
	_ = apimeta.SetList(list, items)
	return list
}

// arrays is how it did at first.
func arrays(list runtime.Object) any {
	return reflect.ValueOf(list).Elem().FieldByName("Items").Interface()
}

func typed(o runtime.Object) {
	if kinds, _, err := scheme.Scheme.ObjectKinds(o); err == nil {
		o.GetObjectKind().SetGroupVersionKind(kinds[0])
	}
}

// dump writes what a server holds as troubleshoot does, with redactors or without.
func dump(t testing.TB, c *Client, as layout, redact func(string) string) files {
	t.Helper()
	f := files{}
	put := func(name string, v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		f[name] = redact(string(b))
	}
	ctx, all := t.Context(), metav1.ListOptions{}
	namespaces, err := c.kube.CoreV1().Namespaces().List(ctx, all)
	put("cluster-resources/namespaces.json", as(namespaces), err)
	webhooks, err := c.kube.AdmissionregistrationV1().MutatingWebhookConfigurations().List(ctx, all)
	put("cluster-resources/mutatingwebhookconfigurations.json", as(webhooks), err)
	version, err := c.kube.Discovery().ServerVersion()
	put("cluster-info/cluster_version.json", map[string]any{"info": version, "string": version.String()}, err)
	for _, n := range namespaces.Items {
		listed := func(directory string, list runtime.Object, err error) {
			t.Helper()
			put(path.Join("cluster-resources", directory, n.Name+".json"), as(list), err)
		}
		core, apps, batch := c.kube.CoreV1(), c.kube.AppsV1(), c.kube.BatchV1()
		pods, err := core.Pods(n.Name).List(ctx, all)
		listed("pods", pods, err)
		events, err := core.Events(n.Name).List(ctx, all)
		listed("events", events, err)
		accounts, err := core.ServiceAccounts(n.Name).List(ctx, all)
		listed("serviceaccounts", accounts, err)
		configMaps, err := core.ConfigMaps(n.Name).List(ctx, all)
		listed("configmaps", configMaps, err)
		services, err := core.Services(n.Name).List(ctx, all)
		listed("services", services, err)
		deployments, err := apps.Deployments(n.Name).List(ctx, all)
		listed("deployments", deployments, err)
		statefulSets, err := apps.StatefulSets(n.Name).List(ctx, all)
		listed("statefulsets", statefulSets, err)
		daemonSets, err := apps.DaemonSets(n.Name).List(ctx, all)
		listed("daemonsets", daemonSets, err)
		replicaSets, err := apps.ReplicaSets(n.Name).List(ctx, all)
		listed("replicasets", replicaSets, err)
		jobs, err := batch.Jobs(n.Name).List(ctx, all)
		listed("jobs", jobs, err)
		cronJobs, err := batch.CronJobs(n.Name).List(ctx, all)
		listed("cronjobs", cronJobs, err)
		policies, err := c.kube.NetworkingV1().NetworkPolicies(n.Name).List(ctx, all)
		listed("network-policy", policies, err)
		slices, err := c.kube.DiscoveryV1().EndpointSlices(n.Name).List(ctx, all)
		listed("endpointslices", slices, err)
	}
	return f
}

var (
	secretName  = regexp.MustCompile(`(?i)"name": *".*(SECRET_?ACCESS_?KEY|ACCESS_?KEY_?ID|password|token|database|user)[^"]*"`)
	secretValue = regexp.MustCompile(`("value": *").*(")`)
	connection  = regexp.MustCompile(`(\w*://)[^:"/]+:[^@"/]+(@)`)
)

func unredacted(text string) string { return text }

// redacted is what the default redactors leave: they hide the value on the line after a
// name, and user and password of a URL.
func redacted(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if i > 0 && secretName.MatchString(lines[i-1]) {
			line = secretValue.ReplaceAllString(line, "$1***HIDDEN***$2")
		}
		lines[i] = connection.ReplaceAllString(line, "$1***HIDDEN***:***HIDDEN***$2")
	}
	return strings.Join(lines, "\n")
}

// bundle reads files.
func bundle(t testing.TB, f files) *SupportBundle {
	t.Helper()
	b := new(SupportBundle)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		read(t, b, name, f[name])
	}
	return b
}

func read(t testing.TB, b *SupportBundle, name, text string) {
	t.Helper()
	if !b.Wants(name) {
		t.Errorf("%s is not wanted", name)
	}
	if err := b.Read(name, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

// hiding is the cluster as it is known where the default redactors have hidden the values
// of variables.
func hiding(c facts.Cluster) facts.Cluster {
	hide := func(p *facts.PodTemplate) {
		*p = p.Clone()
		for i := range p.Spec.Containers {
			for j, e := range p.Spec.Containers[i].Env {
				if e.Value != nil && secretName.MatchString(`"name": "`+e.Name+`"`) {
					p.Spec.Containers[i].Env[j] = facts.Env{Name: e.Name, From: fromHidden}
				}
			}
		}
	}
	for kind, f := range c.Workloads {
		for key, w := range f.Or(nil) {
			hide(&w.Template)
			c.Workloads[kind].Or(nil)[key] = w
		}
	}
	for i := range c.Pods.Or(nil) {
		hide(&c.Pods.Or(nil)[i].PodTemplate)
	}
	return c
}

// TestSupportBundle holds what a bundle tells against what the cluster itself tells.
func TestSupportBundle(t *testing.T) {
	var (
		web  = facts.Ref{Kind: facts.Deployment, Namespace: "apps", Name: "web"}
		gone = facts.Ref{Kind: facts.Deployment, Namespace: "apps", Name: "pod-identity-webhook"} // which is in irsa
		pod  = facts.Ref{Kind: facts.Pod, Namespace: "apps", Name: "web-1-00000"}
	)
	for _, file := range []string{"ack", "selfhosted"} {
		s := kubetest.Start(t, "testdata/"+file+".yaml")
		if replicas(s, 3); file == "ack" {
			s.Add(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "apps"}})
		}
		c := connect(t, s)
		for name, as := range map[string]layout{"lists": lists, "arrays": arrays} {
			b := bundle(t, dump(t, c, as, redacted))
			for _, asked := range []facts.Asked{
				{}, {Namespace: "apps"}, {Namespace: "ack-system"}, {Namespace: "nowhere"}, {Selector: "app=web"},
				{Namespace: "apps", Targets: []facts.Ref{web}}, {Namespace: "apps", Targets: []facts.Ref{gone}}, {Namespace: "apps", Targets: []facts.Ref{pod}},
			} {
				if _, whole := b.Namespaces(); !whole {
					t.Fatalf("%s as %s is not whole", file, name)
				}
				want := hiding(c.Collect(t.Context(), asked))
				want.Server, want.CA, want.Context = "", "", ""
				got := b.Cluster(asked)
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s as %s, asked %+v: -live +bundle\n%s", file, name, asked, diff)
				}
			}
		}
	}
}

func BenchmarkSupportBundle(b *testing.B) {
	pods := &corev1.PodList{}
	for i := range 10_000 {
		pods.Items = append(pods.Items, *podOfReplicaSet(i))
	}
	text, err := json.MarshalIndent(lists(pods), "", "  ")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		s := new(SupportBundle)
		read(b, s, "cluster-resources/pods/apps.json", string(text))
		if n := len(s.of("apps").pods.Or(podListing{}).shapes); n != 1 {
			b.Fatalf("%d shapes", n)
		}
	}
}
