package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/irsa-doctor/irsa-doctor/kube"
)

// writeRBAC writes a ClusterRole and Roles in YAML, each with its binding when they are
// for somebody. Their name tells those for one namespace from those for another, so that
// both can be applied.
func writeRBAC(w io.Writer, look kube.Look, who *rbacv1.Subject) {
	name := "irsa-doctor"
	if look.Namespace != "" {
		name += "-" + look.Namespace
	}
	rights := kube.Rights(look)
	var namespaces []string
	for _, r := range rights {
		if !slices.Contains(namespaces, r.Namespace) {
			namespaces = append(namespaces, r.Namespace)
		}
	}
	for i, namespace := range namespaces {
		if i > 0 {
			fmt.Fprintln(w, "---")
		}
		kind := "Role"
		if namespace == "" {
			kind = "ClusterRole"
		}
		writeHead(w, kind, name, namespace)
		fmt.Fprintln(w, "rules:")
		for _, r := range rights {
			if r.Namespace == namespace {
				writeRule(w, r)
			}
		}
		if who != nil {
			fmt.Fprintln(w, "---")
			writeHead(w, kind+"Binding", name, namespace)
			fmt.Fprintf(w, "roleRef:\n  apiGroup: %s\n  kind: %s\n  name: %s\n", rbacv1.GroupName, kind, name)
			writeSubject(w, who)
		}
	}
}

func writeHead(w io.Writer, kind, name, namespace string) {
	fmt.Fprintf(w, "apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\n", rbacv1.SchemeGroupVersion, kind, name)
	if namespace != "" {
		fmt.Fprintf(w, "  namespace: %s\n", inYAML(namespace))
	}
}

func writeRule(w io.Writer, r kube.Right) {
	why := r.Why
	if r.Optional {
		why = "optional: " + why
	}
	fmt.Fprintf(w, "# %s\n", why)
	lead := "- "
	for _, field := range []struct {
		name   string
		values []string
	}{
		{"apiGroups", r.APIGroups}, {"resources", r.Resources}, {"resourceNames", r.ResourceNames},
		{"nonResourceURLs", r.NonResourceURLs}, {"verbs", r.Verbs},
	} {
		if len(field.values) > 0 {
			var quoted []string
			for _, value := range field.values {
				quoted = append(quoted, inYAML(value))
			}
			fmt.Fprintf(w, "%s%s: [%s]\n", lead, field.name, strings.Join(quoted, ", "))
			lead = "  "
		}
	}
}

func writeSubject(w io.Writer, who *rbacv1.Subject) {
	fmt.Fprintf(w, "subjects:\n- kind: %s\n  name: %s\n", who.Kind, inYAML(who.Name))
	if who.Kind == rbacv1.ServiceAccountKind {
		fmt.Fprintf(w, "  namespace: %s\n", inYAML(who.Namespace))
	} else {
		fmt.Fprintf(w, "  apiGroup: %s\n", who.APIGroup)
	}
}

// inYAML is a text in JSON, which is YAML too.
func inYAML(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(b)
}
