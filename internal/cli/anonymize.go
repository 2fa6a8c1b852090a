package cli

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/anonymous"
)

// anonymizeFlags are those of every command that writes a snapshot.
func anonymizeFlags(what string) []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "anonymize", Usage: "put stand-ins for all names into " + what + ", and tell which on standard error", Category: categoryOutput, DisableDefaultText: true},
		&cli.StringFlag{Name: "map-file", Usage: "tell the stand-ins of --anonymize in `FILE` instead", Category: categoryOutput},
	}
}

// An anonymizer puts stand-ins for names, and tells which only to the user. A nil one
// changes nothing.
type anonymizer struct {
	to   io.Writer
	file *freshFile // to, when it is a file
}

func (p *program) anonymizerOf(c *cli.Context) (*anonymizer, error) {
	path := c.String("map-file")
	switch {
	case !c.Bool("anonymize") && path != "":
		return nil, refuse("add --anonymize", "--map-file tells the stand-ins of --anonymize")
	case !c.Bool("anonymize"):
		return nil, nil
	case path == "":
		return &anonymizer{to: p.stderr}, nil
	}
	f := &freshFile{flag: "--map-file", path: path}
	if err := f.open(); err != nil {
		return nil, err
	}
	return &anonymizer{f.file, f}, nil
}

// apply returns the snapshot with stand-ins.
func (a *anonymizer) apply(s *facts.Snapshot) (*facts.Snapshot, error) {
	if a == nil {
		return s, nil
	}
	changed, names := anonymous.Anonymize(s)
	for _, n := range names.Table() {
		if _, err := fmt.Fprintf(a.to, "%s\t%s\t%s\n", n.Kind, clean(n.Original), clean(n.StandIn)); err != nil {
			return nil, unwritten("the stand-ins", err)
		}
	}
	if a.file != nil {
		return changed, a.file.keep()
	}
	return changed, nil
}

// abandon removes the file if nothing was put into it.
func (a *anonymizer) abandon() {
	if a != nil && a.file != nil {
		a.file.abandon()
	}
}
