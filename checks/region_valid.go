package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

var RegionValid = register(&Check{
	ID:    "region-valid",
	Link:  LinkPod,
	Stage: StageRegion,
	Grain: GrainContainer,
	Worst: Error,
	Title: "every region that the container is told is a region",
	Why: "An SDK makes the host of STS of the region's name. With anything else the host does not exist (no such host), or the " +
		"SDK refuses at once: invalid input region (Go), InvalidRegionError (Python), Region not accepted (JavaScript). The " +
		"ACK guide to IRSA has a slip of its own: it sets AWS_REGION to $AWS_ACCOUNT_ID.",
	Fix:   "Set the variable to the code of a region, such as us-west-2: no account ID, no availability zone, no display name, no quotes.",
	Refs:  []string{"https://docs.aws.amazon.com/general/latest/gr/rande.html", "https://aws-controllers-k8s.github.io/community/docs/user-docs/irsa/"},
	Judge: each((*Audit).Containers, regionValid),
})

func regionValid(a *Audit, c Container) Finding {
	settings := countingSettings(c)
	if len(settings) == 0 {
		return skip("it is told no region: see region-set")
	}
	var good, found []Finding
	var bad, hidden []regionSetting
	region := ""
	for _, s := range settings {
		if s.From != "" {
			hidden = append(hidden, s)
			continue
		}
		f, meant := a.regionJudged(c, s)
		if f.Result == Pass || f.Result == Note {
			good = append(good, f)
			continue
		}
		found, bad = append(found, f), append(bad, s)
		region = cmp.Or(region, meant, a.region())
	}
	switch {
	case len(bad) > 0:
	case len(hidden) == 0:
		return gravestOf(good)
	case hidden[0].Perhaps:
		return skip("whether it is told one is not known: see region-set")
	default:
		return depends("%s, whose value is not known here", hidden[0])
	}
	f := gravestOf(found)
	if f.Result == Fail && len(bad) < len(settings) {
		f.Result, f.Error = Warn, ""
		f = f.detail("it is read by %s; what reads another of the settings works", readersOf(bad[0]))
	}
	if i := slices.IndexFunc(bad, func(s regionSetting) bool { return slices.Contains(references(s.Value), "AWS_REGION") }); i >= 0 {
		bad[i].Name = "AWS_REGION"
	}
	return f.mend(a.setRegion(c, region, bad...))
}

// readersOf says who takes the region from a setting.
func readersOf(s regionSetting) string {
	switch s.Name {
	case "AWS_REGION":
		return "every SDK but Python's boto3, C++ and version 1 of the AWS CLI"
	case "AWS_DEFAULT_REGION":
		return "Python's boto3, the STS provider of C++ and version 1 of the AWS CLI"
	}
	return "the program itself"
}

// regionJudged judges one value, and returns the region that was surely meant, or "".
func (a *Audit) regionJudged(c Container, s regionSetting) (f Finding, meant string) {
	problem, meant := region.Examine(s.Value)
	switch problem {
	case region.None:
		return pass("%s", s), ""
	case region.Unknown:
		f := note("%s looks like a region, and is none that this version knows", s)
		if meant != "" {
			f = f.detail("%s was meant, perhaps", meant)
		}
		return f, ""
	case region.Pseudo:
		return warn("%s stands for a whole partition, and most services have no endpoint of that name", s), ""
	}
	f = fail("%s is %s", s, nature(problem, meant))
	if names := references(s.Value); len(names) > 0 {
		f = fail("%s is taken as it is written: the container has no variable %s", s, strings.Join(names, ", "))
	}
	if problem == region.Malformed && meant != "" {
		f, meant = f.detail("%s was meant, perhaps", meant), ""
	}
	if template, ok := c.manifest(); ok && s.Name != "--aws-region" {
		if _, set := template.Getenv(s.Name); !set {
			f = f.detail("the manifest does not set it: the webhook does, by its flag --aws-default-region")
		}
	}
	if _, ok := c.ack(); !ok {
		return f, meant
	}
	if problem == region.AccountID {
		f = f.detail("the ACK guide to IRSA says kubectl set env … AWS_REGION=\"$AWS_ACCOUNT_ID\", which is the guide's own mistake")
	}
	return f.seen("%s", c.logged(regionError(s.Value))), meant
}

// nature says what a value is that is no region.
func nature(p region.Problem, meant string) string {
	text := map[region.Problem]string{
		region.Empty:       "blank",
		region.Placeholder: "a placeholder that nothing replaced",
		region.Decorated:   "no region as it is written",
		region.AccountID:   "the ID of an account, not a region",
		region.Zone:        "a zone, not a region",
		region.DisplayName: "the display name of a region, not its code",
		region.Host:        "the host of an endpoint, not a region",
		region.Malformed:   "no region",
	}[p]
	if meant != "" && p != region.Malformed {
		text += fmt.Sprintf(": expected %s", meant)
	}
	return text
}

// regionError is what version 2 of the Go SDK says to a region. It takes whatever may
// be part of a host name.
// Source: bindRegion in service/sts/endpoints.go of aws-sdk-go-v2.
func regionError(value string) string {
	if strings.ContainsFunc(value, func(r rune) bool {
		return r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return "invalid input region " + value
	}
	return "lookup " + region.STSHost(value) + ": no such host"
}
