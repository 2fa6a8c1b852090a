package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// A breakage spoils what setUp made.
type breakage struct {
	name  string
	spoil func(*testing.T, *lab)
	cause string // the check that must name it
	// byHand mends what no command of the doctor's mends; those that it prints are run after.
	byHand func(*testing.T, *lab)
	// stuck says that no pod can be created.
	stuck bool
}

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
	{name: "the annotation begins with a blank", spoil: reannotate(roleKey + "= " + role), cause: "role-arn-format", byHand: reannotate(roleKey + "=" + role)},
	{name: "the annotation names an instance profile", spoil: reannotate(roleKey + "=arn:aws:iam::" + awsAccount + ":instance-profile/" + name), cause: "role-arn-format", byHand: reannotate(roleKey + "=" + role)},
	{name: "the annotation misspells the role", spoil: reannotate(roleKey + "=arn:aws:iam::" + awsAccount + ":role/ack-s3-controler"), cause: "role-exists", byHand: reannotate(roleKey + "=" + role)},
	{name: "the workload runs as default", spoil: func(t *testing.T, l *lab) {
		l.kubectl(t, "set", "serviceaccount", "deployment/"+name, "default", "-n", namespace)
	}, cause: "workload-service-account"},
	{name: "the service account was deleted", stuck: true, spoil: func(t *testing.T, l *lab) {
		l.kubectl(t, "delete", "serviceaccount", name, "-n", namespace)
		l.restart(t)
	}, cause: "service-account-exists"},
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
	{name: "the container is skipped", spoil: patch(`{"spec": {"template": {"metadata": {"annotations": {"eks.amazonaws.com/skip-containers": "controller"}}}}}`), cause: "pod-injected", byHand: func(t *testing.T, l *lab) {
		patch(`{"spec": {"template": {"metadata": {"annotations": {"eks.amazonaws.com/skip-containers": null}}}}}`)(t, l)
	}},
	{name: "the template sets the role", spoil: setEnv("AWS_ROLE_ARN=" + role), cause: "pod-injected"},
	{name: "the template sets the token file", spoil: setEnv("AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/tokens/aws"), cause: "pod-injected"},
	{name: "the template sets both, and another file", spoil: setEnv("AWS_ROLE_ARN="+role, "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/tokens/aws"), cause: "pod-token-path"},
	{name: "another volume has the webhook's name", spoil: patch(`{"spec": {"template": {"spec": {"volumes": [{"name": "aws-iam-token", "emptyDir": {}}]}}}}`), cause: "pod-token-path", byHand: patch(`{"spec": {"template": {"spec": {"volumes": null}}}}`)},
	{name: "the pod has the role of yesterday", spoil: func(t *testing.T, l *lab) {
		reannotate(roleKey+"=arn:aws:iam::"+awsAccount+":role/yesterday")(t, l)
		l.settle(t)
		l.annotate(t, roleKey+"="+role)
	}, cause: "pod-role-current"},
	{name: "static keys come first", spoil: setEnv("AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), cause: "credentials-not-shadowed"},
	{name: "a profile comes first", spoil: setEnv("AWS_PROFILE=staging"), cause: "credentials-not-shadowed"},
	{name: "STS is asked elsewhere", spoil: setEnv("AWS_ENDPOINT_URL_STS=https://sts.cn-north-1.amazonaws.com.cn"), cause: "sts-endpoint"},
	{name: "Pod Identity takes over", spoil: func(t *testing.T, l *lab) {
		l.sh(t, "aws eks create-pod-identity-association --cluster-name prod --namespace "+namespace+" --service-account "+name+" --role-arn "+role)
		l.restart(t)
	}, cause: "pod-identity-conflict"},

	// Provider.
	{name: "the provider was deleted", spoil: func(t *testing.T, l *lab) {
		l.sh(t, "aws iam delete-open-id-connect-provider --open-id-connect-provider-arn "+l.provider())
	}, cause: "provider-exists"},
	{name: "the provider lacks the audience", spoil: func(t *testing.T, l *lab) {
		l.sh(t, "aws iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn "+l.provider()+" --client-id sts.amazonaws.com")
		l.sh(t, "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "+l.provider()+" --client-id sts.amazon.com")
	}, cause: "provider-audience"},
	{name: "the annotation asks for an audience that nobody takes", spoil: reannotate("eks.amazonaws.com/audience=sts.amazonaws.com.cn"), cause: "provider-audience"},

	// Role and trust policy.
	{name: "the role was deleted", spoil: func(t *testing.T, l *lab) {
		l.sh(t, "aws iam detach-role-policy --role-name "+name+" --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess")
		l.sh(t, "aws iam delete-role --role-name "+name)
	}, cause: "role-exists", byHand: func(t *testing.T, l *lab) { l.createRole(t) }},
	{name: "the trust policy names another namespace", spoil: trusting(":ack-system:", ":default:"), cause: "trust-policy-subject"},
	{name: "the trust policy names another account", spoil: trusting(":ack-s3-controller", ":ack-s3"), cause: "trust-policy-subject"},
	{name: "a wildcard stands under StringEquals", spoil: trusting(":ack-s3-controller", ":*"), cause: "trust-policy-subject"},
	{name: "the trust policy wants another audience", spoil: trusting(`"sts.amazonaws.com"`, `"sts.amazon.com"`), cause: "trust-policy-audience"},
	{name: "the trust policy names the provider of the cluster before", spoil: trusting("oidc-provider/ISSUER", "oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"), cause: "trust-policy-federated"},
	{name: "the conditions are of the cluster before", spoil: trusting(`"ISSUER:`, `"oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:`), cause: "trust-policy-conditions"},
	{name: "the conditions have the issuer's scheme", spoil: trusting(`"ISSUER:`, `"https://ISSUER:`), cause: "trust-policy-conditions"},
	{name: "the trust policy allows sts:AssumeRole", spoil: trusting("sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"), cause: "trust-policy-action"},
	{name: "the trust policy is EC2's", spoil: trusting(`{"Federated": "arn:aws:iam::`+awsAccount+`:oidc-provider/ISSUER"}`, `{"Service": "ec2.amazonaws.com"}`, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRole", `,
 "Condition": {"StringEquals": {"ISSUER:sub": "system:serviceaccount:ack-system:ack-s3-controller", "ISSUER:aud": "sts.amazonaws.com"}}`, ""), cause: "trust-policy-federated"},
	{name: "the trust policy denies it as well", spoil: trusting(`"Statement": [`, `"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"}, `), cause: "trust-policy-deny"},
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

// trusting replaces parts of the guide's trust policy.
func trusting(replacements ...string) func(*testing.T, *lab) {
	return func(t *testing.T, l *lab) {
		t.Helper()
		spoilt := strings.NewReplacer(replacements...).Replace(trust)
		if spoilt == trust {
			t.Fatalf("%q is not in the trust policy", replacements)
		}
		l.sh(t, fmt.Sprintf("aws iam update-assume-role-policy --role-name %s --policy-document '%s'", name, l.forIssuer(spoilt)))
	}
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
