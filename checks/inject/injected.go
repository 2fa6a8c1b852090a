package inject

import (
	"path"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Injected says whether the container has what the webhook gives for a role: both
// variables, and its volume mounted where the token file is.
func Injected(c facts.Container) bool {
	if len(present(c, webIdentityVariables)) < 2 {
		return false
	}
	file, ok := c.Literal("AWS_WEB_IDENTITY_TOKEN_FILE")
	m, mounted := MountAt(c, file)
	return ok && mounted && m.Volume == VolumeName
}

// HasPodIdentity says whether the container has the variables of EKS Pod Identity.
func HasPodIdentity(c facts.Container) bool {
	return len(present(c, podIdentityVariables)) == 2
}

// TokenOf returns the projected token that the container's AWS_WEB_IDENTITY_TOKEN_FILE
// leads to, whoever mounted it. It is not ok when there is none, or when the value of
// the variable is not known.
func TokenOf(pod facts.PodSpec, c facts.Container) (facts.TokenSource, bool) {
	file, _ := c.Literal("AWS_WEB_IDENTITY_TOKEN_FILE")
	m, ok := MountAt(c, file)
	if !ok {
		return facts.TokenSource{}, false
	}
	v, _ := pod.Volume(m.Volume)
	below, _ := under(m.Path, slashed(file))
	inVolume := path.Join("/", m.SubPath, below)
	for _, t := range v.Tokens {
		if path.Join("/", t.Path) == inVolume {
			return t, true
		}
	}
	return facts.TokenSource{}, false
}

// MountAt returns the mount of the container that a file is on: the deepest one
// whose path leads to it.
func MountAt(c facts.Container, file string) (facts.Mount, bool) {
	file = slashed(file)
	if file == "" {
		return facts.Mount{}, false
	}
	var found []facts.Mount
	for _, m := range c.Mounts {
		if _, ok := under(m.Path, file); ok {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return facts.Mount{}, false
	}
	return slices.MaxFunc(found, func(a, b facts.Mount) int { return len(path.Clean(a.Path)) - len(path.Clean(b.Path)) }), true
}

// under returns the part of file that is below dir; "" when it is dir itself.
func under(dir, file string) (below string, ok bool) {
	dir, file = path.Clean(slashed(dir)), path.Clean(file)
	if dir == file {
		return "", true
	}
	return strings.CutPrefix(file, strings.TrimSuffix(dir, "/")+"/")
}

// slashed is a path in the way of Unix, without the drive of Windows.
func slashed(file string) string {
	if len(file) > 2 && file[1] == ':' && file[2] == '\\' {
		file = strings.ReplaceAll(file[2:], `\`, "/")
	}
	return file
}
