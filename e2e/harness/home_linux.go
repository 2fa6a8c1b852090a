package harness

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// places are where containerd and the kubelet keep what they know.
var places = []string{"/run/containerd", "/var/lib/containerd", "/var/lib/kubelet", "/var/lib/cni", "/var/log/containers", "/var/log/pods"}

// sysctls are what the kubelet and the network plugin set.
var sysctls = []string{
	"kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes",
	"vm/overcommit_memory", "vm/panic_on_oom", "net/ipv4/ip_forward",
}

const cgroups = "/sys/fs/cgroup"

// A home is what a node has of the machine. Its places are memory that only the keeper and
// its processes see, and that goes with them.
type home struct {
	cgroup string // name, below the root of every hierarchy
	made   []string
	before map[string][]byte // values of sysctls
}

func (h *home) make() error {
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	for _, place := range places {
		if _, err := os.Stat(place); err != nil {
			if err := os.MkdirAll(place, 0o755); err != nil {
				return err
			}
			h.made = append(h.made, place)
		}
		if err := syscall.Mount("irsa-e2e", place, "tmpfs", 0, "mode=0755"); err != nil {
			return fmt.Errorf("mount %s: %w", place, err)
		}
	}
	h.before = map[string][]byte{}
	for _, name := range sysctls {
		if text, err := os.ReadFile("/proc/sys/" + name); err == nil {
			h.before[name] = text
		}
	}
	for _, root := range hierarchies() {
		if err := os.MkdirAll(filepath.Join(root, h.cgroup), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// hierarchies are the roots of the machine's cgroups: one with version 2, else one for
// each controller.
func hierarchies() []string {
	controllers, err := os.ReadFile(cgroups + "/cgroup.controllers")
	if err != nil {
		roots, _ := filepath.Glob(cgroups + "/*")
		return roots
	}
	for controller := range strings.FieldsSeq(string(controllers)) {
		// What can not be had, the kubelet does without or complains of.
		os.WriteFile(cgroups+"/cgroup.subtree_control", []byte("+"+controller), 0)
	}
	return []string{cgroups}
}

// thaw lets run what the container runtime has frozen, as it does before it kills.
func (h *home) thaw() {
	for _, root := range []string{cgroups, cgroups + "/freezer"} {
		filepath.WalkDir(filepath.Join(root, h.cgroup), func(path string, _ fs.DirEntry, err error) error {
			switch filepath.Base(path) {
			case "freezer.state":
				os.WriteFile(path, []byte("THAWED"), 0)
			case "cgroup.freeze":
				os.WriteFile(path, []byte("0"), 0)
			}
			return err
		})
	}
}

// remove puts all back as it was. The processes must have ended.
func (h *home) remove() {
	for _, place := range places {
		syscall.Unmount(place, syscall.MNT_DETACH)
	}
	for _, place := range h.made {
		os.Remove(place)
	}
	for name, text := range h.before {
		os.WriteFile("/proc/sys/"+name, text, 0)
	}
	for _, root := range hierarchies() {
		// What has died is not gone at once.
		for range 100 {
			if removeCgroup(filepath.Join(root, h.cgroup)) == nil {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// removeCgroup removes a cgroup and those in it: its files are the kernel's.
func removeCgroup(dir string) error {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			removeCgroup(filepath.Join(dir, e.Name()))
		}
	}
	if err := os.Remove(dir); !os.IsNotExist(err) {
		return err
	}
	return nil
}
