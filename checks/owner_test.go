package checks

import (
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func TestOwnerOf(t *testing.T) {
	managers := func(names ...string) (all []facts.Manager) {
		for _, name := range names {
			all = append(all, facts.Manager{Name: name})
		}
		return all
	}
	helm := map[string]string{"meta.helm.sh/release-name": "ack", "meta.helm.sh/release-namespace": "ack-system"}
	for name, test := range map[string]struct {
		meta facts.Meta
		want string // the start of the answer; "" for nobody
	}{
		"by hand":              {facts.Meta{Managers: managers("kubectl-create", "kubectl-annotate", "kube-controller-manager")}, ""},
		"Helm release":         {facts.Meta{Annotations: helm, Managers: managers("helm")}, "Helm release ack-system/ack owns"},
		"rendered chart":       {facts.Meta{Labels: map[string]string{"app.kubernetes.io/managed-by": "Helm"}}, "a Helm chart made"},
		"add-on before a tool": {facts.Meta{Managers: managers("eks", "Terraform")}, "an EKS add-on owns"},
		"OLM":                  {facts.Meta{Labels: map[string]string{"olm.managed": "true"}}, "the Operator Lifecycle Manager made"},
		"Argo CD renders a chart": {facts.Meta{
			Labels:      map[string]string{"app.kubernetes.io/managed-by": "Helm"},
			Annotations: map[string]string{"argocd.argoproj.io/tracking-id": "payments:apps/Deployment:pay/api"},
		}, "Argo CD application payments owns"},
		"Argo CD tracks by label": {facts.Meta{
			Labels: map[string]string{"app.kubernetes.io/instance": "payments"}, Managers: managers("argocd-controller"),
		}, "Argo CD application payments owns"},
		"an instance label alone": {facts.Meta{Labels: map[string]string{"app.kubernetes.io/instance": "payments"}}, ""},
		"Flux installs a chart": {facts.Meta{
			Annotations: helm,
			Labels:      map[string]string{"helm.toolkit.fluxcd.io/name": "ack", "helm.toolkit.fluxcd.io/namespace": "flux-system"},
		}, "Flux HelmRelease flux-system/ack owns"},
		"Flux Kustomization": {facts.Meta{Labels: map[string]string{"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux Kustomization apps owns"},
		"eksctl":             {facts.Meta{Labels: map[string]string{"app.kubernetes.io/managed-by": "eksctl"}}, "eksctl made"},
		"Terraform":          {facts.Meta{Managers: managers("HashiCorp")}, "Terraform manages"},
		"Pulumi":             {facts.Meta{Labels: map[string]string{"app.kubernetes.io/managed-by": "pulumi"}}, "Pulumi manages"},
	} {
		if got := ownerOf(test.meta); !strings.HasPrefix(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%s: %q does not start with %q", name, got, test.want)
		}
	}
}

func TestOwnerOfTags(t *testing.T) {
	for _, test := range []struct {
		tags map[string]string
		want string // the start of the answer; "" for nobody
	}{
		{nil, ""},
		{map[string]string{"team": "payments", "environment": "prod"}, ""},
		{map[string]string{"Terraform": "true"}, "Terraform manages"},
		{map[string]string{"terraform": "false"}, ""},
		{map[string]string{"Managed-By": "terraform-aws-modules"}, "Terraform manages"},
		{map[string]string{"managed_by": "OpenTofu"}, "OpenTofu manages"},
		{map[string]string{"aws:cloudformation:stack-name": "irsa"}, "CloudFormation stack irsa owns"},
		{map[string]string{
			"aws:cloudformation:stack-name":               "eksctl-prod-addon-iamserviceaccount-ack-system-s3",
			"alpha.eksctl.io/cluster-name":                "prod",
			"alpha.eksctl.io/iamserviceaccount-name":      "ack-system/s3",
			"eksctl.cluster.k8s.io/v1alpha1/cluster-name": "prod",
		}, "eksctl made it for cluster prod"},
		{map[string]string{"crossplane-name": "s3-role"}, "Crossplane resource s3-role owns"},
		{map[string]string{"services.k8s.aws/controller-version": "iam-1.3.2"}, "the ACK IAM controller owns"},
	} {
		if got := ownerOfTags(test.tags); !strings.HasPrefix(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%v: %q does not start with %q", test.tags, got, test.want)
		}
	}
}
