package symptom

import (
	"regexp"
	"strings"
)

// What SDKs say when they do not find the way to STS.

const refRegion = "https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html"

var missingRegion = &Symptom{
	ID:    "missing-region",
	Title: "the SDK does not know its region, and so no STS to ask",
	Meaning: "Nothing told the SDK a region. EKS's webhook sets AWS_REGION and AWS_DEFAULT_REGION, except where the container sets one of them itself, even to nothing; a " +
		"webhook of your own does only with --aws-default-region.\n" +
		"Not every SDK reads both: boto3 and version 1 of the CLI read AWS_DEFAULT_REGION only, JavaScript and version 1 of Go AWS_REGION only.",
	Causes: []Cause{
		{"region-set", "the container has no region, or an empty one: charts of ACK set AWS_REGION to nothing unless aws.region is given"},
		{"pod-injected", "the webhook passed the pod by, and its region with it"},
		{"region-valid", "the region is there, and is none"},
		{"", "the program asks for the region in its own configuration, or builds a client for STS apart from it: a stand-alone profile provider does"},
		{"", "the region stands in a key of the chart's values that is not read, such as region in place of aws.region"},
	},
	Refs:  []string{refRegion, "https://aws-controllers-k8s.github.io/community/docs/user-docs/install/"},
	codes: []string{"MissingRegion", "NoRegion"},
	phrases: []string{
		"missing region", "you must specify a region", "aws region is missing", "region is missing", "an aws region is required", "unable to load region",
		"unable to find a region via", "no regionendpoint or serviceurl configured", "configuration options: region", "no region was provided", "could not find region configuration",
		"no aws_region", "required aws_region", "aws_region is not set", "sts..amazonaws.com",
	},
}

// aRegion is the form of a region's name.
var aRegion = regexp.MustCompile(`^[a-z]{2,4}(?:-[a-z]+){1,2}-[0-9]$`)

var badRegion = &Symptom{
	ID:    "bad-region",
	Title: "what the SDK was told as its region is none",
	Meaning: "The SDK puts the region into the name of the host. An account number, an availability zone such as us-east-1a, or a name with a blank gives a host that does not " +
		"exist, or is refused before.",
	Causes: []Cause{
		{"region-valid", "AWS_REGION, AWS_DEFAULT_REGION or --aws-region holds something else than a region"},
		{"region-set", "the region is empty, or a placeholder was never filled in"},
		{"", "the program's own configuration holds it"},
	},
	Refs:    []string{refRegion},
	codes:   []string{"InvalidRegion"},
	phrases: []string{"invalid input region", "region not accepted", "doesn't match a supported format", "is not a valid hostname component"},
	shows: func(t *text) bool {
		return t.region != "" && !aRegion.MatchString(t.region)
	},
}

var stsUnreachable = &Symptom{
	ID:    "sts-unreachable",
	Title: "the call did not get through to STS",
	Meaning: "The pod itself calls STS, by HTTPS on port 443, and looks its name up in DNS first. The SDK had token, role and region; something between the pod and " +
		"STS stopped it.\n" +
		"In a VPC without internet there is an interface endpoint for sts.REGION.amazonaws.com only: an SDK that calls the global sts.amazonaws.com does not get out. Version 1 " +
		"of Go and version 2 of JavaScript do unless AWS_STS_REGIONAL_ENDPOINTS=regional is set, and so do others of before mid-2025.",
	Causes: []Cause{
		{"sts-egress", "a NetworkPolicy leaves out STS or DNS, or a proxy is in the way, or is needed and not set"},
		{"sts-endpoint", "the global endpoint is called where only the regional one can be reached, or an endpoint is set that does not exist"},
		{"service-account-options", "the account's annotation sts-regional-endpoints is not one that the webhook takes"},
		{"region-valid", "the host is made of something that is no region"},
		{"region-agreement", "the STS of another region or partition is called"},
		{"", "the VPC has neither a way to the internet nor an interface endpoint for STS, or the endpoint's security group does not let the pods in"},
		{"", "the pod has a security group of its own (SecurityGroupPolicy), which does not let it out, or a public subnet without an address"},
		{"", "a firewall opens the connection and signs with its own authority, which the container does not trust; or the image has no CA certificates"},
		{"", "DNS failed for a moment: the SDK's next try succeeds"},
	},
	Refs: []string{refEndpoint, "https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html"},
	shows: func(t *text) bool {
		if !t.says(unreachable...) || t.says("169.254.") {
			return false
		}
		switch {
		case t.region != "" && !aRegion.MatchString(t.region):
			return false
		case t.host != "":
			return strings.Contains(lower(t.host), "sts")
		case t.says(certificates...):
			return true
		}
		return t.codeAt("sts") >= 0 || t.says("webidentity", "web identity")
	},
}

var unreachable = append([]string{
	"i/o timeout", "connection refused", "no such host", "context deadline exceeded", "connection timed out", "connect timed out", "connecttimeout", "connect timeout",
	"connection timeout", "gateway timeout", "read timed out", "read timeout", "etimedout", "econnrefused", "enotfound", "eai_again", "econnreset", "name resolution", "name or service not known",
	"unknownhostexception", "could not connect to the endpoint", "could not resolve host", "network is unreachable", "no route to host",
	"connection reset", "server misbehaving", "proxyconnect", "dispatch failure", "request send failed", "timeout awaiting", "timed out", "connecterror",
}, certificates...)

var certificates = []string{
	"tls handshake", "x509:", "certificate_verify_failed", "certificate verify failed", "certificate verify error", "pkix path building failed",
	"unable to get local issuer certificate", "self signed certificate", "self-signed certificate",
}

var customEndpoint = &Symptom{
	ID:    "custom-endpoint",
	Title: "the call to STS went to another service",
	Meaning: "An endpoint that was meant for one service, such as S3, SQS, EC2 or a substitute like MinIO or LocalStack, is set for all of them, so that AssumeRoleWithWebIdentity goes there too. " +
		"What answers does not know it.",
	Causes: []Cause{
		{"sts-endpoint", "AWS_ENDPOINT_URL is set for the container: use the variable of the one service, such as AWS_ENDPOINT_URL_S3"},
		{"", "the program puts the endpoint of its own configuration on the whole session, and so on STS: a newer version may not"},
		{"", "the endpoint is set in a shared configuration file, for all services"},
	},
	Refs: []string{"https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"},
	shows: func(t *text) bool {
		return t.says("webidentity") && (t.hasCode("NoSuchVersion") || t.hasCode("MethodNotAllowed") || t.hasCode("InvalidAction") || t.hasCode("UnknownOperation") ||
			t.hasCode("NotImplemented") || t.hasCode("NoSuchBucket") || t.says("could not find operation", "xmlns=\"http://s3.amazonaws.com"))
	},
}
