package cli

import (
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/faulty"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// A way is a set-up and the arguments to look at it with. Together the ways make every
// call that the doctor knows, but for those to an issuer on the Internet.
type way struct {
	name  string
	setUp func(*lab) (args []string)
	code  int      // without a fault
	again []string // calls that are like those of an earlier way, and mean more here
	but   string   // a call that means more in another way
}

// like is what a call has in common with the one that asks for another namespace.
func like(call faulty.Call) string { return strings.TrimSuffix(call.String(), " in ack-system") }

var onTarget = []string{"check", controller, "-n", "ack-system", "--eks-cluster", "prod"}

var ways = []way{
	{name: "alone", setUp: func(*lab) []string { return onTarget }, but: "get /openid/v1/jwks"},
	{name: "with a token", setUp: func(*lab) []string { return append(onTarget, "--mint") }},
	{name: "in the pod", setUp: func(*lab) []string { return append(onTarget, "--exec") }},
	{name: "by the ACK service", setUp: func(*lab) []string { return []string{"check", "--ack", "s3", "--eks-cluster", "prod"} }, again: []string{"list deployments"}},
	{name: "everywhere", setUp: func(*lab) []string { return []string{"check", "-A", "--eks-cluster", "prod"} }, again: []string{"list statefulsets", "list serviceaccounts"}},
	{name: "with the webhook in the cluster", setUp: func(l *lab) []string {
		l.runWebhook()
		return onTarget
	}},
	{name: "in another account", setUp: func(l *lab) []string { return append(onTarget, "--aws-role-arn", l.moveRole()) }},
	{name: "with EKS Pod Identity", setUp: func(l *lab) []string {
		l.edit(func(a *awstest.Account) { a.Roles["other"] = new(*a.Roles["ack-s3-controller"]) })
		l.editCluster(func(c *awstest.Cluster) {
			c.Associations["a-00000000000000001"] = &awstest.Association{
				Namespace: "ack-system", ServiceAccount: "ack-s3-controller", RoleARN: "arn:aws:iam::" + account + ":role/other",
			}
		})
		return onTarget
	}},
	{name: "without the role", setUp: func(l *lab) []string {
		l.edit(func(a *awstest.Account) { delete(a.Roles, "ack-s3-controller") })
		return onTarget
	}, code: exitFindings},
	{name: "without the target", setUp: func(*lab) []string {
		return []string{"check", "deploy/ack-s3-controler", "-n", "ack-system", "--eks-cluster", "prod"}
	}, code: exitFindings},
}

// moveRole moves the role and the provider to another account, and returns the role to
// read that account with.
func (l *lab) moveRole() string {
	const theirs = "444455556666"
	l.aws.Edit(func(w *awstest.World) {
		mine := w.Accounts[account]
		policy := strings.ReplaceAll(string(mine.Roles["ack-s3-controller"].TrustPolicy), account, theirs)
		mine.Roles["ack-s3-controller"].TrustPolicy = awstest.Document(policy)
		trust := awstest.Document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}]}`)
		w.Accounts[theirs] = &awstest.Account{
			Providers: mine.Providers,
			Roles:     map[string]*awstest.Role{"ack-s3-controller": mine.Roles["ack-s3-controller"], "auditor": {TrustPolicy: trust}},
		}
		mine.Roles, mine.Providers = nil, nil
	})
	kubetest.Edit(l.kube, func(a *corev1.ServiceAccount) {
		for key, value := range a.Annotations {
			a.Annotations[key] = strings.ReplaceAll(value, account, theirs)
		}
	})
	kubetest.Edit(l.kube, func(p *corev1.Pod) {
		for i, v := range p.Spec.Containers[0].Env {
			p.Spec.Containers[0].Env[i].Value = strings.ReplaceAll(v.Value, account, theirs)
		}
	})
	return "arn:aws:iam::" + theirs + ":role/auditor"
}

// A gated lab is one that is reached through gates.
type gated struct {
	kube, aws *faulty.Gate
	args      []string
	t         testing.TB
}

func (l *lab) open(t testing.TB, args []string) *gated {
	g := &gated{t: t, kube: faulty.Open(t, faulty.Kubernetes{}, true, http.HandlerFunc(l.kube.Serve)), aws: faulty.Open(t, faulty.AWS{}, false, l.aws)}
	g.args = slices.Concat(args, []string{"--kubeconfig", faulty.Kubeconfig(t, g.kube.URL), "--endpoint-url", g.aws.URL, "--region", home})
	return g
}

func (g *gated) calls() []faulty.Call { return append(g.kube.Calls(), g.aws.Calls()...) }

func (g *gated) run(profile string) faulty.Outcome {
	o := run(g.t.Context(), "", append(g.args, "--profile", profile)...)
	return faulty.Outcome{Code: o.code, Stdout: o.stdout, Stderr: o.stderr}
}

// showProof has the pod show its environment and its token.
func (l *lab) showProof() {
	l.editCluster(func(c *awstest.Cluster) { c.CAData = base64.StdEncoding.EncodeToString(faulty.CA()) })
	raw := theIssuer().Sign("ack-system", "ack-s3-controller", []string{"sts.amazonaws.com"}, time.Hour)
	l.kube.Fault("pods/exec", kubetest.Running(func(r *http.Request, stdout, _ io.Writer) metav1.Status {
		text := raw
		if strings.Contains(r.URL.RawQuery, "command=env") {
			text = "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/eks.amazonaws.com/serviceaccount/token\nAWS_SECRET_ACCESS_KEY=CANARY\n"
		}
		io.WriteString(stdout, text)
		return kubetest.Exited(0)
	}))
}
