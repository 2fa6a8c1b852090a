package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// tarred is a tar.gz of entries; a link leads to the user's home.
func tarred(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range entries {
		if h.Typeflag != tar.TypeReg {
			h.Linkname = "../../../etc/passwd"
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withLink is a bundle with one more entry.
func withLink(t testing.TB, packed []byte) []byte {
	t.Helper()
	from, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: "irsa-doctor-bundle-20261124T030405Z/passwd", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(z, from); err != nil {
		t.Fatal(err)
	}
	z.Close()
	return b.Bytes()
}

// bomb is a tar.gz with a file of 10 GiB of zeros, of 10 MB itself.
func bomb(t testing.TB, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	const size = 10 << 30
	if err := tar.NewWriter(z).WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: size}); err != nil {
		t.Fatal(err)
	}
	z.Close()
	var zeros bytes.Buffer
	z.Reset(&zeros)
	z.Write(make([]byte, 64<<20))
	z.Close()
	return append(b.Bytes(), bytes.Repeat(zeros.Bytes(), size/(64<<20))...)
}

// TestFromStrangers reads what is no snapshot and no bundle, by check and by bundle: one
// line says why, nothing is written, and memory is bounded.
func TestFromStrangers(t *testing.T) {
	saved := filepath.Join(t.TempDir(), "saved.json")
	run(t.Context(), "", "demo", "healthy", "-q", "--save", saved)
	good := filepath.Join(t.TempDir(), "good.tar.gz")
	if o := run(t.Context(), "", "bundle", "--from", saved, "-o", good); o.code != exitOK {
		t.Fatal(o.stderr)
	}
	packed, snapshot := contentOf(t, good), string(contentOf(t, saved))
	regular := func(names ...string) (all []tar.Header) {
		for _, name := range names {
			all = append(all, tar.Header{Name: name, Typeflag: tar.TypeReg})
		}
		return all
	}
	var many []string
	for i := range 100_000 {
		many = append(many, fmt.Sprint("top/", i))
	}
	for name, tc := range map[string]struct {
		file  []byte
		words string
	}{
		"truncated":            {packed[:len(packed)/2], "is truncated"},
		"truncated at the end": {packed[:len(packed)-3], "is truncated"},
		"a bomb":               {bomb(t, "top/x"), "a bomb"},
		"a bomb of a snapshot": {bomb(t, "top/snapshot.json"), "of 10240.0 MiB, more than 256.0 MiB"},
		"a symbolic link":      {tarred(t, tar.Header{Name: "top/snapshot.json", Typeflag: tar.TypeSymlink}), "is no bundle"},
		"a bundle with a link": {withLink(t, packed), `"irsa-doctor-bundle-20261124T030405Z/passwd", which is no file of a bundle`},
		"an absolute path":     {tarred(t, regular("/tmp/irsa-doctor-evil")...), "which is no path below the archive"},
		"a path that leads up": {tarred(t, regular("top/../../irsa-doctor-evil")...), "which leads out of the archive"},
		"100,000 entries":      {tarred(t, regular(many...)...), "holds more than 99999 entries"},
		"another archive":      {tarred(t, regular("src/main.go", "src/go.mod")...), "is no bundle"},
		"gzip of a snapshot":   {gzipped(snapshot), "is no tar.gz"},
		"another version":      {[]byte(strings.Replace(snapshot, `"version": 1`, `"version": 2`, 1)), "version 2 is newer than this program's 1; use a newer irsa-doctor"},
		"package.json":         {[]byte(`{"name": "left-pad", "version": "1.3.0", "main": "index.js"}`), "version is of the JSON type string; is it a snapshot of irsa-doctor?"},
		"terraform.tfstate":    {[]byte(`{"version": 4, "terraform_version": "1.9.0", "resources": []}`), "holds nothing that a snapshot of irsa-doctor does"},
		"of version 1":         {[]byte(`{"version": 1, "objects": {}}`), "holds nothing that a snapshot of irsa-doctor does"},
		"an array":             {[]byte(`[{"version": 1}]`), "the document is of the JSON type array"},
		"a number":             {[]byte(`7`), "the document is of the JSON type number"},
		"null":                 {[]byte(`null`), "carries no version"},
		"NDJSON":               {[]byte("{\"version\": 1}\n{\"version\": 1}\n"), "after top-level value"},
		"a report":             {[]byte(run(t.Context(), "", "check", "--from", saved, "-o", "json").stdout), "is a report"},
		"a manifest":           {[]byte("apiVersion: v1\nkind: Pod\n"), "invalid character"},
		"empty":                {nil, "is empty"},
		"blank":                {[]byte("\n \n"), "is empty"},
		"binary":               {append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 4096)...), "invalid character"},
		"deep":                 {bytes.Repeat([]byte(`{"cluster":`), 100_000), "exceeded max depth"},
		"many objects":         {[]byte(`{"version": 1, "cluster": {"pods": {"value": [{}` + strings.Repeat(",{}", 3_000_000) + `]}}}`), "objects of JSON, more than"},
		"many nulls":           {[]byte(`{"version": 1, "cluster": {"pods": {"value": [null` + strings.Repeat(",null", 3_000_000) + `]}}}`), "objects of JSON, more than"},
		"many texts":           {[]byte(`{"version": 1, "cluster": {"namespace": [""` + strings.Repeat(`,""`, 12_000_000) + `]}}`), "values of JSON, more than"},
		"cut off":              {[]byte(snapshot[:len(snapshot)/2]), "unexpected end of JSON input"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			path := writeFile(t, "from", tc.file)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			run(t.Context(), "", "check", "--from", path, "--save", "new.json").refused(t, path+": ", tc.words, "hint: ")
			run(t.Context(), "", "bundle", "--from", path).refused(t, path+": ", tc.words, "hint: ")
			runtime.ReadMemStats(&after)
			if grown := (after.TotalAlloc - before.TotalAlloc) >> 20; grown > 2000 { // of two runs, in all, and with the race detector
				t.Errorf("%d MiB are allocated", grown)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("what is left: %v, %v", left, err)
			}
			if _, err := os.Lstat("/tmp/irsa-doctor-evil"); err == nil {
				t.Error("something was unpacked")
			}
		})
	}
	run(t.Context(), "not JSON", "check", "--from", "-").refused(t, "standard input: ")
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.Bytes()
}

// TestFromSupportBundle judges a support bundle of troubleshoot.sh, and makes a bundle of it.
func TestFromSupportBundle(t *testing.T) {
	t.Parallel()
	const leaked = "AKIACANARYCANARY0000"
	files := map[string]string{
		"cluster-info/cluster_version.json": `{"info": {"gitVersion": "v1.34.4"}, "string": "v1.34.4"}`,
		"cluster-resources/namespaces.json": `{"kind": "NamespaceList", "apiVersion": "v1", "items": [{"metadata": {"name": "shop"}}]}`,
		"cluster-resources/serviceaccounts/shop.json": `{"kind": "ServiceAccountList", "apiVersion": "v1", "items": [{"metadata": {"name": "web", "namespace": "shop",
			"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/web", "eks.amazonaws.com/note": "` + leaked + `"}}}]}`,
		"cluster-resources/deployments/shop.json": `{"kind": "DeploymentList", "apiVersion": "apps/v1", "items": [{"metadata": {"name": "web", "namespace": "shop"},
			"spec": {"replicas": 1, "template": {"spec": {"serviceAccountName": "web", "containers": [{"name": "web", "image": "web",
			"env": [{"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "***HIDDEN***"}]}]}}}}]}`,
		"logs/web.log": strings.Repeat("a log line\n", 1000),
	}
	packed := troubleshot(t, files)
	path := writeFile(t, "support-bundle.tar.gz", packed)
	o := run(t.Context(), "", "check", "--from", path, "-o", "json")
	r := o.report(t)
	if o.code != exitIncomplete || r.Summary.Fail > 0 || len(r.Diagnoses) != 1 || r.Diagnoses[0].Object != "deployment/shop/web" || r.Diagnoses[0].Verdict != "unknown" {
		t.Errorf("exit %d, %+v, %+v", o.code, r.Summary, r.Diagnoses)
	}
	if !slices.ContainsFunc(r.Summary.Gaps, func(g gap) bool { return strings.Contains(g.Detail, "a support bundle holds nothing of AWS") }) {
		t.Errorf("it is not said that nothing is known of AWS: %+v", r.Summary.Gaps)
	}
	if !strings.Contains(o.stdout, "v1.34.4") {
		t.Error("the version of Kubernetes is not known")
	}
	if o := run(t.Context(), "", "check", "--from", path, "-n", "other", "deploy/web"); o.code != exitFindings || !strings.Contains(o.stdout, "namespace shop has one of that name") {
		t.Errorf("a target that is elsewhere: exit %d, %s", o.code, o.stdout)
	}

	bundle := filepath.Join(t.TempDir(), "bundle.tar.gz")
	if b := run(t.Context(), "", "bundle", "--from", path, "-o", bundle); b.code != exitOK {
		t.Fatalf("exit %d, %s", b.code, b.stderr)
	}
	if again := run(t.Context(), "", "check", "--from", bundle, "-o", "json"); again.stdout != o.stdout || strings.Contains(o.stdout, leaked) {
		t.Error("the bundle of the support bundle says something else, or holds a key")
	}
	if b := run(t.Context(), "", "bundle", "--from", path, "-n", "shop", "-o", bundle+".shop"); b.code != exitOK {
		t.Errorf("with a namespace: exit %d, %s", b.code, b.stderr)
	}
	run(t.Context(), "", "diff", path, path).refused(t, "is a support bundle")

	delete(files, "cluster-resources/namespaces.json")
	run(t.Context(), "", "check", "--from", writeFile(t, "some.tar.gz", troubleshot(t, files)), "-n", "other").refused(t, "holds nothing of namespace other", "-n may be shop")
}

// troubleshot is an archive as troubleshoot.sh makes it, with a link among the logs.
func troubleshot(t testing.TB, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	const folder = "support-bundle-2026-11-24T03_04_05/"
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w.WriteHeader(&tar.Header{Name: folder + name, Typeflag: tar.TypeReg, Size: int64(len(files[name]))})
		io.WriteString(w, files[name])
	}
	w.WriteHeader(&tar.Header{Name: folder + "cluster-resources/pods/logs/shop/web.log", Typeflag: tar.TypeSymlink, Linkname: "../../../../logs/web.log"})
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
