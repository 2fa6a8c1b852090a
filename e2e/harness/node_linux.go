package harness

import (
	"context"
	"debug/elf"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const nodeName = "e2e"

// cniFolders are where distributions and upstream put the network plugins.
var cniFolders = []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"}

// nodeLacks says what this machine lacks for a node, or nothing.
func nodeLacks() string {
	if os.Geteuid() != 0 {
		return "not root"
	}
	var lacks []string
	for _, program := range []string{"containerd", "ctr", "runc"} {
		if _, err := exec.LookPath(program); err != nil {
			lacks = append(lacks, program)
		}
	}
	if _, err := cniFolder(); err != nil {
		lacks = append(lacks, err.Error())
	}
	if _, err := busybox(); err != nil {
		lacks = append(lacks, err.Error())
	}
	if _, ok := address(); !ok {
		lacks = append(lacks, "a route to anywhere")
	}
	if lacks == nil {
		try := exec.Command("runc", "--version")
		try.SysProcAttr = apart(true)
		if err := try.Run(); err != nil {
			return "namespaces: " + err.Error()
		}
		return ""
	}
	return "without " + strings.Join(lacks, ", ")
}

func cniFolder() (string, error) {
	for _, dir := range cniFolders {
		missing := slices.ContainsFunc([]string{"ptp", "host-local", "loopback"}, func(plugin string) bool {
			_, err := os.Stat(filepath.Join(dir, plugin))
			return err != nil
		})
		if !missing {
			return dir, nil
		}
	}
	return "", fmt.Errorf("CNI plugins")
}

// busybox is one that runs without libraries.
func busybox() (string, error) {
	path, err := exec.LookPath("busybox")
	if err != nil {
		return "", fmt.Errorf("busybox")
	}
	f, err := elf.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return "", fmt.Errorf("a static busybox")
	}
	return path, nil
}

// A node is this machine as one: containerd and the kubelet, in their usual places.
type node struct {
	order
	dir  string
	home home
}

func newNode(dir string, o order) *node {
	return &node{order: o, dir: dir, home: home{cgroup: filepath.Base(dir)}}
}

// file writes a file into the cluster's folder and answers its path.
func (n *node) file(name string, text []byte) (string, error) {
	path := filepath.Join(n.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, text, 0o600)
}

// runtimeConfig is containerd's. It is made for a machine where not even root may lower an
// OOM score, and without systemd.
const runtimeConfig = `version = 2
oom_score = 0
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %q
    conf_dir = %q
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`

// startRuntime starts containerd and gives it the images. A pod's network is one end of a
// pair whose other end the kernel removes with it.
func (n *node) startRuntime(ctx context.Context, p *processes) error {
	plugins, err := cniFolder()
	if err != nil {
		return err
	}
	subnet := fmt.Sprintf("10.213.%d.0/24", 1+rand.IntN(250))
	network, err := n.file("cni/10-e2e.conflist", fmt.Appendf(nil, `{"cniVersion": "0.4.0", "name": "irsa-e2e", "plugins": [
 {"type": "ptp", "ipam": {"type": "host-local", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}`, subnet))
	if err != nil {
		return err
	}
	config, err := n.file("containerd.toml", fmt.Appendf(nil, runtimeConfig, plugins, filepath.Dir(network)))
	if err != nil {
		return err
	}
	if err := p.start("containerd", nil, "containerd", "-c", config, "-l", "warn"); err != nil {
		return err
	}
	box, err := busybox()
	if err != nil {
		return err
	}
	archive := filepath.Join(n.dir, "images.tar")
	if err := writeImages(archive, box, filepath.Join(n.Binaries, "pause"), n.Programs); err != nil {
		return fmt.Errorf("make the images: %w", err)
	}
	ctr := func(ctx context.Context, args ...string) error {
		out, err := exec.CommandContext(ctx, "ctr", append([]string{"-n", "k8s.io"}, args...)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ctr %s: %w: %s", args[0], err, out)
		}
		return nil
	}
	if err := p.await(ctx, "containerd", func(ctx context.Context) error { return ctr(ctx, "version") }); err != nil {
		return err
	}
	return ctr(ctx, "images", "import", archive)
}

// startKubelet starts the kubelet.
func (n *node) startKubelet(p *processes, k *pki) error {
	own, _ := address()
	port, err := freePort()
	if err != nil {
		return err
	}
	text, err := json.Marshal(object{
		"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
		"address": own, "port": json.Number(port), "healthzPort": 0,
		"authentication": object{"anonymous": object{"enabled": false}, "webhook": object{"enabled": true}, "x509": object{"clientCAFile": k.path("ca", "crt")}},
		"authorization":  object{"mode": "Webhook"},
		"cgroupDriver":   "cgroupfs", "cgroupRoot": "/" + n.home.cgroup, "failCgroupV1": false, "failSwapOn": false, "oomScoreAdj": 0,
		"containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock", "volumePluginDir": filepath.Join(n.dir, "flex"),
		"evictionHard":                object{"memory.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%"},
		"imageGCHighThresholdPercent": 100, "syncFrequency": "5s", "makeIPTablesUtilChains": false,
	})
	if err != nil {
		return err
	}
	config, err := n.file("kubelet.json", text)
	if err != nil {
		return err
	}
	return p.start("kubelet", nil, filepath.Join(n.Binaries, "kubeall"), "kubelet", "--config="+config, "--kubeconfig="+k.path("kubelet", "kubeconfig"),
		"--hostname-override="+nodeName, "--node-ip="+own.String(), "--cert-dir="+filepath.Join(n.dir, "kubelet"))
}
