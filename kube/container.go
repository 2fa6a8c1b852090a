package kube

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func container(c *corev1.Container, role string) facts.Container {
	args := slices.Concat(c.Command, c.Args)
	known := facts.Container{Name: c.Name, Role: role, Image: c.Image, RoleArgs: roleARNs(args)}
	for i := range c.Env {
		known.Env = append(known.Env, env(&c.Env[i]))
	}
	for _, from := range c.EnvFrom {
		if r := from.ConfigMapRef; r != nil {
			known.EnvFrom = append(known.EnvFrom, facts.EnvFrom{Kind: "configmap", Name: r.Name, Prefix: from.Prefix})
		}
		if r := from.SecretRef; r != nil {
			known.EnvFrom = append(known.EnvFrom, facts.EnvFrom{Kind: "secret", Name: r.Name, Prefix: from.Prefix})
		}
	}
	for _, m := range c.VolumeMounts {
		known.Mounts = append(known.Mounts, facts.Mount{
			Volume: volumeName(m.Name), Path: m.MountPath, SubPath: cmp.Or(m.SubPath, m.SubPathExpr), ReadOnly: m.ReadOnly,
		})
	}
	if region, ok := argument(args, "aws-region"); ok {
		known.RegionArg = &region
	}
	if c.SecurityContext != nil {
		known.RunAsUser = c.SecurityContext.RunAsUser
	}
	return known
}

func env(e *corev1.EnvVar) facts.Env {
	known := facts.Env{Name: e.Name}
	switch {
	case e.ValueFrom != nil:
		known.From, known.Optional = source(e.ValueFrom), optional(e.ValueFrom)
		return known
	case e.Value == "":
		known.Empty = true
	}
	if facts.KeepValue(e.Name) {
		value := facts.Kept(e.Name, e.Value)
		known.Value = &value
	}
	return known
}

func source(s *corev1.EnvVarSource) string {
	switch {
	case s.SecretKeyRef != nil:
		return fmt.Sprintf("secret %s key %s", s.SecretKeyRef.Name, s.SecretKeyRef.Key)
	case s.ConfigMapKeyRef != nil:
		return fmt.Sprintf("configmap %s key %s", s.ConfigMapKeyRef.Name, s.ConfigMapKeyRef.Key)
	case s.FieldRef != nil:
		return "field " + s.FieldRef.FieldPath
	case s.ResourceFieldRef != nil:
		return "resource " + s.ResourceFieldRef.Resource
	case s.FileKeyRef != nil:
		return fmt.Sprintf("file %s/%s key %s", s.FileKeyRef.VolumeName, s.FileKeyRef.Path, s.FileKeyRef.Key)
	}
	return "unknown"
}

// optional says whether the container is created without the variable when its source
// is not there.
func optional(s *corev1.EnvVarSource) bool {
	var is *bool
	switch {
	case s.SecretKeyRef != nil:
		is = s.SecretKeyRef.Optional
	case s.ConfigMapKeyRef != nil:
		is = s.ConfigMapKeyRef.Optional
	case s.FileKeyRef != nil:
		is = s.FileKeyRef.Optional
	}
	return is != nil && *is
}

// roleARN finds ARNs of IAM roles, which may stand among other text.
var roleARN = regexp.MustCompile(`arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+`)

// roleARNs are those of a command line, each once. The rest of it may hold a secret. A
// line that spells the call of web identity out names the pod's own role.
func roleARNs(args []string) []string {
	line := strings.Join(args, "\n")
	if strings.Contains(line, "assume-role-with-web-identity") {
		return nil
	}
	var found []string
	for _, arn := range roleARN.FindAllString(line, -1) {
		if !slices.Contains(found, arn) {
			found = append(found, arn)
		}
	}
	return found
}
