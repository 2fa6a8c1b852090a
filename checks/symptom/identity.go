package symptom

// What AWS answers to the workload's own calls: who called tells where IRSA stands.

const (
	refIRSA   = "https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html"
	refDenied = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"
	refChain  = "https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html"
	refSDKs   = "https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts-minimum-sdk.html"
	refLogic  = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html"
)

var nodeRole = &Symptom{
	ID:    "node-role",
	Title: "IRSA was not used: the caller is the node, by its own role",
	Meaning: "The SDK found no web identity, or did not know how to use it, went on to the node's metadata service and took the node's role. " +
		"That role lacks the permission, as it should. To give it the permission hides the fault and gives the permission to every pod of the node.",
	Causes: []Cause{
		{"pod-injected", "the pod has no web identity: it is older than the annotation, or the webhook passed it by"},
		{"role-annotation", "the service account has no annotation eks.amazonaws.com/role-arn, or one that is misspelt, or it is on the pod"},
		{"workload-service-account", "the workload runs as another service account than the one with the role"},
		{"webhook-installed", "no pod identity webhook is registered"},
		{"webhook-reaches-pods", "the webhook is not called for the pod, which starts without it"},
		{"pod-identity-conflict", "an EKS Pod Identity association took the account over"},
		{"pod-token-path", "the variables are there and the token is not, and the SDK goes on to the next of its chain"},
		{"", "the container was added to the pod after the webhook, or is another one than the one with web identity"},
		{"", "the SDK is too old for web identity: Go 1.23.13, Java 1.11.704 or 2.10.11, boto3 1.9.220, CLI 1.16.232, JavaScript 2.525.0, .NET 3.3.659.1, C++ 1.7.174, PHP 3.110.7 and Ruby 3.58.0 are the first"},
		{"", "an SDK for Java without the module sts (version 1: aws-java-sdk-sts), or one for .NET without AWSSDK.SecurityToken, passes web identity by"},
		{"", "the program builds its own credential chain without web identity in it, such as the instance profile alone"},
	},
	Refs:    []string{refIRSA, refSDKs},
	phrases: []string{"(as node role)", "as the node role"},
	denial:  denial.byNode,
	shows: func(t *text) bool {
		for _, m := range assumedRole.FindAllStringSubmatch(t.plain, 50) {
			if len(t.denials) == 0 && instance.MatchString(m[2]) {
				return true
			}
		}
		return false
	},
}

var otherIdentity = &Symptom{
	ID:    "other-identity",
	Title: "IRSA was not used: the caller is a user or a person's session, not a role of the pod",
	Meaning: "The SDK found keys before it came to web identity: in the environment, in a mounted credentials file, or in the program's own " +
		"configuration. Or the message is of a program that did not run in the pod.",
	Causes: []Cause{
		{"credentials-not-shadowed", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, stand in the container's environment and come before web identity"},
		{"", "the program has keys in its own configuration: a Secret that it reads, a field of its custom resource"},
		{"", "a credentials file is mounted into the container, or was built into the image"},
		{"", "the call was made somewhere else, with the credentials of whoever ran it"},
	},
	Refs:   []string{refChain},
	denial: denial.byPerson,
}

var selfAssume = &Symptom{
	ID:    "self-assume",
	Title: "IRSA works, and then the role is told to assume itself",
	Meaning: "The caller already has the role, and calls sts:AssumeRole on the same one. A role may not assume itself unless its trust " +
		"policy says so.",
	Causes: []Cause{
		{"role-not-self-assumed", "an argument, a ConfigMap or a custom resource names the role, which the pod has already, as a role to assume"},
		{"", "the program's own configuration names it, such as role of a cert-manager Issuer, roleArn of an ExternalSecret, role_arn of a profile: take it out"},
		{"", "the program assumes AWS_ROLE_ARN by itself after its SDK has done so: a newer version of the program may not"},
	},
	Refs:   []string{"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html", refRole},
	denial: func(d denial) bool { return d.byRole() && d.assumes() && d.itself() },
}

var assumeDenied = &Symptom{
	ID:    "assume-denied",
	Title: "the caller may not assume the other role",
	Meaning: "The caller has credentials, and calls sts:AssumeRole on another role. That takes both: a policy of the caller's role that allows " +
		"sts:AssumeRole on the other, and a trust policy of the other that names the caller's role as an AWS principal. The OIDC provider has no " +
		"part in it.",
	Causes: []Cause{
		{"", "the other role's trust policy does not name the caller's role, or names the provider instead"},
		{"role-has-policies", "the caller's role has no policy that allows sts:AssumeRole on the other"},
		{"role-not-self-assumed", "the role to assume is meant to be the one that the pod has already: take it out of the configuration"},
		{"", "the other role does not exist, or its ARN has a slip"},
		{"pod-role-current", "the caller is not the role that the service account names by now"},
		{"", "a condition of the other role's trust policy is not met, such as sts:ExternalId, or it does not allow sts:TagSession"},
	},
	Refs:   []string{"https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html", refDenied},
	denial: func(d denial) bool { return d.byRole() && d.assumes() && !d.itself() },
	shows: func(t *text) bool {
		return len(t.denials) == 0 && (t.codeAt("not authorized to perform sts:AssumeRole") >= 0 || t.codeAt("not authorized to perform: sts:AssumeRole") >= 0)
	},
}

var permissionMissing = &Symptom{
	ID:    "permission-missing",
	Title: "the caller is the session of a role, and that role lacks the permission",
	Meaning: "When the caller's role is the one that the service account names, IRSA has done its work: the pod has the role. What lacks is a policy " +
		"that allows the action on the resource, or a policy that refuses it is in the way. Nothing about the webhook, the token or the trust policy " +
		"mends that.",
	Causes: []Cause{
		{"role-has-policies", "the role has no policy at all"},
		{"", "the role's policies leave out the action, or name another resource: compare action and resource with the text"},
		{"", "a newer version of the program calls something that the policy of the older one did not need"},
		{"pod-role-current", "the policy was given to another role than the one that the pod has"},
		{"", "the resource's own policy does not let the role in: a bucket or a key of another account has to"},
		{"", "a permissions boundary, a service control policy or a condition refuses it"},
	},
	Refs:   []string{refDenied, refLogic},
	denial: func(d denial) bool { return d.byRole() && !d.assumes() && !d.exchanges() },
	shows:  func(t *text) bool { return t.says("mount.nfs4: access denied") && t.says("webidentity:") }, // EFS, which tells its source
}

var accessDenied = &Symptom{
	ID:    "access-denied",
	Title: "AWS refused a call, and the text leaves out who made it",
	Meaning: "Whether IRSA is at fault depends on the caller. The SDK's full message, or aws sts get-caller-identity in the pod, names it: the role of the " +
		"account means that IRSA works and a permission lacks; a node's role, assumed-role/…/i-…, means that IRSA was not used.",
	Causes: []Cause{
		{"pod-injected", "the pod has no web identity, and the caller is its node"},
		{"role-annotation", "the service account names no role, and the caller is the pod's node"},
		{"workload-service-account", "the workload runs as another service account than the one with the role"},
		{"trust-policy-subject", "the role does not admit the service account"},
		{"role-arn-format", "what the service account names is no role"},
		{"credentials-not-shadowed", "other credentials come before web identity"},
		{"role-has-policies", "the role has no policy"},
		{"", "the role's policies leave out the action or the resource"},
		{"", "the resource's own policy refuses the role, or hides the resource from it"},
	},
	Refs:    []string{refDenied},
	codes:   []string{"AccessDenied", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized", "Client.UnauthorizedOperation"},
	phrases: []string{"access denied", "not authorized to perform"},
	general: true,
}
