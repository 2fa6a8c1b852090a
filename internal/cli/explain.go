package cli

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/report"
)

func (p *program) explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "explain a check; without one, list them",
		ArgsUsage: "[CHECK]",
		Flags:     []cli.Flag{&cli.StringFlag{Name: "color", Usage: "auto, always or never (`WHEN`)", Value: "auto"}},
		Action:    p.explain,
		BashComplete: func(*cli.Context) {
			for _, c := range checks.All() {
				fmt.Fprintln(p.stdout, c.ID)
			}
		},
	}
}

func (p *program) explain(c *cli.Context) error {
	color, err := useColor(c.String("color"), p.stdout)
	if err != nil {
		return err
	}
	options := report.Options{Color: color, Width: width(p.stdout)}
	if c.NArg() == 0 {
		link := checks.Link("")
		for _, check := range checks.All() {
			if check.Link != link {
				link = check.Link
				fmt.Fprintf(p.stdout, "%s\n", link)
			}
			fmt.Fprintf(p.stdout, "  %-28s %s\n", check.ID, check.Title)
		}
		return nil
	}
	id := strings.ToLower(c.Args().First())
	nearest, distance := "", 4
	for _, check := range checks.All() {
		if check.ID == id {
			return report.Explain(p.stdout, check, options)
		}
		if d := levenshtein.ComputeDistance(check.ID, id); d < distance {
			nearest, distance = check.ID, d
		}
	}
	hint := "irsa-doctor explain lists the checks"
	if nearest != "" {
		hint = "irsa-doctor explain " + nearest
	}
	return refuse(hint, "there is no check %q", id)
}
