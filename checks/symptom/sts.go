package symptom

// What STS answers to AssumeRoleWithWebIdentity.

const (
	refAPI        = "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"
	refRole       = "https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html"
	refProvider   = "https://docs.aws.amazon.com/eks/latest/userguide/enable-iam-roles-for-service-accounts.html"
	refCreate     = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html"
	refThumbprint = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html"
	refRepost     = "https://repost.aws/knowledge-center/eks-troubleshoot-irsa-errors"
	refEndpoint   = "https://docs.aws.amazon.com/eks/latest/userguide/configure-sts-endpoint.html"
)

var notAuthorized = &Symptom{
	ID:    "not-authorized-web-identity",
	Title: "STS has the token, and the role does not admit it, or there is no such role",
	Meaning: "The pod did send its token: the webhook, the mount and the network have done their part, and the provider took the " +
		"token. STS says AccessDenied when no statement of the role's trust policy allows sts:AssumeRoleWithWebIdentity to this " +
		"provider for the token's subject and audience.\n" +
		"It says the same when the account has no role of exactly this ARN: it does not tell which roles exist. The permissions " +
		"of the role, and those of the node, have no part in it.",
	Causes: []Cause{
		{"trust-policy-subject", "the trust policy's condition on sub does not accept the service account: another name or namespace, a wildcard under StringEquals, a key that is not ISSUER:sub"},
		{"trust-policy-federated", "the trust policy does not name the provider of this cluster: it was made for another cluster, or for the one before this was created anew"},
		{"role-exists", "the account has no role of exactly this ARN, path included"},
		{"trust-policy-action", "the trust policy allows sts:AssumeRole only, which does not cover sts:AssumeRoleWithWebIdentity"},
		{"trust-policy-audience", "the trust policy's condition on aud does not accept the audience of the token"},
		{"trust-policy-conditions", "the trust policy has a condition that a web identity never meets, such as sts:ExternalId"},
		{"trust-policy-deny", "a Deny statement of the trust policy catches the call"},
		{"trust-policy-parses", "a part of the trust policy does not mean to IAM what it seems to say"},
		{"token-audience", "the pod's token is for another audience than the one that is meant"},
		{"token-claims", "the token's own sub or aud is not what is thought"},
		{"pod-role-current", "the pods still ask for the role that the account named when they were created"},
		{"workload-service-account", "the workload runs as another service account than the one that the role trusts"},
		{"pod-identity-conflict", "the role was moved to EKS Pod Identity and trusts only that"},
		{"", "the program sends the token to a role of its own configuration, often one of another account that trusts the first role and not the provider: it has to assume that one with sts:AssumeRole"},
		{"", "the role was changed a moment ago: IAM takes a while to tell all of STS"},
		{"", "a resource control policy of the organization, or the policy of a VPC endpoint for STS, refuses the call"},
	},
	Refs:    []string{refRole, refRepost},
	phrases: []string{"not authorized to perform sts:assumerolewithwebidentity", "not authorized to perform: sts:assumerolewithwebidentity"},
	denial:  denial.exchanges,
	shows: func(t *text) bool {
		forbidden := t.hasCode("AccessDenied") || t.says("statuscode: 403", "status code: 403")
		return forbidden && len(t.denials) == 0 && t.says("assumerolewithwebidentity") && !t.says("regiondisabled", "idprejected")
	},
}

var noProvider = &Symptom{
	ID:    "no-provider",
	Title: "the account of the role has no OIDC provider for the issuer of the token, as far as this STS knows",
	Meaning: "STS looks for an IAM OIDC provider whose URL is the token's iss, in the account of the role's ARN, and finds none. " +
		"It has not looked at the trust policy yet.\n" +
		"The provider counts only in the account of the role and in the partition of the STS that is asked: an SDK that asks the STS " +
		"of the commercial partition for a role in China gets this answer too.",
	Causes: []Cause{
		{"provider-exists", "there is no provider for exactly this issuer in the role's account: none was made, it is one of a former cluster, or it is in another account"},
		{"region-agreement", "the container is told a region of another partition, whose STS does not know the provider"},
		{"sts-endpoint", "the STS of another partition, or none of AWS, is asked"},
		{"region-set", "the container is told no region, and its SDK falls back to us-east-1, which is in another partition"},
		{"issuer-known", "the provider was made for the dual-stack name of the issuer, which tokens do not carry"},
		{"token-claims", "the token is of another issuer than the cluster's: it is an old one, or another cluster's"},
		{"role-arn-format", "the role's ARN is of another account than meant"},
		{"pod-role-current", "the pods still ask for the role that the account named before, of an account without the provider"},
		{"", "the region whose STS is asked is not activated in the account of the role"},
		{"", "the provider was made a moment ago"},
	},
	Refs:    []string{refProvider, refCreate, refRepost},
	phrases: []string{"no openidconnect provider found", "no openid connect provider found"},
}

var wrongAudience = &Symptom{
	ID:    "wrong-audience",
	Title: "the audience of the token is not among the client IDs of the OIDC provider",
	Meaning: "STS found the provider of the token's issuer, and the token's aud is none of its client IDs. It has not looked at the trust " +
		"policy yet: a condition on aud there that does not fit ends in AccessDenied.\n" +
		"The audience is only a text, sts.amazonaws.com unless something else is set, in China too. It has nothing to do with the STS " +
		"endpoint that is called, and a regional name or sts.amazonaws.com.cn does not belong there.",
	Causes: []Cause{
		{"provider-audience", "the provider's client IDs lack the audience: a regional STS name, a slip such as sts.amazon.com, a character that is not seen"},
		{"token-audience", "the pod's token is for another audience than the one that is meant"},
		{"service-account-options", "the account's audience annotation is not what it should be"},
		{"token-claims", "the token's own aud is not what is thought"},
		{"pod-token-path", "the program reads another token than the one that the webhook gave it"},
	},
	Refs:    []string{refProvider, refRepost},
	phrases: []string{"incorrect token audience", "incorrect audience"},
}

var thumbprint = &Symptom{
	ID:    "thumbprint",
	Title: "no public authority signed the certificate of the issuer's keys, and none of the provider's thumbprints is of its chain",
	Meaning: "AWS verifies the certificate of the host of the jwks_uri by its own list of public authorities. Only where none of them " +
		"signed it do the provider's thumbprints count.\n" +
		"Folklore: for the issuers of EKS, and for keys that S3, CloudFront or Let's Encrypt certificates serve, a wrong thumbprint " +
		"is no fault any more, and fixing it mends nothing, whatever older guides and threads say.",
	Causes: []Cause{
		{"provider-thumbprint", "the issuer's certificate is of a private authority, and the provider has the thumbprint of another"},
		{"issuer-discovery", "something else than the issuer answers under its name, or answers with a certificate of its own"},
		{"", "the message is an old one: the issuer is one of EKS, whose certificate AWS trusts without a thumbprint"},
	},
	Refs:    []string{refThumbprint},
	phrases: []string{"doesn't match configured thumbprint", "does not match configured thumbprint", "configured thumbprint"},
}

var noVerificationKey = &Symptom{
	ID:    "no-verification-key",
	Title: "STS could not get the key that signed the token from the issuer",
	Meaning: "STS itself fetches the issuer's discovery document and its keys (JWKS), over the internet. It says this when either can not " +
		"be reached, is slow, lacks what it must have, or does not hold the key that the token names.\n" +
		"Whether the pod, or your own machine, reaches the issuer does not matter.",
	Causes: []Cause{
		{"issuer-discovery", "the discovery document or the keys are not public, not complete, or lack the key of the cluster's tokens"},
		{"issuer-known", "the issuer is not one that STS can ask: no https, or a name of the inner network"},
		{"token-claims", "the token is signed by a key that the issuer does not publish any more: it is an old one, or another cluster's"},
		{"", "the issuer was slow, or limited the calls, for a moment: it is seen with issuers of EKS too, and goes away when the call is made again"},
	},
	Refs:    []string{refCreate, refAPI},
	phrases: []string{"couldn't retrieve verification key", "could not retrieve verification key"},
}

var missingClaim = &Symptom{
	ID:      "missing-claim",
	Title:   "the token lacks a claim that STS needs: it is no service account token",
	Meaning: "A projected service account token has iss, sub, aud and exp. What the program sent is something else: an access token, a token of another kind, or one that was made by hand.",
	Causes: []Cause{
		{"pod-token-path", "AWS_WEB_IDENTITY_TOKEN_FILE leads to another file than a projected service account token"},
		{"token-claims", "the token lacks the claim"},
		{"", "the program sends a token of its own instead of the file's"},
	},
	Refs:    []string{refAPI},
	phrases: []string{"missing a required claim"},
}

var tokenInvalid = &Symptom{
	ID:    "token-invalid",
	Title: "STS does not take the token for one that it could verify",
	Meaning: "InvalidIdentityToken covers everything that is wrong with the token or with its provider. What follows the code tells which; " +
		"here nothing does that is known.",
	Causes: []Cause{
		{"token-claims", "the token is cut off, changed, of another kind or of another issuer"},
		{"pod-token-path", "AWS_WEB_IDENTITY_TOKEN_FILE leads to something else than a projected token"},
		{"provider-exists", "there is no provider for the issuer"},
		{"issuer-discovery", "STS can not use the issuer's keys"},
		{"", "the program sends the path of the file, or a token of its own, instead of what is in the file"},
	},
	Refs:    []string{refAPI, refRepost},
	codes:   []string{"InvalidIdentityToken"},
	phrases: []string{"invalid identity token", "not a valid jwt", "token must be issued in the past", "not a login with amazon token"},
	general: true,
}

var tokenExpired = &Symptom{
	ID:    "token-expired",
	Title: "the token, or the session that it was changed for, is past its time",
	Meaning: "Two things expire. The session that STS gave lasts an hour by default, and the SDK gets a new one before it is over: a program that " +
		"copies the keys out of the SDK, or caches them itself, fails an hour after its start, with ExpiredToken from the service it calls.\n" +
		"The service account token lasts a day, and the kubelet renews the file long before: a program that reads the file once and keeps " +
		"the text fails after a day, with ExpiredTokenException from STS. STS takes a token for five minutes past its exp.",
	Causes: []Cause{
		{"", "the program does not renew its session: it keeps the keys, or has a cache of its own that waits for the token file to change"},
		{"", "the program, or its SDK, reads the token file once and keeps the text"},
		{"token-claims", "the pod's token is over: the kubelet did not renew it, or the file is a copy"},
		{"pod-token-path", "the token file is a copy that nobody renews, such as one in a Secret or under a subPath"},
		{"credentials-not-shadowed", "keys of a session stand in the environment, and nobody renews those"},
		{"", "the clock of the node is wrong"},
	},
	Refs:    []string{refAPI},
	codes:   []string{"ExpiredToken", "RequestExpired", "TokenRefreshRequired"},
	phrases: []string{"security token included in the request is expired", "the provided token has expired", "token expired: current date/time"},
}

var roleARNInvalid = &Symptom{
	ID:    "role-arn-invalid",
	Title: "what STS was given as the role is no ARN of a role",
	Meaning: "STS looks at the form of the ARN before anything else. What the account's annotation says goes into AWS_ROLE_ARN as it is: a blank, " +
		"a quote, a placeholder, a missing account, a doubled or escaped colon all end here.",
	Causes: []Cause{
		{"role-arn-format", "the account's annotation, or the variable, holds something else than a role's ARN"},
		{"pod-role-current", "the annotation is right by now, and the pods are from before"},
		{"", "the program has a role of its own in its configuration, and that one is malformed"},
	},
	Refs:    []string{"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html", refRepost},
	phrases: []string{"request arn is invalid", "at 'rolearn' failed to satisfy constraint", "invalid length for parameter rolearn", "is invalid for rolearn"},
}

var regionDisabled = &Symptom{
	ID:    "region-disabled",
	Title: "STS is not activated in that region for the account",
	Meaning: "Regions that AWS opened after March 2019 have to be opted into, and an account can switch off STS in others. What counts is " +
		"the account of the role.",
	Causes: []Cause{
		{"region-agreement", "the container is told another region than the cluster's"},
		{"region-valid", "the container is told a region by mistake"},
		{"sts-endpoint", "something leads the call to another region's STS"},
		{"", "the region is not enabled in the role's account, or STS is switched off there: account settings of IAM"},
	},
	Refs:  []string{"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html"},
	codes: []string{"RegionDisabled"},
	phrases: []string{
		"sts is not activated in this region",
	},
}

var idpCommunication = &Symptom{
	ID:    "idp-communication",
	Title: "STS did not get an answer from the issuer, or the issuer's answer rejected the token",
	Meaning: "IDPCommunicationError is one of the moment: STS asks to try again. When it stays, the issuer is not reachable from the internet. " +
		"IDPRejectedClaim says that the token is not valid, has expired or was revoked.",
	Causes: []Cause{
		{"", "the issuer was slow for a moment: the SDK's next try succeeds"},
		{"issuer-discovery", "the issuer is not reachable from the internet"},
		{"token-claims", "the token is over, or not valid"},
	},
	Refs:  []string{refAPI},
	codes: []string{"IDPCommunicationError", "IDPCommunication", "IDPRejectedClaim"},
}

var webIdentityFailed = &Symptom{
	ID:    "web-identity-failed",
	Title: "the SDK could not change its token for a session, and the text leaves out why",
	Meaning: "The SDK used web identity, so the pod has its variables. The reason stands after the words caused by, or in the next line of the log: " +
		"give that too.",
	Causes: []Cause{
		{"trust-policy-subject", "the trust policy does not accept the service account"},
		{"trust-policy-federated", "the trust policy does not name the cluster's provider"},
		{"role-exists", "there is no such role"},
		{"provider-exists", "there is no provider for the issuer"},
		{"provider-audience", "the provider does not take the token's audience"},
		{"sts-egress", "the pod does not get through to STS"},
		{"pod-token-path", "the token file is not there"},
	},
	Refs:    []string{refRepost},
	phrases: []string{"webidentityerr", "assumerolewithwebidentity"},
	general: true,
}

var quota = &Symptom{
	ID:    "quota",
	Title: "a limit of AWS is reached",
	Meaning: "A trust policy holds 2048 characters unless the quota was raised, which is about four clusters or some thirty service accounts; an account " +
		"holds a hundred OIDC providers unless raised. Throttling (Rate exceeded) is of the moment: SDKs try again.",
	Causes: []Cause{
		{"", "the trust policy is full (ACLSizePerRole): use one role per service account, or StringLike with a wildcard for the names of one namespace"},
		{"", "too many roles, policies or providers: ask for a higher quota, or delete what is unused"},
		{"", "too many calls at once: they succeed later"},
		{"trust-policy-subject", "the service account was not added to the trust policy, because it is full"},
	},
	Refs:    []string{"https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"},
	codes:   []string{"LimitExceeded", "PackedPolicyTooLarge", "Throttling", "ThrottledException", "TooManyRequests", "RequestLimitExceeded"},
	phrases: []string{"cannot exceed quota", "rate exceeded", "aclsizeperrole"},
}
