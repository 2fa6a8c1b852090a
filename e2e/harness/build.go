package harness

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// kubernetes finds the version in a go.mod.
var kubernetes = regexp.MustCompile(`(?m)^\s*k8s\.io/kubernetes (v1\.(\d+)\.\S+)$`)

// Build answers the folder with the programs of the module kubeall in source. It builds
// them unless the user's cache has them.
func Build(source string) (string, error) {
	version, minor, sum, err := examine(source)
	if err != nil {
		return "", fmt.Errorf("read kubeall: %w", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	cache = filepath.Join(cache, "irsa-doctor-e2e")
	binaries := filepath.Join(cache, version+"-"+sum)
	if _, err := os.Stat(binaries); err == nil {
		return binaries, nil
	}
	fmt.Fprintf(os.Stderr, "building Kubernetes %s into %s: about seven minutes on two cores, once\n", version, binaries)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	half, err := os.MkdirTemp(cache, "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(half)
	// Unless told its version, Kubernetes takes itself for v0.0.0.
	flags := "-s -w"
	for _, p := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags += fmt.Sprintf(" -X %s.gitVersion=%s -X %[1]s.gitMajor=1 -X %[1]s.gitMinor=%s", p, version, minor)
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags", flags, "-o", half+"/", ".", "./kubectl", "./pause")
	build.Dir = source
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("build Kubernetes: %w", err)
	}
	// Another run may have been faster: then its folder serves as well.
	if err := os.Rename(half, binaries); err != nil {
		if _, there := os.Stat(binaries); there != nil {
			return "", err
		}
	}
	return binaries, os.Chmod(binaries, 0o755)
}

// examine answers the version of Kubernetes and a digest of the sources.
func examine(source string) (version, minor, sum string, err error) {
	files, err := filepath.Glob(filepath.Join(source, "go.*"))
	if err != nil {
		return "", "", "", err
	}
	for _, pattern := range []string{"*.go", "*/*.go"} {
		more, err := filepath.Glob(filepath.Join(source, pattern))
		if err != nil {
			return "", "", "", err
		}
		files = append(files, more...)
	}
	slices.Sort(files)
	digest := sha256.New()
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", "", "", err
		}
		fmt.Fprintf(digest, "%s %d\n%s", strings.TrimPrefix(name, source), len(text), text)
		if filepath.Base(name) == "go.mod" {
			if m := kubernetes.FindSubmatch(text); m != nil {
				version, minor = string(m[1]), string(m[2])
			}
		}
	}
	if version == "" {
		return "", "", "", fmt.Errorf("%s/go.mod requires no k8s.io/kubernetes", source)
	}
	return version, minor, fmt.Sprintf("%x", digest.Sum(nil)[:4]), nil
}
