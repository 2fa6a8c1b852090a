package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// ownerOf says which tool manages a Kubernetes object and where to change the object
// for good, or "" when no tool is known to. What knows the exact source comes first:
// Argo CD and Flux install charts too.
func ownerOf(m facts.Meta) string {
	for _, owner := range []func(facts.Meta) string{
		ownedByAddOn, ownedByOLM, ownedByArgoCD, ownedByFlux, ownedByEksctl, ownedByHelm, ownedByTerraform, ownedByPulumi,
	} {
		if text := owner(m); text != "" {
			return text
		}
	}
	return ""
}

// EKS applies its add-ons as the field manager "eks".
// Source: docs.aws.amazon.com/eks/latest/userguide/kubernetes-field-management.html.
func ownedByAddOn(m facts.Meta) string {
	if !managedBy(m, "eks") {
		return ""
	}
	return "an EKS add-on owns it: change it with aws eks update-addon (a role by --service-account-role-arn), or its next update may revert this"
}

// OLM labels what it makes. It makes the service accounts of an operator anew with each
// version, and no setting of a subscription annotates them.
// Source: OLMManagedLabelKey in pkg/controller/install of operator-framework/operator-lifecycle-manager.
func ownedByOLM(m facts.Meta) string {
	if m.Labels["olm.managed"] != "true" {
		return ""
	}
	return "the Operator Lifecycle Manager made it: the next version of the operator reverts this, so do it again after each upgrade"
}

// The tracking ID starts with the name of the application.
func ownedByArgoCD(m facts.Meta) string {
	app, _, _ := strings.Cut(m.Annotations["argocd.argoproj.io/tracking-id"], ":")
	if app == "" && managedBy(m, "argocd-controller", "argocd-application-controller") {
		app = m.Labels["app.kubernetes.io/instance"]
	}
	if app == "" {
		return ""
	}
	return fmt.Sprintf("Argo CD application %s owns it: change it in the repository that it follows, or the next sync may revert this", app)
}

func ownedByFlux(m facts.Meta) string {
	for _, kind := range []struct{ name, domain string }{
		{"Kustomization", "kustomize.toolkit.fluxcd.io"},
		{"HelmRelease", "helm.toolkit.fluxcd.io"},
	} {
		of := func(key string) string {
			return cmp.Or(m.Labels[kind.domain+"/"+key], m.Annotations[kind.domain+"/"+key])
		}
		if name := of("name"); name != "" {
			return fmt.Sprintf("Flux %s %s owns it: change it in its source, or the next reconciliation may revert this",
				kind.name, inNamespace(of("namespace"), name))
		}
	}
	return ""
}

func ownedByEksctl(m facts.Meta) string {
	if m.Labels["app.kubernetes.io/managed-by"] != "eksctl" {
		return ""
	}
	return "eksctl made it with its role: change it in iam.serviceAccounts of the cluster's config file, or eksctl may revert this"
}

func ownedByHelm(m facts.Meta) string {
	release := m.Annotations["meta.helm.sh/release-name"]
	switch {
	case release != "":
		return fmt.Sprintf("Helm release %s owns it: change it in the release's values, or the next upgrade may revert this",
			inNamespace(m.Annotations["meta.helm.sh/release-namespace"], release))
	case m.Labels["app.kubernetes.io/managed-by"] == "Helm" || managedBy(m, "helm"):
		return "a Helm chart made it: change it in the chart's values, or the next upgrade may revert this"
	}
	return ""
}

// The provider's resources go by their user agent, HashiCorp/1.0 Terraform/…, its
// kubernetes_manifest and kubernetes_annotations by "Terraform".
func ownedByTerraform(m facts.Meta) string {
	if !managedBy(m, "Terraform", "HashiCorp") {
		return ""
	}
	return "Terraform manages it: change it in its configuration, or the next apply may revert this"
}

func ownedByPulumi(m facts.Meta) string {
	if m.Labels["app.kubernetes.io/managed-by"] != "pulumi" && !managedBy(m, "pulumi-kubernetes") {
		return ""
	}
	return "Pulumi manages it: change it in its program, or the next update may revert this"
}

// ownerOfTags says which tool manages a role or a provider with these tags, and where
// to change it for good, or "" when no tool is known to.
func ownerOfTags(tags map[string]string) string {
	stack := tags["aws:cloudformation:stack-name"]
	cluster := cmp.Or(tags["alpha.eksctl.io/cluster-name"], tags["eksctl.cluster.k8s.io/v1alpha1/cluster-name"])
	switch {
	case cluster != "":
		return fmt.Sprintf("eksctl made it for cluster %s: change it with eksctl, or its next update may revert this", cluster)
	case stack != "":
		return fmt.Sprintf("CloudFormation stack %s owns it: change it in the stack's template, or the next update may revert this", stack)
	case tags["crossplane-name"] != "":
		return fmt.Sprintf("Crossplane resource %s owns it: change it there, or it will be reverted", tags["crossplane-name"])
	case tags["services.k8s.aws/controller-version"] != "":
		return "the ACK IAM controller owns it: change its Role or OpenIDConnectProvider resource, or it will be reverted"
	}
	if tool := toolOfTags(tags); tool != "" {
		return fmt.Sprintf("%s manages it, by its tags: change it in its configuration, or the next apply may revert this", tool)
	}
	return ""
}

// toolOfTags knows the tags that people have Terraform and its kin set: Terraform=true,
// ManagedBy=terraform and their spellings.
func toolOfTags(tags map[string]string) string {
	flat := strings.NewReplacer("-", "", "_", "", ":", "", " ", "").Replace
	for _, tool := range []string{"Terraform", "OpenTofu", "Pulumi"} {
		name := strings.ToLower(tool)
		for key, value := range tags {
			key, value = flat(strings.ToLower(key)), strings.ToLower(value)
			named := slices.Contains([]string{"managedby", "createdby", "provisionedby", "provisioner", "iac"}, key) && strings.Contains(value, name)
			if named || key == name && value != "false" {
				return tool
			}
		}
	}
	return ""
}

// inNamespace is the object's name, with its namespace where that is known.
func inNamespace(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

// managedBy says whether one of these field managers changed the object.
func managedBy(m facts.Meta, names ...string) bool {
	return slices.ContainsFunc(m.Managers, func(manager facts.Manager) bool { return slices.Contains(names, manager.Name) })
}
