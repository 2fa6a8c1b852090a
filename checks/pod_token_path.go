package checks

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var PodTokenPath = register(&Check{
	ID:    "pod-token-path",
	Link:  LinkPod,
	Stage: StageToken,
	Grain: GrainContainer,
	Worst: Error,
	Title: "AWS_WEB_IDENTITY_TOKEN_FILE leads to a service account token",
	Why: "The SDK reads the token from the file that the variable names, and fails with open …: no such file or directory when " +
		"nothing is mounted there. A manifest that sets the variable itself has to mount the token itself: the webhook may then " +
		"add the volume and leave the container without its mount. In a pod for Windows .NET refuses a path of Unix: The " +
		"webIdentityTokenFile must be an absolute path.",
	Fix: "Remove AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE from the manifest and leave them to the webhook, or mount a projected " +
		"volume with a serviceAccountToken of audience sts.amazonaws.com where the variable points.",
	Refs: []string{
		"https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken",
		"https://docs.aws.amazon.com/eks/latest/userguide/pod-configuration.html",
	},
	Judge: each((*Audit).Containers, podTokenPath),
})

// apiServerMount is where the ServiceAccount admission plugin mounts the token for the
// API server.
const apiServerMount = "/var/run/secrets/kubernetes.io/serviceaccount"

func podTokenPath(a *Audit, c Container) Finding {
	if c.Workload.podsErr != nil {
		return missing(c.Workload.podsErr)
	}
	e, ok := c.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
	if !ok {
		return skip("it has no AWS_WEB_IDENTITY_TOKEN_FILE")
	}
	if _, ok := given(c.Container, e.Name); !ok {
		return skip("its AWS_WEB_IDENTITY_TOKEN_FILE is empty, which SDKs take for none: see pod-injected")
	}
	if _, role := given(c.Container, "AWS_ROLE_ARN"); !role && len(envSources(c.Container, "AWS_ROLE_ARN")) == 0 {
		return skip("it has no AWS_ROLE_ARN to use a token for: see pod-injected")
	}
	file, from := valueOf(c.Container, e)
	if file == "" {
		return depends("%s", strings.TrimSpace("where AWS_WEB_IDENTITY_TOKEN_FILE leads, whose value comes "+fromWhere(from)))
	}
	pod, live := c.Workload.Effective()
	mount, mounted := inject.MountAt(c.Container, file)
	if token, ok := inject.TokenOf(pod.Spec, c.Container); ok {
		if mount.SubPath != "" {
			return warn("%s is mounted by subPath, which the kubelet does not renew: the token expires after %d seconds", file, token.ExpirationSeconds).
				mend(Remedy{Text: fmt.Sprintf("mount the whole of volume %s in container %s", mount.Volume, c.Name), Owner: ownerOf(c.Workload.Meta)})
		}
		if why := a.foundMissing(c.Workload, file); why != "" {
			return fail("%s is not there, although its volume is mounted", file).
				detail("a running container says: %s", why).
				detail("an ordinary kubelet projects the token; one that runs pods elsewhere, such as a virtual kubelet, may not").
				seen("%s", c.logged("open "+file+": no such file or directory")).
				mend(Remedy{Text: "run the pod on an ordinary node, or find out why its node does not project the token"})
		}
		if windows := inject.TokenFile(pod.Spec, file); windows != file && path.IsAbs(file) {
			return a.unixPath(c, file, windows)
		}
		return pass("%s is a token for %s", file, audienceText(token.Audience))
	}
	if why := c.Workload.Fresh.Containers[c.Name].Reason; why == inject.VolumeTaken || why == inject.MountTaken {
		return skip("the token is not mounted there: see pod-injected")
	}
	if !live && path.Dir(file) == apiServerMount {
		return pass("%s is the token for the API server", file)
	}
	f := fail("%s leads to no token: no volume is mounted there", file)
	if mounted {
		volume, known := pod.Spec.Volume(mount.Volume)
		if !known || len(volume.Tokens) == 0 {
			return depends("whether volume %s, which is mounted at %s, holds a token", mount.Volume, mount.Path)
		}
		f = fail("%s leads to no token: volume %s, which is mounted at %s, holds none of that name", file, mount.Volume, mount.Path)
	}
	tokens := tokenFiles(pod.Spec, c.Container)
	for _, t := range tokens {
		f = f.detail("a token for %s is at %s", audienceText(t.audience), t.file)
	}
	if volume, ok := pod.Spec.Volume(inject.VolumeName); ok && !mounts(c.Container, volume.Name) {
		f = f.detail("the pod has the volume %s, and the container does not mount it", volume.Name)
	}
	return f.seen("%s", c.logged("open "+file+": no such file or directory")).mend(a.leadToToken(c, tokens))
}

// foundMissing is what a running container of the workload answered when it was asked for
// the file and did not have it, or "".
func (a *Audit) foundMissing(w *Workload, file string) string {
	for _, t := range a.Tokens.Or(nil) {
		if t.Workload == w.Ref && t.Gap != nil && t.Gap.Kind == facts.Absent && strings.Contains(t.Gap.Detail, file) {
			return t.Gap.Detail
		}
	}
	return ""
}

// unixPath is about a container on Windows whose variable has a path of Unix, as an old
// webhook gives it.
func (a *Audit) unixPath(c Container, file, windows string) Finding {
	f := warn("%s is a path of Unix in a pod for Windows, which .NET does not take for absolute: expected %s", file, windows).
		detail("the log then says: The webIdentityTokenFile must be an absolute path")
	if m, ok := c.manifest(); ok && presetsWebIdentity(m) {
		return f.mend(Remedy{
			Text:  fmt.Sprintf("set AWS_WEB_IDENTITY_TOKEN_FILE of container %s to %s", c.Name, windows),
			Edits: a.setEnv(c, "AWS_WEB_IDENTITY_TOKEN_FILE", windows),
			Owner: ownerOf(c.Workload.Meta),
		})
	}
	r := a.restart(c.Workload)
	r.Text += ": today's webhook gives new ones the path of Windows"
	return f.mend(r)
}

// A tokenFile is a projected token as a container sees it.
type tokenFile struct{ file, audience string }

// tokenFiles are the tokens that the container mounts, but for the API server's.
func tokenFiles(pod facts.PodSpec, c facts.Container) []tokenFile {
	var files []tokenFile
	for _, m := range c.Mounts {
		v, _ := pod.Volume(m.Volume)
		for _, t := range v.Tokens {
			if m.SubPath == "" && path.Clean(m.Path) != apiServerMount {
				files = append(files, tokenFile{path.Join(m.Path, t.Path), t.Audience})
			}
		}
	}
	return files
}

func mounts(c facts.Container, volume string) bool {
	return slices.ContainsFunc(c.Mounts, func(m facts.Mount) bool { return m.Volume == volume })
}

// leadToToken is the remedy for a variable that leads nowhere: the webhook where the
// account names a role, else the one token that is mounted.
func (a *Audit) leadToToken(c Container, tokens []tokenFile) Remedy {
	owner := ownerOf(c.Workload.Meta)
	own := a.ownBinding(c.Workload)
	if role, _ := c.Literal("AWS_ROLE_ARN"); own.RoleARN != "" && own.Association == nil && role == own.RoleARN {
		return Remedy{
			Text:  fmt.Sprintf("remove AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE from container %s: the webhook then sets them and mounts the token", c.Name),
			Edits: a.unsetEnv(c, "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"),
			Owner: owner,
		}
	}
	if len(tokens) == 1 {
		return Remedy{
			Text:  fmt.Sprintf("set AWS_WEB_IDENTITY_TOKEN_FILE of container %s to %s", c.Name, tokens[0].file),
			Edits: a.setEnv(c, "AWS_WEB_IDENTITY_TOKEN_FILE", tokens[0].file),
			Owner: owner,
		}
	}
	return Remedy{Text: fmt.Sprintf("mount a projected volume with a serviceAccountToken in container %s, and let the variable lead to it", c.Name), Owner: owner}
}
