package kube

import (
	"path"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Directories and files of a support bundle.
// Source: pkg/constants and pkg/collect/cluster_resources.go of replicatedhq/troubleshoot.
const (
	resources      = "cluster-resources/"
	versionFile    = "cluster-info/cluster_version.json"
	versionErrors  = "cluster-info/errors.json"
	podDir         = "pods"
	eventDir       = "events"
	policyDir      = "network-policy"
	configMapDir   = "configmaps"
	serviceDir     = "services"
	endpointDir    = "endpointslices"
	namespacesName = "namespaces"
	webhooksName   = "mutatingwebhookconfigurations"
	errorsSuffix   = "-errors.json"
)

// kindDirs are the directories of the kinds that are listed as objects.
var kindDirs = map[string]facts.Kind{
	"deployments": facts.Deployment, "statefulsets": facts.StatefulSet, "daemonsets": facts.DaemonSet,
	"replicasets": facts.ReplicaSet, "jobs": facts.Job, "cronjobs": facts.CronJob, "serviceaccounts": facts.ServiceAccountKind,
}

func dirOf(kind facts.Kind) string { return string(kind) + "s" }

// misplaced is where some versions wrote the ReplicaSets.
const misplaced = "statefulsets" + errorsSuffix

// A place is what a file of a bundle is about.
type place struct {
	file      string
	directory string // or the name of a file of the cluster, or "" for its version
	namespace string // "" for what is of the cluster
	errors    bool   // why there are no others
}

// placeOf is not ok for a file that holds nothing for us.
func placeOf(file string) (p place, ok bool) {
	switch file {
	case versionFile:
		return place{file: file}, true
	case versionErrors:
		return place{file: file, errors: true}, true
	}
	rest, found := strings.CutPrefix(file, resources)
	if !found {
		return place{}, false
	}
	p = place{file: file}
	if directory, name, nested := strings.Cut(rest, "/"); nested {
		p.directory = directory
		if directory == misplaced {
			p.directory = dirOf(facts.ReplicaSet)
		}
		p.namespace, ok = strings.CutSuffix(name, ".json")
		return p, ok && p.namespace != "" && !strings.Contains(name, "/") && perNamespace(p.directory)
	}
	if p.directory, p.errors = strings.CutSuffix(rest, errorsSuffix); !p.errors {
		p.directory, ok = strings.CutSuffix(rest, ".json")
		return p, ok && ofCluster(p.directory)
	}
	return p, perNamespace(p.directory) || ofCluster(p.directory)
}

func perNamespace(directory string) bool {
	_, ok := kindDirs[directory]
	return ok || slices.Contains([]string{podDir, eventDir, policyDir, configMapDir, serviceDir, endpointDir}, directory)
}

func ofCluster(name string) bool { return name == namespacesName || name == webhooksName }

// fileOf is the path of a listing.
func fileOf(p place) string {
	if p.directory == "" {
		return versionFile
	}
	return resources + path.Join(p.directory, p.namespace) + ".json"
}

// errorsOf is the path of what went wrong with the listings of a directory.
func errorsOf(directory string) string {
	if directory == "" {
		return versionErrors
	}
	return resources + directory + errorsSuffix
}
