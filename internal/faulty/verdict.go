package faulty

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// An Outcome is what a run of the doctor with a JSON report left.
type Outcome struct {
	Code           int
	Stdout, Stderr string
}

// A Report is what the matrices read of the doctor's.
type Report struct {
	Summary struct {
		Pass, Warn, Fail, Unknown int
		Complete                  bool
		MissingPermissions        []string
		Gaps                      []Gap
	}
	Findings []Finding
}

// A Gap is a fact that a report lacks.
type Gap struct{ Call, Detail string }

// A Finding is one of a report.
type Finding struct{ Check, Object, Result, Message string }

// as says whether two reports find the same of one thing. A binding is named after the account and the role,
// which may be known by the account or by its pods.
func (f Finding) as(other Finding) bool {
	account, _, _ := strings.Cut(f.Object, " as ")
	others, _, _ := strings.Cut(other.Object, " as ")
	return f.Check == other.Check && f.Result == other.Result && account == others
}

// Report reads the report, which must be all of stdout.
func (o Outcome) Report() (Report, error) {
	var r Report
	if err := json.Unmarshal([]byte(o.Stdout), &r); err != nil {
		return r, fmt.Errorf("exit %d, no JSON report: %w\n%.300s\n%s", o.Code, err, o.Stdout, o.Stderr)
	}
	return r, nil
}

// Verdict is a run in a line: the exit code, the checks that passed in the run without a fault and do no
// longer, and those that fail or warn and did not.
func Verdict(healthy, got Outcome) string {
	after, err := got.Report()
	if err != nil {
		return fmt.Sprint(got.Code)
	}
	before, err := healthy.Report()
	if err != nil {
		return err.Error()
	}
	all := []string{fmt.Sprint(got.Code)}
	for _, change := range []struct {
		word     string
		from, to Report
		results  []string
	}{{"without", after, before, []string{"pass"}}, {"with", before, after, []string{"fail", "warn"}}} {
		if checks := more(change.from, change.to, change.results); len(checks) > 0 {
			all = append(all, change.word)
			all = append(all, checks...)
		}
	}
	return strings.Join(all, " ")
}

// more are the checks with such a result in one report and not in the other, in order.
func more(from, to Report, results []string) (checks []string) {
	for _, f := range to.Findings {
		if slices.Contains(results, f.Result) && !slices.ContainsFunc(from.Findings, f.as) && !slices.Contains(checks, f.Check) {
			checks = append(checks, f.Check)
		}
	}
	slices.Sort(checks)
	return checks
}

// spare are the calls that no verdict on a healthy controller rests on, by how they begin, and why.
var spare = map[string]string{
	"get namespaces":                        "the labels of a namespace count where the webhook selects by them",
	"list namespaces":                       "the labels of a namespace count where the webhook selects by them",
	"list statefulsets in":                  "the target is a deployment",
	"list daemonsets in":                    "the target is a deployment",
	"list jobs in":                          "the target is a deployment",
	"list cronjobs in":                      "the target is a deployment",
	"list events":                           "they tell why there are no pods, and there are",
	"get /.well-known/openid-configuration": "EKS names the issuer, and the certificate of the API server shows that it is the cluster",
	"sts:GetCallerIdentity":                 "who looked is shown; the account is in the ARN of the cluster",
	"iam:ListOpenIDConnectProviders":        "the provider of the issuer is looked up by its own ARN",
	"get services":                          "the pods have been given their identity, so that the webhook answers",
	"list endpointslices":                   "the pods have been given their identity, so that the webhook answers",
	"list deployments in irsa":              "the pods have been given their identity, however the webhook is started",
	"list deployments with":                 "that the target is not there is known; this tells where another of its name is",
	"iam:ListRoles":                         "that the role is not there is known; this tells which others there are",
	"get configmaps":                        "the account's annotation comes before what the webhook's ConfigMap says",
}

// Spare says why nothing rests on a call where the controller is healthy and the target; "" when something does.
func Spare(call Call) string {
	for begin, why := range spare {
		if strings.HasPrefix(call.String(), begin) {
			return why
		}
	}
	return ""
}

// Unaudited says why nothing can be audited without the call; "" when the rest can.
func Unaudited(call Call, fault Fault) string {
	switch {
	case call.String() == "list deployments":
		return "--ack finds the target by it"
	case call.Name == "eks:DescribeCluster" && fault.Effect == Absent:
		return "the cluster that was named is not there"
	case fault.Effect == Late:
		return "the time was over before anything was found" // on a busy machine
	}
	return ""
}

// Judge says what is wrong with a run whose call was spoilt, beside the run without a fault.
func Judge(call Call, fault Fault, healthy, got Outcome) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if secret := Shown(got); secret != "" {
		complain("it shows a secret: %s", secret)
	}
	before, err := healthy.Report()
	if err != nil {
		return append(wrong, err.Error())
	}
	if got.Stdout == "" && Unaudited(call, fault) != "" {
		if got.Code != 3 && (got.Code != 2 || fault.Effect == Late) || !strings.HasPrefix(got.Stderr, "irsa-doctor: ") {
			complain("exit %d, though %s: %s", got.Code, Unaudited(call, fault), got.Stderr)
		}
		return wrong
	}
	after, err := got.Report()
	if err != nil {
		return append(wrong, err.Error())
	}
	for _, finding := range after.Findings {
		switch {
		case finding.Result == "unknown" || finding.Result == "skip" || fault.Effect == Absent && finding.Result != "pass":
		case !slices.ContainsFunc(before.Findings, finding.as):
			complain("%s of %s is made up: %s: %s", finding.Check, finding.Object, finding.Result, finding.Message)
		}
	}
	lost := more(after, before, []string{"pass"})
	spare := Spare(call)
	named := slices.ContainsFunc(after.Summary.Gaps, func(g Gap) bool { return g.Call == call.Name && strings.Contains(g.Detail, fault.Says) })
	refused := slices.Contains(after.Summary.MissingPermissions, call.Name)
	switch {
	case fault.Effect == Absent:
	case fault.Effect == Survived:
		if got.Code != healthy.Code || len(lost) > 0 || !after.Summary.Complete {
			complain("exit %d, and %s is lost, though the next attempt is answered", got.Code, lost)
		}
	case spare != "" && fault.Effect == Missing:
		if got.Code != healthy.Code || len(lost) > 0 {
			complain("exit %d, and %s is lost, though %s", got.Code, lost, spare)
		}
	case spare != "" && fault.Effect == Late && got.Code == healthy.Code:
	case got.Code != 3 && !(healthy.Code == 1 && got.Code == 1), after.Summary.Complete, after.Summary.Unknown == 0 && got.Code == 3:
		complain("exit %d, complete: %v, %d unknown; want exit 3", got.Code, after.Summary.Complete, after.Summary.Unknown)
	case fault.Effect == Missing && !named:
		complain("no gap names the call, and says %q: %+v", fault.Says, after.Summary.Gaps)
	case refused != (fault.Name == "403"):
		complain("the missing permissions are %q", after.Summary.MissingPermissions)
	}
	return wrong
}

var aToken = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{6}|CANARY|DQU5BUlk|[A-Z2-7]{40}`)

// Shown is a secret in what a run wrote, with what is around it, or "".
func Shown(o Outcome) string {
	all := o.Stdout + o.Stderr
	at := aToken.FindStringIndex(all)
	if at == nil {
		return ""
	}
	return all[max(0, at[0]-100):min(len(all), at[1]+30)]
}
