package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
	"github.com/irsa-doctor/irsa-doctor/internal/bundle"
	"github.com/irsa-doctor/irsa-doctor/internal/secret"
	"github.com/irsa-doctor/irsa-doctor/report"
)

// outputFlags are those of every command that writes a report.
func outputFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "report as `FORMAT`: " + strings.Join(report.Names(), ", "), Value: "table", Category: categoryOutput},
		&cli.StringSliceFlag{Name: "report", Usage: "also write a report to a file: `FORMAT=PATH`; repeatable", Category: categoryOutput},
		&cli.StringFlag{Name: "save", Usage: "write what was seen to `FILE`, for --from", Category: categoryOutput},
		&cli.StringFlag{Name: "color", Usage: "auto, always or never (`WHEN`); NO_COLOR is honoured", Value: "auto", Category: categoryOutput},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no report on standard output, only files and the exit code", Category: categoryOutput, DisableDefaultText: true},
	}, anonymizeFlags("what --save writes")...)
}

// An output is where reports go.
type output struct {
	stdout  io.Writer
	quiet   bool
	format  report.Format
	options report.Options
	files   []*file
	names   *anonymizer        // of what is saved
	held    func() secret.Held // that must not be written; nil when nobody looked
}

// A file is an output file, written beside its place and renamed when it is whole,
// so that a path that can not be written is known before anybody looks. A device or a
// pipe is written to directly.
type file struct {
	path string
	temp *os.File
	fill func(io.Writer, *facts.Snapshot, *checks.Report) error
}

func (p *program) outputOf(c *cli.Context, j judgement) (*output, error) {
	color, err := useColor(c.String("color"), p.stdout)
	if err != nil {
		return nil, err
	}
	o := &output{stdout: p.stdout, quiet: c.Bool("quiet")}
	o.options = report.Options{Tool: tool(), Color: color, Width: width(p.stdout), ASCII: isTerminal(p.stdout) && asciiLocale(), FailOn: j.failOn}
	if o.format, err = report.Lookup(c.String("output")); err != nil {
		return nil, refuse("", "--output: %w", err)
	}
	plain := o.options
	plain.Color, plain.Width, plain.ASCII = false, 0, false
	for _, spec := range c.StringSlice("report") {
		name, path, ok := strings.Cut(spec, "=")
		if !ok || path == "" {
			return nil, refuse("--report FORMAT=PATH, such as --report junit=irsa.xml", "--report %q is not FORMAT=PATH", spec)
		}
		format, err := report.Lookup(name)
		if err != nil {
			return nil, refuse("", "--report: %w", err)
		}
		fill := func(w io.Writer, _ *facts.Snapshot, r *checks.Report) error { return format(w, r, plain) }
		if err := o.open(path, fill); err != nil {
			return nil, err
		}
	}
	if o.names, err = p.anonymizerOf(c); err != nil {
		o.abandon()
		return nil, err
	}
	switch path := c.String("save"); {
	case path != "":
		if err := o.open(path, o.save); err != nil {
			return nil, err
		}
	case o.names != nil:
		o.abandon()
		return nil, refuse("add --save FILE, or make a bundle", "--anonymize is for what is saved, and nothing is")
	}
	return o, nil
}

func (o *output) open(path string, fill func(io.Writer, *facts.Snapshot, *checks.Report) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	var temp *os.File
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		temp, err = os.OpenFile(path, os.O_WRONLY, 0)
	} else {
		temp, err = os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	}
	if err != nil {
		o.abandon()
		return refuse("choose a file in a directory that exists and can be written", "write %s: %w", path, err)
	}
	o.files = append(o.files, &file{path, temp, fill})
	return nil
}

func (f *file) direct() bool { return f.temp.Name() == f.path }

// abandon removes what was not written.
func (o *output) abandon() {
	for _, f := range o.files {
		f.temp.Close()
		if !f.direct() {
			os.Remove(f.temp.Name())
		}
	}
	o.files = nil
	o.names.abandon()
}

// write fills all files before one of them is put in its place.
func (o *output) write(s *facts.Snapshot, r *checks.Report) error {
	for _, f := range o.files {
		if err := o.guarded(f.temp, func(w io.Writer) error { return f.fill(w, s, r) }); err != nil {
			return unwritten(f.path, err)
		}
	}
	var b bytes.Buffer
	if !o.quiet {
		if err := o.guarded(&b, func(w io.Writer) error { return o.format(w, r, o.options) }); err != nil {
			return unwritten("the report", err)
		}
	}
	for _, f := range o.files {
		if err := f.temp.Close(); err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
		if f.direct() {
			continue
		}
		if err := os.Rename(f.temp.Name(), f.path); err != nil {
			return fmt.Errorf("write %s: %w", f.path, err)
		}
	}
	o.files = nil
	_, err := o.stdout.Write(b.Bytes())
	return err
}

// guarded writes what holds no secret.
func (o *output) guarded(w io.Writer, fill func(io.Writer) error) error {
	var held secret.Held
	if o.held != nil {
		held = o.held()
	}
	gate := secret.NewGate(w, held)
	if err := fill(gate); err != nil {
		return err
	}
	return gate.Close()
}

// save writes the snapshot, with stand-ins if they are asked for.
func (o *output) save(w io.Writer, s *facts.Snapshot, _ *checks.Report) error {
	s, err := o.names.apply(s)
	if err != nil {
		return err
	}
	return writeSnapshot(w, s)
}

func writeSnapshot(w io.Writer, s *facts.Snapshot) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}

// useColor decides by the flag, NO_COLOR, CLICOLOR_FORCE and the terminal, in this order.
func useColor(when string, w io.Writer) (bool, error) {
	switch when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
	default:
		return false, refuse("--color auto, always or never", "--color %q is none of them", when)
	}
	if os.Getenv("NO_COLOR") != "" {
		return false, nil
	}
	if force := os.Getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true, nil
	}
	return os.Getenv("TERM") != "dumb" && isTerminal(w), nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// asciiLocale says whether the locale names a character set that is not UTF-8. The
// first variable that is set counts, as in POSIX; none set says nothing.
func asciiLocale() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(os.Getenv(name)); locale != "" {
			return !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
		}
	}
	return false
}

// width is that of the terminal in columns, or 0 when there is none.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// openFile opens a file, or standard input for "-".
func (p *program) openFile(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(p.stdin), nil
	}
	return os.Open(name)
}

// readFile reads a file, or standard input for "-".
func (p *program) readFile(name string) ([]byte, error) {
	f, err := p.openFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := readBounded(f, sizeOf(f))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// readBounded reads no more than memory can take. The size is a guess, for speed.
func readBounded(r io.Reader, size int64) ([]byte, error) {
	const limit = bundle.MaxSnapshot
	var b bytes.Buffer
	b.Grow(int(min(size, limit)) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(r, limit+1))
	if err == nil && n > limit {
		err = fmt.Errorf("is larger than %d MiB", limit>>20)
	}
	return b.Bytes(), err
}

// sizeOf is that of a file in bytes, 0 for a stream.
func sizeOf(r io.Reader) int64 {
	if f, ok := r.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			return info.Size()
		}
	}
	return 0
}

// clean makes text that came from elsewhere safe for a terminal, and without secrets.
func clean(s string) string { return report.Clean(symptom.Redact(s)) }
