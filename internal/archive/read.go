// Package archive reads and writes tar.gz. What it reads may come from a stranger:
// memory and work are bounded, and nothing is ever written to a disk. What it writes
// depends on the contents alone, byte for byte.
package archive

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// The bounds of what is read.
const (
	maxEntries = 99_999
	maxName    = 512      // bytes
	maxWhole   = 4 << 30  // bytes of the archive, decompressed
	maxRatio   = 500      // of bytes to compressed ones; zeros have 1000, the snapshot of a fleet 50
	freeRatio  = 32 << 20 // bytes up to which the ratio does not count
)

// An Entry is a file of an archive, to be read before the next one; or what is neither
// file nor folder, such as a link, and must not be followed.
type Entry struct {
	Name     string // with slashes, without "./" and ".."
	Size     int64  // bytes
	Modified time.Time
	Odd      bool // a link, a device, a pipe
	io.Reader
}

// Read has take see the entries of a tar.gz, but for folders. Its errors are take's, and
// one line that goes on after the archive's name: "is truncated".
func Read(r io.Reader, take func(Entry) error) error {
	m := &meter{compressed: &counter{r: r}}
	z, err := gzip.NewReader(m.compressed)
	if err != nil {
		return told(err)
	}
	m.whole = z
	tarred, seen := tar.NewReader(m), map[string]bool{}
	for n := 0; ; n++ {
		h, err := tarred.Next()
		switch {
		case err == io.EOF && n == 0:
			return errors.New("is no tar.gz, or is empty")
		case err == io.EOF:
			_, err := io.Copy(io.Discard, m) // the checksum is at the end
			return told(err)
		case err != nil:
			return told(err)
		case n == maxEntries:
			return fmt.Errorf("holds more than %d entries", maxEntries)
		case h.Typeflag == tar.TypeXGlobalHeader:
			continue
		}
		name, err := safe(h.Name)
		switch {
		case err != nil:
			return err
		case h.Typeflag == tar.TypeDir:
			continue
		case seen[name]:
			return fmt.Errorf("holds %q twice", name)
		}
		seen[name] = true
		if err := take(Entry{name, h.Size, h.ModTime, h.Typeflag != tar.TypeReg, entryReader{tarred}}); err != nil {
			return err
		}
	}
}

// An entryReader tells its errors in words.
type entryReader struct{ r io.Reader }

func (e entryReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err != nil && err != io.EOF {
		err = told(err)
	}
	return n, err
}

// safe is the name of an entry without "./", or the error that it leads out of the
// archive's folder.
func safe(name string) (string, error) {
	switch {
	case len(name) > maxName:
		return "", fmt.Errorf("holds an entry with a name of %d bytes", len(name))
	case name == "", strings.ContainsAny(name, "\x00\\"), strings.HasPrefix(name, "/"), len(name) > 1 && name[1] == ':':
		return "", fmt.Errorf("holds %q, which is no path below the archive", name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", fmt.Errorf("holds %q, which leads out of the archive", name)
		}
	}
	return path.Clean(name), nil
}

// told is the error in words.
func told(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("is truncated")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, tar.ErrHeader):
		return errors.New("is no tar.gz")
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("is damaged: its checksum is another")
	}
	return err
}

// A counter counts what is read.
type counter struct {
	r    io.Reader
	read int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read += int64(n)
	return n, err
}

// A meter ends the decompression of what is too much.
type meter struct {
	compressed *counter
	whole      io.Reader
	read       int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.whole.Read(p)
	m.read += int64(n)
	switch {
	case m.read > maxWhole:
		return n, fmt.Errorf("is larger than %d GiB", maxWhole>>30)
	case m.read > freeRatio && m.read > maxRatio*m.compressed.read:
		return n, fmt.Errorf("is a bomb: %d MiB in %d KiB", m.read>>20, m.compressed.read>>10)
	}
	return n, err
}
