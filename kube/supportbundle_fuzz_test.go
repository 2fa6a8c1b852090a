package kube

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// FuzzSupportBundle reads a hostile text as each of a bundle's files.
func FuzzSupportBundle(f *testing.F) {
	for _, name := range []string{"some", "old"} {
		for _, text := range archived(f, name) {
			f.Add(text)
		}
	}
	for _, text := range []string{
		`{"items": [{"metadata": {"name": "a", "namespace": "b", "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "a", "controller": true}]}}]}`,
		`{"items": null, "items": [{}], "metadata": 1}`, `[[[[`, `{"items": {"items": []}}`, `[{"metadata": {"name": "\ud800", "creationTimestamp": "9999-12-31T23:59:59-14:00"}}]`,
		`{"info": {"gitVersion": "***HIDDEN***"}}`, `{"": "forbidden"}`, `["x", 1]`, "\x00", strings.Repeat("[", 20_000),
	} {
		f.Add(text)
	}
	places := []string{versionFile, versionErrors, fileOf(place{directory: namespacesName}), fileOf(place{directory: webhooksName}), errorsOf(podDir)}
	for _, directory := range []string{podDir, eventDir, policyDir, configMapDir, serviceDir, endpointDir} {
		places = append(places, fileOf(place{directory: directory, namespace: "b"}))
	}
	for _, kind := range listedKinds {
		places = append(places, fileOf(place{directory: dirOf(kind), namespace: "b"}))
	}
	f.Fuzz(func(t *testing.T, text string) {
		b := new(SupportBundle)
		for _, file := range places {
			read(t, b, file, text)
		}
		target := facts.Ref{Kind: facts.Pod, Namespace: "b", Name: "a"}
		for _, asked := range []facts.Asked{{}, {Namespace: "b", Targets: []facts.Ref{target}}} {
			c := b.Cluster(asked)
			text, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			var back facts.Cluster
			if err := json.Unmarshal(text, &back); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal([]byte(encoded(t, back)), text) {
				t.Errorf("%s becomes %s", text, encoded(t, back))
			}
		}
	})
}
