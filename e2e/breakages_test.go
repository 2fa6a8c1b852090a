package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

// A breakage spoils what setUp made.
type breakage struct {
	name  string
	spoil func(*testing.T, *lab)
	cause string // the check that must name it
	// byHand mends what the doctor has text for, but no command: after the commands that it has.
	byHand func(*testing.T, *lab)
	// after puts back what is well, but other than before.
	after func(*testing.T, *lab)
	// prognosis that the doctor gives of its commands; empty for healthy.
	prognosis string
	// sees is part of the error that the doctor predicts, and that an SDK in the pod meets.
	sees  string
	stuck bool // no pod can be created
}

// The errors of STS.
const (
	notAuthorized = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"
	noProvider    = "No OpenIDConnect provider found in your account for https://"
	wrongAudience = "Incorrect token audience"
	invalidARN    = "Request ARN is invalid"
	noTokenFile   = "no such file or directory"
)

const roleKey = "eks.amazonaws.com/role-arn"

var breakages = []breakage{
	// Region.
	{name: "the guide's AWS_REGION is the account ID", spoil: setEnv("AWS_REGION=" + awsAccount), cause: "region-valid"},
	{name: "the region is an availability zone", spoil: setEnv("AWS_REGION=us-west-2a"), cause: "region-valid"},
	{name: "aws.region was never set", spoil: setEnv("AWS_REGION="), cause: "region-set"},
	{name: "the region is of another partition", spoil: setEnv("AWS_REGION=cn-north-1"), cause: "region-agreement"},

	// Service account and webhook.
	{name: "the annotation came after the pod", spoil: func(t *testing.T, l *lab) {
		l.annotate(t, roleKey+"-")
		l.restart(t)
		l.settle(t)
		l.annotate(t, roleKey+"="+role)
	}, cause: "pod-injected"},
	{name: "the annotation's key is misspelt", spoil: reannotate(roleKey+"-", "eks.amazonaws.com/role_arn="+role), cause: "role-annotation"},
	{name: "the annotation is the role's name", spoil: reannotate(roleKey + "=" + name), cause: "role-arn-format", byHand: reannotate(roleKey + "=" + role)},
	{name: "the annotation begins with a blank", spoil: reannotate(roleKey + "= " + role), cause: "role-arn-format", sees: invalidARN},
	{name: "the annotation names an instance profile", spoil: reannotate(roleKey + "=arn:aws:iam::" + awsAccount + ":instance-profile/" + name), cause: "role-arn-format", sees: invalidARN, byHand: reannotate(roleKey + "=" + role)},
	{name: "the annotation misspells the role", spoil: reannotate(roleKey + "=arn:aws:iam::" + awsAccount + ":role/ack-s3-controler"), cause: "role-exists", sees: notAuthorized, byHand: reannotate(roleKey + "=" + role)},
	{name: "the annotation leaves out the role's path", spoil: func(t *testing.T, l *lab) {
		l.aws.Edit(func(w *awstest.World) { w.Accounts[awsAccount].Roles[name].Path = "/teams/storage/" })
	}, cause: "role-exists", sees: notAuthorized, after: func(t *testing.T, l *lab) {
		l.aws.Edit(func(w *awstest.World) { w.Accounts[awsAccount].Roles[name].Path = "/" })
		reannotate(roleKey+"="+role)(t, l)
	}},
	{name: "the workload runs as default", spoil: func(t *testing.T, l *lab) {
		l.kubectl(t, "set", "serviceaccount", "deployment/"+name, "default", "-n", namespace)
	}, cause: "workload-service-account", prognosis: "unknown"},
	{name: "the service account was deleted", stuck: true, spoil: func(t *testing.T, l *lab) {
		l.kubectl(t, "delete", "serviceaccount", name, "-n", namespace)
		l.restart(t)
	}, cause: "service-account-exists", byHand: reannotate(roleKey + "=" + role)},
	{name: "the pods have the label that skips the webhook", spoil: patch(`{"spec": {"template": {"metadata": {"labels": {"eks.amazonaws.com/skip-pod-identity-webhook": "true"}}}}}`), cause: "webhook-reaches-pods"},
	{name: "the webhook is gone", spoil: func(t *testing.T, l *lab) {
		l.hook.unregister(t)
		l.restart(t)
	}, cause: "webhook-installed", byHand: func(t *testing.T, l *lab) {
		l.hook.register(t, "")
		l.restart(t)
	}},
	{name: "the webhook is for other namespaces", spoil: func(t *testing.T, l *lab) {
		l.hook.register(t, "{team: storage}")
		l.restart(t)
	}, cause: "webhook-reaches-pods", byHand: func(t *testing.T, l *lab) {
		l.hook.register(t, "")
		l.restart(t)
	}},

	// Pod.
	{name: "the template sets the role", spoil: setEnv("AWS_ROLE_ARN=" + role), cause: "pod-injected"},
	{name: "the template sets both and another file", spoil: setEnv("AWS_ROLE_ARN="+role, "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/tokens/aws"), cause: "pod-token-path", sees: noTokenFile},
	{name: "the template sets the token file", spoil: setEnv("AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/tokens/aws"), cause: "pod-injected"},
	{name: "the webhook is told to skip the controller", spoil: patch(`{"spec": {"template": {"metadata": {"annotations": {"eks.amazonaws.com/skip-containers": "controller"}}}}}`), cause: "pod-injected", byHand: patch(`{"spec": {"template": {"metadata": {"annotations": {"eks.amazonaws.com/skip-containers": null}}}}}`)},
	{name: "another volume has the webhook's name", spoil: patch(`{"spec": {"template": {"spec": {"volumes": [{"name": "aws-iam-token", "emptyDir": {}}]}}}}`), cause: "pod-injected", sees: noTokenFile, byHand: patch(`{"spec": {"template": {"spec": {"volumes": null}}}}`)},
	{name: "the pod has the role of yesterday", spoil: func(t *testing.T, l *lab) {
		reannotate(roleKey+"=arn:aws:iam::"+awsAccount+":role/yesterday")(t, l)
		l.settle(t)
		l.annotate(t, roleKey+"="+role)
	}, cause: "pod-role-current", sees: notAuthorized},
	{name: "static keys come first", spoil: setEnv("AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), cause: "credentials-not-shadowed"},
	{name: "STS is asked elsewhere", spoil: setEnv("AWS_ENDPOINT_URL_STS=https://sts.cn-north-1.amazonaws.com.cn"), cause: "sts-endpoint"},
	{name: "Pod Identity takes over with a role that is gone", spoil: func(t *testing.T, l *lab) {
		l.associate(t, "arn:aws:iam::"+awsAccount+":role/yesterday")
	}, cause: "pod-identity-conflict", byHand: func(t *testing.T, l *lab) {
		l.dissociate()
		l.restart(t)
	}},
	{name: "Pod Identity takes over with a role that does not trust it", spoil: func(t *testing.T, l *lab) {
		l.associate(t, role)
	}, cause: "pod-identity-conflict", after: func(t *testing.T, l *lab) {
		l.dissociate()
		l.restart(t)
	}},

	// Provider.
	{name: "the provider was deleted", spoil: func(t *testing.T, l *lab) {
		l.sh(t, "aws iam delete-open-id-connect-provider --open-id-connect-provider-arn "+l.provider())
	}, cause: "provider-exists", sees: noProvider},
	{name: "the provider lacks the audience", spoil: func(t *testing.T, l *lab) {
		l.sh(t, "aws iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn "+l.provider()+" --client-id sts.amazonaws.com")
		l.sh(t, "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "+l.provider()+" --client-id sts.amazon.com")
	}, cause: "provider-audience", sees: wrongAudience},
	{name: "the annotation asks for an audience that nobody takes", spoil: reannotate("eks.amazonaws.com/audience=sts.amazonaws.com.cn"), cause: "provider-audience", sees: wrongAudience},

	// Role and trust policy.
	{name: "the role was deleted", spoil: func(t *testing.T, l *lab) {
		l.sh(t, "aws iam detach-role-policy --role-name "+name+" --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess")
		l.sh(t, "aws iam delete-role --role-name "+name)
	}, cause: "role-exists", sees: notAuthorized, byHand: func(t *testing.T, l *lab) { l.createRole(t) }},
	{name: "the trust policy names another namespace", spoil: trusting(":ack-system:", ":default:"), cause: "trust-policy-subject", sees: notAuthorized},
	{name: "the trust policy names another account", spoil: trusting(":ack-s3-controller", ":ack-s3"), cause: "trust-policy-subject", sees: notAuthorized},
	{name: "a wildcard stands under StringEquals", spoil: trusting(":ack-s3-controller", ":*"), cause: "trust-policy-subject", sees: notAuthorized},
	{name: "the trust policy wants another audience", spoil: trusting(`"sts.amazonaws.com"`, `"sts.amazon.com"`), cause: "trust-policy-audience", sees: notAuthorized},
	{name: "the trust policy names the provider of the cluster before", spoil: trusting("oidc-provider/ISSUER", "oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"), cause: "trust-policy-federated", sees: notAuthorized},
	{name: "the conditions are of the cluster before", spoil: trusting(`"ISSUER:`, `"oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:`), cause: "trust-policy-subject", sees: notAuthorized},
	{name: "the conditions have the issuer's scheme", spoil: trusting(`"ISSUER:`, `"https://ISSUER:`), cause: "trust-policy-subject", sees: notAuthorized},
	{name: "the trust policy allows sts:AssumeRole", spoil: trusting("sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"), cause: "trust-policy-action", sees: notAuthorized},
	{name: "the trust policy is EC2's", spoil: trusting(`{"Federated": "arn:aws:iam::`+awsAccount+`:oidc-provider/ISSUER"}`, `{"Service": "ec2.amazonaws.com"}`, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRole", `,
 "Condition": {"StringEquals": {"ISSUER:sub": "system:serviceaccount:ack-system:ack-s3-controller", "ISSUER:aud": "sts.amazonaws.com"}}`, ""), cause: "trust-policy-federated", sees: notAuthorized},
	{name: "the trust policy denies it as well", spoil: trusting(`"Statement": [`, `"Statement": [{"Effect": "Deny", "Principal": {"Federated": "arn:aws:iam::`+awsAccount+`:oidc-provider/ISSUER"}, "Action": "sts:AssumeRoleWithWebIdentity"}, `), cause: "trust-policy-deny", sees: notAuthorized, byHand: trusting()},
}

func setEnv(pairs ...string) func(*testing.T, *lab) {
	return func(t *testing.T, l *lab) {
		t.Helper()
		l.kubectl(t, append([]string{"set", "env", "deployment/" + name, "-n", namespace}, pairs...)...)
	}
}

// reannotate changes the service account, and has the pods follow.
func reannotate(changes ...string) func(*testing.T, *lab) {
	return func(t *testing.T, l *lab) {
		t.Helper()
		l.annotate(t, changes...)
		l.restart(t)
	}
}

// patch changes the deployment.
func patch(merge string) func(*testing.T, *lab) {
	return func(t *testing.T, l *lab) {
		t.Helper()
		l.kubectl(t, "patch", "deployment", name, "-n", namespace, "--type", "merge", "-p", merge)
	}
}

// trusting replaces parts of the guide's trust policy, or puts all of it back.
func trusting(replacements ...string) func(*testing.T, *lab) {
	return func(t *testing.T, l *lab) {
		t.Helper()
		spoilt := strings.NewReplacer(replacements...).Replace(trust)
		if spoilt == trust && len(replacements) > 0 {
			t.Fatalf("%q is not in the trust policy", replacements)
		}
		l.sh(t, fmt.Sprintf("aws iam update-assume-role-policy --role-name %s --policy-document '%s'", name, l.forIssuer(spoilt)))
	}
}

// associate has EKS Pod Identity give the service account a role.
func (l *lab) associate(t *testing.T, role string) {
	t.Helper()
	l.sh(t, "aws eks create-pod-identity-association --cluster-name prod --namespace "+namespace+" --service-account "+name+" --role-arn "+role)
	l.restart(t)
}

func (l *lab) dissociate() {
	l.aws.Edit(func(w *awstest.World) { w.Accounts[awsAccount].Clusters[awsRegion]["prod"].Associations = nil })
}

func (l *lab) annotate(t *testing.T, changes ...string) {
	t.Helper()
	l.kubectl(t, append([]string{"annotate", "serviceaccount", name, "-n", namespace, "--overwrite"}, changes...)...)
}

// restart replaces the pods. kubectl rollout restart would refuse to twice in a second.
func (l *lab) restart(t *testing.T) {
	t.Helper()
	l.restarts++
	patch(fmt.Sprintf(`{"spec": {"template": {"metadata": {"annotations": {"restart": "%d"}}}}}`, l.restarts))(t, l)
}
