package e2e

import (
	"encoding/csv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	core "k8s.io/api/core/v1"
)

// An injector does to a pod what the pod identity webhook was seen to do: see
// testdata/webhook-observed.jsonl. It knows nothing of the doctor's model of it.
type injector struct {
	region      string // of --aws-default-region
	regionalSTS bool   // --sts-regional-endpoint
	// annotations are those of a service account.
	annotations func(namespace, account string) map[string]string
	// associated says whether EKS Pod Identity has the account.
	associated func(namespace, account string) bool
}

const (
	annotationPrefix  = "eks.amazonaws.com/"
	defaultExpiration = 86400 // seconds
	leastExpiration   = 600
	leastWithJitter   = 79200
)

// An injection is what every container of a pod is given.
type injection struct {
	identity []core.EnvVar // all or none of them
	sts      []core.EnvVar
	region   []core.EnvVar
	mount    core.VolumeMount
}

// The variables of which one is enough to keep all of their kind out.
var (
	identityVariables = []string{"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}
	regionVariables   = []string{"AWS_DEFAULT_REGION", "AWS_REGION"}
	stsVariables      = []string{"AWS_STS_REGIONAL_ENDPOINTS"}
)

// inject changes the pod, or says that it is none of its business.
func (in injector) inject(namespace string, pod *core.Pod) bool {
	account := pod.Spec.ServiceAccountName
	if account == "" {
		account = "default"
	}
	annotations := in.annotations(namespace, account)
	expiration := expirationOf(pod.Annotations, expirationOf(annotations, defaultExpiration))
	var given injection
	var audience, file string
	switch role := annotations[annotationPrefix+"role-arn"]; {
	case in.associated(namespace, account):
		audience, file = "pods.eks.amazonaws.com", "eks-pod-identity-token"
		given.mount = core.VolumeMount{Name: file, MountPath: "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount", ReadOnly: true}
		given.identity = []core.EnvVar{
			{Name: "AWS_CONTAINER_CREDENTIALS_FULL_URI", Value: "http://169.254.170.23/v1/credentials"},
			{Name: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", Value: given.mount.MountPath + "/" + file},
		}
		if expiration == defaultExpiration {
			expiration = leastWithJitter + rand.Int64N(defaultExpiration-leastWithJitter+1)
		}
		if pod.Labels == nil {
			pod.Labels = map[string]string{}
		}
		pod.Labels[annotationPrefix+"pod-identity"] = "enabled"
	case role != "":
		audience, file = "sts.amazonaws.com", "token"
		if own := annotations[annotationPrefix+"audience"]; own != "" {
			audience = own
		}
		given.mount = core.VolumeMount{Name: "aws-iam-token", MountPath: "/var/run/secrets/eks.amazonaws.com/serviceaccount", ReadOnly: true}
		path := given.mount.MountPath + "/" + file
		if windows(pod) {
			path = `C:` + strings.ReplaceAll(path, "/", `\`)
		}
		given.identity = []core.EnvVar{{Name: "AWS_ROLE_ARN", Value: role}, {Name: "AWS_WEB_IDENTITY_TOKEN_FILE", Value: path}}
	default:
		return false
	}
	if in.usesRegionalSTS(annotations) {
		given.sts = []core.EnvVar{{Name: "AWS_STS_REGIONAL_ENDPOINTS", Value: "regional"}}
	}
	if in.region != "" {
		given.region = []core.EnvVar{{Name: "AWS_DEFAULT_REGION", Value: in.region}, {Name: "AWS_REGION", Value: in.region}}
	}
	skipped := skippedContainers(pod)
	for _, list := range [][]core.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			if !slices.Contains(skipped, list[i].Name) {
				given.into(&list[i])
			}
		}
	}
	taken := func(v core.Volume) bool { return v.Name == given.mount.Name }
	if !slices.ContainsFunc(pod.Spec.Volumes, taken) {
		pod.Spec.Volumes = slices.Insert(pod.Spec.Volumes, 0, tokenVolume(given.mount.Name, audience, file, expiration))
	}
	return true
}

// expirationOf reads the lifetime that annotations ask for, in seconds. What is no number
// counts as not there.
func expirationOf(annotations map[string]string, otherwise int64) int64 {
	seconds, err := strconv.ParseInt(annotations[annotationPrefix+"token-expiration"], 10, 64)
	if err != nil {
		return otherwise
	}
	return max(seconds, leastExpiration)
}

func (in injector) usesRegionalSTS(annotations map[string]string) bool {
	if own, err := strconv.ParseBool(annotations[annotationPrefix+"sts-regional-endpoints"]); err == nil {
		return own
	}
	return in.regionalSTS
}

// skippedContainers are the names in a list of values that commas separate, and nothing
// but commas.
func skippedContainers(pod *core.Pod) []string {
	names, err := csv.NewReader(strings.NewReader(pod.Annotations[annotationPrefix+"skip-containers"])).Read()
	if err != nil {
		return nil
	}
	return names
}

func windows(pod *core.Pod) bool {
	return pod.Spec.NodeSelector["kubernetes.io/os"] == "windows" || pod.Spec.NodeSelector["beta.kubernetes.io/os"] == "windows"
}

func tokenVolume(name, audience, file string, expiration int64) core.Volume {
	return core.Volume{Name: name, VolumeSource: core.VolumeSource{Projected: &core.ProjectedVolumeSource{
		DefaultMode: new(int32(0o644)),
		Sources: []core.VolumeProjection{{ServiceAccountToken: &core.ServiceAccountTokenProjection{
			Audience: audience, ExpirationSeconds: &expiration, Path: file,
		}}},
	}}}
}

// into gives a container the variables whose kind it has none of, and the mount. One that
// has all three kinds is left alone.
func (given injection) into(c *core.Container) {
	has := func(names []string) bool {
		return slices.ContainsFunc(c.Env, func(e core.EnvVar) bool { return slices.Contains(names, e.Name) })
	}
	identity, sts, region := has(identityVariables), has(stsVariables), has(regionVariables)
	if identity && sts && region {
		return
	}
	if !sts {
		c.Env = append(c.Env, given.sts...)
	}
	if !region {
		c.Env = append(c.Env, given.region...)
	}
	if !identity {
		c.Env = append(c.Env, given.identity...)
	}
	taken := func(m core.VolumeMount) bool { return m.Name == given.mount.Name }
	if !slices.ContainsFunc(c.VolumeMounts, taken) {
		c.VolumeMounts = append(c.VolumeMounts, given.mount)
	}
}
