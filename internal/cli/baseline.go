package cli

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func baselineFlag() cli.Flag {
	return &cli.StringFlag{Name: "baseline", Usage: "count only what the report, snapshot or bundle in `FILE` does not have", Category: categoryJudge}
}

// baselineOf reads the findings that do not count, by the checks of j. It is nil when none
// was given.
func (p *program) baselineOf(c *cli.Context, j judgement) (*checks.Report, error) {
	if !c.IsSet("baseline") {
		return nil, nil
	}
	side, err := p.sideOf(c.String("baseline"), j)
	return side.Report, err
}

// judge is run, and says when the baseline counts for nothing.
func (p *program) judge(s *facts.Snapshot, j judgement) *checks.Report {
	r := j.run(s)
	if j.baseline != nil {
		switch apart, known := changes.Apart(j.baseline.Cluster, r.Cluster); {
		case apart != "":
			fmt.Fprintf(p.stderr, "irsa-doctor: the baseline is left aside: %s\n", clean(apart))
		case !known:
			fmt.Fprintln(p.stderr, "irsa-doctor: nothing tells whether the baseline is of this cluster; it counts")
		}
	}
	return r
}

// run judges a snapshot, and marks what the baseline has already.
func (j judgement) run(s *facts.Snapshot) *checks.Report {
	r := checks.Run(s, j.checks)
	if j.baseline != nil {
		changes.Mark(r, j.baseline)
	}
	return r
}
