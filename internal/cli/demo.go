package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

func (p *program) demoCommand() *cli.Command {
	return &cli.Command{
		Name:      "demo",
		Usage:     "the whole examination on made-up clusters; no cluster, no account",
		ArgsUsage: "[SCENARIO]",
		Description: "Without a scenario, the first is shown and all are listed on standard error. The exit code is\n" +
			"the one that check would give.",
		Flags:  slices.Concat(judgeFlags(), outputFlags()),
		Action: atMost(1, p.demo),
		BashComplete: func(*cli.Context) {
			for _, s := range fixtures.Scenarios() {
				fmt.Fprintln(p.stdout, s.Name)
			}
		},
	}
}

func (p *program) demo(c *cli.Context) error {
	scenarios := fixtures.Scenarios()
	chosen := scenarios[0]
	if c.NArg() > 0 {
		i := slices.IndexFunc(scenarios, func(s fixtures.Scenario) bool { return s.Name == c.Args().First() })
		if i < 0 {
			return refuse("one of "+strings.Join(names(scenarios), ", "), "there is no scenario %q", c.Args().First())
		}
		chosen = scenarios[i]
	}
	j, err := judgementOf(c)
	if err != nil {
		return err
	}
	out, err := p.outputOf(c, j)
	if err != nil {
		return err
	}
	defer out.abandon()
	s, err := chosen.Snapshot()
	if err != nil {
		return err
	}
	if c.NArg() == 0 && !c.Bool("quiet") {
		fmt.Fprintln(p.stderr, "scenarios of irsa-doctor demo:")
		for _, s := range scenarios {
			fmt.Fprintf(p.stderr, "  %-30s %s\n", s.Name, s.Title)
		}
		fmt.Fprintln(p.stderr)
	}
	return p.conclude(s, j, out, nil)
}

func names(scenarios []fixtures.Scenario) []string {
	var names []string
	for _, s := range scenarios {
		names = append(names, s.Name)
	}
	return names
}
