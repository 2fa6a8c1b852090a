package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const (
	categoryTarget = "What to look at"
	categoryAWS    = "AWS"
	categoryProofs = "Live proofs, off by default"
	categoryJudge  = "What counts"
	categoryOutput = "Output"
)

func (p *program) checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "find the broken link, and say what mends it",
		ArgsUsage: "[TARGET...]",
		Description: "TARGET is deploy/NAME, sts/NAME, ds/NAME, job/NAME, cronjob/NAME, pod/NAME or sa/NAME. Without one,\n" +
			"everything in the namespace that uses or surely means to use web identity is looked at.",
		Flags: slices.Concat([]cli.Flag{
			&cli.StringFlag{Name: "namespace", Aliases: []string{"n"}, Usage: "look in `NAMESPACE`, else in the kubeconfig's", Category: categoryTarget},
			&cli.BoolFlag{Name: "all-namespaces", Aliases: []string{"A"}, Usage: "look in all namespaces", Category: categoryTarget},
			&cli.StringFlag{Name: "selector", Aliases: []string{"l"}, Usage: "look at workloads with these `LABELS`, as in kubectl", Category: categoryTarget},
			&cli.StringFlag{Name: "context", Usage: "`NAME` of the kubeconfig context", Category: categoryTarget},
			&cli.StringFlag{Name: "kubeconfig", Usage: "`FILE` to use as kubeconfig", Category: categoryTarget},
			&cli.DurationFlag{Name: "request-timeout", Usage: "give one request to the API server at most this `TIME`", Value: 20 * time.Second, Category: categoryTarget},
			&cli.StringFlag{Name: "ack", Usage: "look at the ACK controller of `SERVICE`, wherever it is installed", Category: categoryTarget},
			&cli.StringFlag{Name: "from", Usage: "judge the saved snapshot in `FILE` instead of looking; no network", Category: categoryTarget},

			&cli.StringFlag{Name: "eks-cluster", Usage: "`NAME` of the EKS cluster, else found from the kubeconfig", Category: categoryAWS},
			&cli.StringFlag{Name: "profile", Usage: "`NAME` of the AWS profile", Category: categoryAWS},
			&cli.StringFlag{Name: "region", Usage: "AWS `REGION` of the cluster", Category: categoryAWS},
			&cli.StringFlag{Name: "endpoint-url", Usage: "`URL` to use for IAM, EKS and STS", Category: categoryAWS},
			&cli.StringSliceFlag{Name: "aws-role-arn", Usage: "read the account of role `ARN` with that role; repeatable", Category: categoryAWS},

			&cli.BoolFlag{Name: "mint", Usage: "ask the API server for a ten-minute token like the pod's and look into it", Category: categoryProofs},
			&cli.BoolFlag{Name: "exec", Usage: "read environment and token in the running pod", Category: categoryProofs},
			&cli.StringFlag{Name: "token-file", Usage: "look into the token in `FILE` (- is standard input)", Category: categoryProofs},

			&cli.DurationFlag{Name: "wait", Usage: "judge again until all is well, for `TIME` at most", Category: categoryJudge},
			&cli.DurationFlag{Name: "timeout", Usage: "stop looking after `TIME`", Value: 2 * time.Minute, Category: categoryJudge},
		}, judgeFlags(), outputFlags()),
		Action: p.check,
	}
}

// judgeFlags are those of every command that judges a snapshot.
func judgeFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "only", Usage: "run this `CHECK` only; repeatable", Category: categoryJudge},
		&cli.StringSliceFlag{Name: "skip", Usage: "leave this `CHECK` out; repeatable", Category: categoryJudge},
		&cli.StringFlag{Name: "fail-on", Usage: "exit with 1 on fail, warn or never (`LEVEL`)", Value: "fail", Category: categoryJudge},
	}
}

// A judgement is how to judge: by which checks, and what makes the exit code 1.
type judgement struct {
	checks []*checks.Check
	failOn checks.Result // "" for never
}

func judgementOf(c *cli.Context) (judgement, error) {
	var j judgement
	switch level := c.String("fail-on"); level {
	case "fail", "warn":
		j.failOn = checks.Result(level)
	case "never":
	default:
		return j, refuse("--fail-on fail, warn or never", "--fail-on %q is no level", level)
	}
	only, skip := c.StringSlice("only"), c.StringSlice("skip")
	for _, id := range slices.Concat(only, skip) {
		if !slices.ContainsFunc(checks.All(), func(c *checks.Check) bool { return c.ID == id }) {
			return j, refuse("irsa-doctor explain lists the checks", "there is no check %q", id)
		}
	}
	for _, c := range checks.All() {
		if (len(only) == 0 || slices.Contains(only, c.ID)) && !slices.Contains(skip, c.ID) {
			j.checks = append(j.checks, c)
		}
	}
	if len(j.checks) == 0 {
		return j, refuse("", "--only and --skip leave no check")
	}
	return j, nil
}

// exit returns how the program ends after a report.
func (j judgement) exit(r *checks.Report) error {
	switch {
	case j.failOn != "" && r.Failed(j.failOn):
		return &exit{code: exitFindings}
	case !r.Summary.Complete:
		return &exit{code: exitIncomplete}
	case len(r.Diagnoses) == 0:
		return &exit{code: exitIncomplete, err: errors.New("nothing here uses web identity: no target was found"), hint: "name a target, or look with -A"}
	}
	return nil
}

func (p *program) check(c *cli.Context) error {
	j, err := judgementOf(c)
	if err != nil {
		return err
	}
	out, err := p.outputOf(c, j)
	if err != nil {
		return err
	}
	defer out.abandon()
	if file := c.String("from"); file != "" {
		s, err := p.fromFile(c, file)
		if err != nil {
			return err
		}
		return p.conclude(s, j, out)
	}
	l, err := p.lookerOf(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(p.ctx, c.Duration("timeout")+c.Duration("wait"))
	defer cancel()
	s, err := l.look(ctx)
	if err != nil {
		return err
	}
	if wait := c.Duration("wait"); wait > 0 {
		s = p.wait(ctx, wait, l, s, j)
	}
	return p.conclude(s, j, out)
}

// conclude judges, reports and ends.
func (p *program) conclude(s *facts.Snapshot, j judgement, out *output) error {
	r := checks.Run(s, j.checks)
	if err := out.write(s, r); err != nil {
		return err
	}
	if p.ctx.Err() != nil {
		return &exit{code: exitInterrupted, err: errors.New("interrupted; the report holds what was found until then")}
	}
	return j.exit(r)
}

// fromFile reads a saved snapshot; targets on the command line choose among what it holds.
func (p *program) fromFile(c *cli.Context, file string) (*facts.Snapshot, error) {
	for _, flag := range []string{"wait", "mint", "exec", "token-file", "eks-cluster", "ack", "selector", "aws-role-arn"} {
		if c.IsSet(flag) {
			return nil, refuse("leave out --"+flag+", or look at the cluster itself", "--from judges what was saved, and --%s needs a new look", flag)
		}
	}
	b, err := p.readFile(file)
	if err != nil {
		return nil, refuse("write one with irsa-doctor check --save FILE", "%w", err)
	}
	s, err := facts.Parse(b)
	if err != nil {
		return nil, refuse("write one with irsa-doctor check --save FILE", "%s: %w", file, err)
	}
	namespace := s.Asked.Namespace
	if c.IsSet("namespace") {
		namespace = c.String("namespace")
	}
	if c.Bool("all-namespaces") {
		namespace = ""
	}
	switch {
	case c.NArg() > 0:
		if namespace == "" {
			return nil, refuse("add -n NAMESPACE", "the snapshot holds several namespaces, and the target names none")
		}
		if s.Asked.Targets, err = parseTargets(c.Args().Slice(), namespace); err != nil {
			return nil, err
		}
		s.Asked.Namespace = namespace
	case namespace != s.Asked.Namespace:
		s.Asked.Namespace, s.Asked.Targets = namespace, nil
	}
	return s, nil
}

// wait looks again until nothing is amiss or the time is over, and tells on stderr
// what changes. It returns the last look that succeeded.
func (p *program) wait(ctx context.Context, limit time.Duration, l *looker, s *facts.Snapshot, j judgement) *facts.Snapshot {
	deadline := time.Now().Add(limit)
	said := ""
	for pause := 2 * time.Second; ; pause = min(pause*3/2, 15*time.Second) {
		r := checks.Run(s, j.checks)
		if status := statusOf(r); status != said {
			fmt.Fprintf(p.stderr, "%s %s\n", time.Now().Format(time.TimeOnly), clean(status))
			said = status
		}
		if j.exit(r) == nil || time.Now().Add(pause).After(deadline) {
			return s
		}
		select {
		case <-ctx.Done():
			return s
		case <-time.After(pause):
		}
		if again, err := l.look(ctx); err == nil {
			s = again
		} else {
			fmt.Fprintf(p.stderr, "%s %s\n", time.Now().Format(time.TimeOnly), clean(err.Error()))
		}
	}
}

// statusOf is one line about where a wait stands.
func statusOf(r *checks.Report) string {
	if len(r.Diagnoses) == 0 {
		return "no target yet"
	}
	d := r.Diagnoses[0]
	if d.Cause == nil {
		return fmt.Sprintf("%s: %s", d.Object, d.Verdict)
	}
	return fmt.Sprintf("%s: %s, %s: %s", d.Object, d.Verdict, d.Cause.Check.ID, d.Cause.Message)
}
