package checks

import (
	"slices"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

var RegionAgreement = register(&Check{
	ID:    "region-agreement",
	Link:  LinkPod,
	Stage: StageRegion,
	Grain: GrainContainer,
	Worst: Error,
	Title: "the regions that the container is told agree with one another and with the cluster's partition",
	Why: "The region picks the STS that is asked. That of another partition knows nothing of the role's account and answers " +
		"InvalidIdentityToken: No OpenIDConnect provider found in your account, though the provider is there. Where " +
		"AWS_REGION and AWS_DEFAULT_REGION differ, it is up to the SDK which of them counts.",
	Fix: "Set AWS_REGION and AWS_DEFAULT_REGION to one region, of the partition that the cluster and its roles are in.",
	Refs: []string{
		"https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html",
		"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
	},
	Judge: each((*Audit).Containers, regionAgreement),
})

func regionAgreement(a *Audit, c Container) Finding {
	settings := slices.DeleteFunc(countingSettings(c), func(s regionSetting) bool {
		p, _, _ := region.Lookup(s.Value)
		return s.From == "" && p.ID == ""
	})
	if len(settings) == 0 {
		return skip("it is told no region that could agree: see region-set and region-valid")
	}
	if i := slices.IndexFunc(settings, func(s regionSetting) bool { return s.From != "" }); i >= 0 {
		return skip("the value of %s is not known: see region-set and region-valid", settings[i])
	}
	home := a.partition(c)
	if home.ID == "" {
		_, err := a.issuer()
		if err != nil {
			return missing(err)
		}
	}
	abroad := slices.DeleteFunc(slices.Clone(settings), func(s regionSetting) bool {
		p, _, _ := region.Lookup(s.Value)
		return home.ID == "" || p.ID == home.ID
	})
	if len(abroad) > 0 {
		return a.otherPartition(c, abroad, home)
	}
	first := settings[0]
	for _, s := range settings[1:] {
		switch {
		case s.Value == first.Value:
		case first.Name == "--aws-region":
			return note("%s, and %s", first, s).
				detail("what the program does with its argument is its own affair; its SDK may ask the STS of either")
		default:
			return warn("%s, and %s", first, s).
				detail("Python's boto3 and version 1 of the AWS CLI take AWS_DEFAULT_REGION, other SDKs AWS_REGION").
				mend(a.setRegion(c, first.Value, s))
		}
	}
	if r := a.region(); r != "" && first.Value != r {
		return note("%s, and the cluster is in %s", first, r).
			detail("STS is asked in %s too: an interface endpoint for the STS of %s does not serve that", first.Value, r)
	}
	return pass("%s", first)
}

// otherPartition is for settings that name regions of another partition.
func (a *Audit) otherPartition(c Container, settings []regionSetting, home region.Partition) Finding {
	p, _, _ := region.Lookup(settings[0].Value)
	f := fail("%s is of partition %s, and the role is in %s: that STS knows none of its providers", settings[0], p.ID, home.ID)
	if issuer, err := a.issuer(); err == nil {
		f = f.seen("%s", c.logged("InvalidIdentityToken: No OpenIDConnect provider found in your account for "+issuer))
	}
	return f.mend(a.setRegion(c, a.region(), settings...))
}

// partition is the cluster's, else that of the container's role; zero when neither is
// known.
func (a *Audit) partition(c Container) region.Partition {
	if p, _, _ := region.Lookup(a.region()); p.ID != "" {
		return p
	}
	arn, _ := c.Literal("AWS_ROLE_ARN")
	role, _ := facts.ParseRoleARN(arn)
	p, _ := region.PartitionByID(role.Partition)
	return p
}
