package inject

import (
	"path"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// VolumeName is the volume that carries the web identity token.
const VolumeName = "aws-iam-token"

const tokenPath = "token"

// What EKS Pod Identity adds to a pod.
const (
	PodIdentityVolume   = "eks-pod-identity-token"
	PodIdentityAudience = "pods.eks.amazonaws.com"
	PodIdentityURI      = "http://169.254.170.23/v1/credentials"
	PodIdentityLabel    = "eks.amazonaws.com/pod-identity"
	podIdentityMount    = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount"
)

// The variables of either mechanism. A container that has one of a pair is given
// neither, whatever the value.
var (
	webIdentityVariables = [2]string{"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"}
	podIdentityVariables = [2]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}
	regionVariables      = [2]string{"AWS_DEFAULT_REGION", "AWS_REGION"}
)

const stsVariable = "AWS_STS_REGIONAL_ENDPOINTS"

// A grant is what the webhook adds to one pod, by either mechanism.
type grant struct {
	variables   [2]string // source of credentials and token file
	source      string    // value of the first
	volume      string
	mountPath   string
	token       facts.TokenSource
	regionalSTS bool
}

// Mutate returns the pod as the webhook makes it for an identity, and as a snapshot
// holds it. It shares nothing with the pod but values that nobody changes.
func (w Webhook) Mutate(pod facts.PodTemplate, id Identity) facts.PodTemplate {
	return w.mutate(pod, grant{
		variables:   webIdentityVariables,
		source:      id.RoleARN,
		volume:      VolumeName,
		mountPath:   w.MountPath,
		token:       facts.TokenSource{Audience: id.Audience, ExpirationSeconds: id.ExpirationSeconds, Path: tokenPath},
		regionalSTS: id.RegionalSTS,
	})
}

// MutatePodIdentity returns the pod as the webhook makes it for an account with an
// EKS Pod Identity association. The default expiration, which the webhook shortens
// at random by up to two hours, is left whole.
func (w Webhook) MutatePodIdentity(pod facts.PodTemplate, sa facts.ServiceAccount) facts.PodTemplate {
	id := w.annotated(sa)
	pod = w.mutate(pod, grant{
		variables:   podIdentityVariables,
		source:      PodIdentityURI,
		volume:      PodIdentityVolume,
		mountPath:   podIdentityMount,
		token:       facts.TokenSource{Audience: PodIdentityAudience, ExpirationSeconds: id.ExpirationSeconds, Path: PodIdentityVolume},
		regionalSTS: id.RegionalSTS,
	})
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	pod.Labels[PodIdentityLabel] = "enabled"
	return pod
}

func (w Webhook) mutate(pod facts.PodTemplate, g grant) facts.PodTemplate {
	pod = pod.Clone()
	if seconds, ok := expiration(pod.Annotations[w.Prefix+"/token-expiration"]); ok {
		g.token.ExpirationSeconds = seconds
	}
	file := TokenFile(pod.Spec, path.Join(g.mountPath, g.token.Path))
	skipped := w.skipped(pod)
	for i, c := range pod.Spec.Containers {
		if !slices.Contains(skipped, c.Name) {
			pod.Spec.Containers[i] = w.equip(c, g, file)
		}
	}
	if _, taken := pod.Spec.Volume(g.volume); !taken {
		pod.Spec.Volumes = append([]facts.Volume{{
			Name: g.volume, Kind: "projected", DefaultMode: new(int32(0o644)), Tokens: []facts.TokenSource{g.token},
		}}, pod.Spec.Volumes...)
	}
	return pod
}

// equip adds to a container what it lacks. One that has something of everything is
// left alone altogether, the mount included.
func (w Webhook) equip(c facts.Container, g grant, file string) facts.Container {
	_, sts := c.Getenv(stsVariable)
	region := len(present(c, regionVariables)) > 0
	credentials := len(present(c, g.variables)) > 0
	if sts && region && credentials {
		return c
	}
	add := func(name, value string) {
		c.Env = append(c.Env, facts.Env{Name: name, Value: new(facts.Kept(name, value))})
	}
	if !sts && g.regionalSTS {
		add(stsVariable, "regional")
	}
	if !region && w.Region != "" {
		add(regionVariables[0], w.Region)
		add(regionVariables[1], w.Region)
	}
	if !credentials {
		add(g.variables[0], g.source)
		add(g.variables[1], file)
	}
	if !slices.ContainsFunc(c.Mounts, func(m facts.Mount) bool { return m.Volume == g.volume }) {
		c.Mounts = append(c.Mounts, facts.Mount{Volume: g.volume, Path: g.mountPath, ReadOnly: true})
	}
	return c
}

// skipped are the containers that the pod asks to be left alone.
func (w Webhook) skipped(pod facts.PodTemplate) []string {
	return SkipContainers(pod.Annotations[w.Prefix+"/skip-containers"])
}

// present returns those of a pair of variables that the container itself sets.
// Those of envFrom do not count.
func present(c facts.Container, variables [2]string) []string {
	var found []string
	for _, name := range variables {
		if _, ok := c.Getenv(name); ok {
			found = append(found, name)
		}
	}
	return found
}

// TokenFile returns a token's file as the webhook writes it for the pod: with
// backslashes where the node selector asks for Windows.
func TokenFile(pod facts.PodSpec, file string) string {
	if pod.NodeSelector["kubernetes.io/os"] == "windows" || pod.NodeSelector["beta.kubernetes.io/os"] == "windows" {
		return "C:" + strings.ReplaceAll(file, "/", `\`)
	}
	return file
}
