package anonymous

import (
	_ "embed"
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

// vocabulary are the words that stay wherever they stand, in lower case: those that the
// checks recognise. What other packages list is taken from them.
var vocabulary = func() map[string]bool {
	all := map[string]bool{}
	for _, words := range []string{ofIAM, ofKubernetes, ofVariables, ofClaims, ofHosts, ofTools, ofPrograms, ofPlaceholders} {
		for w := range strings.FieldsSeq(words) {
			all[w] = true
		}
	}
	add := func(text string) {
		for p := range pieces(text) {
			if p.run {
				for w := range byHumps(p.text) {
					all[w] = true
				}
			}
		}
	}
	for _, p := range region.Partitions() {
		add(p.ID + " " + p.DNSSuffix + " " + p.DualStackSuffix + " " + p.Global + " " + strings.Join(p.Pseudo, " "))
		for id, display := range p.Regions {
			add(id + " " + display)
		}
	}
	for _, kind := range facts.WorkloadKinds {
		add(string(kind) + " " + string(kind) + "s")
	}
	for _, flag := range facts.InjectorFlags {
		add(flag)
	}
	for _, text := range []string{
		facts.RoleARNAnnotation, facts.AudienceAnnotation, facts.STSRegionalAnnotation, facts.TokenExpirationAnnotation,
		facts.SkipContainersAnnotation, facts.SkipLabel, policy.AssumeRoleWithWebIdentity,
		inject.DefaultAudience, inject.VolumeName, inject.MountPath, inject.PodIdentityVolume, inject.PodIdentityAudience,
		inject.PodIdentityURI, inject.PodIdentityLabel,
	} {
		add(text)
	}
	return all
}()

// vocabularyIndex finds the word of the vocabulary of which another is a slip. Of short
// words nobody can tell.
var vocabularyIndex = func() *neighbours {
	n := newNeighbours()
	for _, w := range slices.Sorted(maps.Keys(vocabulary)) {
		if len(w) >= 5 {
			n.add(w)
		}
	}
	return n
}()

const (
	// ARNs, and the language of policies with its operators and global keys.
	ofIAM = `arn aws iam sts eks s3 ec2 id ids oidc provider providers role roles user group groups policy policies instance
		profile profiles assume assumed reserved sso root federated cluster clusters account accounts session name
		number sid statement version effect allow deny principal canonical action resource condition string equals like
		ignore case not numeric less greater than date bool binary ip address null if exists for any all value values
		source vpc vpce endpoint external tag tags key keys request transitive org multi factor auth issue time epoch current
		secure transport username principaltag webidentity age present via paths saml cognito identity google facebook graph
		amazon`

	// Kubernetes' own names, and the keys of labels and annotations that the checks read.
	ofKubernetes = `system kube kubernetes default public service serviceaccount serviceaccounts serviceaccountname namespace
		namespaces pod pods secret secrets configmap configmaps config map field metadata node nodes status host
		container containers token tokens api server audience volume volumes io k8s sh app component part of managed by
		true false enabled disabled yes no on off none olm meta release helm chart beta os linux windows var run
		credentials credential shared file mount crash loop back exec mint vault`

	// Variables of the environment that SDKs read.
	ofVariables = `access authorization configured dualstack files full load proxy sdk uri url urls use watch`

	// Claims of a token, and the audiences that people use.
	ofClaims = `oaud iss sub aud exp iat nbf openid openshift`

	// What URLs and host names are made of.
	ofHosts = `http https com net co cn svc local localhost fips global regional legacy amazonaws ecr dkr www well known
		configuration jwks discovery document mutate latest fd00`

	// Programs that manage objects: field managers, labels and tags tell of them.
	ofTools = `kubectl annotate create edit apply patch client side set label rollout restart replace argocd argo controller
		controllers application argoproj tracking terraform opentofu hashicorp pulumi eksctl cloudformation stack
		crossplane kustomize kustomization toolkit fluxcd flux manager operator alpha v1alpha1 services created
		provisioned provisioner iac ack`

	// Programs that the checks know by the names of their containers, roles and sessions.
	ofPrograms = `istio linkerd consul kuma agent daprd datadog opentelemetry auto instrumentation fluent fluentd bit xray
		cloudwatch otel collector appmesh webhook web botocore cli awscli go java nodegroup karpenter worker masters
		control plane env level kiam kube2iam`

	// What people leave in place of a value.
	ofPlaceholders = `your my here region code todo changeme undefined placeholder`
)

// phrasebook are the words of the doctor's own texts, in lower case: what its messages say, and
// what it recognises in errors. They stay in prose. The file is written by a test, from
// the sources.
var phrasebook = func() map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		all[w] = true
	}
	for w := range strings.FieldsSeq(ofLogs) {
		all[w] = true
	}
	return all
}()

// ofLogs are words that any log holds.
const ofLogs = `occurred debug info warn warning msg dial tcp using returned writing running connect connection attempts attempt
	maximum information updated due against ls level ssl http handshake`

//go:embed words.txt
var words string
