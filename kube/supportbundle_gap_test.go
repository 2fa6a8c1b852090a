package kube

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// archived are the files of a bundle in testdata.
func archived(t testing.TB, name string) files {
	t.Helper()
	a, err := txtar.ParseFile("testdata/supportbundle/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	f := files{}
	for _, file := range a.Files {
		f[file.Name] = string(file.Data)
	}
	return f
}

// why is the gap of a fact, or "known".
func why[V any](f facts.Fact[V]) string {
	if _, err := f.Get(); err != nil {
		return err.Error()
	}
	return "known"
}

func TestSupportBundleOfSome(t *testing.T) {
	b := bundle(t, archived(t, "some"))
	if names, whole := b.Namespaces(); whole || !slices.Equal(names, []string{"shop", "tools"}) {
		t.Errorf("namespaces %q, whole %v", names, whole)
	}
	missing := facts.Ref{Kind: facts.Deployment, Namespace: "shop", Name: "gone"}
	shop := b.Cluster(facts.Asked{Namespace: "shop", Targets: []facts.Ref{missing}})
	tools, elsewhere, all := b.Cluster(facts.Asked{Namespace: "tools"}), b.Cluster(facts.Asked{Namespace: "other"}), b.Cluster(facts.Asked{})
	const some = "not-collected (list namespaces): the support bundle is of some namespaces only, of which -n chooses one: shop, tools"
	for _, tc := range []struct{ of, got, want string }{
		{"version", why(shop.Version), "known"},
		{"namespace", why(shop.Namespaces), "known"},
		{"another namespace", why(elsewhere.Namespaces), "not-collected (get namespaces): the support bundle is not of namespace other"},
		{"all namespaces", why(all.Namespaces), some},
		{"pods of all namespaces", why(all.Pods), some},
		{"webhooks", why(shop.Webhooks), `forbidden (list mutatingwebhookconfigurations): cluster-resources/mutatingwebhookconfigurations-errors.json: ` +
			`mutatingwebhookconfigurations.admissionregistration.k8s.io is forbidden: User "support" cannot list resource "mutatingwebhookconfigurations" in API group "admissionregistration.k8s.io" at the cluster scope`},
		{"accounts, forbidden", why(shop.ServiceAccounts), `forbidden (list serviceaccounts): cluster-resources/serviceaccounts-errors.json: ` +
			`serviceaccounts is forbidden: User "support" cannot list resource "serviceaccounts" in API group "" in the namespace "shop"`},
		{"accounts, one hidden", why(tools.ServiceAccounts), "not-collected (list serviceaccounts): cluster-resources/serviceaccounts/tools.json hides a part of uploader that matters"},
		{"accounts of another namespace", why(elsewhere.ServiceAccounts), "not-collected (list serviceaccounts): the support bundle holds no cluster-resources/serviceaccounts/other.json"},
		{"a namespace without an error of its own", why(tools.Pods), "not-collected (list pods): the support bundle holds no cluster-resources/pods/tools.json"},
		{"pods", why(shop.Pods), "known"},
		{"deployments", why(shop.Workloads[facts.Deployment]), "known"},
		{"replicasets, misplaced", why(shop.Workloads[facts.ReplicaSet]), "known"},
		{"cronjobs, of no namespace", why(shop.Workloads[facts.CronJob]), "unreachable (list cronjobs): cluster-resources/cronjobs-errors.json: the server could not find the requested resource"},
		{"jobs, cut off", why(shop.Workloads[facts.Job]), "malformed (list jobs): cluster-resources/jobs/shop.json is cut off"},
		{"daemonsets, no list", why(shop.Workloads[facts.DaemonSet]), "malformed (list daemonsets): cluster-resources/daemonsets/shop.json: it is no list of Kubernetes"},
		{"statefulsets, a text", why(shop.Workloads[facts.StatefulSet]), "malformed (list statefulsets): cluster-resources/statefulsets/shop.json: it is no list of Kubernetes"},
		{"events", why(shop.FailedCreates), "not-collected (list events): the support bundle holds no cluster-resources/events/shop.json"},
		{"policies, rules hidden", why(shop.NetworkPolicies), "not-collected (list networkpolicies): cluster-resources/network-policy/shop.json hides a part of out that matters"},
		{"role maps, a key hidden", why(shop.RoleMaps), "not-collected (list configmaps): cluster-resources/configmaps/shop.json hides a part of ack-role-account-map that matters"},
		{"a target elsewhere", why(shop.Lookalikes), some},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %s, want %s", tc.of, tc.got, tc.want)
		}
	}
	env := map[string]facts.Env{}
	for _, e := range shop.Workloads[facts.Pod].Or(nil)["shop/cart"].Template.Spec.Containers[0].Env {
		env[e.Name] = e
	}
	for name, want := range map[string]string{
		"HTTPS_PROXY": "http://proxy.example.com:3128", "AWS_ROLE_ARN": "", "AWS_WEB_IDENTITY_TOKEN_FILE": "",
	} {
		got, from := "", fromHidden
		if want != "" {
			from = ""
		}
		if v := env[name].Value; v != nil {
			got = *v
		}
		if got != want || env[name].From != from || env[name].Empty {
			t.Errorf("%s is %+v", name, env[name])
		}
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "API_USER"} {
		if (env[name] != facts.Env{Name: name}) {
			t.Errorf("%s is %+v", name, env[name])
		}
	}
}

func TestOldSupportBundle(t *testing.T) {
	b := bundle(t, archived(t, "old"))
	c := b.Cluster(facts.Asked{})
	for _, tc := range []struct{ of, got, want string }{
		{"version", c.Version.Or(""), "v1.16.4"},
		{"deployments", why(c.Workloads[facts.Deployment]), "known"},
		{"statefulsets", why(c.Workloads[facts.StatefulSet]), "known"},
		{"replicasets", why(c.Workloads[facts.ReplicaSet]), "not-collected (list replicasets): the support bundle holds no cluster-resources/replicasets/shop.json"},
		{"pods, whose owner is not known", why(c.Pods), "not-collected (list replicasets): the support bundle holds no cluster-resources/replicasets/shop.json"},
		{"webhooks", why(c.Webhooks), "not-collected (list mutatingwebhookconfigurations): the support bundle holds no cluster-resources/mutatingwebhookconfigurations.json"},
		{"injector", why(c.Injector), "not-collected (list mutatingwebhookconfigurations): the support bundle holds no cluster-resources/mutatingwebhookconfigurations.json"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: %s, want %s", tc.of, tc.got, tc.want)
		}
	}
	events := c.FailedCreates.Or(nil)
	if len(events) != 1 || events[0].Owner.String() != "deployment/shop/cart" || events[0].Count != 2 {
		t.Errorf("events %+v", events)
	}
	if len(c.Namespaces.Or(nil)) != 1 || len(c.Workloads[facts.Deployment].Or(nil)) != 1 {
		t.Errorf("namespaces %+v, deployments %+v", c.Namespaces, c.Workloads[facts.Deployment])
	}
}

func TestSupportBundleOfOneNamespace(t *testing.T) {
	b := new(SupportBundle)
	read(t, b, "cluster-resources/namespaces.json", `{"spec": {}, "metadata": {"name": "shop", "labels": {"a": "b"}}, "kind": "Namespace"}`)
	read(t, b, "cluster-resources/pods/shop.json", "[]")
	names, whole := b.Namespaces()
	c := b.Cluster(facts.Asked{Namespace: "shop"})
	if whole || !slices.Equal(names, []string{"shop"}) || c.Namespaces.Or(nil)["shop"].Labels["a"] != "b" || why(c.Workloads[facts.Pod]) != "known" {
		t.Errorf("namespaces %q, whole %v, %+v", names, whole, c.Namespaces)
	}
}

func TestEmptySupportBundle(t *testing.T) {
	c := new(SupportBundle).Cluster(facts.Asked{})
	if got, want := why(c.Pods), "not-collected (list namespaces): the support bundle holds no cluster-resources/namespaces.json"; got != want {
		t.Errorf("pods: %s, want %s", got, want)
	}
}

func TestSupportBundleFiles(t *testing.T) {
	for file, wanted := range map[string]bool{
		"cluster-info/cluster_version.json":                       true,
		"cluster-info/errors.json":                                true,
		"cluster-resources/namespaces.json":                       true,
		"cluster-resources/pods-errors.json":                      true,
		"cluster-resources/pods/shop.json":                        true,
		"cluster-resources/statefulsets-errors.json":              true,
		"cluster-resources/statefulsets-errors.json/shop.json":    true,
		"cluster-resources/mutatingwebhookconfigurations.json":    true,
		"cluster-resources/pods/logs/shop/cart/cart.log":          false,
		"cluster-resources/pods/logs/shop.json":                   false,
		"cluster-resources/pods/shop.yaml":                        false,
		"cluster-resources/pods/.json":                            false,
		"cluster-resources/pods.json":                             false,
		"cluster-resources/nodes.json":                            false,
		"cluster-resources/secrets/shop.json":                     false,
		"cluster-resources/custom-resources/pods/shop.json":       false,
		"cluster-resources/image-pull-secrets/shop/registry.json": false,
		"pods/shop.json":                                          false,
		"":                                                        false,
	} {
		if got := new(SupportBundle).Wants(file); got != wanted {
			t.Errorf("%s: wanted %v", file, got)
		}
	}
	if !IsSupportBundle("cluster-resources/nodes.json") || IsSupportBundle("snapshot.json") {
		t.Error("a support bundle is told by cluster-resources")
	}
	if err := new(SupportBundle).Read("secrets/a.json", iotest.ErrReader(errors.New("read"))); err != nil {
		t.Errorf("a file that is not wanted was read: %v", err)
	}
	broken := io.MultiReader(strings.NewReader(`{"items": [`), iotest.ErrReader(errors.New("the archive is broken")))
	if err := new(SupportBundle).Read("cluster-resources/pods/shop.json", broken); err == nil || err.Error() != "the archive is broken" {
		t.Errorf("error %v", err)
	}
}

func TestSupportBundleTakenAt(t *testing.T) {
	at := func(text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tc := range []struct{ name, directory, modified, newest, want string }{
		{"nothing tells", "bundle", "", "", ""},
		{"by its files", "bundle", "2026-11-24T10:00:00Z", "2026-11-24T09:00:00Z", "2026-11-24T10:00:00Z"},
		{"the name is in local time", "support-bundle-2026-11-24T03_00_00", "2026-11-24T10:00:00Z", "", "2026-11-24T10:00:00Z"},
		{"packed again", "support-bundle-2026-11-24T03_00_00", "2026-12-24T10:00:00Z", "2026-11-24T09:59:00Z", "2026-11-24T09:59:00Z"},
		{"by its name", "support-bundle-2026-11-24T03_00_00/x", "", "", "2026-11-24T03:00:00Z"},
		{"no time", "support-bundle-2026-99-24T03_00_00", "", "", ""},
		{"by its objects", "", "", "2026-11-24T09:59:00Z", "2026-11-24T09:59:00Z"},
	} {
		b := &SupportBundle{latest: at(tc.newest)}
		if got := b.TakenAt(tc.directory, at(tc.modified)); !got.Equal(at(tc.want)) {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	b := new(SupportBundle)
	read(t, b, "cluster-resources/serviceaccounts/a.json", `[{"metadata": {"name": "a", "creationTimestamp": "2026-11-24T09:00:00Z", "managedFields": [{"time": "2026-11-24T09:59:00Z"}]}}]`)
	if got := b.TakenAt("", time.Time{}); !got.Equal(at("2026-11-24T09:59:00Z")) {
		t.Errorf("taken at %s", got)
	}
}
