package archive

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"io"
	"slices"
	"time"
)

// A Part is a file of an archive that is being made, compressed by itself: its share of
// the archive is known before the archive is written, so that it can be left out. A
// gzip file is a series of members (RFC 1952), and reads as one.
type Part struct {
	Name   string
	Size   int64 // bytes, not compressed
	packed bytes.Buffer
	z      *gzip.Writer
}

// NewPart begins a file, whose contents are then written to it. Close ends it.
func NewPart(name string) *Part {
	p := &Part{Name: name}
	p.z = gzip.NewWriter(&p.packed)
	return p
}

func (p *Part) Write(b []byte) (int, error) {
	n, err := p.z.Write(b)
	p.Size += int64(n)
	return n, err
}

// Close ends the file.
func (p *Part) Close() error {
	if rest := p.Size % block; rest > 0 {
		if _, err := p.z.Write(make([]byte, block-rest)); err != nil {
			return err
		}
	}
	err := p.z.Close()
	p.z = nil // which is larger than most files
	return err
}

const (
	block      = 512 // bytes of a record of tar
	headerSize = 200 // bytes of a header at most, compressed
	endSize    = 50  // bytes of the end of an archive at most, compressed
)

// Packed is how many bytes the archive of the parts has at most. The parts are closed.
func Packed(parts []*Part) int64 {
	size := int64(endSize)
	for _, p := range parts {
		size += headerSize + int64(p.packed.Len())
	}
	return size
}

// Packed is how many bytes of the archive the file takes. It is closed.
func (p *Part) Packed() int64 { return int64(p.packed.Len()) }

// Write writes the archive of the parts in a folder, sorted by their names. All are of
// the same time, owner and mode.
func Write(w io.Writer, folder string, at time.Time, parts []*Part) error {
	if at.Before(time.Unix(0, 0)) { // which tar can not write in its plain form
		at = time.Unix(0, 0)
	}
	sorted := slices.SortedFunc(slices.Values(parts), func(a, b *Part) int { return cmp.Compare(a.Name, b.Name) })
	for _, p := range sorted {
		var header bytes.Buffer
		h := &tar.Header{
			Typeflag: tar.TypeReg, Name: folder + "/" + p.Name, Size: p.Size, Mode: 0o644,
			ModTime: at.UTC().Truncate(time.Second), Format: tar.FormatUSTAR,
		}
		if err := tar.NewWriter(&header).WriteHeader(h); err != nil {
			return err
		}
		if err := pack(w, header.Bytes()); err != nil {
			return err
		}
		if _, err := w.Write(p.packed.Bytes()); err != nil {
			return err
		}
	}
	return pack(w, make([]byte, 2*block))
}

func pack(w io.Writer, b []byte) error {
	z := gzip.NewWriter(w)
	if _, err := z.Write(b); err != nil {
		return err
	}
	return z.Close()
}
