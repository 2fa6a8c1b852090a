package symptom

// What SDKs say when they find no credentials, or the wrong ones.

var noCredentials = &Symptom{
	ID:    "no-credentials",
	Title: "the SDK found no credentials at all: neither web identity nor anything else",
	Meaning: "The SDK went through its chain and nothing in it gave credentials. With IRSA that means that the container has no AWS_ROLE_ARN and no " +
		"AWS_WEB_IDENTITY_TOKEN_FILE, or that the SDK does not know them. The words about EC2, IMDS or instance metadata are of the last in the chain, " +
		"which pods are often kept from: that is as it should be.",
	Causes: []Cause{
		{"pod-injected", "the pod has no web identity: it is older than the annotation, or the webhook passed it by"},
		{"role-annotation", "the service account has no annotation eks.amazonaws.com/role-arn, or one that is misspelt, or it is on the pod"},
		{"workload-service-account", "the workload runs as another service account than the one with the role"},
		{"webhook-installed", "no pod identity webhook is registered"},
		{"webhook-reaches-pods", "the webhook is not called for the pod, which starts without it"},
		{"pod-token-path", "the variables do not lead to a token"},
		{"pod-identity-conflict", "EKS Pod Identity and IRSA are in each other's way"},
		{"credentials-not-shadowed", "half a key pair, or a profile that is not there, ends the search"},
		{"", "the SDK is too old for web identity, or one for Java lacks its sts module"},
		{"", "the program builds its own credential chain without web identity in it"},
	},
	Refs:  []string{refIRSA, refSDKs, refChain},
	codes: []string{"NoCredentialProviders", "NoCredentials", "PartialCredentials", "CredentialsProvider", "MissingCredentials", "CredentialsNotLoaded", "EnvAccessKeyNotFound"},
	phrases: []string{
		"unable to locate credentials", "partial credentials found", "could not load credentials from any provider", "missing credentials in config",
		"no ec2 imds role found", "no valid providers in chain", "unable to load aws credentials", "unable to load credentials", "no valid credential sources",
		"unable to sign request without credentials", "error retrieving credentials from the instance profile",
		"unable to get iam security credentials", "failed to resolve aws credentials", "no providers in chain provided credentials",
		"credentials were not loaded", "failed to load credentials", "can't find aws credentials", "no aws credentials found",
		"failed to retrieve credentials", "failed to refresh cached credentials", "169.254.169.254", "ec2imds",
	},
	general: true,
}

var profileMissing = &Symptom{
	ID:    "profile-missing",
	Title: "the SDK was told of a profile that is in none of its files",
	Meaning: "AWS_PROFILE, or the program's own configuration, names a profile, and the shared configuration and credentials files do not hold it. Go, Python and " +
		".NET then give up before they come to web identity. With IRSA no profile is needed.",
	Causes: []Cause{
		{"credentials-not-shadowed", "AWS_PROFILE stands in the container's environment"},
		{"", "the program's own configuration names a profile, or an option of its chart for a credentials Secret is set"},
		{"", "the file with the profile was mounted once, and is not any more"},
	},
	Refs:  []string{refChain},
	codes: []string{"SharedConfigProfileNotExist", "ProfileNotFound", "SharedCredsProfileNotExist"},
	phrases: []string{
		"failed to get shared config profile", "config profile (", "no aws profile named", "unable to find the profile", "aws profile not found",
	},
}

var staticKeyInvalid = &Symptom{
	ID:    "static-key-invalid",
	Title: "AWS does not know the key that the call was signed with",
	Meaning: "Keys that web identity gives are fresh from STS and known everywhere in their partition. An unknown key comes from elsewhere: one that was " +
		"deleted or mistyped and stands before web identity in the chain, one without its session token, or one of another partition.",
	Causes: []Cause{
		{"credentials-not-shadowed", "a key pair or a profile in the container's environment comes before web identity"},
		{"region-agreement", "the keys are of one partition and the call goes to another: AWS in China and GovCloud know only their own"},
		{"sts-endpoint", "something that is not AWS answers under the endpoint that is set"},
		{"", "the program has keys of its own in its configuration"},
		{"", "the call goes to an opt-in region with a session of the global STS endpoint, which such regions do not take"},
		{"", "the variables of web identity come before the profile that is meant: Python, Go and Java take them first"},
	},
	Refs:  []string{refChain, refEndpoint},
	codes: []string{"InvalidClientTokenId", "UnrecognizedClient", "SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidSignature", "IncompleteSignature", "AuthFailure", "InvalidToken"},
	phrases: []string{
		"security token included in the request is invalid", "not able to validate the provided access credentials",
		"provided token is malformed or otherwise invalid",
	},
}

var javaSTSModule = &Symptom{
	ID:    "java-sts-module",
	Title: "the SDK lacks its STS module, without which it can not use web identity",
	Meaning: "Java's SDK can change the token for a session only with the module sts on the class path (version 1: aws-java-sdk-sts). Without it, it says so once, and " +
		"goes on to the next of its chain, often the node's role. .NET's needs the package AWSSDK.SecurityToken in the same way. Nothing in the cluster or in IAM is wrong.",
	Causes: []Cause{
		{"", "the program was built without software.amazon.awssdk:sts, or com.amazonaws:aws-java-sdk-sts: add it, in the version of the other modules"},
		{"", "the .NET program was built without the package AWSSDK.SecurityToken: add it"},
		{"", "the SDK is too old: Java's from 1.11.704 and 2.10.11 on, .NET's from 3.3.659.1 on"},
	},
	Refs:    []string{refSDKs, "https://docs.aws.amazon.com/sdk-for-java/latest/developer-guide/credentials-chain.html"},
	phrases: []string{"aws-java-sdk-sts module", "'sts' service module", "assembly awssdk.securitytoken could not be"},
}

var sdkTooOld = &Symptom{
	ID:    "sdk-too-old",
	Title: "the SDK is from before web identity, and passes it by",
	Meaning: "An SDK that does not know AWS_WEB_IDENTITY_TOKEN_FILE looks for credentials elsewhere, and often takes the node's role. Nothing in the cluster or in " +
		"IAM is wrong.\n" +
		"The first that know it: Go 1.23.13 and version 2, Java 1.11.704 and 2.10.11, boto3 1.9.220, botocore 1.12.200, AWS CLI 1.16.232, JavaScript 2.525.0 and " +
		"3.27.0, Ruby 3.58.0, C++ 1.7.174, .NET 3.3.659.1 with AWSSDK.SecurityToken, PHP 3.110.7.",
	Causes: []Cause{{"", "the program, or the image, has an old SDK: use a newer version of it"}},
	Refs:   []string{refSDKs},
	shows:  func(t *text) bool { return t.oldSDK != "" },
}

var ownChain = &Symptom{
	ID:    "own-chain",
	Title: "the program does not use the SDK's default chain, which is where web identity is",
	Meaning: "A program that lists its credential providers itself, or signs its calls itself, has web identity only if its author thought of it. Nothing in the " +
		"cluster or in IAM is wrong.",
	Causes: []Cause{
		{"", "the program's options choose providers, and web identity is not among them: Hadoop's fs.s3a.aws.credentials.provider needs WebIdentityTokenCredentialsProvider"},
		{"", "the program asks for keys in its configuration, or sends its calls unsigned without them: look for an option such as useIAM, or leave the keys empty"},
		{"", "the library does not know web identity: a newer version may"},
	},
	Refs:   []string{refChain, refSDKs},
	denial: func(d denial) bool { return d.byNobody() && !d.exchanges() },
	codes:  []string{"MissingAuthenticationToken", "NoAuthHandlerFound"},
	phrases: []string{
		"missing authentication token", "no handler was ready to authenticate", "no aws credentials provided by", "no credentials provider specified",
		"no awscredentialsprovider", "anonymousawscredentials",
	},
}

var podIdentity = &Symptom{
	ID:    "pod-identity",
	Title: "the error is EKS Pod Identity's, which took the place of IRSA in this pod",
	Meaning: "EKS Pod Identity is another mechanism: the SDK asks an agent on the node, at 169.254.170.23, which asks EKS. Where an association of the service account " +
		"exists, the webhook gives the pod that and not IRSA, annotation or not. Its roles trust pods.eks.amazonaws.com, with sts:AssumeRole and sts:TagSession.",
	Causes: []Cause{
		{"pod-identity-conflict", "an association of the account took over from IRSA, and its role trusts the OIDC provider only; or the account is left with both"},
		{"pod-injected", "the pods were made while the account had an association, or before it had"},
		{"", "the agent, DaemonSet eks-pod-identity-agent, does not run on the node, or a proxy or NetworkPolicy keeps the pod from it"},
		{"", "the SDK is too old for EKS Pod Identity, which needs newer ones than IRSA"},
	},
	Refs: []string{"https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html", "https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html"},
	phrases: []string{
		"eks does not have permissions to assume the associated role", "169.254.170.23", "fd00:ec2::23", "unauthorized exception! eks", "pods.eks.amazonaws.com",
		"eks-pod-identity",
	},
}
