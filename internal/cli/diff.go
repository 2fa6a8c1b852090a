package cli

import (
	"bytes"
	"errors"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/report"
)

func (p *program) diffCommand() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "say what changed between two looks: it worked yesterday",
		ArgsUsage: "BEFORE AFTER",
		Description: "BEFORE and AFTER are snapshots, bundles or JSON reports, and one of them may be - for standard input. Of two\n" +
			"that hold facts the facts are compared too. The exit code is 1 when something fails that did not before, 3 when\n" +
			"something that could be told before could not be told again, and 0 otherwise.",
		Flags: slices.Concat(judgeFlags(), []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FORMAT`: table, markdown or json", Value: "table", Category: categoryOutput},
			&cli.StringFlag{Name: "color", Usage: "auto, always or never (`WHEN`); NO_COLOR is honoured", Value: "auto", Category: categoryOutput},
		}),
		Action: p.diff,
	}
}

func (p *program) diff(c *cli.Context) error {
	j, err := judgementOf(c)
	if err != nil {
		return err
	}
	color, err := useColor(c.String("color"), p.stdout)
	if err != nil {
		return err
	}
	write, err := report.LookupDiff(c.String("output"))
	if err != nil {
		return refuse("", "--output: %w", err)
	}
	if c.NArg() != 2 {
		return refuse("irsa-doctor diff BEFORE AFTER", "diff compares two looks, and %d were given", c.NArg())
	}
	if c.Args().Get(0) == "-" && c.Args().Get(1) == "-" {
		return refuse("give one of them as a file", "standard input can not be both looks")
	}
	var sides [2]changes.Side
	for i, name := range c.Args().Slice() {
		if sides[i], err = p.sideOf(name, j); err != nil {
			return err
		}
		if sides[i].Snapshot == nil && (c.IsSet("only") || c.IsSet("skip")) {
			return refuse("leave out --only and --skip, or compare snapshots", "%s is a report, whose checks ran already", name)
		}
	}
	d := changes.Between(sides[0], sides[1])
	var b bytes.Buffer
	options := report.Options{Tool: tool(), Color: color, Width: width(p.stdout), ASCII: isTerminal(p.stdout) && asciiLocale()}
	if err := write(&b, d, options); err != nil {
		return err
	}
	if _, err := p.stdout.Write(b.Bytes()); err != nil {
		return err
	}
	switch {
	case j.failOn != "" && d.Worse(j.failOn):
		return &exit{code: exitFindings}
	case d.Unclear():
		return &exit{code: exitIncomplete}
	}
	return nil
}

// sideOf reads what an earlier run left: facts, which are judged now, or a report.
func (p *program) sideOf(name string, j judgement) (changes.Side, error) {
	side := changes.Side{Name: nameOf(name)}
	f, err := p.readSaved(name)
	if _, told := errors.AsType[*exit](err); told {
		return side, err
	}
	switch {
	case err != nil:
	case f.support != nil:
		return side, refuse("irsa-doctor check --from "+name+" --save FILE makes a snapshot of it", "%s is a support bundle, which is to be judged first", side.Name)
	case report.Is(f.text):
		side.Report, err = report.Read(f.text)
	default:
		if side.Snapshot, err = facts.Parse(f.text); err == nil {
			side.Report = checks.Run(side.Snapshot, j.checks)
		}
	}
	if err != nil {
		return side, refuse(saveHint+"; --report json=FILE writes a report", "%w", unreadable(name, err))
	}
	return side, nil
}
