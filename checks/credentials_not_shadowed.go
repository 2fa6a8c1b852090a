package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/inject"
)

var CredentialsNotShadowed = register(&Check{
	ID:    "credentials-not-shadowed",
	Link:  LinkPod,
	Stage: StageConfig,
	Grain: GrainContainer,
	Worst: Error,
	Title: "web identity comes first among the credentials that the SDK finds",
	Why: "An SDK takes the first credentials that it finds. A key pair in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY comes " +
		"before web identity nearly everywhere: the pod then acts as the key's user, and AccessDenied names that user, not the " +
		"role. A profile comes first in JavaScript, Rust and C++, in Python where it has a role_arn. A profile that AWS_PROFILE " +
		"names and that is not there stops Go (failed to get shared config profile), Python and .NET at once.",
	Fix: "Remove the key variables, AWS_PROFILE and the mounted credentials files from containers that are to use the role, " +
		"and rotate keys that are no longer needed.",
	Refs: []string{
		"https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html",
		"https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html",
	},
	Judge: each((*Audit).Containers, credentialsNotShadowed),
})

func credentialsNotShadowed(a *Audit, c Container) Finding {
	if !presetsWebIdentity(c.Container) {
		return skip("it has no web identity that anything could come before")
	}
	var found []Finding
	for _, look := range []func(*Audit, Container) (Finding, bool){
		staticKeys, configuredProfile, containerCredentials, hiddenInSecrets,
	} {
		if f, ok := look(a, c); ok {
			found = append(found, f)
		}
	}
	if len(found) == 0 {
		return pass("nothing that can be seen comes before web identity")
	}
	f := gravestOf(found)
	for _, other := range found {
		if other.Remedy != nil && other.Remedy != f.Remedy {
			f = f.mend(Remedy{
				Text:  f.Remedy.Text + "; " + other.Remedy.Text,
				Edits: slices.Concat(f.Remedy.Edits, other.Remedy.Edits),
				Owner: f.Remedy.Owner,
			})
		}
	}
	return f
}

// staticKeys looks for a long-lived key in the environment.
func staticKeys(a *Audit, c Container) (Finding, bool) {
	_, ack := c.ack()
	id, secret := keyVariable(c, "AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY"), keyVariable(c, "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
	remedy := func(names ...string) Remedy {
		return Remedy{
			Text:  fmt.Sprintf("remove %s from container %s", strings.Join(names, " and "), c.Name),
			Edits: a.unsetEnv(c, names...),
			Owner: ownerOf(c.Workload.Meta),
		}
	}
	switch {
	case id != "" && secret != "" && (mayLack(c, id) || mayLack(c, secret)):
		return note("%s and %s would come before the role, if %s were there to hold them", id, secret, sourceOf(c, id)).
			detail("the manifest calls them optional, as AWS's own CSI drivers do; Secrets are not read"), true
	case id == "AWS_ACCESS_KEY_ID" && secret == "AWS_SECRET_ACCESS_KEY":
		f := fail("%s and %s are set, and come before the role", id, secret).mend(remedy(id, secret))
		if _, ok := given(c.Container, "AWS_PROFILE"); ok && !ack {
			f = f.detail("version 3 of JavaScript leaves them aside because AWS_PROFILE is set too")
		}
		return f.detail("the pod acts as the user of the key; only old versions of .NET (v3) take web identity first"), true
	case id != "" && secret != "":
		if ack {
			return fail("%s and %s are set, and come before the role: Go reads them as aliases", id, secret).mend(remedy(id, secret)), true
		}
		return warn("%s and %s are set: Go reads them as aliases of the usual names and takes them before the role", id, secret).
			mend(remedy(id, secret)), true
	case id == "AWS_ACCESS_KEY_ID" && !ack && !mayLack(c, id) && !hiddenSecretKey(c):
		return warn("%s is set without AWS_SECRET_ACCESS_KEY: Python refuses that (PartialCredentialsError), Go does not count it", id).
			mend(remedy(id)), true
	}
	return Finding{}, false
}

// keyVariable returns the first of the variables that is set, or "".
func keyVariable(c Container, names ...string) string {
	for _, name := range names {
		if _, ok := given(c.Container, name); ok {
			return name
		}
	}
	return ""
}

// mayLack says whether the container goes without the variable when its source is not there.
func mayLack(c Container, name string) bool {
	e, _ := c.Getenv(name)
	return e.Optional
}

// sourceOf is the object that a variable comes from, such as "secret aws-secret".
func sourceOf(c Container, name string) string {
	e, _ := c.Getenv(name)
	object, _, _ := strings.Cut(e.From, " key ")
	return object
}

// hiddenSecretKey says whether envFrom may hold the other half of a key pair.
func hiddenSecretKey(c Container) bool {
	return len(envSources(c.Container, "AWS_SECRET_ACCESS_KEY")) > 0
}

// configuredProfile looks for a profile that is named, and for the files of profiles.
func configuredProfile(a *Audit, c Container) (Finding, bool) {
	files := profileFiles(c)
	name := keyVariable(c, "AWS_PROFILE", "AWS_DEFAULT_PROFILE")
	if _, ok := c.ack(); ok {
		return profileOfACK(c, files)
	}
	if name == "" && len(files) == 0 {
		return Finding{}, false
	}
	var names []string
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"} {
		if _, ok := given(c.Container, variable); ok {
			names = append(names, variable)
		}
	}
	r := Remedy{Text: fmt.Sprintf("remove the files of profiles from container %s, if it is to use the role", c.Name), Owner: ownerOf(c.Workload.Meta)}
	if !slices.ContainsFunc(files, func(f profileFile) bool { return f.variable == "" }) {
		r.Text = fmt.Sprintf("remove %s from container %s", strings.Join(names, " and "), c.Name)
		r.Edits = a.unsetEnv(c, names...)
	}
	result := warn
	if len(files) > 0 && !slices.ContainsFunc(files, func(f profileFile) bool { return !f.keyless }) {
		result = note
	}
	var f Finding
	switch name {
	case "":
		f = result("%s: JavaScript, Rust and C++ take the default profile before the role, Python if it has a role_arn", files[0].what)
		files = files[1:]
	case "AWS_DEFAULT_PROFILE":
		f = result("%s is set: Python takes the profile before the role if it has a role_arn", name).
			detail("where that profile does not exist, Python fails at once")
	default:
		f = result("%s is set: JavaScript, Rust and C++ take the profile before the role, Python if it has a role_arn", name).
			detail("where that profile does not exist, Go v2, Python and .NET fail at once")
	}
	for _, file := range files {
		f = f.detail("%s", file.what)
	}
	f = f.detail("Go, Java, Ruby, PHP and .NET v4 take the role first")
	if f.Result == Note {
		return f.detail("a ConfigMap holds no keys: a profile in it mostly takes another role by way of this one"), true
	}
	return f.mend(r), true
}

// profileOfACK judges the profile of an ACK controller. Version 2 of the Go SDK takes web
// identity first, and fails only when AWS_PROFILE names a profile that it does not find.
func profileOfACK(c Container, files []profileFile) (Finding, bool) {
	e, ok := given(c.Container, "AWS_PROFILE")
	if !ok {
		return Finding{}, false
	}
	profile, _ := valueOf(c.Container, e)
	if slices.ContainsFunc(files, func(f profileFile) bool { return f.there }) {
		return note("AWS_PROFILE is %q: the role counts all the same, but without that profile in its file the controller exits", profile).
			detail("the chart sets it where its value aws.credentials.secretName is given").
			detail("%s", files[0].what), true
	}
	f := warn("AWS_PROFILE is %q, and no volume holds a file of profiles: unless the image does, the controller exits", profile)
	for _, file := range files {
		f = f.detail("%s", file.what)
	}
	return f.detail("the log then says: failed to get shared config profile, %s", profile).mend(Remedy{
		Text:  fmt.Sprintf("remove AWS_PROFILE from container %s: leave aws.credentials.secretName of the chart empty", c.Name),
		Owner: ownerOf(c.Workload.Meta),
	}), true
}

// A profileFile is a file that SDKs read profiles from.
type profileFile struct {
	what     string // what shows it, as a phrase
	there    bool   // a volume is mounted where it should be
	variable string // that names it; "" for a file in its usual place
	keyless  bool   // it is of a ConfigMap, where nobody puts keys
}

func profileFiles(c Container) []profileFile {
	var files []profileFile
	pod, _ := c.Workload.Effective()
	keyless := func(m facts.Mount) bool {
		v, _ := pod.Spec.Volume(m.Volume)
		return v.Kind == "configMap"
	}
	for _, name := range []string{"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"} {
		e, ok := given(c.Container, name)
		if !ok {
			continue
		}
		value, from := valueOf(c.Container, e)
		m, mounted := inject.MountAt(c.Container, value)
		switch {
		case from != "":
			files = append(files, profileFile{name + " is set, from " + from, true, name, false})
		case mounted:
			files = append(files, profileFile{fmt.Sprintf("%s is %s, on volume %s", name, value, m.Volume), true, name, keyless(m)})
		default:
			files = append(files, profileFile{fmt.Sprintf("%s is %s, on no volume", name, value), false, name, false})
		}
	}
	for _, m := range c.Mounts {
		if slices.Contains(strings.Split(m.Path, "/"), ".aws") {
			files = append(files, profileFile{fmt.Sprintf("volume %s is mounted at %s", m.Volume, m.Path), true, "", keyless(m)})
		}
	}
	return files
}

// containerCredentials looks for what version 2 of JavaScript alone takes first.
func containerCredentials(a *Audit, c Container) (Finding, bool) {
	if _, ack := c.ack(); ack || !inject.HasPodIdentity(c.Container) {
		return Finding{}, false
	}
	return note("it has the variables of EKS Pod Identity too: version 2 of JavaScript takes those first, other SDKs the role"), true
}

// hiddenInSecrets names the Secrets of envFrom, which are never read.
func hiddenInSecrets(_ *Audit, c Container) (Finding, bool) {
	var secrets []string
	for _, f := range c.EnvFrom {
		if f.Kind == "secret" && mayHoldKey(f) {
			secrets = append(secrets, f.Name)
		}
	}
	if len(secrets) == 0 {
		return Finding{}, false
	}
	return note("envFrom takes all of Secret %s: keys named AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in it would come before the role",
		strings.Join(secrets, ", ")).detail("Secrets are not read: see kubectl describe secret for the names of the keys"), true
}

// mayHoldKey says whether the source's prefix leaves room for a variable of the key pair.
func mayHoldKey(f facts.EnvFrom) bool {
	return strings.HasPrefix("AWS_ACCESS_KEY_ID", f.Prefix) || strings.HasPrefix("AWS_SECRET_ACCESS_KEY", f.Prefix)
}
