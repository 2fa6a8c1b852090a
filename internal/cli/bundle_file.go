package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/irsa-doctor/irsa-doctor/internal/bundle"
	"github.com/irsa-doctor/irsa-doctor/internal/secret"
)

// A freshFile is where something goes that must not overwrite anything: a file that was
// not there before.
type freshFile struct {
	flag   string    // that names the file
	path   string    // of the file, or of the folder for it
	to     io.Writer // nil while the name is not known
	file   *os.File  // nil for standard output, and once it is whole
	folder bool      // the file is named by the snapshot
}

// bundleFile makes the file of a bundle, or makes sure that it can be made, before anybody looks.
func (p *program) bundleFile(path string) (*freshFile, error) {
	if path == "-" {
		if isTerminal(p.stdout) {
			return nil, refuse("irsa-doctor bundle -o - > FILE", "a bundle is no text for a terminal")
		}
		return &freshFile{path: "standard output", to: p.stdout}, nil
	}
	if path == "" {
		path = "."
	}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		out := &freshFile{flag: "-o", path: path}
		return out, out.open()
	}
	probe, err := os.CreateTemp(path, ".irsa-doctor-bundle.*")
	if err != nil {
		return nil, refuse("choose a folder that can be written with -o", "write a bundle: %w", err)
	}
	probe.Close()
	os.Remove(probe.Name())
	return &freshFile{flag: "-o", path: path, folder: true}, nil
}

// open makes the file. It follows no symbolic link, not even one that leads nowhere.
func (o *freshFile) open() error {
	f, err := os.OpenFile(o.path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return refuse("choose another name with "+o.flag, "%s is there already, and is not overwritten", o.path)
	case err != nil:
		return refuse("choose a file in a folder that exists and can be written with "+o.flag, "write %s: %w", o.path, err)
	}
	o.file, o.to = f, f
	return nil
}

// abandon removes a file that was not written to its end.
func (o *freshFile) abandon() {
	if o.file != nil {
		o.file.Close()
		os.Remove(o.path)
	}
}

// write fills the file, which may yet have to be given its name, and returns its size in bytes.
func (o *freshFile) write(name string, fill func(io.Writer) error) (int64, error) {
	if o.folder {
		o.path = filepath.Join(o.path, name)
		if err := o.open(); err != nil {
			return 0, err
		}
	}
	counted := &sized{w: o.to}
	if err := fill(counted); err != nil {
		return 0, unwritten(o.path, err)
	}
	return counted.size, o.keep()
}

// keep ends the file, which is whole.
func (o *freshFile) keep() error {
	if o.file == nil {
		return nil
	}
	if err := o.file.Close(); err != nil {
		return unwritten(o.path, err)
	}
	o.file = nil
	return nil
}

// unwritten is the refusal to write a file.
func unwritten(path string, err error) error {
	if _, ok := errors.AsType[*secret.Found](err); ok {
		return refuse("nothing was written; leave the secret out where it was found, and report where that was: "+
			"it should have been left out by itself", "write %s: %w", path, err)
	}
	if _, ok := errors.AsType[*bundle.TooLarge](err); ok {
		return refuse("--max-size takes more, or look at one namespace with -n", "write %s: %w", path, err)
	}
	return refuse("", "write %s: %w", path, err)
}

type sized struct {
	w    io.Writer
	size int64
}

func (s *sized) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	s.size += int64(n)
	return n, err
}
