package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"strings"
	"testing"
	"time"
)

// made is a tar.gz of entries, whose contents are their names unless a size is given.
func made(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range entries {
		if h.Typeflag == 0 {
			h.Typeflag, h.Size = tar.TypeReg, int64(len(h.Name))
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			io.WriteString(w, h.Name)
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

// contents are the texts of all files; what is neither file nor folder has none.
func contents(r io.Reader) (map[string]string, error) {
	texts := map[string]string{}
	err := Read(r, func(e Entry) error {
		if e.Odd {
			texts[e.Name] = ""
			return nil
		}
		b, err := io.ReadAll(e)
		texts[e.Name] = string(b)
		return err
	})
	return texts, err
}

func TestRead(t *testing.T) {
	b := made(t, tar.Header{Name: "top/", Typeflag: tar.TypeDir}, tar.Header{Name: "./top/a"}, tar.Header{Name: "top/b"},
		tar.Header{Name: "top/logs", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"})
	got, err := contents(bytes.NewReader(b))
	want := map[string]string{"top/a": "./top/a", "top/b": "top/b", "top/logs": ""}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %q; want %q", err, got, want)
	}
	stop := errors.New("stop")
	if err := Read(bytes.NewReader(b), func(Entry) error { return stop }); err != stop {
		t.Errorf("%v, want what take says", err)
	}
}

func TestReadRefuses(t *testing.T) {
	good := made(t, tar.Header{Name: "top/a"}, tar.Header{Name: "top/b"})
	damaged := bytes.Clone(good)
	damaged[len(damaged)-6] ^= 1 // of the checksum
	var zip bytes.Buffer
	z := gzip.NewWriter(&zip)
	io.WriteString(z, strings.Repeat("no tar ", 1000))
	z.Close()
	for name, tc := range map[string]struct {
		archive []byte
		want    string
	}{
		"truncated at the start": {good[:8], "is truncated"},
		"truncated":              {good[:len(good)/2], "is truncated"},
		"truncated at the end":   {good[:len(good)-4], "is truncated"},
		"damaged":                {damaged, "checksum"},
		"text":                   {[]byte("hello, world, this is text"), "is no tar.gz"},
		"gzip of text":           {zip.Bytes(), "is no tar.gz"},
		"nothing":                {nil, "is truncated"},
		"no entries":             {made(t), "is no tar.gz, or is empty"},
		"absolute":               {made(t, tar.Header{Name: "/etc/passwd"}), `"/etc/passwd", which is no path below`},
		"of Windows":             {made(t, tar.Header{Name: `c:\boot.ini`}), `which is no path below`},
		"parent":                 {made(t, tar.Header{Name: "top/../../x"}), `"top/../../x", which leads out`},
		"long name":              {made(t, tar.Header{Name: strings.Repeat("x", 1025)}), "a name of 1025 bytes"},
		"twice":                  {made(t, tar.Header{Name: "top/a"}, tar.Header{Name: "./top/a"}), `"top/a" twice`},
	} {
		got, err := contents(bytes.NewReader(tc.archive))
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q; read %q", name, err, tc.want, got)
		}
	}
}

func TestReadBounds(t *testing.T) {
	pipe := func(fill func(io.Writer)) io.Reader {
		r, w := io.Pipe()
		t.Cleanup(func() { r.Close() })
		go func() {
			z := gzip.NewWriter(w)
			fill(z)
			z.Close()
			w.Close()
		}()
		return r
	}
	zeros := make([]byte, 1<<20)
	for name, tc := range map[string]struct {
		archive io.Reader
		err     string
	}{
		"100,000 entries": {pipe(func(w io.Writer) {
			tw := tar.NewWriter(w)
			for i := range 100_000 {
				tw.WriteHeader(&tar.Header{Name: fmt.Sprint("top/", i), Typeflag: tar.TypeReg})
			}
		}), "holds more than 99999 entries"},
		"10 GiB of zeros": {pipe(func(w io.Writer) {
			tw := tar.NewWriter(w)
			tw.WriteHeader(&tar.Header{Name: "top/a", Typeflag: tar.TypeReg, Size: 10 << 30})
			for range 10 << 10 {
				if _, err := tw.Write(zeros); err != nil {
					return
				}
			}
		}), "is a bomb"},
		"zeros behind the end": {pipe(func(w io.Writer) {
			tw := tar.NewWriter(w)
			tw.WriteHeader(&tar.Header{Name: "top/a", Typeflag: tar.TypeReg})
			tw.Close()
			for range 10 << 10 {
				if _, err := w.Write(zeros); err != nil {
					return
				}
			}
		}), "is a bomb"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := Read(tc.archive, func(Entry) error { return nil })
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %v, want %q", name, err, tc.err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 500<<20 {
			t.Errorf("%s: %d MiB were allocated", name, grown>>20)
		}
	}
}

func TestWrite(t *testing.T) {
	write := func(at time.Time, texts ...string) []byte {
		var parts []*Part
		for i, text := range texts {
			p := NewPart(fmt.Sprintf("%d.txt", len(texts)-i))
			io.WriteString(p, text)
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			parts = append(parts, p)
		}
		var b bytes.Buffer
		if err := Write(&b, "top", at, parts); err != nil {
			t.Fatal(err)
		}
		if int64(b.Len()) > Packed(parts) {
			t.Errorf("the archive has %d bytes, Packed says at most %d", b.Len(), Packed(parts))
		}
		return b.Bytes()
	}
	at := time.Date(2026, 11, 24, 12, 0, 0, 5, time.UTC)
	texts := []string{"", "one", strings.Repeat("x", 512), strings.Repeat("y", 100_000)}
	b := write(at, texts...)
	if !bytes.Equal(b, write(at.In(time.FixedZone("", 7200)), texts...)) {
		t.Error("the same parts give another archive")
	}
	got, err := contents(bytes.NewReader(b))
	want := map[string]string{}
	for i, text := range texts {
		want[fmt.Sprintf("top/%d.txt", len(texts)-i)] = text
	}
	if err != nil || !maps.Equal(got, want) {
		t.Fatalf("%v, %.200q", err, got)
	}
	z, _ := gzip.NewReader(bytes.NewReader(b))
	if h, err := tar.NewReader(z).Next(); err != nil || h.Name != "top/1.txt" || !h.ModTime.Equal(at.Truncate(time.Second)) || h.Mode != 0o644 || h.Uid != 0 || h.Uname != "" {
		t.Errorf("%v, %+v", err, h)
	}
	write(time.Time{}, "of no time")
}

func FuzzRead(f *testing.F) {
	f.Add(made(f, tar.Header{Name: "top/a"}, tar.Header{Name: "top/b"}))
	f.Add(made(f, tar.Header{Name: "top/a", Typeflag: tar.TypeSymlink, Linkname: "/"}))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := contents(bytes.NewReader(b))
		if err != nil && strings.ContainsAny(err.Error(), "\n\x00") {
			t.Errorf("the error is no line: %q", err)
		}
		for name := range got {
			if _, err := safe(name); err != nil {
				t.Errorf("%q was read: %v", name, err)
			}
		}
	})
}
