// Package bundle writes and reads the one file that goes into a ticket: a snapshot, and
// the reports on it. It is a tar.gz whose bytes depend on the snapshot and the program
// alone, and it is read from strangers.
package bundle

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/archive"
	"github.com/irsa-doctor/irsa-doctor/internal/secret"
	"github.com/irsa-doctor/irsa-doctor/report"
)

// The files that are always there.
const (
	readmeFile   = "README.md"
	manifestFile = "manifest.json"
	snapshotFile = "snapshot.json"
	errorsFile   = "errors.json"
)

//go:embed readme.md
var readme []byte

// reports are the files that can be made again from the snapshot, by the name of their
// format, those first that take longest.
var reports = []struct{ file, format string }{
	{"report.json", "json"},
	{"report.html", "html"},
	{"report.md", "markdown"},
	{"report.txt", "table"},
	{"junit.xml", "junit"},
}

// A Draft is a bundle that is being made.
type Draft struct {
	manifest Manifest
	held     secret.Held
	kept     []*part // what is never left out
}

// New begins the bundle of a snapshot. Its text is that of a file as it was saved, whose
// bytes are kept with all that this program does not know. Held must not be in the bundle.
// What would hold a secret is not written: the error then names the file, and wraps a
// *secret.Found.
func New(text []byte, s *facts.Snapshot, tool report.Tool, held secret.Held) (*Draft, error) {
	d := &Draft{held: held, manifest: Manifest{
		Kind: kind, Schema: Schema, Tool: tool, TakenAt: s.TakenAt, Asked: asked(s.Asked), LeftOut: []LeftOut{},
	}}
	gaps, err := encode(gapsOf(s))
	if err != nil {
		return nil, err
	}
	snapshot, err := d.part(snapshotFile, bytesOf(text), math.MaxInt64)
	if found, ok := errors.AsType[*secret.Found](err); ok {
		found.Pointer = secret.Pointer(text, found.At)
		err = fmt.Errorf("%s: %w", snapshotFile, found)
	}
	if err != nil {
		return nil, err
	}
	d.kept = []*part{snapshot}
	for _, file := range []struct {
		name string
		text []byte
	}{{readmeFile, readme}, {errorsFile, gaps}} {
		p, err := d.part(file.name, bytesOf(file.text), math.MaxInt64)
		if err != nil {
			return nil, err
		}
		d.kept = append(d.kept, p)
	}
	return d, nil
}

// Name is that of the bundle of a snapshot, without .tar.gz. It has no colon, which
// Windows does not take.
func Name(takenAt time.Time) string {
	return "irsa-doctor-bundle-" + takenAt.UTC().Format("20060102T150405Z")
}

// TooLarge is the error that what can not be left out is more than was allowed.
type TooLarge struct{ Size, MaxSize int64 } // bytes

func (e *TooLarge) Error() string {
	return fmt.Sprintf("the snapshot alone takes %s, more than %s", Bytes(e.Size), Bytes(e.MaxSize))
}

// Write adds the reports and writes the bundle. The largest reports are left out until
// the rest fits into maxSize bytes. Its errors are New's, and *TooLarge.
func (d *Draft) Write(w io.Writer, r *checks.Report, maxSize int64) error {
	m := d.manifest
	leaveOut := func(name string, size int64) {
		m.LeftOut = append(m.LeftOut, LeftOut{name, size, "the bundle would be larger than " + Bytes(maxSize)})
	}
	room := maxSize
	for _, p := range d.kept {
		room -= p.Packed()
	}
	made, err := d.reports(r, room)
	if err != nil {
		return err
	}
	var optional []*part
	for i, p := range made {
		if p == nil {
			leaveOut(reports[i].file, 0)
		} else {
			optional = append(optional, p)
		}
	}
	slices.SortStableFunc(optional, func(a, b *part) int { return cmp.Compare(a.Packed(), b.Packed()) })
	for {
		sealed, err := d.sealed(m, slices.Concat(d.kept, optional))
		if err != nil {
			return err
		}
		size := archive.Packed(sealed)
		switch {
		case size <= maxSize:
			return archive.Write(w, Name(m.TakenAt), m.TakenAt, sealed)
		case len(optional) == 0:
			return &TooLarge{size, maxSize}
		}
		last := optional[len(optional)-1]
		optional = optional[:len(optional)-1]
		leaveOut(last.Name, last.Size)
	}
}

func bytesOf(b []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	}
}

// reports makes all reports, two at once. One that takes more than room by itself is nil.
func (d *Draft) reports(r *checks.Report, room int64) ([]*part, error) {
	made := make([]*part, len(reports))
	var group errgroup.Group
	group.SetLimit(2) // of a fleet each takes memory
	for i, which := range reports {
		format, err := report.Lookup(which.format)
		if err != nil {
			return nil, err
		}
		group.Go(func() (err error) {
			made[i], err = d.part(which.file, func(w io.Writer) error {
				return format(w, r, report.Options{Tool: d.manifest.Tool, FailOn: checks.Fail})
			}, room)
			if errors.Is(err, errTooLarge) {
				err = nil
			}
			return err
		})
	}
	return made, group.Wait()
}

// A part is a file with its digest, known once it is whole.
type part struct {
	*archive.Part
	digest hash.Hash
	limit  int64 // bytes, packed
}

var errTooLarge = errors.New("larger than the bundle may be")

func (p *part) Write(b []byte) (int, error) {
	if p.Packed() > p.limit {
		return 0, errTooLarge
	}
	p.digest.Write(b)
	return p.Part.Write(b)
}

// part makes a file, and lets no secret into it. It gives up when the file takes more
// than limit bytes.
func (d *Draft) part(name string, fill func(io.Writer) error, limit int64) (*part, error) {
	p := &part{archive.NewPart(name), sha256.New(), limit}
	gate := secret.NewGate(p, d.held)
	for _, step := range []func() error{func() error { return fill(gate) }, gate.Close, p.Close} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return p, nil
}

// sealed are the parts with the manifest of them.
func (d *Draft) sealed(m Manifest, parts []*part) ([]*archive.Part, error) {
	var all []*archive.Part
	for _, p := range parts {
		m.Files = append(m.Files, File{p.Name, p.Size, hex.EncodeToString(p.digest.Sum(nil))})
		all = append(all, p.Part)
	}
	slices.SortFunc(m.Files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	text, err := encode(m)
	if err != nil {
		return nil, err
	}
	manifest, err := d.part(manifestFile, bytesOf(text), math.MaxInt64)
	if err != nil {
		return nil, err
	}
	return append(all, manifest.Part), nil
}

// asked is what was looked at, as the arguments of check.
func asked(a facts.Asked) string {
	words := []string{"irsa-doctor check"}
	for _, t := range a.Targets {
		words = append(words, string(t.Kind)+"/"+t.Name)
	}
	flag := func(name, value string) {
		if value != "" {
			words = append(words, name, value)
		}
	}
	if a.Namespace == "" {
		words = append(words, "-A")
	}
	flag("-n", a.Namespace)
	flag("-l", a.Selector)
	flag("--context", a.Context)
	flag("--eks-cluster", a.EKSCluster)
	flag("--profile", a.Profile)
	flag("--region", a.Region)
	return strings.Join(words, " ")
}

// gapsOf are what could not be read and why, each once. What was not asked for, and what
// was looked for and is not there, is no such gap.
func gapsOf(s *facts.Snapshot) []facts.Gap {
	gaps := []facts.Gap{}
	for _, g := range s.Gaps() {
		if g.Kind == facts.NotAsked || g.Kind == facts.Absent || *g == (facts.Gap{Kind: facts.NotCollected}) {
			continue
		}
		gaps = append(gaps, *g)
	}
	slices.SortFunc(gaps, func(a, b facts.Gap) int {
		return cmp.Or(cmp.Compare(a.Call, b.Call), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detail, b.Detail), cmp.Compare(a.RequestID, b.RequestID))
	})
	return slices.Compact(gaps)
}

// Bytes is a size in words.
func Bytes(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%d bytes", n)
}
