package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
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
	settings := countingSettings(c.Container)
	if len(settings) == 0 {
		return skip("it is told no region: see region-set")
	}
	var worst Finding
	good, hidden := 0, 0
	for _, s := range settings {
		f := regionJudged(a, c, s)
		switch {
		case s.From != "":
			hidden++
			continue
		case f.Result == Pass || f.Result == Note:
			good++
		}
		if worst.Result == "" || slices.Index(Results, f.Result) < slices.Index(Results, worst.Result) {
			worst = f
		}
	}
	switch {
	case worst.Result == "" || worst.Result == Pass && hidden > 0:
		i := slices.IndexFunc(settings, func(s regionSetting) bool { return s.From != "" })
		return depends("%s, whose value is not known here", settings[i])
	case worst.Result == Fail && good+hidden > 0:
		worst.Result, worst.Error = Warn, ""
		return worst.detail("an SDK that reads another of %s works", settingNames(settings))
	}
	return worst
}

// regionJudged judges one value.
func regionJudged(a *Audit, c Container, s regionSetting) Finding {
	problem, meant := region.Examine(s.Value)
	switch problem {
	case region.None:
		return pass("%s", s)
	case region.Unknown:
		f := note("%s looks like a region, and is none that this version knows", s)
		if meant != "" {
			f = f.detail("%s was meant, perhaps", meant)
		}
		return f
	case region.Pseudo:
		return warn("%s stands for a whole partition, and most services have no endpoint of that name", s).
			mend(a.setRegion(c, s, meant))
	}
	f := fail("%s is %s", s, nature(problem, meant))
	if _, ok := ackService(c.Container); ok {
		if problem == region.AccountID {
			f = f.detail("the ACK guide to IRSA ends in kubectl set env … AWS_REGION=\"$AWS_ACCOUNT_ID\", which is the guide's own mistake")
		}
		f = f.seen("unable to determine account info: unable to get caller identity: … %s", regionError(s.Value))
	}
	if w := c.Workload; s.Name != "--aws-region" && !slices.ContainsFunc(w.Template.Spec.Containers, func(t facts.Container) bool {
		_, set := t.Getenv(s.Name)
		return t.Name == c.Name && set
	}) {
		f = f.detail("the webhook injects it: see its flag --aws-default-region")
	}
	if meant != "" && problem == region.Malformed {
		f = f.detail("%s was meant, perhaps", meant)
	}
	if meant == "" || problem == region.Malformed {
		meant = a.region()
	}
	if strings.Contains(s.Value, "$(AWS_REGION)") {
		s.Name = "AWS_REGION"
	}
	return f.mend(a.setRegion(c, s, meant))
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

func settingNames(settings []regionSetting) string {
	var names []string
	for _, s := range settings {
		names = append(names, s.Name)
	}
	return strings.Join(names, ", ")
}
