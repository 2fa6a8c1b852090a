package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
	"github.com/irsa-doctor/irsa-doctor/internal/archive"
	"github.com/irsa-doctor/irsa-doctor/internal/secret"
	"github.com/irsa-doctor/irsa-doctor/report"
)

var tool = report.Tool{Name: "irsa-doctor", Version: "v1.2.3"}

// written is the bundle of a snapshot and what is in it.
func written(t *testing.T, s *facts.Snapshot, maxSize int64) (packed []byte, files map[string]string) {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(text, s, tool, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := d.Write(&b, checks.Run(s, checks.All()), maxSize); err != nil {
		t.Fatal(err)
	}
	if int64(b.Len()) > maxSize {
		t.Errorf("the bundle has %d bytes, more than %d", b.Len(), maxSize)
	}
	return b.Bytes(), entries(t, b.Bytes())
}

func entries(t *testing.T, packed []byte) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := archive.Read(bytes.NewReader(packed), func(e archive.Entry) error {
		b, err := io.ReadAll(e)
		files[e.Name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func packed(t *testing.T, folder string, files map[string]string) []byte {
	t.Helper()
	var parts []*archive.Part
	for name, text := range files {
		p := archive.NewPart(name)
		io.WriteString(p, text)
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, p)
	}
	var b bytes.Buffer
	if err := archive.Write(&b, folder, time.Time{}, parts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (text []byte, isBundle bool, err error) {
	var r Reading
	if err := archive.Read(bytes.NewReader(b), r.Take); err != nil {
		return nil, false, err
	}
	text, err = r.Snapshot()
	return text, r.IsBundle(), err
}

func TestBundle(t *testing.T) {
	s := fixtures.Healthy()
	s.Cluster.NetworkPolicies = facts.Missing[[]facts.NetworkPolicy](&facts.Gap{Kind: facts.Forbidden, Call: "list networkpolicies", Detail: "no"})
	b, files := written(t, s, 5<<20)
	if again, _ := written(t, s, 5<<20); !bytes.Equal(b, again) {
		t.Error("the same snapshot gives another bundle")
	}
	const folder = "irsa-doctor-bundle-20261124T030405Z/"
	want := []string{"README.md", "errors.json", "junit.xml", "manifest.json", "report.html", "report.json", "report.md", "report.txt", "snapshot.json"}
	for i := range want {
		want[i] = folder + want[i]
	}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
		t.Errorf("it holds %q, want %q", got, want)
	}
	var m Manifest
	if err := json.Unmarshal([]byte(files[folder+"manifest.json"]), &m); err != nil {
		t.Fatal(err)
	}
	if m.Tool != tool || m.Schema != 1 || !m.TakenAt.Equal(s.TakenAt) || len(m.Files) != len(want)-1 || len(m.LeftOut) != 0 ||
		m.Asked != "irsa-doctor check deployment/ack-s3-controller -n ack-system --eks-cluster prod" {
		t.Errorf("%+v", m)
	}
	var gaps []facts.Gap
	if err := json.Unmarshal([]byte(files[folder+"errors.json"]), &gaps); err != nil || len(gaps) != 1 || gaps[0].Call != "list networkpolicies" {
		t.Errorf("%v, %+v", err, gaps)
	}
	for name, text := range files {
		if strings.TrimSpace(text) == "" || name != folder+"README.md" && strings.HasSuffix(name, ".json") && !json.Valid([]byte(text)) {
			t.Errorf("%s: %.100q", name, text)
		}
	}
	text, isBundle, err := read(b)
	if err != nil || !isBundle || string(text) != files[folder+"snapshot.json"] {
		t.Errorf("read back: %v, %v, %d bytes", err, isBundle, len(text))
	}
}

func TestMaxSize(t *testing.T) {
	s := fleet(30)
	whole, all := written(t, s, 5<<20)
	size := int64(len(whole))
	left := len(all)
	for ; left > 4; size -= size / 10 {
		_, files := written(t, s, size)
		var m Manifest
		for name, text := range files {
			if strings.HasSuffix(name, "/manifest.json") {
				json.Unmarshal([]byte(text), &m)
			}
		}
		if len(files) > left || len(m.LeftOut)+len(files) != len(all) {
			t.Fatalf("of %d bytes: %d files, and %+v are left out", size, len(files), m.LeftOut)
		}
		for _, out := range m.LeftOut {
			if out.Name == "snapshot.json" || out.Name == "errors.json" || out.Name == "README.md" || out.Why == "" {
				t.Errorf("of %d bytes: %+v is left out", size, out)
			}
		}
		left = len(files)
	}
	text, _ := json.Marshal(s)
	d, err := New(text, s, tool, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = d.Write(&b, checks.Run(s, checks.All()), 1000)
	if large, ok := errors.AsType[*TooLarge](err); !ok || large.MaxSize != 1000 || b.Len() > 0 {
		t.Errorf("%v, and %d bytes are written", err, b.Len())
	}
}

func TestSecretsAreRefused(t *testing.T) {
	s := fixtures.Healthy()
	text := []byte(`{"version": 1, "future": {"tokens": ["eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"]}}`)
	_, err := New(text, s, tool, nil)
	if found, ok := errors.AsType[*secret.Found](err); !ok || found.Pointer != "/future/tokens/0" || !strings.HasPrefix(err.Error(), "snapshot.json: /future/tokens/0 holds a token") {
		t.Errorf("a token in a field that is not known: %v", err)
	}
	text, _ = json.Marshal(s)
	d, err := New(text, s, tool, secret.Held{"the secret of the run"})
	if err != nil {
		t.Fatal(err)
	}
	r := checks.Run(s, checks.All())
	r.Error = "the secret of the run"
	var b bytes.Buffer
	if _, ok := errors.AsType[*secret.Found](d.Write(&b, r, 5<<20)); !ok || b.Len() > 0 {
		t.Errorf("a secret in a report: %v, and %d bytes are written", err, b.Len())
	}
}

func TestReadRefuses(t *testing.T) {
	_, all := written(t, fixtures.Healthy(), 5<<20)
	good := map[string]string{}
	for name, text := range all {
		good[name[strings.Index(name, "/")+1:]] = text
	}
	with := func(name, text string) map[string]string {
		m := maps.Clone(good)
		m[name] = text
		return m
	}
	without := func(name string) map[string]string {
		m := maps.Clone(good)
		delete(m, name)
		return m
	}
	for name, tc := range map[string]struct {
		files map[string]string
		want  string
	}{
		"another snapshot":   {with("snapshot.json", "{}"), "was changed: snapshot.json"},
		"another report":     {with("report.txt", "healthy"), "was changed: report.txt"},
		"one more file":      {with("evil.sh", "rm"), `"evil.sh", of which its manifest does not know`},
		"a folder":           {with("a/b", "c"), `"x/a/b", which is no file of a bundle`},
		"no snapshot":        {without("snapshot.json"), "lacks snapshot.json"},
		"a report less":      {without("junit.xml"), "lacks junit.xml"},
		"a newer version":    {with("manifest.json", strings.Replace(good["manifest.json"], `"schemaVersion": 1`, `"schemaVersion": 2`, 1)), "version 2, newer than this program's 1"},
		"a broken manifest":  {with("manifest.json", `{"kind":`), "has a manifest that can not be read"},
		"a manifest without": {map[string]string{"manifest.json": `{"kind": "irsa-doctor/bundle", "schemaVersion": 1}`}, "holds no snapshot"},
	} {
		text, _, err := read(packed(t, "x", tc.files))
		if err == nil || text != nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	if _, isBundle, _ := read(packed(t, "x", map[string]string{"manifest.json": `[{"Config": "a.json", "Layers": []}]`})); isBundle {
		t.Error("the image of a container is taken for a bundle")
	}
	if text, _, err := read(packed(t, "renamed", good)); err != nil || string(text) != good["snapshot.json"] {
		t.Errorf("under another name: %v", err)
	}
}

// BenchmarkFleet writes the bundle of a fleet.
func BenchmarkFleet(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := fleet(n)
			text, err := json.Marshal(s)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				d, err := New(text, s, tool, nil)
				if err != nil {
					b.Fatal(err)
				}
				if err := d.Write(io.Discard, checks.Run(s, checks.All()), 5<<20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzReading(f *testing.F) {
	f.Add(`{"kind": "irsa-doctor/bundle", "schemaVersion": 1, "files": [{"name": "snapshot.json", "size": 2}]}`, "x/snapshot.json", "{}")
	f.Add(`{`, "y/z", "")
	f.Fuzz(func(t *testing.T, manifest, name, text string) {
		var r Reading
		for _, e := range []struct{ name, text string }{{"x/manifest.json", manifest}, {name, text}} {
			if err := r.Take(archive.Entry{Name: e.name, Size: int64(len(e.text)), Reader: strings.NewReader(e.text)}); err != nil {
				return
			}
		}
		got, err := r.Snapshot()
		if err == nil && (name != "x/snapshot.json" || string(got) != text) {
			t.Errorf("%q is taken for the snapshot of %q", got, manifest)
		}
	})
}
