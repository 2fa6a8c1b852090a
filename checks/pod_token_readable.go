package checks

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var PodTokenReadable = register(&Check{
	ID:    "pod-token-readable",
	Link:  LinkPod,
	Stage: StageToken,
	Grain: GrainContainer,
	Worst: Error,
	Title: "the container's user can read the token",
	Why: "Before Kubernetes 1.19 the token file belonged to root with mode 0600, and a container of another user failed with " +
		"open …/token: permission denied unless the pod had an fsGroup. Since then the kubelet makes the file readable for every " +
		"container: an fsGroup for the token's sake is not needed. A defaultMode that the manifest sets for its own projected " +
		"volume can still shut a user out.",
	Fix: "Set securityContext.fsGroup of the pod, or leave out defaultMode of the projected volume.",
	Refs: []string{
		"https://kubernetes.io/docs/concepts/storage/projected-volumes/#securitycontext-interactions",
		"https://github.com/aws/amazon-eks-pod-identity-webhook",
	},
	Judge: each((*Audit).Containers, podTokenReadable),
})

func podTokenReadable(a *Audit, c Container) Finding {
	if c.Workload.podsErr != nil {
		return missing(c.Workload.podsErr)
	}
	pod, _ := c.Workload.Effective()
	if _, ok := inject.TokenOf(pod.Spec, c.Container); !ok {
		if from := unknownSource(c.Container, "AWS_WEB_IDENTITY_TOKEN_FILE"); from != "" {
			return depends("which token it reads, whose AWS_WEB_IDENTITY_TOKEN_FILE comes from %s", from)
		}
		return skip("it reads no projected token")
	}
	user := userOf(pod.Spec, c.Container)
	switch {
	case inject.TokenFile(pod.Spec, "") != "":
		return skip("the modes of files do not count on Windows")
	case pod.Spec.FSGroup != nil:
		return pass("the pod's fsGroup %d may read it", *pod.Spec.FSGroup)
	case user != nil && *user == 0:
		return pass("it runs as root")
	}
	file, _ := c.Literal("AWS_WEB_IDENTITY_TOKEN_FILE")
	version, err := a.Cluster.Version.Get()
	if err != nil {
		return missing(err)
	}
	minor, ok := minorVersion(version)
	switch {
	case !ok:
		return missing(&facts.Gap{Kind: facts.Malformed, Call: "get /version", Detail: strconv.Quote(version)})
	case minor < 19 && user == nil:
		return ofImage(c, file, fmt.Sprintf("Kubernetes %s lets no other read the token without an fsGroup", version))
	case minor < 19:
		return shutOut(c, *user, file, fmt.Sprintf("Kubernetes %s lets only root read it", version))
	case sameUser(pod.Spec):
		return pass("the token belongs to its user")
	}
	mount, _ := inject.MountAt(c.Container, file)
	volume, _ := pod.Spec.Volume(mount.Volume)
	mode := int32(0o644)
	if volume.DefaultMode != nil {
		mode = *volume.DefaultMode
	}
	switch {
	case mode&0o004 != 0:
		return pass("every user may read it")
	case user == nil:
		return ofImage(c, file, fmt.Sprintf("volume %s has defaultMode %#o", volume.Name, mode))
	}
	return shutOut(c, *user, file, fmt.Sprintf("volume %s has defaultMode %#o", volume.Name, mode))
}

// ofImage is about a container whose user only its image knows.
func ofImage(c Container, file, why string) Finding {
	return depends("whether the user of the image is root: %s", why).
		detail("if it is not, the log says: %s", c.logged("open "+file+": permission denied")).
		mend(Remedy{Text: "set securityContext.fsGroup of the pod, which does no harm to root either", Owner: ownerOf(c.Workload.Meta)})
}

func shutOut(c Container, user int64, file, why string) Finding {
	return fail("user %d can not read the token: %s, and the pod has no fsGroup", user, why).
		seen("%s", c.logged("open "+file+": permission denied")).
		mend(Remedy{Text: "set securityContext.fsGroup of the pod to the group of its user", Owner: ownerOf(c.Workload.Meta)})
}

// userOf is the user that the spec gives the container; nil leaves it to the image.
func userOf(pod facts.PodSpec, c facts.Container) *int64 {
	if c.RunAsUser != nil {
		return c.RunAsUser
	}
	return pod.RunAsUser
}

// sameUser says whether all containers are given one user, whom the kubelet then gives
// the token. Source: FsUserFrom in pkg/volume/util of Kubernetes.
func sameUser(pod facts.PodSpec) bool {
	var all *int64
	for _, c := range pod.Containers {
		user := userOf(pod, c)
		if user == nil || all != nil && *all != *user {
			return false
		}
		all = user
	}
	return all != nil
}

// minorVersion reads the 34 of v1.34.4-eks-3cfe0ce.
func minorVersion(version string) (int, bool) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) < 2 || parts[0] != "1" {
		return 0, false
	}
	minor, err := strconv.Atoi(strings.TrimRight(parts[1], "+"))
	return minor, err == nil
}
