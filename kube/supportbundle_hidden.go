package kube

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// masks are the beginnings of what redactors put in the place of a text: ***HIDDEN***, or
// ***TOKEN_PASSWORD_1A2B3C*** when they are to keep equal texts alike. The default ones
// hide values of variables with token, password, user or database in their names, and
// parts of connection strings; those of a bundle's own may hide anything.
// Source: pkg/redact of replicatedhq/troubleshoot.
var masks = [][]byte{[]byte("***HIDDEN***"), []byte("***TOKEN_")}

func masked[T string | []byte](text T) bool {
	return slices.ContainsFunc(masks, func(mask []byte) bool { return bytes.Contains([]byte(text), mask) })
}

// fromHidden is where a hidden value comes from, as facts.Env says it.
const fromHidden = "what the support bundle hides"

// hide makes the variables with hidden values ones whose values are not known. The
// projection has the containers of the spec in their order, or none.
func hide(known *facts.PodSpec, spec *corev1.PodSpec) {
	containers := slices.Concat(spec.InitContainers, spec.Containers)
	for i := range known.Containers {
		for j, e := range containers[i].Env {
			kept := &known.Containers[i].Env[j]
			if masked(e.Value) && kept.Value != nil && !hostKnown(e.Name, *kept.Value) {
				*kept = facts.Env{Name: e.Name, From: fromHidden}
			}
		}
	}
}

// hostKnown says whether what is kept of a URL is all there, as where user and password
// are hidden.
func hostKnown(variable, kept string) bool {
	return facts.HoldsURL(variable) && !masked(kept) && strings.Contains(kept, "://")
}

// decisive is what of a pod's spec decides what is read of it, and is not kept.
func decisive(spec *corev1.PodSpec) (texts []string) {
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		texts = append(texts, decisiveArgs(slices.Concat(c.Command, c.Args))...)
	}
	return texts
}

// decisiveArgs leaves out the arguments of which a hidden part is not what is looked for:
// connection strings, and values of flags about something else than a role or a region.
func decisiveArgs(args []string) []string {
	var texts []string
	var before string // the flag that the argument may be the value of
	for _, arg := range args {
		flag, _, joined := cutFlag(arg)
		about := flag
		if flag == "" {
			about = before
		}
		before = flag
		if joined {
			before = ""
		}
		matters := about == "" || masked(about) || slices.ContainsFunc([]string{"role", "arn", "region"}, func(word string) bool {
			return strings.Contains(strings.ToLower(about), word)
		})
		if matters && !connectionString(arg) || strings.Contains(arg, "arn:") {
			texts = append(texts, arg)
		}
	}
	return texts
}

func connectionString(arg string) bool {
	return slices.ContainsFunc([]string{"://", "@tcp", "@unix"}, func(sign string) bool { return strings.Contains(arg, sign) })
}

// hides says whether a redactor has hidden a part of what was seen of an object, or of
// what decides that something was not.
func hides(o metav1.Object, of seen) bool {
	b, err := json.Marshal(append(of, o.GetOwnerReferences()))
	return err != nil || masked(b)
}

// hiddenKey finds a field that is not known by its name.
var hiddenKey = regexp.MustCompile(`"[^"]*\*\*\*(?:HIDDEN|TOKEN_)[^"]*"\s*:`)
