package cli

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// A scene is a lab, a look at it, and the flags with which permissions prints the rights
// that the look needs.
type scene struct {
	name        string
	setUp       func(*lab)
	check       string
	permissions string
	tries       string // the names of rights to take away, as a regular expression
	vital       bool   // without these nothing is audited at all
}

const (
	auditor = "arn:aws:iam::444455556666:role/auditor"
	// ownCluster leaves out what asks the issuer itself, which has to be a public one.
	ownCluster = " --skip issuer-discovery --skip provider-thumbprint"
)

var scenes = []scene{
	{
		"one namespace", func(l *lab) { l.demand(); l.associate() },
		"-n ack-system --eks-cluster prod --mint --exec", "-n ack-system --mint --exec", "", false,
	},
	{
		"all namespaces", func(l *lab) { l.demand(); l.associate() },
		"-A --eks-cluster prod --mint --exec", "--mint --exec", "", false,
	},
	{
		"an ACK controller", (*lab).demand,
		"--ack s3 --eks-cluster prod", "-n ack-system --ack s3", "^list deployments$", true,
	},
	{
		"another account", func(l *lab) { l.demand(); l.moveRole() },
		"-n ack-system --eks-cluster prod --aws-role-arn " + auditor, "-n ack-system --aws-role-arn " + auditor, "sts:AssumeRole|as the auditor", false,
	},
	{
		"a webhook of a Deployment", (*lab).leaveEKS,
		"-n ack-system" + ownCluster, "-n ack-system --webhook-namespace irsa", "(slices|maps|services|deployments) in irsa", false,
	},
	{
		"a webhook of a DaemonSet", func(l *lab) { l.leaveEKS(); l.hostOnEveryNode() },
		"-n ack-system" + ownCluster, "-n ack-system --webhook-namespace irsa", "^list daemonsets in irsa", false,
	},
	{
		"a webhook, and all namespaces", (*lab).leaveEKS,
		"-A" + ownCluster, "--webhook-namespace irsa", "in irsa", false,
	},
}

// demand makes much depend on rights that a healthy controller alone does not: a webhook
// that selects a namespace by its labels, and a deployment without pods.
func (l *lab) demand() {
	kubetest.Edit(l.kube, func(c *admissionv1.MutatingWebhookConfiguration) {
		c.Webhooks[0].NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "ack-system"}}
	})
	var idle *appsv1.Deployment
	kubetest.Edit(l.kube, func(d *appsv1.Deployment) {
		if d.Name == "ack-s3-controller" {
			idle = d.DeepCopy()
		}
	})
	idle.Name, idle.Spec.Replicas, idle.Status = "idle", new(int32(0)), appsv1.DeploymentStatus{ObservedGeneration: 1}
	idle.Spec.Template.Spec.Containers[0].Image = "idle"
	l.kube.Add(idle)
	l.kube.Fault("pods/exec", l.exec())
}

// associate has the account's new pods get the same role by EKS Pod Identity.
func (l *lab) associate() {
	const service = `{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}`
	l.retrust(`"Statement":[`, `"Statement":[`+service+`,`)
	l.editCluster(func(c *awstest.Cluster) {
		c.Associations["a-00000000000000001"] = &awstest.Association{
			Namespace: "ack-system", ServiceAccount: "ack-s3-controller", RoleARN: "arn:aws:iam::" + account + ":role/ack-s3-controller",
		}
	})
}

// exec answers in the controller's pod.
func (l *lab) exec() http.HandlerFunc {
	return kubetest.Running(func(r *http.Request, stdout, _ io.Writer) metav1.Status {
		if slices.Equal(r.URL.Query()["command"], []string{"env"}) {
			io.WriteString(stdout, "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/eks.amazonaws.com/serviceaccount/token\n")
		} else {
			io.WriteString(stdout, theIssuer().Sign("ack-system", "ack-s3-controller", []string{"sts.amazonaws.com"}, time.Hour))
		}
		return kubetest.Exited(0)
	})
}

// addInjector adds a webhook of somebody else's, which sees the pods too.
func (l *lab) addInjector() {
	l.kube.Add(&admissionv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "a-sidecar-injector"},
		Webhooks: []admissionv1.MutatingWebhook{{
			Name:         "inject.mesh.example",
			ClientConfig: admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{Namespace: "mesh", Name: "injector"}, CABundle: l.kube.CA()},
			Rules: []admissionv1.RuleWithOperations{{
				Operations: []admissionv1.OperationType{admissionv1.Create},
				Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}},
		}},
	})
}

const ownHost = "127.0.0.1:1" // nobody is there

var ownIssuer = sync.OnceValue(func() *kubetest.Issuer { return kubetest.NewIssuer("https://" + ownHost) })

// leaveEKS makes the cluster one of its owner's, with a webhook that takes the role from
// its ConfigMap.
func (l *lab) leaveEKS() {
	l.demand()
	l.runWebhook()
	l.kube.Issue(ownIssuer())
	l.retrust(issuerHost, ownHost)
	l.edit(func(a *awstest.Account) {
		a.Providers[ownHost] = a.Providers[issuerHost]
		delete(a.Providers, issuerHost)
	})
	kubetest.Edit(l.kube, func(m *corev1.ConfigMap) {
		m.Data["config"] = `{"ack-system/ack-s3-controller":{"RoleARN":"arn:aws:iam::` + account + `:role/ack-s3-controller","Audience":"sts.amazonaws.com"}}`
	})
	kubetest.Edit(l.kube, func(a *corev1.ServiceAccount) { a.Annotations = nil })
}

// hostOnEveryNode has a DaemonSet run the webhook in the Deployment's place.
func (l *lab) hostOnEveryNode() {
	var host appsv1.DaemonSet
	kubetest.Edit(l.kube, func(d *appsv1.Deployment) {
		if d.Namespace == "irsa" {
			host.Name, host.Namespace, host.Spec.Template = d.Name, d.Namespace, *d.Spec.Template.DeepCopy()
			d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "other", Image: "other"}}
		}
	})
	l.kube.Add(&host)
}
