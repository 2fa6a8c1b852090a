package checks

import (
	"slices"
	"strings"
)

var RegionSet = register(&Check{
	ID:    "region-set",
	Link:  LinkPod,
	Stage: StageRegion,
	Grain: GrainContainer,
	Worst: Error,
	Title: "the container is told its region",
	Why: "Without a region an SDK finds no STS endpoint. An ACK controller exits: unable to start service controller as AWS " +
		"region is missing. Elsewhere the words are Missing Region (Go), You must specify a region (Python) or Region is " +
		"missing (JavaScript). A container that sets one of AWS_REGION and AWS_DEFAULT_REGION itself, even to nothing, is " +
		"given neither by the webhook; charts of ACK always set AWS_REGION.",
	Fix: "Set aws.region in the values of an ACK chart. Elsewhere set both AWS_REGION and AWS_DEFAULT_REGION: Python's boto3 " +
		"and version 1 of the AWS CLI read only the second, JavaScript only the first.",
	Refs: []string{
		"https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html",
		"https://aws-controllers-k8s.github.io/community/docs/user-docs/install/",
	},
	Judge: each((*Audit).Containers, regionSet),
})

func regionSet(a *Audit, c Container) Finding {
	settings := regionSettings(c.Container)
	if _, ok := c.ack(); ok {
		return regionSetForACK(a, c, settings)
	}
	if !presetsWebIdentity(c.Container) {
		return skip("it has no web identity")
	}
	told := slices.DeleteFunc(slices.Clone(settings), regionSetting.empty)
	if len(told) == 0 {
		return regionNotTold(a, c, settings)
	}
	if len(told) == 1 {
		switch told[0].Name {
		case "AWS_REGION":
			return note("%s, and no AWS_DEFAULT_REGION", told[0]).
				detail("boto3, version 1 of the AWS CLI and the STS provider of C++ read only AWS_DEFAULT_REGION")
		case "AWS_DEFAULT_REGION":
			return note("%s, and no AWS_REGION", told[0]).
				detail("JavaScript reads only AWS_REGION, and so does version 1 of the Go SDK unless AWS_SDK_LOAD_CONFIG is true")
		}
	}
	return pass("%s", told[0])
}

// regionSetForACK judges the region of an ACK controller, which takes --aws-region, and
// without that argument AWS_REGION.
func regionSetForACK(a *Audit, c Container, settings []regionSetting) Finding {
	if i := slices.IndexFunc(settings, func(s regionSetting) bool { return s.Name != "AWS_DEFAULT_REGION" }); i >= 0 {
		switch s := settings[i]; {
		case s.Perhaps:
			return depends("%s: whether it is in there is not known here", s)
		case !s.empty():
			return pass("%s", s)
		case s.Name == "--aws-region":
			return ackWithoutRegion(a, c, s, "--aws-region is empty and counts before AWS_REGION, so that the controller exits")
		default:
			return ackWithoutRegion(a, c, s, "AWS_REGION is empty, so that the controller exits").
				detail("the chart sets AWS_REGION even when its value aws.region is not given").
				detail("the webhook gives no region to a container that sets AWS_REGION itself, even to nothing")
		}
	}
	if sources := envSources(c.Container, "AWS_REGION"); len(sources) > 0 {
		return depends("AWS_REGION from envFrom %s: whether it is in there is not known here", strings.Join(sources, ", "))
	}
	return ackWithoutRegion(a, c, regionSetting{Name: "AWS_REGION"}, "there is neither --aws-region nor AWS_REGION, so that the controller exits")
}

func ackWithoutRegion(a *Audit, c Container, s regionSetting, message string) Finding {
	return fail("%s", message).
		seen("unable to start service controller as AWS region is missing. Please pass --aws-region flag or set AWS_REGION environment variable").
		mend(a.setRegion(c, a.region(), s))
}

// regionNotTold is for a container with a web identity and without a region. Its code
// may name one, or find it in the metadata of an EC2 instance. It is hardly meant where the
// container empties a variable, where it crashes, and outside the partition that SDKs take
// by default.
func regionNotTold(a *Audit, c Container, settings []regionSetting) Finding {
	sources, partition := envSources(c.Container, "AWS_REGION"), a.partition(c).ID
	abroad := partition != "" && partition != "aws"
	result := note
	if len(sources) == 0 && (len(settings) > 0 || abroad || c.crashes()) {
		result = warn
	}
	f := result("there is neither AWS_REGION nor AWS_DEFAULT_REGION, so that the program has to name a region itself, for STS too")
	if len(settings) > 0 {
		f = result("%s is empty, so that the program has to name a region itself, for STS too", settings[0].Name).
			detail("the webhook gives no region to a container that sets one of its two variables itself, even to nothing")
	}
	if _, err := a.Cluster.Injector.Get(); err == nil && a.webhook().Region == "" {
		f = f.detail("the pod identity webhook runs without --aws-default-region, and so gives none")
	}
	if len(sources) > 0 {
		f = f.detail("unless envFrom %s holds one", strings.Join(sources, ", "))
	}
	f = f.detail("else Go says Invalid Configuration: Missing Region, its version 1 could not find region configuration, " +
		"Python You must specify a region, JavaScript Region is missing")
	if abroad {
		f = f.detail("an SDK that falls back to us-east-1 asks an STS that does not know partition %s: No OpenIDConnect provider found", partition)
	}
	return f.mend(a.setRegion(c, a.region(), regionSetting{Name: "AWS_REGION"}, regionSetting{Name: "AWS_DEFAULT_REGION"}))
}

// crashes says whether the container keeps ending in the newest pod.
func (c Container) crashes() bool {
	n := len(c.Workload.Pods)
	return n > 0 && slices.Contains(c.Workload.Pods[n-1].Waiting, c.Name+": CrashLoopBackOff")
}
