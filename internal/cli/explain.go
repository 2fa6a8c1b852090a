package cli

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
	"github.com/irsa-doctor/irsa-doctor/report"
)

func (p *program) explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "explain a check, or an error that a workload logs; without either, list them",
		ArgsUsage: "[CHECK | TEXT | -]",
		Description: "TEXT is a line or a whole trace of a log, in quotes; - reads it from standard input. It is compared with\n" +
			"what AWS and its SDKs say when IRSA does not work, and is not sent anywhere.",
		Flags:  []cli.Flag{&cli.StringFlag{Name: "color", Usage: "auto, always or never (`WHEN`)", Value: "auto"}},
		Action: p.explain,
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
		p.listChecks()
		return nil
	}
	text := strings.Join(c.Args().Slice(), " ")
	if text == "-" {
		b, err := p.readFile(text)
		if err != nil {
			return refuse("", "%w", err)
		}
		text = string(b)
	}
	id := strings.ToLower(text)
	for _, check := range checks.All() {
		if check.ID == id {
			return report.Explain(p.stdout, check, options)
		}
	}
	if s := symptom.ByID(id); s != nil {
		return report.ExplainError(p.stdout, []symptom.Match{{Symptom: s}}, options)
	}
	if matches := symptom.Recognise(text); len(matches) > 0 {
		return report.ExplainError(p.stdout, matches, options)
	}
	if c.NArg() > 1 || strings.ContainsAny(text, " \n") {
		return refuse("give the lines of the log around it, as they are", "the error is not known")
	}
	return noSuchCheck(id)
}

// noSuchCheck refuses an ID, and offers the one that is nearly the same.
func noSuchCheck(id string) error {
	nearest, distance := "", 4
	for _, check := range checks.All() {
		if d := levenshtein.ComputeDistance(check.ID, id); d < distance {
			nearest, distance = check.ID, d
		}
	}
	if nearest == "" {
		return refuse("irsa-doctor explain lists the checks and the errors", "there is no check %q, and no such error is known", id)
	}
	return refuse("irsa-doctor explain "+nearest, "there is no check %q", id)
}

func (p *program) listChecks() {
	link := checks.Link("")
	for _, check := range checks.All() {
		if check.Link != link {
			link = check.Link
			fmt.Fprintf(p.stdout, "%s\n", link)
		}
		fmt.Fprintf(p.stdout, "  %-28s %s\n", check.ID, check.Title)
	}
	fmt.Fprintln(p.stdout, "errors")
	for _, s := range symptom.All() {
		fmt.Fprintf(p.stdout, "  %-28s %s\n", s.ID, s.Title)
	}
}
