package symptom_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
)

// right is the share of the real errors whose first symptom must be the right one.
const right = 0.95

// TestRealErrors reads what was logged in real incidents. The first symptom has to be
// one of those that whoever read the thread calls right; where the text tells nothing,
// nothing is to be claimed.
func TestRealErrors(t *testing.T) {
	file, err := os.Open("testdata/errors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	telling, recognised := 0, 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var e struct {
			ID, Error string
			Want      []string
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		got := ids(symptom.Recognise(e.Error))
		if len(e.Want) == 0 {
			if len(got) > 0 {
				t.Errorf("%s tells nothing, and is taken for %s: %s", e.ID, got, e.Error)
			}
			continue
		}
		telling++
		if len(got) > 0 && slices.Contains(e.Want, got[0]) {
			recognised++
		} else {
			t.Logf("missed %s: %s, want %s: %s", e.ID, got, e.Want, e.Error)
		}
	}
	t.Logf("%d of %d real errors are recognised", recognised, telling)
	if telling < 50 || float64(recognised) < right*float64(telling) {
		t.Errorf("that is less than %.0f %%", right*100)
	}
}

// TestTexts holds the texts of AWS and of the SDKs to their symptoms.
func TestTexts(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		// What STS answers, in the words of the AWS CLI, of Go and of others.
		{"An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity", "not-authorized-web-identity"},
		{"operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 403, RequestID: 5d5c2c7e-3a5a-4c8e-9b34-0f1c3b0f8c55, api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity", "not-authorized-web-identity"},
		{"software.amazon.awssdk.services.sts.model.StsException: Not authorized to perform sts:AssumeRoleWithWebIdentity (Service: Sts, Status Code: 403, Request ID: 5d5c2c7e-3a5a-4c8e-9b34-0f1c3b0f8c55)", "not-authorized-web-identity"},
		{"User: anonymous is not authorized to perform: sts:AssumeRoleWithWebIdentity on resource: arn:aws:iam::111122223333:role/x because no VPC endpoint policy allows the sts:AssumeRoleWithWebIdentity action", "not-authorized-web-identity"},
		{"ValidationError: Request ARN is invalid", "role-arn-invalid"},
		{"1 validation error detected: Value 'x' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20", "role-arn-invalid"},
		{"InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001", "no-provider"},
		{"InvalidIdentityToken: Incorrect token audience", "wrong-audience"},
		{"InvalidIdentityToken: OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint", "thumbprint"},
		{"OpenIDConnect provider’s HTTPS certificate doesn’t match configured thumbprint", "thumbprint"},
		{"InvalidIdentityToken: Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements", "no-verification-key"},
		{"InvalidIdentityToken: Missing a required claim: sub", "missing-claim"},
		{"InvalidIdentityToken: The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)", "token-invalid"},
		{"com.amazonaws.services.securitytoken.model.InvalidIdentityTokenException: something new", "token-invalid"},
		{"An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: Token expired: current date/time 1606193045 must be before the expiration date/time 1606192445", "token-expired"},
		{"S3Exception: The provided token has expired. (Service: S3, Status Code: 400)", "token-expired"},
		{"IDPCommunicationError: Error communicating with the identity provider", "idp-communication"},
		{"IDPRejectedClaimException: the claim is invalid", "idp-communication"},
		{"RegionDisabledException: STS is not activated in this region for account:111122223333. Your account administrator can activate STS in this region using the IAM Console.", "region-disabled"},
		{"WebIdentityErr: failed to retrieve credentials", "web-identity-failed"},

		// Who was denied what.
		{"User: arn:aws:sts::111122223333:assumed-role/eks-node/i-0123456789abcdef0 is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::b", "node-role"},
		{"User: arn:aws-cn:sts::111122223333:assumed-role/nodes.k8s.example.com/session is not authorized to perform: ec2:DescribeVolumes", "node-role"},
		{`{"UserId": "AROAEXAMPLE:i-0123456789abcdef0", "Arn": "arn:aws:sts::111122223333:assumed-role/workers/i-0123456789abcdef0"}`, "node-role"},
		{"User: arn:aws:sts::111122223333:assumed-role/my-nodegroup-tuner/1704838296921190277 is not authorized to perform: eks:UpdateNodegroupConfig on resource: *", "permission-missing"},
		{"User: arn:aws:sts::111122223333:assumed-role/eks-node/i-0123456789abcdef0 is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/app", "node-role"},
		{"User: arn:aws:iam::111122223333:user/ci is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k", "other-identity"},
		{"User: arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jane@example.com is not authorized to perform: iam:GetRole", "other-identity"},
		{"User: arn:aws:sts::111122223333:assumed-role/app/botocore-session-1594210708 is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/team/app", "self-assume"},
		{"User: arn:aws:sts::111122223333:assumed-role/app/botocore-session-1594210708 is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/app", "assume-denied"},
		{"AccessDenied: Not authorized to perform sts:AssumeRole", "assume-denied"},
		{"User: arn:aws:sts::111122223333:assumed-role/app/1704838296921190277 is not authorized to perform: kms:Decrypt on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access", "permission-missing"},
		{"UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::111122223333:assumed-role/app/1704838296921190277 is not authorized to perform: ec2:CreateVolume on resource: arn:aws:ec2:us-west-2:111122223333:volume/* because no identity-based policy allows the ec2:CreateVolume action. Encoded authorization failure message: AAAA", "permission-missing"},
		{"User: anonymous is not authorized to perform: es:ESHttpGet", "own-chain"},
		{"<Error><Code>AccessDenied</Code><Message>Access Denied</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>", "access-denied"},

		// What SDKs say when they find no credentials.
		{"NoCredentialProviders: no valid providers in chain. Deprecated.\n\tFor verbose messaging see aws.Config.CredentialsChainVerboseErrors", "no-credentials"},
		{"botocore.exceptions.NoCredentialsError: Unable to locate credentials", "no-credentials"},
		{"operation error S3: ListBuckets, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, request canceled, context deadline exceeded", "no-credentials"},
		{"CredentialsProviderError: Could not load credentials from any providers", "no-credentials"},
		{"software.amazon.awssdk.core.exception.SdkClientException: Unable to load credentials from any of the providers in the chain AwsCredentialsProviderChain(credentialsProviders=[SystemPropertyCredentialsProvider()]) : [WebIdentityTokenCredentialsProvider(): Either the environment variable AWS_WEB_IDENTITY_TOKEN_FILE or the javaproperty aws.webIdentityTokenFile must be set., ProfileCredentialsProvider(profileName=default): Profile file contained no credentials for profile 'default', InstanceProfileCredentialsProvider(): Failed to load credentials from IMDS.]", "no-credentials"},
		{"Amazon.Runtime.AmazonServiceException: Unable to get IAM security credentials from EC2 Instance Metadata Service.", "no-credentials"},
		{"Aws::Errors::MissingCredentialsError: unable to sign request without credentials set", "no-credentials"},
		{"ConstructionFailure(DispatchFailure { source: ConnectorError { kind: Other(None), source: CredentialsNotLoaded(CredentialsNotLoaded { source: Some(\"no providers in chain provided credentials\") }) } })", "no-credentials"},
		{"failed to get shared config profile, prod", "profile-missing"},
		{"botocore.exceptions.ProfileNotFound: The config profile (prod) could not be found", "profile-missing"},
		{"UnrecognizedClientException: The security token included in the request is invalid.", "static-key-invalid"},
		{"AuthFailure: AWS was not able to validate the provided access credentials", "static-key-invalid"},
		{"To use web identity tokens, the 'sts' service module must be on the class path.", "java-sts-module"},
		{"AccessDenied: Access Denied ... User-Agent: aws-sdk-go/1.19.11 (go1.12; linux; amd64)", "sdk-too-old"},
		{"Boto3/1.9.100 Python/3.6.0 Linux/4.14 Botocore/1.12.100: Unable to locate credentials", "sdk-too-old"},
		{"java.nio.file.AccessDeniedException: No AWS Credentials provided by TemporaryAWSCredentialsProvider SimpleAWSCredentialsProvider EnvironmentVariableCredentialsProvider IAMInstanceCredentialsProvider", "own-chain"},
		{"MissingAuthenticationToken: Request is missing Authentication Token", "own-chain"},
		{"AccessDeniedException: Unauthorized Exception! EKS does not have permissions to assume the associated role.", "pod-identity"},
		{"dial tcp 169.254.170.23:80: i/o timeout", "pod-identity"},

		// The token and its variables.
		{"WebIdentityErr: unable to read file at /var/run/secrets/eks.amazonaws.com/serviceaccount/token caused by: open /var/run/secrets/eks.amazonaws.com/serviceaccount/token: permission denied", "token-unreadable"},
		{"PermissionError: [Errno 13] Permission denied: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token'", "token-unreadable"},
		{"Error: ENOENT: no such file or directory, open '/var/run/secrets/eks.amazonaws.com/serviceaccount/token'", "token-missing"},
		{`Could not find a part of the path 'C:\var\run\secrets\eks.amazonaws.com\serviceaccount\token'.`, "token-missing"},
		{"open /identity/token: no such file or directory", "token-missing"},
		{"open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory", "api-token-missing"},
		{"operation error S3: ListBuckets, failed to sign request: failed to retrieve credentials: role ARN is not set", "role-arn-missing"},
		{"The provided profile or the current environment is configured to assume role with web identity but has no role ARN configured.", "role-arn-missing"},

		// The way to STS.
		{"MissingRegion: could not find region configuration", "missing-region"},
		{"botocore.exceptions.NoRegionError: You must specify a region.", "missing-region"},
		{"failed to resolve service endpoint, endpoint rule error, Invalid Configuration: Missing Region", "missing-region"},
		{"Error: Region is missing", "missing-region"},
		{"ConfigError: Missing region in config", "missing-region"},
		{"invalid input region us west 2", "bad-region"},
		{"dial tcp: lookup sts.111122223333.amazonaws.com on 10.100.0.10:53: no such host", "bad-region"},
		{"getaddrinfo ENOTFOUND sts.us-east-1a.amazonaws.com", "bad-region"},
		{`Post "https://sts.us-west-2.amazonaws.com/": dial tcp: lookup sts.us-west-2.amazonaws.com on 10.100.0.10:53: no such host`, "sts-unreachable"},
		{`Connect timeout on endpoint URL: "https://sts.cn-north-1.amazonaws.com.cn/"`, "sts-unreachable"},
		{`Post "https://sts.us-gov-west-1.amazonaws.com/": x509: certificate signed by unknown authority`, "sts-unreachable"},
		{"Unable to execute HTTP request: Connect to sts.us-west-2.amazonaws.com:443 failed: connect timed out", "sts-unreachable"},
		{"InvalidAction: The action AssumeRoleWithWebIdentity is not valid for this web service", "custom-endpoint"},

		// What is not AWS's.
		{`pods is forbidden: User "system:serviceaccount:a:b" cannot list resource "pods" in API group "" in the namespace "a"`, "kubernetes-rbac"},
		{`failed calling webhook "pod-identity-webhook.amazonaws.com": Post "https://pod-identity-webhook.kube-system.svc:443/mutate?timeout=10s": x509: certificate signed by unknown authority`, "webhook-failed"},
		{"you have to set securityContext.fsGroup: 65534 for the token", "folklore-token-permission"},
		{"LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048", "quota"},

		// From threads that are not among the real errors, and were read after the table was written.
		{`js: Could not assume role using web identity: "Missing required AWS_REGION env variable"`, "missing-region"},
		{`"message": "User: arn:aws:sts::{accountId}:assumed-role/eksctl-{clusterName}-nodegroup-24b3-NodeInstanceRole-{hash}/i-{instanceId} is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:ap-southeast-2:{accountId}:secret:{secretKey}-nzYAC0"`, "node-role"},
		{"AccessDenied: User: arn:aws:sts::ACCOUNT_NUMBER:assumed-role/<ROLE>/<INSTANCE_ID> is not authorized to perform: sts:AssumeRole", "node-role"},
		{"launching nodeclaim, creating instance, with fleet error(s), UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::111111:assumed-role/${CLUSTER_NAME}-karpenter/1717079343811266923 is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111111:role/KarpenterNodeRole-${CLUSTER_NAME} because no identity-based policy allows the iam:PassRole action. Encoded Failure: <encoded-message>", "permission-missing"},
		{`level=error caller=table_manager.go:188 msg="error syncing tables" err="WebIdentityErr: failed to retrieve credentials\ncaused by: InvalidAction: Could not find operation AssumeRoleWithWebIdentity for version 2011-06-15\n\tstatus code: 400, request id: 3b7947a4-2f04-11ea-bbec-d7e945586644"`, "custom-endpoint"},
		{`Ignoring, HTTP credential provider invalid endpoint host, "169.254.170.23", only loopback hosts are allowed. <nil>`, "pod-identity"},
		{"AccessDeniedException (client): User: arn:aws:sts::xxxxxxxxxx:assumed-role/sandbox/i-076b0f0634dsabdbf is not authorized to perform: secretsmanager:GetSecretValue on resource: sandbox/app1 because no identity-based policy allows the secretsmanager:GetSecretValue action", "node-role"},
		{"Unhandled exception. System.InvalidOperationException: Assembly AWSSDK.SecurityToken could not be found or loaded. This assembly must be available at runtime to use Amazon.Runtime.AssumeRoleAWSCredentials.", "java-sts-module"},
		{"Caused by: com.amazonaws.SdkClientException: Unable to load AWS credentials from any provider in the chain: [EnvironmentVariableCredentialsProvider: Unable to load AWS credentials from environment variables, WebIdentityTokenCredentialsProvider: To use assume role profiles the aws-java-sdk-sts module must be on the class path., com.amazonaws.auth.InstanceProfileCredentialsProvider@661ec260: Unauthorized (Service: null; Status Code: 401; Error Code: null; Request ID: null; Proxy: null)]", "java-sts-module"},
		{"could not create volume in EC2: UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: ", "access-denied"},
		{"QueryAthenaPaginated: start query error: operation error Athena: StartQueryExecution, https response error StatusCode: 400, RequestID: 3b95ea47-f213-4072-bf87-539c737934a7, api error UnrecognizedClientException: The security token included in the request is invalid.", "static-key-invalid"},
		{`MountVolume.SetUp failed for volume "aws-iam-token" : failed to fetch token: the server could not find the requested resource`, "token-not-mounted"},

		// What is not known.
		{"", ""},
		{"level=info msg=\"starting controller\" version=v1.2.3", ""},
		{"panic: runtime error: invalid memory address or nil pointer dereference", ""},
		{`Get "https://10.100.0.1:443/api/v1/pods": dial tcp 10.100.0.1:443: connect: connection refused`, ""},
		{`Post "https://hooks.example.com/": x509: certificate signed by unknown authority`, ""},
		{"trust-policy-subject", ""},
	} {
		got := ids(symptom.Recognise(test.text))
		if first := append(got, "")[0]; first != test.want {
			t.Errorf("%s\n\tis taken for %q, want %q", test.text, got, test.want)
		}
	}
}

// TestWrapping recognises one text in everything that logs make of it.
func TestWrapping(t *testing.T) {
	const plain = `InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001`
	utf16 := "\xff\xfe"
	for _, c := range []byte(plain) {
		utf16 += string([]byte{c, 0})
	}
	once, _ := json.Marshal(map[string]string{"level": "error", "msg": "reconcile\n\tcaused by: " + plain})
	twice, _ := json.Marshal(string(once))
	for name, text := range map[string]string{
		"plain":      plain,
		"JSON":       string(once),
		"JSON twice": string(twice),
		"XML":        `<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>No OpenIDConnect provider found in your account for https://oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001</Message></Error></ErrorResponse>`,
		"URL":        "error=InvalidIdentityToken%3A+No+OpenIDConnect+provider+found+in+your+account+for+https%3A%2F%2Foidc.eks.us-west-2.amazonaws.com%2Fid%2FD539D4633E53DE1B716D3041E0000001",
		"colours":    "\x1b[31mERROR\x1b[0m InvalidIdentityToken: No \x1b[1mOpenIDConnect\x1b[0m provider found in your account for https://oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001",
		"lines":      "InvalidIdentityToken: No OpenIDConnect\n    provider found in your\r\n    account for https://oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001\n",
		"UTF-16":     utf16,
		"Java":       "com.amazonaws.services.securitytoken.model.InvalidIdentityTokenException: No OpenIDConnect provider found in your account for https://oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001 (Service: AWSSecurityTokenService; Status Code: 400; Error Code: InvalidIdentityToken; Request ID: 5d5c2c7e-3a5a-4c8e-9b34-0f1c3b0f8c55)\n\tat com.amazonaws.http.AmazonHttpClient.handle(AmazonHttpClient.java:1)",
		"trace":      strings.Repeat("\tat com.example.Deep.call(Deep.java:1)\n", 20000) + plain,
		"flood":      plain + strings.Repeat("\nINFO reconciled", 200000),
	} {
		matches := symptom.Recognise(text)
		if len(matches) != 1 || matches[0].ID != "no-provider" {
			t.Errorf("%s: recognised as %s", name, ids(matches))
			continue
		}
		m := matches[0]
		if m.Code != "InvalidIdentityToken" || m.Issuer != "https://oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001" {
			t.Errorf("%s: code %q, issuer %q", name, m.Code, m.Issuer)
		}
	}
}

// TestDetails holds what is parsed out of texts.
func TestDetails(t *testing.T) {
	const session = "arn:aws:sts::111122223333:assumed-role/app/1704838296921190277"
	for _, test := range []struct {
		text    string
		want    symptom.Match // but for Symptom and Remarks
		remarks []string      // parts of the remarks, in order
	}{
		{
			"AccessDenied: User: " + session + " is not authorized to perform: s3:ListBucket on resource: \"arn:aws:s3:::data\" because no identity-based policy allows the s3:ListBucket action\n\tstatus code: 403, request id: 4442587FB7D0A2F9",
			symptom.Match{Code: "AccessDenied", Action: "s3:ListBucket", Caller: session, Target: "arn:aws:s3:::data", RequestID: "4442587FB7D0A2F9"},
			[]string{"the role is app", "an allow in an identity-based policy"},
		},
		{
			"User: " + session + " is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::data/k with an explicit deny in a service control policy",
			symptom.Match{Action: "s3:PutObject", Caller: session, Target: "arn:aws:s3:::data/k"},
			[]string{"the role is app", "an explicit deny refuses it, in a service control policy: one of the organization's"},
		},
		{
			"User: " + session + " is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::data/k because no permissions boundary allows the s3:PutObject action",
			symptom.Match{Action: "s3:PutObject", Caller: session, Target: "arn:aws:s3:::data/k"},
			[]string{"the role is app", "an allow in a permissions boundary"},
		},
		{
			"User: arn:aws:sts::111122223333:assumed-role/eks-node/i-0123456789abcdef0 is not authorized to perform: route53:ListHostedZones",
			symptom.Match{Action: "route53:ListHostedZones", Caller: "arn:aws:sts::111122223333:assumed-role/eks-node/i-0123456789abcdef0"},
			[]string{"i-0123456789abcdef0 is named after an EC2 instance"},
		},
		{
			`WebIdentityErr: failed to retrieve credentials caused by: RequestError: send request failed caused by: Post "https://sts.eu-west-1.amazonaws.com/": dial tcp 54.239.29.25:443: i/o timeout`,
			symptom.Match{Host: "sts.eu-west-1.amazonaws.com", Region: "eu-west-1"},
			nil,
		},
		{
			"operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 400, RequestID: 5d5c2c7e-3a5a-4c8e-9b34-0f1c3b0f8c55, ExpiredTokenException: Token expired",
			symptom.Match{Code: "ExpiredToken", RequestID: "5d5c2c7e-3a5a-4c8e-9b34-0f1c3b0f8c55"},
			[]string{"it is the service account token that expired"},
		},
		{
			"ExpiredToken: The provided token has expired. aws-sdk-php/3.100.2",
			symptom.Match{Code: "", Region: ""},
			[]string{"the SDK for PHP is 3.100.2 here, and knows web identity from 3.110.7 on"},
		},
	} {
		matches := symptom.Recognise(test.text)
		if len(matches) == 0 {
			t.Errorf("%s: not known", test.text)
			continue
		}
		got := matches[0]
		remarks := strings.Join(got.Remarks, "\n")
		for _, want := range test.remarks {
			if !strings.Contains(remarks, want) {
				t.Errorf("%s\n\tremarks %q, want %q", test.text, got.Remarks, want)
			}
		}
		if len(got.Remarks) != len(test.remarks) {
			t.Errorf("%s\n\thas remarks %q", test.text, got.Remarks)
		}
		got.Symptom, got.Remarks = nil, nil
		if got.Code != test.want.Code || got.Action != test.want.Action || got.Caller != test.want.Caller || got.Target != test.want.Target ||
			got.Host != test.want.Host || got.Region != test.want.Region || got.RequestID != test.want.RequestID {
			t.Errorf("%s\n\tgot  %+v\n\twant %+v", test.text, got, test.want)
		}
	}
}

// TestTable holds every symptom to its form.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range symptom.All() {
		if s.ID == "" || seen[s.ID] || symptom.ByID(s.ID) != s {
			t.Errorf("%q is no ID, or one that is taken", s.ID)
		}
		seen[s.ID] = true
		if s.Title == "" || s.Meaning == "" || len(s.Causes) == 0 || len(s.Refs) == 0 {
			t.Errorf("%s is not explained", s.ID)
		}
		for _, text := range append([]string{s.Title}, texts(s.Causes)...) {
			if text == "" || strings.HasSuffix(text, ".") || strings.Contains(text, "\n") {
				t.Errorf("%s: %q is no line without a period", s.ID, text)
			}
		}
		for line := range strings.Lines(s.Meaning) {
			if !strings.HasSuffix(strings.TrimSpace(line), ".") {
				t.Errorf("%s: a paragraph of its meaning does not end: %q", s.ID, line)
			}
		}
		for _, ref := range s.Refs {
			if !strings.HasPrefix(ref, "https://") {
				t.Errorf("%s: %q is no page", s.ID, ref)
			}
		}
		for _, p := range symptom.Phrases(s) {
			if p == "" || p != strings.ToLower(p) {
				t.Errorf("%s: phrase %q can not be met in a text of lower case", s.ID, p)
			}
		}
	}
	if symptom.ByID("none") != nil {
		t.Error("there is a symptom none")
	}
}

func TestRedact(t *testing.T) {
	const token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEyMyJ9.eyJhdWQiOlsic3RzLmFtYXpvbmF3cy5jb20iXX0.c2lnbmF0dXJl"
	const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	for _, text := range []string{
		"token " + token + " is bad",
		"WebIdentityToken=" + token,
		"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=" + secret,
		`{"AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": "` + secret + `", "SessionToken": "IQoJb3JpZ2luX2VjEXAMPLETOKEN0123456789012345678901234567890"}`,
		`{\"secretAccessKey\":\"` + secret + `\"}`,
		"Authorization: Bearer " + secret,
		"X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE0123456789",
	} {
		got := symptom.Redact(text)
		for _, part := range []string{token, "c2lnbmF0dXJl", secret, "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "EXAMPLETOKEN", "FwoGZXIvYXdz"} {
			if strings.Contains(got, part) {
				t.Errorf("%s\n\tkeeps %s: %s", text, part, got)
			}
		}
		if symptom.Redact(got) != got {
			t.Errorf("%s\n\tis redacted anew", got)
		}
	}
	const harmless = "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/app/1704838296921190277 is not authorized to perform: s3:ListBucket, request id: 5d5c2c7e-3a5a-4c8e-9b34-0f1c3b0f8c55"
	if got := symptom.Redact(harmless); got != harmless {
		t.Errorf("%s becomes %s", harmless, got)
	}
	if got := symptom.Redact(strings.Repeat("x", 10*symptom.Limit)); len(got) > symptom.Limit+10 {
		t.Errorf("%d bytes are kept", len(got))
	}
}

func FuzzRecognise(f *testing.F) {
	for _, s := range []string{
		"", "\x00\xff%\xfe", "%3A%", strings.Repeat("%", 100), strings.Repeat("&lt;", 100), "\x1b[31m\x1b]0;x",
		"User: arn:aws:sts::1:assumed-role/a/i-0ab is not authorized to perform: s3:Get on resource: x because no permissions boundary allows",
		" is not authorized to  is not authorized to perform: a:b", "sts..amazonaws.com no such host", "assumed-role//", `\u0026\\\"`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		seen := map[string]bool{}
		for _, m := range symptom.Recognise(s) {
			if seen[m.ID] {
				t.Errorf("%s is told twice", m.ID)
			}
			seen[m.ID] = true
		}
		if got := symptom.Redact(s); symptom.Redact(got) != got {
			t.Errorf("redacting is not done after once: %q", got)
		}
	})
}

func BenchmarkRecognise(b *testing.B) {
	text := strings.Repeat("User: arn:aws:sts::111122223333:assumed-role/app/1 is not authorized to walk https://sts ", 700)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		symptom.Recognise(text)
	}
}

func ids(matches []symptom.Match) []string {
	var all []string
	for _, m := range matches {
		all = append(all, m.ID)
	}
	return all
}

func texts(causes []symptom.Cause) []string {
	var all []string
	for _, c := range causes {
		all = append(all, c.Text)
	}
	return all
}
