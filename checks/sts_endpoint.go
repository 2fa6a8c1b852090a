package checks

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

var STSEndpoint = register(&Check{
	ID:    "sts-endpoint",
	Link:  LinkPod,
	Stage: StageRegion,
	Grain: GrainContainer,
	Worst: Error,
	Title: "the container asks the STS of AWS in the cluster's partition",
	Why: "AWS_ENDPOINT_URL sends every service's calls to one host, those to STS among them, unless AWS_ENDPOINT_URL_STS is set. " +
		"Another service does not know AssumeRoleWithWebIdentity: SQS and EC2 answer NoSuchVersion, S3 MethodNotAllowed. The STS " +
		"of another partition answers No OpenIDConnect provider found in your account. AWS_STS_REGIONAL_ENDPOINTS=legacy sends " +
		"some SDKs to sts.amazonaws.com, which a VPC with an STS interface endpoint alone does not reach (i/o timeout).",
	Fix: "Name the one service that is meant, as in AWS_ENDPOINT_URL_S3, or set AWS_ENDPOINT_URL_STS to the region's own endpoint. " +
		"Leave AWS_STS_REGIONAL_ENDPOINTS at regional.",
	Refs: []string{
		"https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html",
		"https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html",
		"https://docs.aws.amazon.com/eks/latest/userguide/configure-sts-endpoint.html",
	},
	Judge: each((*Audit).Containers, stsEndpoint),
})

func stsEndpoint(a *Audit, c Container) Finding {
	_, ack := c.ack()
	if !ack && !presetsWebIdentity(c.Container) {
		return skip("it has no web identity")
	}
	for _, name := range []string{"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"} {
		e, ok := given(c.Container, name)
		if !ok {
			continue
		}
		if ignore, _ := c.Literal("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"); strings.EqualFold(ignore, "true") {
			return pass("%s is set, and AWS_IGNORE_CONFIGURED_ENDPOINT_URLS turns it off", name)
		}
		value, from := valueOf(c.Container, e)
		if from != "" || value == "" {
			return depends("%s, whose value is not known here", strings.TrimSpace(name+" "+fromWhere(from)))
		}
		return a.stsRedirected(c, name, value)
	}
	if v, _ := c.Literal("AWS_STS_REGIONAL_ENDPOINTS"); strings.EqualFold(v, "legacy") && !ack {
		if r := a.regionOf(c); slices.Contains(legacyGlobalRegions, r) {
			return note("AWS_STS_REGIONAL_ENDPOINTS=legacy: in %s the SDKs that read it call sts.amazonaws.com", r).
				detail("version 1 of the Go SDK, boto3, the AWS CLI, version 2 of JavaScript, PHP, C++ and .NET read it; Go v2, Java v2, JavaScript v3, Rust and Kotlin do not").
				detail("a VPC whose only way to STS is an interface endpoint does not reach that host")
		}
	}
	return pass("nothing changes the endpoint")
}

// redirected is how grave it is that the variable sends STS calls to a wrong host. Not
// every SDK takes AWS_ENDPOINT_URL for the call of web identity itself: version 2 of the
// Go SDK makes that call before it reads the variable.
func redirected(variable string) func(string, ...any) Finding {
	if variable == "AWS_ENDPOINT_URL_STS" {
		return fail
	}
	return warn
}

// stsRedirected judges the URL that STS calls are sent to.
func (a *Audit) stsRedirected(c Container, name, value string) Finding {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" {
		return warn("%s=%q is no URL: expected one such as https://%s", name, value, region.STSHost("us-west-2")).
			mend(a.toOwnSTS(c, name))
	}
	sends := name + " sends STS calls to " + u.Host
	if name == "AWS_ENDPOINT_URL" {
		sends = name + " sends STS calls, like all others, to " + u.Host
	}
	h := takeHostApart(u.Hostname())
	home := a.partition(c)
	switch {
	case h.partition == "":
		return warn("%s, which is no host of AWS", sends).
			mend(Remedy{Text: fmt.Sprintf("remove %s of container %s, unless that host is meant to stand for STS", name, c.Name), Owner: ownerOf(c.Workload.Meta)})
	case !h.sts:
		return redirected(name)("%s, which is another service", sends).
			detail("SDKs that read the variable ask that service for AssumeRoleWithWebIdentity, which it does not know").
			mend(a.toOwnSTS(c, name))
	case home.ID != "" && h.partition != home.ID:
		f := redirected(name)("%s, the STS of partition %s: the role is in %s", sends, h.partition, home.ID)
		if issuer, err := a.issuer(); err == nil && f.Result == Fail {
			f = f.seen("%s", c.logged("InvalidIdentityToken: No OpenIDConnect provider found in your account for "+issuer))
		}
		return f.mend(a.toOwnSTS(c, name))
	case name == "AWS_ENDPOINT_URL":
		return warn("%s, which is STS: no other service answers there", sends).
			mend(Remedy{Text: fmt.Sprintf("set AWS_ENDPOINT_URL_STS of container %s in its place", c.Name), Owner: ownerOf(c.Workload.Meta)})
	}
	return pass("%s is %s", name, u.Host)
}

// toOwnSTS sends STS calls back to the region's own endpoint, and those of other
// services where they go now.
func (a *Audit) toOwnSTS(c Container, name string) Remedy {
	owner := ownerOf(c.Workload.Meta)
	if _, ok := given(c.Container, "AWS_ENDPOINT_URL"); !ok {
		return Remedy{Text: fmt.Sprintf("remove %s of container %s", name, c.Name), Edits: a.unsetEnv(c, name), Owner: owner}
	}
	r := a.regionOf(c)
	if r == "" {
		return Remedy{Text: fmt.Sprintf("set AWS_ENDPOINT_URL_STS of container %s to the STS endpoint of its region", c.Name), Owner: owner}
	}
	own := "https://" + region.STSHost(r)
	return Remedy{
		Text:  fmt.Sprintf("set AWS_ENDPOINT_URL_STS of container %s to %s", c.Name, own),
		Edits: a.setEnv(c, "AWS_ENDPOINT_URL_STS", own),
		Owner: owner,
	}
}

// regionOf is the region that the container is told, else the cluster's, or "".
func (a *Audit) regionOf(c Container) string {
	for _, s := range countingSettings(c) {
		if p, _, _ := region.Lookup(s.Value); p.ID != "" {
			return s.Value
		}
	}
	return a.region()
}

// An awsHost is the host of an endpoint of AWS.
type awsHost struct {
	partition string // "" when the host is none of AWS
	sts       bool
}

// takeHostApart reads sts.REGION.SUFFIX, sts-fips.REGION.SUFFIX, sts.amazonaws.com,
// ID.sts.REGION.vpce.SUFFIX and the like of other services.
func takeHostApart(host string) awsHost {
	host = strings.ToLower(host)
	for _, p := range region.Partitions() {
		for _, suffix := range []string{p.DNSSuffix, p.DualStackSuffix} {
			labels, ok := strings.CutSuffix(host, "."+suffix)
			if !ok {
				continue
			}
			h := awsHost{partition: p.ID}
			for label := range strings.SplitSeq(labels, ".") {
				h.sts = h.sts || label == "sts" || label == "sts-fips"
				if of, _, _ := region.Lookup(label); of.ID != "" {
					h.partition = of.ID
				}
			}
			return h
		}
	}
	return awsHost{}
}

// legacyGlobalRegions are those for which legacy means the global endpoint; elsewhere
// it means the regional one.
// Source: legacyGlobalRegions in aws/endpoints of aws-sdk-go.
var legacyGlobalRegions = []string{
	"ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1",
	"eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
}
