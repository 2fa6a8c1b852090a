package kube

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func template(t *corev1.PodTemplateSpec) facts.PodTemplate {
	return facts.PodTemplate{Labels: common(t.Labels), Annotations: kept(t.Annotations), Spec: podSpec(&t.Spec)}
}

func podSpec(s *corev1.PodSpec) facts.PodSpec {
	p := facts.PodSpec{
		ServiceAccount: cmp.Or(s.ServiceAccountName, s.DeprecatedServiceAccount),
		HostNetwork:    s.HostNetwork, DNSPolicy: string(s.DNSPolicy),
	}
	for _, key := range []string{"kubernetes.io/os", "beta.kubernetes.io/os"} {
		if value, ok := s.NodeSelector[key]; ok {
			if p.NodeSelector == nil {
				p.NodeSelector = map[string]string{}
			}
			p.NodeSelector[key] = value
		}
	}
	if sc := s.SecurityContext; sc != nil {
		p.RunAsUser, p.FSGroup = sc.RunAsUser, sc.FSGroup
	}
	for i := range s.InitContainers {
		c := &s.InitContainers[i]
		role := "init"
		if or(c.RestartPolicy, "") == corev1.ContainerRestartPolicyAlways {
			role = "sidecar"
		}
		p.Containers = append(p.Containers, container(c, role))
	}
	for i := range s.Containers {
		p.Containers = append(p.Containers, container(&s.Containers[i], ""))
	}
	for i := range s.Volumes {
		p.Volumes = append(p.Volumes, volume(&s.Volumes[i]))
	}
	return p
}

// Kubernetes expects this of a projected token that does not say.
// Source: SetDefaults_ServiceAccountTokenProjection.
const defaultExpiration = 3600

func volume(v *corev1.Volume) facts.Volume {
	known := facts.Volume{Name: volumeName(v.Name), Kind: volumeKind(v.VolumeSource)}
	if v.Projected == nil {
		return known
	}
	known.DefaultMode = v.Projected.DefaultMode
	for _, source := range v.Projected.Sources {
		if t := source.ServiceAccountToken; t != nil {
			known.Tokens = append(known.Tokens, facts.TokenSource{
				Audience: t.Audience, ExpirationSeconds: or(t.ExpirationSeconds, defaultExpiration), Path: t.Path,
			})
		}
	}
	return known
}

// volumeKind is the name of the one field that is set.
func volumeKind(s corev1.VolumeSource) string {
	switch { // the kinds that pods mostly have, for speed
	case s.Projected != nil:
		return "projected"
	case s.EmptyDir != nil:
		return "emptyDir"
	case s.ConfigMap != nil:
		return "configMap"
	case s.Secret != nil:
		return "secret"
	}
	b, _ := json.Marshal(s)
	var fields map[string]json.RawMessage
	_ = json.Unmarshal(b, &fields)
	for name := range fields {
		return name
	}
	return "" // of a kind that is newer than this program
}

// The ServiceAccount admission plugin gives its volume a new name in each pod.
var tokenVolume = regexp.MustCompile(`^kube-api-access-[a-z0-9]{5}$`)

// volumeName is a name that is the same in all pods of a workload.
func volumeName(name string) string {
	if tokenVolume.MatchString(name) {
		return "kube-api-access"
	}
	return name
}

// ownLabels are labels that controllers give to tell their pods apart.
var ownLabels = []string{
	"pod-template-hash", "controller-revision-hash", "pod-template-generation",
	"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index",
	"controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name",
	"batch.kubernetes.io/job-completion-index", "batch.kubernetes.io/cronjob-scheduled-timestamp",
}

// common are the labels that all pods of a workload carry.
func common(labels map[string]string) map[string]string {
	var some map[string]string
	for key, value := range labels {
		if !slices.Contains(ownLabels, key) {
			if some == nil {
				some = map[string]string{}
			}
			some[key] = value
		}
	}
	return some
}
