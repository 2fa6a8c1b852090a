package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

const (
	auditors = "auditors" // the namespace of those who look
	reader   = "AKIAREADER0000000000"
)

// optional are the rights of AWS whose loss costs a hint and no answer.
var optional = []string{"iam:ListRoles", "iam:ListOpenIDConnectProviders"}

// permissions looks with exactly the rights that irsa-doctor permissions prints, which
// answers all, and with each of them taken away, which leaves something unknown.
func (l *lab) permissions(t *testing.T) {
	l.demand(t)
	l.takeDefaultsAway(t)
	proofs := " --mint"
	if l.kubectl(t, "get", "nodes", "-o", "name") != "" {
		l.ready(t)
		proofs += " --exec"
	}
	one, all := "-n "+namespace+proofs, "-A"+proofs
	t.Run("one namespace", func(t *testing.T) { l.leastRBAC(t, one) })
	t.Run("all namespaces", func(t *testing.T) { l.leastRBAC(t, all) })
	t.Run("AWS", func(t *testing.T) { l.leastIAM(t, one) })
}

// demand makes much depend on rights that a healthy controller alone does not: a webhook
// that selects a namespace by its labels, a deployment without pods, an association, an
// inline policy.
func (l *lab) demand(t *testing.T) {
	const (
		service = `{"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}`
		idle    = `{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "idle", "namespace": "ack-system"},
 "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "idle"}}, "template": {"metadata": {"labels": {"app": "idle"}},
  "spec": {"serviceAccountName": "ack-s3-controller", "containers": [{"name": "idle", "image": "idle", "env": [{"name": "AWS_REGION", "value": "us-west-2"}]}]}}}}`
	)
	l.hook.register(t, "{kubernetes.io/metadata.name: "+namespace+"}")
	l.apply(t, idle)
	l.kubectl(t, "create", "namespace", auditors)
	var trusted awstest.Document
	l.aws.Edit(func(w *awstest.World) {
		r := w.Accounts[awsAccount].Roles[name]
		trusted = r.TrustPolicy
		r.TrustPolicy = awstest.Document(strings.Replace(string(trusted), `"Statement": [`, `"Statement": [`+service+`, `, 1))
		r.Inline["tags"] = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "tag:GetResources", "Resource": "*"}]}`
		w.Accounts[awsAccount].Clusters[awsRegion]["prod"].Associations = map[string]*awstest.Association{
			"a-00000000000000001": {Namespace: namespace, ServiceAccount: name, RoleARN: role},
		}
	})
	t.Cleanup(func() {
		l.aws.Edit(func(w *awstest.World) {
			r := w.Accounts[awsAccount].Roles[name]
			r.TrustPolicy, r.Inline = trusted, nil
			w.Accounts[awsAccount].Clusters[awsRegion]["prod"].Associations = nil
		})
		l.hook.register(t, "")
		l.kubectl(t, "delete", "deployment", "idle", "-n", namespace)
		l.kubectl(t, "delete", "namespace", auditors, "--wait=false")
	})
}

// takeDefaultsAway takes from the roles that Kubernetes gives to everybody what the
// doctor's own role gives too.
func (l *lab) takeDefaultsAway(t *testing.T) {
	ours := []string{"/version", "/.well-known/openid-configuration", "/openid/v1/jwks"}
	for _, name := range []string{"system:discovery", "system:public-info-viewer", "system:service-account-issuer-discovery"} {
		before := l.kubectl(t, "get", "clusterrole", name, "-o", "jsonpath={.rules}")
		patch := func(rules string) {
			l.kubectl(t, "patch", "clusterrole", name, "--type=merge", "-p", `{"rules": `+rules+`}`)
		}
		t.Cleanup(func() { patch(before) })
		var rules []rbacv1.PolicyRule
		must(t, json.Unmarshal([]byte(before), &rules))
		rest := []rbacv1.PolicyRule{}
		for _, r := range rules {
			r.NonResourceURLs = slices.DeleteFunc(r.NonResourceURLs, func(url string) bool { return slices.Contains(ours, url) })
			if len(r.NonResourceURLs) > 0 {
				rest = append(rest, r)
			}
		}
		b, err := json.Marshal(rest)
		must(t, err)
		patch(string(b))
	}
}

// leastRBAC is about service accounts that have the RBAC for these flags.
func (l *lab) leastRBAC(t *testing.T, flags string) {
	rbac := l.sh(t, "irsa-doctor permissions "+flags+" -o rbac --bind serviceaccount:"+auditors+":reader")
	l.confine(reader, l.sh(t, "irsa-doctor permissions "+flags+" -o iam"))
	losses := l.rbacOf(t, rbac).losses()
	l.kubectl(t, "create", "serviceaccount", "reader", "-n", auditors)
	l.create(t, losses)
	l.apply(t, rbac) // last, so that the API server's authorizer hears of it last
	t.Cleanup(func() {
		l.kubectl(t, "delete", "serviceaccounts", "--all", "-n", auditors, "--wait=false")
		l.kubectl(t, "delete", "clusterrole,clusterrolebinding", "-l", lossLabel, "--wait=false")
		l.kubectl(t, "delete", "role,rolebinding", "-n", namespace, "-l", lossLabel, "--wait=false")
		if out, err := l.run(rbac, "delete", "-f", "-", "--wait=false"); err != nil {
			t.Error(out)
		}
	})
	as := l.kubeconfigs(t, auditors)
	l.mustBeComplete(t, flags, "KUBECONFIG="+as(t, "reader"), "AWS_ACCESS_KEY_ID="+reader)
	t.Run("without", func(t *testing.T) {
		for account, loss := range losses {
			t.Run(strings.ReplaceAll(loss.call, "/", "_"), func(t *testing.T) {
				t.Parallel()
				l.mustMiss(t, loss.call, flags, "KUBECONFIG="+as(t, account), "AWS_ACCESS_KEY_ID="+reader)
			})
		}
	})
}

// leastIAM is about callers of AWS with the policy for these flags.
func (l *lab) leastIAM(t *testing.T, flags string) {
	policy := l.sh(t, "irsa-doctor permissions "+flags+" -o iam")
	for i, action := range actionsOf(t, policy) {
		key := fmt.Sprintf("AKIALESS%012d", i)
		l.confine(key, strings.ReplaceAll(policy, `"`+action+`"`, `"none:Nothing"`))
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			if slices.Contains(optional, action) {
				l.mustBeComplete(t, flags, "AWS_ACCESS_KEY_ID="+key)
			} else {
				l.mustMiss(t, action, flags, "AWS_ACCESS_KEY_ID="+key)
			}
		})
	}
}

// look is with the flags, by somebody whom the environment names.
func (l *lab) look(t *testing.T, flags string, env []string) (int, report, string) {
	t.Helper()
	return l.doctorSays(t, env, append([]string{"check", "-o", "json", "--eks-cluster", "prod"}, strings.Fields(flags)...)...)
}

func (l *lab) mustBeComplete(t *testing.T, flags string, env ...string) {
	t.Helper()
	code, r, stderr := l.look(t, flags, env)
	for try := 0; code != 0 && try < 50; try++ { // it takes a moment until the authorizer has heard of all
		time.Sleep(100 * time.Millisecond)
		code, r, stderr = l.look(t, flags, env)
	}
	if code != 0 || !r.Summary.Complete || len(r.Diagnoses) == 0 {
		t.Fatalf("exit %d, %+v; want exit 0 and all answered: %s", code, r.Summary, stderr)
	}
}

func (l *lab) mustMiss(t *testing.T, right, flags string, env ...string) {
	t.Helper()
	code, r, stderr := l.look(t, flags, env)
	unknown := slices.ContainsFunc(r.Findings, func(f struct{ Check, Result string }) bool { return f.Result == "unknown" })
	if code != 3 || !unknown || !slices.Equal(r.Summary.MissingPermissions, []string{right}) {
		t.Errorf("exit %d, %+v; want exit 3, and that right missing: %s", code, r.Summary, stderr)
	}
}

// confine makes an access key of somebody with this policy alone.
func (l *lab) confine(key, policy string) {
	l.aws.Edit(func(w *awstest.World) {
		w.Credentials[key] = &awstest.Credential{
			ARN: "arn:aws:iam::" + awsAccount + ":user/" + strings.ToLower(key), Policies: []awstest.Document{awstest.Document(policy)},
		}
	})
}

func actionsOf(t *testing.T, policy string) []string {
	t.Helper()
	var p struct{ Statement []struct{ Action []string } }
	must(t, json.Unmarshal([]byte(policy), &p))
	var actions []string
	for _, s := range p.Statement {
		actions = append(actions, s.Action...)
	}
	return actions
}

// kubeconfigs returns what writes a kubeconfig of a service account of the namespace.
func (l *lab) kubeconfigs(t *testing.T, namespace string) func(*testing.T, string) string {
	t.Helper()
	mine := l.kubectl(t, "config", "view", "--raw", "--minify", "--flatten", "-o", "json")
	return func(t *testing.T, account string) string {
		t.Helper()
		token := strings.TrimSpace(l.kubectl(t, "create", "token", account, "-n", namespace))
		var config map[string]any
		must(t, json.Unmarshal([]byte(mine), &config))
		config["users"].([]any)[0].(map[string]any)["user"] = map[string]string{"token": token}
		b, err := json.Marshal(config)
		must(t, err)
		path := filepath.Join(t.TempDir(), "config")
		must(t, os.WriteFile(path, b, 0o600))
		return path
	}
}

// An rbacObject is a role or a binding, for a namespace or for all.
type rbacObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Rules             []rbacv1.PolicyRule `json:"rules,omitempty"`
	RoleRef           *rbacv1.RoleRef     `json:"roleRef,omitempty"`
	Subjects          []rbacv1.Subject    `json:"subjects,omitempty"`
}

type rbacObjects []rbacObject

// rbacOf reads YAML as kubectl does.
func (l *lab) rbacOf(t *testing.T, yaml string) (all rbacObjects) {
	t.Helper()
	out, err := l.run(yaml, "create", "--dry-run=client", "-o", "json", "-f", "-")
	if err != nil {
		t.Fatal(out)
	}
	for stream := json.NewDecoder(strings.NewReader(out)); ; {
		var o rbacObject
		if err := stream.Decode(&o); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, o)
	}
}

// A loss is the RBAC of a service account of its own that lacks one right.
type loss struct {
	call string
	rest rbacObjects
}

const lossLabel = "irsa-doctor-e2e=loss"

// losses are by service account.
func (all rbacObjects) losses() map[string]loss {
	losses := map[string]loss{}
	for i, o := range all {
		for j, rule := range o.Rules {
			for k, resource := range slices.Concat(rule.Resources, rule.NonResourceURLs) {
				account := fmt.Sprintf("reader-%d-%d-%d", i, j, k)
				rest := all.clone("irsa-doctor-"+account, account)
				less := &rest[i].Rules[j]
				if len(rule.Resources) > 0 {
					less.Resources = slices.Delete(slices.Clone(rule.Resources), k, k+1)
				} else {
					less.NonResourceURLs = slices.Delete(slices.Clone(rule.NonResourceURLs), k, k+1)
				}
				if len(less.Resources)+len(less.NonResourceURLs) == 0 {
					rest[i].Rules = slices.Delete(rest[i].Rules, j, j+1)
				}
				losses[account] = loss{rule.Verbs[0] + " " + resource, rest}
			}
		}
	}
	return losses
}

// clone gives the roles another name, and to another service account.
func (all rbacObjects) clone(name, account string) rbacObjects {
	copies := slices.Clone(all)
	for i := range copies {
		o := &copies[i]
		key, value, _ := strings.Cut(lossLabel, "=")
		o.ObjectMeta = metav1.ObjectMeta{Name: name, Namespace: o.Namespace, Labels: map[string]string{key: value}}
		o.Rules = slices.Clone(o.Rules)
		if o.RoleRef != nil {
			ref := *o.RoleRef
			ref.Name = name
			o.RoleRef, o.Subjects = &ref, []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: auditors, Name: account}}
		}
	}
	return copies
}

// create makes the service accounts with what they have.
func (l *lab) create(t *testing.T, losses map[string]loss) {
	t.Helper()
	list := struct {
		metav1.TypeMeta `json:",inline"`
		Items           []rbacObject `json:"items"`
	}{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "List"}}
	for account, loss := range losses {
		list.Items = append(list.Items, rbacObject{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
			ObjectMeta: metav1.ObjectMeta{Name: account, Namespace: auditors},
		})
		list.Items = append(list.Items, loss.rest...)
	}
	b, err := json.Marshal(list)
	must(t, err)
	if out, err := l.run(string(b), "create", "-f", "-"); err != nil {
		t.Fatal(out)
	}
}
