package symptom

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// An sdk is a line of releases of which only those from a minimum on know web
// identity. Source: the minimum SDK versions of the EKS user guide.
type sdk struct {
	name    string
	version *regexp.Regexp // finds the version in user agents, file names and lock files
	minimum string
}

func release(name, names, major, minimum string) sdk {
	return sdk{name, regexp.MustCompile(`\b(?:` + names + `)(?:[/@ :=-]{1,2}|\s?v)"?(` + major + `(?:\.\d{1,5}){1,3})`), minimum}
}

var sdks = []sdk{
	release("the SDK for Go", "aws-sdk-go|aws/aws-sdk-go", `1`, "1.23.13"),
	release("the SDK for Java, version 2,", `aws-sdk-java|software\.amazon\.awssdk:[a-z0-9-]+`, `2`, "2.10.11"),
	release("the SDK for Java, version 1,", `aws-sdk-java|aws-java-sdk(?:-[a-z0-9]+)?`, `1`, "1.11.704"),
	release("boto3", "boto3", `1`, "1.9.220"),
	release("botocore", "botocore", `1`, "1.12.200"),
	release("the AWS CLI", "aws-cli", `1`, "1.16.232"),
	release("the SDK for JavaScript, version 2,", "aws-sdk-nodejs|aws-sdk-js|aws-sdk", `2`, "2.525.0"),
	release("the SDK for JavaScript, version 3,", "aws-sdk-js|@aws-sdk/[a-z0-9-]+", `3`, "3.27.0"),
	release("the SDK for Ruby", "aws-sdk-ruby3|aws-sdk-core", `3`, "3.58.0"),
	release("the SDK for C++", "aws-sdk-cpp", `1`, "1.7.174"),
	release("the SDK for .NET", "aws-sdk-dotnet[a-z-]*|awssdk.core", `3`, "3.3.659.1"),
	release("the SDK for PHP", "aws-sdk-php", `3`, "3.110.7"),
}

// findOldSDK says which SDK the text shows that does not know web identity, or "".
func (t *text) findOldSDK() string {
	for _, s := range sdks {
		if v := submatch(s.version, t.lower); v != "" && older(v, s.minimum) {
			return fmt.Sprintf("%s is %s here, and knows web identity from %s on", s.name, v, s.minimum)
		}
	}
	return ""
}

// older compares versions part by part; a part that is left out counts as any.
func older(version, than string) bool {
	v, w := strings.Split(version, "."), strings.Split(than, ".")
	for i := range min(len(v), len(w)) {
		a, _ := strconv.Atoi(v[i])
		b, _ := strconv.Atoi(w[i])
		if a != b {
			return a < b
		}
	}
	return false
}
