package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/internal/archive"
)

// The bounds of what is read into memory.
const (
	MaxSnapshot = 256 << 20 // bytes
	maxManifest = 1 << 20   // bytes
)

// A Reading takes the entries of an archive that may be a bundle, in any order. The zero
// Reading has taken none.
type Reading struct {
	manifest, snapshot []byte
	files              []File
	folder             string // that all entries are in
	stray              string // the first entry elsewhere, or that is no file
}

// Take takes an entry, and reads it to its end.
func (r *Reading) Take(e archive.Entry) error {
	folder, name, _ := strings.Cut(e.Name, "/")
	if r.folder == "" {
		r.folder = folder
	}
	if e.Odd || name == "" || strings.Contains(name, "/") || folder != r.folder {
		if r.stray == "" {
			r.stray = e.Name
		}
		return nil
	}
	digest := sha256.New()
	from := io.TeeReader(e, digest)
	var err error
	switch name {
	case manifestFile:
		r.manifest, err = readAll(from, e, maxManifest)
	case snapshotFile:
		r.snapshot, err = readAll(from, e, MaxSnapshot)
	default:
		_, err = io.Copy(io.Discard, from)
	}
	r.files = append(r.files, File{name, e.Size, hex.EncodeToString(digest.Sum(nil))})
	return err
}

func readAll(r io.Reader, e archive.Entry, limit int64) ([]byte, error) {
	if e.Size > limit {
		return nil, fmt.Errorf("holds %q of %s, more than %s", e.Name, Bytes(e.Size), Bytes(limit))
	}
	b := make([]byte, 0, e.Size+1) // one more, so that the end is seen without growing
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, err
		case len(b) == cap(b):
			return nil, fmt.Errorf("holds %q, which is longer than it says", e.Name)
		}
	}
}

// IsBundle says whether what was taken is a bundle, whole or not.
func (r *Reading) IsBundle() bool {
	var m Manifest
	return r.manifest != nil && json.Unmarshal(r.manifest, &m) == nil && m.Kind == kind
}

// Snapshot returns the bytes of the snapshot, once all was taken. The error goes on after
// the name of the bundle: it is of a newer program, or is not what its manifest says.
func (r *Reading) Snapshot() ([]byte, error) {
	var m Manifest
	if err := json.Unmarshal(r.manifest, &m); err != nil {
		return nil, fmt.Errorf("has a manifest that can not be read: %w", err)
	}
	switch {
	case m.Schema <= 0:
		return nil, errors.New("has a manifest without a version")
	case m.Schema > Schema:
		return nil, fmt.Errorf("is of version %d, newer than this program's %d; use a newer irsa-doctor", m.Schema, Schema)
	case r.stray != "":
		return nil, fmt.Errorf("holds %q, which is no file of a bundle", r.stray)
	}
	for _, f := range r.files {
		i := slices.IndexFunc(m.Files, func(listed File) bool { return listed.Name == f.Name })
		switch {
		case f.Name == manifestFile:
		case i < 0:
			return nil, fmt.Errorf("holds %q, of which its manifest does not know", f.Name)
		case m.Files[i] != f:
			return nil, fmt.Errorf("was changed: %s is not what its manifest says", f.Name)
		}
	}
	for _, listed := range m.Files {
		if !slices.ContainsFunc(r.files, func(f File) bool { return f.Name == listed.Name }) {
			return nil, fmt.Errorf("lacks %s, which its manifest lists", listed.Name)
		}
	}
	if r.snapshot == nil {
		return nil, errors.New("holds no snapshot")
	}
	return r.snapshot, nil
}
