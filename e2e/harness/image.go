package harness

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// An archive is an OCI image layout: https://github.com/opencontainers/image-spec/blob/main/image-layout.md
type archive struct {
	blobs map[string][]byte // by digest
	index []any             // descriptors of manifests
}

// writeImages writes the images of the node: the sandbox's, and busybox under the names
// that the tests' pods use.
func writeImages(path, busybox, pause string, programs []string) error {
	a := &archive{blobs: map[string][]byte{}}
	sandbox, err := layer(map[string]string{"/pause": pause}, nil)
	if err != nil {
		return err
	}
	if err := a.image(sandbox, []string{"/pause"}, "localhost/pause:1"); err != nil {
		return err
	}
	files := map[string]string{"/bin/busybox": busybox}
	for _, program := range programs {
		files["/bin/"+filepath.Base(program)] = program
	}
	applets, err := exec.Command(busybox, "--list").Output()
	if err != nil {
		return fmt.Errorf("%s --list: %w", busybox, err)
	}
	box, err := layer(files, strings.Fields(string(applets)))
	if err != nil {
		return err
	}
	if err := a.image(box, []string{"/bin/sh"}, "localhost/busybox:1", "public.ecr.aws/aws-controllers-k8s/s3-controller:1.1.2"); err != nil {
		return err
	}
	return a.write(path)
}

// layer is a file system: programs by their path, and the applets of /bin/busybox.
func layer(programs map[string]string, applets []string) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, dir := range []string{"bin", "etc", "root", "tmp", "var/run"} {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o777}); err != nil {
			return nil, err
		}
	}
	for path, source := range programs {
		text, err := os.ReadFile(source)
		if err != nil {
			return nil, err
		}
		if err := put(w, strings.TrimPrefix(path, "/"), 0o755, text); err != nil {
			return nil, err
		}
	}
	if err := put(w, "etc/passwd", 0o644, []byte("root:x:0:0:root:/root:/bin/sh\n")); err != nil {
		return nil, err
	}
	for _, applet := range applets {
		if _, taken := programs["/bin/"+applet]; taken {
			continue
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: "bin/" + applet, Linkname: "busybox", Mode: 0o777}); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), w.Close()
}

func put(w *tar.Writer, name string, mode int64, text []byte) error {
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(text))}); err != nil {
		return err
	}
	_, err := w.Write(text)
	return err
}

// blob keeps content and describes it.
func (a *archive) blob(mediaType string, content []byte) object {
	digest := fmt.Sprintf("sha256:%x", sha256.Sum256(content))
	a.blobs[digest] = content
	return object{"mediaType": mediaType, "digest": digest, "size": len(content)}
}

// image adds an image of one layer under its names.
func (a *archive) image(layer []byte, entrypoint []string, names ...string) error {
	const oci = "application/vnd.oci.image."
	content := a.blob(oci+"layer.v1.tar", layer)
	config, err := json.Marshal(object{
		"architecture": runtime.GOARCH, "os": "linux", "config": object{"Entrypoint": entrypoint, "Env": []string{"PATH=/bin"}},
		"rootfs": object{"type": "layers", "diff_ids": []any{content["digest"]}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal(object{
		"schemaVersion": 2, "mediaType": oci + "manifest.v1+json", "config": a.blob(oci+"config.v1+json", config), "layers": []any{content},
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		described := a.blob(oci+"manifest.v1+json", manifest)
		described["annotations"] = object{"io.containerd.image.name": name}
		a.index = append(a.index, described)
	}
	return nil
}

func (a *archive) write(path string) error {
	index, err := json.Marshal(object{"schemaVersion": 2, "manifests": a.index})
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := tar.NewWriter(f)
	files := map[string][]byte{"oci-layout": []byte(`{"imageLayoutVersion": "1.0.0"}`), "index.json": index}
	for digest, content := range a.blobs {
		files["blobs/"+strings.Replace(digest, ":", "/", 1)] = content
	}
	for name, content := range files {
		if err := put(w, name, 0o644, content); err != nil {
			return err
		}
	}
	return w.Close()
}
