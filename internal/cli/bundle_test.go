package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/internal/archive"
	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

// bundle makes a bundle of the controller, and returns its path.
func (l *lab) bundle(args ...string) string {
	l.t.Helper()
	path := filepath.Join(l.t.TempDir(), "bundle.tar.gz")
	o := l.run(slices.Concat([]string{"bundle", controller, "-n", "ack-system", "--eks-cluster", "prod", "-o", path}, args)...)
	if o.code != exitOK || o.stdout != "" || !strings.Contains(o.stderr, path) || !strings.Contains(o.stderr, "review before sharing") {
		l.t.Fatalf("exit %d, %s%s", o.code, o.stdout, o.stderr)
	}
	return path
}

// unpacked are the files of a bundle, by name.
func unpacked(t testing.TB, packed []byte) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := archive.Read(bytes.NewReader(packed), func(e archive.Entry) error {
		b, err := io.ReadAll(e)
		files[filepath.Base(e.Name)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func contentOf(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBundleIsTheRun holds that a bundle judged elsewhere says what the live run says, and
// that a saved snapshot makes the same bundle as the live run, byte for byte.
func TestBundleIsTheRun(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*lab){
		"healthy":    func(*lab) {},
		"broken":     func(l *lab) { l.retrust("ack-s3-controller", "other") },
		"incomplete": func(l *lab) { l.aws.Inject(awstest.Denied("iam:GetRole")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			spoil(l)
			path := l.bundle("--mint")
			if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			packed := contentOf(t, path)
			snapshot := writeFile(t, "snapshot.json", []byte(unpacked(t, packed)["snapshot.json"]))
			again := filepath.Join(t.TempDir(), "again.tar.gz")
			if o := run(t.Context(), "", "bundle", "--from", snapshot, "-o", again); o.code != exitOK || !bytes.Equal(contentOf(t, again), packed) {
				t.Errorf("exit %d, another bundle: %s", o.code, o.stderr)
			}

			saved := filepath.Join(t.TempDir(), "saved.json")
			live := l.check("--mint", "-o", "json", "--save", saved)
			if o := run(t.Context(), "", "bundle", "--from", saved, "-o", saved+".tar.gz"); o.code != exitOK {
				t.Fatalf("exit %d, %s", o.code, o.stderr)
			}
			for from, stdin := range map[string]string{saved: "", saved + ".tar.gz": "", "-": string(contentOf(t, saved+".tar.gz"))} {
				if o := run(t.Context(), stdin, "check", "--from", from, "-o", "json"); o.code != live.code || o.stdout != live.stdout {
					t.Errorf("--from %s: exit %d, live %d\n%s", filepath.Base(from), o.code, live.code, o.stderr)
				}
			}
			if got := unpacked(t, contentOf(t, saved+".tar.gz"))["report.json"]; got != live.stdout {
				t.Error("the report in the bundle is another than the live one")
			}
		})
	}
}

// TestBundleIsNew holds that no file is overwritten, and that no link is followed.
func TestBundleIsNew(t *testing.T) {
	t.Parallel()
	saved := filepath.Join(t.TempDir(), "saved.json")
	if o := run(t.Context(), "", "demo", "healthy", "-q", "--save", saved); o.code != exitOK {
		t.Fatal(o.stderr)
	}
	dir := t.TempDir()
	there, link, victim := filepath.Join(dir, "there"), filepath.Join(dir, "link"), filepath.Join(dir, "victim")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{there, link} {
		run(t.Context(), "", "bundle", "--from", saved, "-o", path).refused(t, "is there already", "-o")
		run(t.Context(), "", "bundle", "--from", saved, "-o", filepath.Join(dir, "b"), "--anonymize", "--map-file", path).refused(t, "is there already")
	}
	run(t.Context(), "", "bundle", "--from", saved, "-o", filepath.Join(dir, "no", "b")).refused(t, "no such file or directory")
	run(t.Context(), "", "bundle", "--from", filepath.Join(dir, "nowhere"), "-o", filepath.Join(dir, "b")).refused(t, "nowhere")
	run(t.Context(), "", "bundle", "--from", saved, "-o", filepath.Join(dir, "b"), "--max-size", "1KiB").refused(t, "the snapshot alone takes", "--max-size takes more")
	if string(contentOf(t, there)) != "mine" {
		t.Error("a file was overwritten")
	}
	left, err := os.ReadDir(dir)
	if len(left) != 2 || err != nil {
		t.Errorf("what is left: %v, %v", left, err)
	}

	const name = "irsa-doctor-bundle-20261124T030405Z.tar.gz"
	if o := run(t.Context(), "", "bundle", "--from", saved, "-o", dir); o.code != exitOK || !strings.Contains(o.stderr, filepath.Join(dir, name)) {
		t.Errorf("into a folder: exit %d, %s", o.code, o.stderr)
	}
	run(t.Context(), "", "bundle", "--from", saved, "-o", dir).refused(t, name+" is there already")
	o := run(t.Context(), "", "bundle", "--from", saved, "-o", "-")
	if o.code != exitOK || o.stdout != string(contentOf(t, filepath.Join(dir, name))) {
		t.Errorf("to standard output: exit %d, %d bytes, %s", o.code, len(o.stdout), o.stderr)
	}
}

func TestBundleUsage(t *testing.T) {
	t.Parallel()
	saved := filepath.Join(t.TempDir(), "saved.json")
	run(t.Context(), "", "demo", "healthy", "-q", "--save", saved)
	for args, word := range map[string]string{
		"--max-size 5":              "the snapshot alone takes",
		"--max-size 0":              `--max-size "0" is no size`,
		"--max-size 5MB":            `--max-size "5MB" is no size`,
		"--max-size 99999999999GiB": "is no size",
		"--from SAVED deploy/y":     "a bundle is made of all that was saved",
		"--from SAVED -n y":         "a bundle is made of all that was saved",
		"--from x --mint":           "--mint needs a new look",
		"--map-file x":              "--map-file tells the stand-ins of --anonymize",
		"--wait 5m":                 "flag provided but not defined",
	} {
		dir := t.TempDir()
		args := strings.Fields(strings.ReplaceAll(args, "SAVED", saved))
		if args[0] == "--max-size" {
			args = append(args, "--from", saved)
		}
		run(t.Context(), "", slices.Concat([]string{"bundle", "-o", filepath.Join(dir, "b")}, args)...).refused(t, word)
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%q leaves %v", args, left)
		}
	}
}

// TestUnknownFieldsAreKept holds that a newer doctor's snapshot can be read, and goes into a
// bundle as it is.
func TestUnknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	saved := filepath.Join(t.TempDir(), "saved.json")
	run(t.Context(), "", "demo", "healthy", "-q", "--save", saved)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(contentOf(t, saved), &fields); err != nil {
		t.Fatal(err)
	}
	fields["weather"] = json.RawMessage(`{"sunny": true}`)
	delete(fields, "aws")
	newer, _ := json.Marshal(fields)
	from := writeFile(t, "newer.json", newer)
	path := filepath.Join(t.TempDir(), "b.tar.gz")
	if o := run(t.Context(), "", "bundle", "--from", from, "-o", path); o.code != exitOK {
		t.Fatalf("exit %d, %s", o.code, o.stderr)
	}
	if got := unpacked(t, contentOf(t, path))["snapshot.json"]; got != string(newer) {
		t.Errorf("the snapshot is another: %.200s", got)
	}
	o := run(t.Context(), "", "check", "--from", path, "-o", "json")
	if r := o.report(t); o.code != exitIncomplete || r.Summary.Fail > 0 || r.Summary.Unknown == 0 {
		t.Errorf("without what was seen of AWS: exit %d, %+v", o.code, r.Summary)
	}
}

// TestAnonymize holds that no name is left, and that the names are told outside.
func TestAnonymize(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.retrust("ack-system", "acme-payments")
	names := filepath.Join(t.TempDir(), "names")
	packed := contentOf(t, l.bundle("--anonymize", "--map-file", names))
	told := string(contentOf(t, names))
	for _, name := range []string{account, "D539D4633E53DE1B716D3041E0000001", "alice"} {
		if !strings.Contains(told, name) {
			t.Errorf("nothing is told of %s:\n%s", name, told)
		}
	}
	for _, name := range []string{"acme", "payments", account, "D539D4633E53DE1B716D3041E0000001", "alice"} {
		for file, text := range unpacked(t, packed) {
			if strings.Contains(text, name) {
				t.Errorf("%s holds %s", file, name)
			}
		}
	}
	saved := filepath.Join(t.TempDir(), "saved.json")
	live := l.check("-o", "json", "--save", saved, "--anonymize")
	from := run(t.Context(), "", "check", "--from", saved, "-o", "json")
	before, after := live.report(t), from.report(t)
	if live.code != from.code || before.Summary.Fail != after.Summary.Fail || before.Summary.Pass != after.Summary.Pass || !strings.Contains(live.stderr, account) {
		t.Errorf("exit %d and %d, %+v and %+v\n%s", live.code, from.code, before.Summary, after.Summary, live.stderr)
	}
	if strings.Contains(string(contentOf(t, saved)), account) || !strings.Contains(live.stdout, account) {
		t.Error("the account is in what was saved, or not in the report for the user")
	}
	run(t.Context(), "", "check", "--from", saved, "--anonymize").refused(t, "--anonymize is for what is saved")
}

// TestBundleOfAPart holds that a bundle is written, and says so, of a look that was cut.
func TestBundleOfAPart(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.kube.Fault("pods", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	path := filepath.Join(t.TempDir(), "b.tar.gz")
	o := l.run("bundle", controller, "-n", "ack-system", "--eks-cluster", "prod", "-o", path, "--timeout", "1s")
	if o.code != exitOK || !strings.Contains(o.stderr, "errors.json") || !strings.Contains(o.stderr, "--timeout 1s is over") {
		t.Fatalf("exit %d, %s", o.code, o.stderr)
	}
	if got := unpacked(t, contentOf(t, path))["errors.json"]; !strings.Contains(got, "list pods") {
		t.Errorf("errors.json does not say so: %s", got)
	}
}
