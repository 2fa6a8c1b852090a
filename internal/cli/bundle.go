package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/bundle"
	"github.com/irsa-doctor/irsa-doctor/internal/secret"
)

func (p *program) bundleCommand() *cli.Command {
	return &cli.Command{
		Name:      "bundle",
		Usage:     "write what was seen and the reports on it into one file for a ticket",
		ArgsUsage: "[TARGET...]",
		Description: "The file holds the snapshot, the reports, what could not be read, and no secret. It is never overwritten, and\n" +
			"check --from judges it again, anywhere. The exit code is 0 when it is written, whatever it says: that something\n" +
			"fails or could not be read is no failure to write it. It is 2 when nothing was audited or written, 130 when\n" +
			"interrupted. TARGET is as for check.",
		Flags: slices.Concat(lookFlags(), []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE`, - for standard output", DefaultText: "irsa-doctor-bundle-TIME.tar.gz", Category: categoryOutput},
			&cli.StringFlag{Name: "max-size", Usage: "leave out the largest reports above this `SIZE`", Value: "5MiB", Category: categoryOutput},
		}, anonymizeFlags("the bundle")),
		Action: p.bundle,
	}
}

func (p *program) bundle(c *cli.Context) error {
	limit, err := parseSize(c.String("max-size"))
	if err != nil {
		return refuse("--max-size 5MiB, 500KiB or a number of bytes", "--max-size %q %w", c.String("max-size"), err)
	}
	out, err := p.bundleFile(c.String("output"))
	if err != nil {
		return err
	}
	defer out.abandon()
	names, err := p.anonymizerOf(c)
	if err != nil {
		return err
	}
	defer names.abandon()
	draft, s, cut, err := p.draft(c, names)
	if err != nil {
		return err
	}
	r := checks.Run(s, checks.All())
	size, err := out.write(bundle.Name(r.TakenAt)+".tar.gz", func(w io.Writer) error { return draft.Write(w, r, limit) })
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stderr, "%s, %s\n", clean(out.path), bundle.Bytes(size))
	if len(r.Summary.Missing) > 0 {
		fmt.Fprintln(p.stderr, "what could not be read, and why, is in errors.json")
	}
	if names == nil {
		fmt.Fprintln(p.stderr, "review before sharing: it names accounts, roles, workloads and hosts")
	} else {
		fmt.Fprintln(p.stderr, "review before sharing: names have stand-ins, which only you know")
	}
	switch {
	case p.ctx.Err() != nil:
		return &exit{code: exitInterrupted, err: errors.New("interrupted; the bundle holds what was found until then")}
	case cut != nil:
		fmt.Fprintf(p.stderr, "irsa-doctor: %s\n", clean(cut.Error()))
	}
	return nil
}

// draft looks, or reads what was saved. cut is why the look ended early, or nil.
func (p *program) draft(c *cli.Context, names *anonymizer) (d *bundle.Draft, s *facts.Snapshot, cut, err error) {
	var text []byte
	var held secret.Held
	if file := c.String("from"); file != "" {
		s, text, err = p.savedSnapshot(c, file)
		chosen := c.NArg() > 0 || c.IsSet("namespace") || c.IsSet("all-namespaces") || c.IsSet("error")
		switch {
		case err != nil:
		case text != nil && chosen:
			err = refuse("check --from chooses among what was saved", "a bundle is made of all that was saved: leave out targets, -n, -A and --error")
		default:
			err = choose(c, s)
		}
	} else {
		s, held, cut, err = p.lookOnce(c)
	}
	if err != nil {
		return nil, nil, nil, err
	}
	if names != nil {
		text = nil // in it are fields that this program may not know, and their names
		if s, err = names.apply(s); err != nil {
			return nil, nil, nil, err
		}
	}
	if text == nil {
		var b bytes.Buffer
		if err := writeSnapshot(&b, s); err != nil {
			return nil, nil, nil, err
		}
		text = b.Bytes()
	}
	if d, err = bundle.New(text, s, tool(), held); err != nil {
		return nil, nil, nil, unwritten("the bundle", err)
	}
	return d, s, cut, nil
}

// lookOnce takes a snapshot, and tells the secrets that it held meanwhile.
func (p *program) lookOnce(c *cli.Context) (s *facts.Snapshot, held secret.Held, cut, err error) {
	l, err := p.lookerOf(c)
	if err != nil {
		return nil, nil, nil, p.unlessInterrupted(err)
	}
	defer l.close()
	if s, cut = l.look(p.ctx); s == nil {
		return nil, nil, nil, p.unlessInterrupted(cut)
	}
	return s, l.held(), cut, nil
}

// parseSize reads a number of bytes, KiB, MiB or GiB.
func parseSize(text string) (int64, error) {
	number, unit := text, int64(1)
	for suffix, size := range map[string]int64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30} {
		if before, ok := strings.CutSuffix(text, suffix); ok {
			number, unit = strings.TrimSpace(before), size
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/unit {
		return 0, errors.New("is no size")
	}
	return n * unit, nil
}
