package cli

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
)

// The library sorts categories by name, and shows flags without one first.
const (
	categoryTarget = ""
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
		Description: "TARGET is deploy/NAME, sts/NAME, ds/NAME, rs/NAME, job/NAME, cronjob/NAME, pod/NAME or sa/NAME. Without one,\n" +
			"everything in the namespace that uses or surely means to use web identity is looked at.",
		Flags: slices.Concat(lookFlags(), []cli.Flag{
			baselineFlag(),
			&cli.DurationFlag{Name: "wait", Usage: "look again until all is well, for `TIME` at most", DefaultText: "one look", Category: categoryJudge},
		}, judgeFlags(), outputFlags()),
		Action: p.check,
	}
}

// lookFlags are those of every command that looks at a cluster, or reads what was saved of one.
func lookFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "namespace", Aliases: []string{"n"}, Usage: "look in `NAMESPACE`, else in the kubeconfig's", Category: categoryTarget},
		&cli.BoolFlag{Name: "all-namespaces", Aliases: []string{"A"}, Usage: "look in all namespaces", Category: categoryTarget, DisableDefaultText: true},
		&cli.StringFlag{Name: "selector", Aliases: []string{"l"}, Usage: "look at workloads with these `LABELS`, as in kubectl", Category: categoryTarget},
		&cli.StringFlag{Name: "context", Usage: "`NAME` of the kubeconfig context", Category: categoryTarget},
		&cli.StringFlag{Name: "kubeconfig", Usage: "`FILE` to use as kubeconfig", Category: categoryTarget},
		&cli.StringFlag{Name: "request-timeout", Usage: "give one request to the API server at most this `TIME`, as in kubectl", Value: "20s", Category: categoryTarget},
		&cli.StringFlag{Name: "ack", Usage: "look at the ACK controller of `SERVICE`, wherever it is installed", Category: categoryTarget},
		&cli.StringFlag{Name: "from", Usage: "judge what `FILE` holds instead of looking, a snapshot, a bundle, or a support bundle of troubleshoot.sh (- is standard input); no network", Category: categoryTarget},

		&cli.StringFlag{Name: "eks-cluster", Usage: "`NAME` of the EKS cluster, else found from the kubeconfig", Category: categoryAWS},
		&cli.StringFlag{Name: "profile", Usage: "`NAME` of the AWS profile", Category: categoryAWS},
		&cli.StringFlag{Name: "region", Usage: "AWS `REGION` of the cluster", Category: categoryAWS},
		&cli.StringFlag{Name: "endpoint-url", Usage: "`URL` to use for IAM, EKS and STS", Category: categoryAWS},
		&cli.StringSliceFlag{Name: "aws-role-arn", Usage: "read the account of role `ARN` with that role; repeatable", Category: categoryAWS},

		&cli.BoolFlag{Name: "mint", Usage: "ask the API server for a ten-minute token like the pod's and look into it", Category: categoryProofs, DisableDefaultText: true},
		&cli.BoolFlag{Name: "exec", Usage: "read environment and token in the running pod", Category: categoryProofs, DisableDefaultText: true},
		&cli.StringFlag{Name: "token-file", Usage: "look into the token in `FILE` (- is standard input)", Category: categoryProofs},

		&cli.StringFlag{Name: "error", Usage: "hold what is found against the error `TEXT` that the workload logs", Category: categoryJudge},
		&cli.DurationFlag{Name: "timeout", Usage: "give one look at most this `TIME`, and judge what it found until then", Value: 2 * time.Minute, Category: categoryJudge},
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
	// baseline has the findings that do not count; nil when none was given.
	baseline *checks.Report
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
	case r.Incomplete():
		return &exit{code: exitIncomplete}
	case len(r.Diagnoses) == 0:
		return &exit{code: exitIncomplete, err: errors.New("nothing here uses web identity: no target was found"), hint: "name a target, or look with -A"}
	}
	return nil
}

// well says whether there is nothing left to wait for.
func (j judgement) well(r *checks.Report) bool {
	return !r.Incomplete() && len(r.Diagnoses) > 0 && !r.Failed(cmp.Or(j.failOn, checks.Fail))
}

func (p *program) check(c *cli.Context) error {
	j, err := judgementOf(c)
	if err != nil {
		return err
	}
	if j.baseline, err = p.baselineOf(c, j); err != nil {
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
		return p.conclude(s, j, out, nil)
	}
	wait := c.Duration("wait")
	if wait < 0 {
		return refuse("--wait TIME, such as --wait 5m", "--wait %s is no time", wait)
	}
	l, err := p.lookerOf(c)
	if err != nil {
		return p.unlessInterrupted(err)
	}
	defer l.close()
	out.held = l.held
	s, err := l.look(p.ctx)
	if s == nil {
		return p.unlessInterrupted(err)
	}
	if wait > 0 {
		s, err = p.wait(wait, l, j, s, err)
	}
	return p.conclude(s, j, out, err)
}

// unlessInterrupted returns why there is nothing to report.
func (p *program) unlessInterrupted(err error) error {
	if p.ctx.Err() != nil {
		return &exit{code: exitInterrupted, err: errors.New("interrupted before anything was found")}
	}
	return err
}

// conclude judges, reports and ends. cut is why the look ended early, or nil.
func (p *program) conclude(s *facts.Snapshot, j judgement, out *output, cut error) error {
	r := p.judge(s, j)
	if err := out.write(s, r); err != nil {
		return err
	}
	end := j.exit(r)
	switch e, _ := errors.AsType[*exit](end); {
	case p.ctx.Err() != nil:
		return &exit{code: exitInterrupted, err: errors.New("interrupted; the report holds what was found until then")}
	case cut == nil:
		return end
	case e != nil && e.code == exitFindings:
		return &exit{code: exitFindings, err: cut}
	}
	return &exit{code: exitIncomplete, err: cut, hint: "--timeout gives it longer"}
}

// givenError is the text of --error, else what is known already.
func givenError(c *cli.Context, known string) (string, error) {
	switch text := strings.TrimSpace(c.String("error")); {
	case !c.IsSet("error"):
		return known, nil
	case text == "":
		return "", refuse("kubectl logs --previous shows the log of a container that was restarted", "--error is empty")
	default:
		return symptom.Redact(text), nil
	}
}
