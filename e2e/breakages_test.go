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
	{"the guide's AWS_REGION is the account ID", setEnv("AWS_REGION=" + awsAccount), "region-valid", nil, false},
	{"the region is an availability zone", setEnv("AWS_REGION=us-west-2a"), "region-valid", nil, false},
	{"aws.region was never set", setEnv("AWS_REGION="), "region-set", nil, false},
	{"the region is of another partition", setEnv("AWS_REGION=cn-north-1"), "region-agreement", nil, false},

	// Service account and webhook.
	{"the annotation came after the pod", func(t *testing.T, l *lab) {
		l.annotate(t, roleKey+"-")
		l.restart(t)
		l.settle(t)
		l.annotate(t, roleKey+"="+role)
	}, "pod-injected", nil, false},
	{"the annotation's key is misspelt", reannotate(roleKey+"-", "eks.amazonaws.com/role_arn="+role), "role-annotation", nil, false},
	{"the annotation is the role's name", reannotate(roleKey + "=" + name), "role-arn-format", nil, false},
	{"the annotation begins with a blank", reannotate(roleKey + "= " + role), "role-arn-format", nil, false},
	{"the annotation names an instance profile", reannotate(roleKey + "=arn:aws:iam::" + awsAccount + ":instance-profile/" + name), "role-arn-format", nil, false},
	{"the annotation misspells the role", reannotate(roleKey + "=arn:aws:iam::" + awsAccount + ":role/ack-s3-controler"), "role-exists", nil, false},
	{"the workload runs as default", func(t *testing.T, l *lab) {
		l.kubectl(t, "set", "serviceaccount", "deployment/"+name, "default", "-n", namespace)
	}, "workload-service-account", nil, false},
	{"the service account was deleted", func(t *testing.T, l *lab) {
		l.kubectl(t, "delete", "serviceaccount", name, "-n", namespace)
		l.restart(t)
	}, "service-account-exists", nil, false},
	{"the pods have the label that skips the webhook", patch(`{"spec": {"template": {"metadata": {"labels": {"eks.amazonaws.com/skip-pod-identity-webhook": "true"}}}}}`), "webhook-reaches-pods", nil, false},
	{"the webhook is gone", func(t *testing.T, l *lab) {
		l.hook.unregister(t)
		l.restart(t)
	}, "webhook-installed", func(t *testing.T, l *lab) {
		l.hook.register(t, "")
		l.restart(t)
	}},
	{"the webhook is for other namespaces", func(t *testing.T, l *lab) {
		l.hook.register(t, "{team: storage}")
		l.restart(t)
	}, "webhook-reaches-pods", func(t *testing.T, l *lab) {
		l.hook.register(t, "")
		l.restart(t)
	}},

	// Pod.
	{"the container is skipped", patch(`{"spec": {"template": {"metadata": {"annotations": {"eks.amazonaws.com/skip-containers": "controller"}}}}}`), "pod-injected", func(t *testing.T, l *lab) {
		patch(`{"spec": {"template": {"metadata": {"annotations": {"eks.amazonaws.com/skip-containers": null}}}}}`)(t, l)
	}},
	{"the template sets the role", setEnv("AWS_ROLE_ARN=" + role), "pod-injected", nil, false},
	{"the template sets the token file", setEnv("AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/tokens/aws"), "pod-injected", nil, false},
	{"the template sets both, and another file", setEnv("AWS_ROLE_ARN="+role, "AWS_WEB_IDENTITY_TOKEN_FILE=/var/run/secrets/tokens/aws"), "pod-token-path", nil, false},
	{"another volume has the webhook's name", patch(`{"spec": {"template": {"spec": {"volumes": [{"name": "aws-iam-token", "emptyDir": {}}]}}}}`), "pod-token-path", patch(`{"spec": {"template": {"spec": {"volumes": null}}}}`)},
	{"the pod has the role of yesterday", func(t *testing.T, l *lab) {
		reannotate(roleKey+"=arn:aws:iam::"+awsAccount+":role/yesterday")(t, l)
		l.settle(t)
		l.annotate(t, roleKey+"="+role)
	}, "pod-role-current", nil, false},
	{"static keys come first", setEnv("AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "credentials-not-shadowed", nil, false},
	{"a profile comes first", setEnv("AWS_PROFILE=staging"), "credentials-not-shadowed", nil, false},
	{"STS is asked elsewhere", setEnv("AWS_ENDPOINT_URL_STS=https://sts.cn-north-1.amazonaws.com.cn"), "sts-endpoint", nil, false},
	{"Pod Identity takes over", func(t *testing.T, l *lab) {
		l.sh(t, "aws eks create-pod-identity-association --cluster-name prod --namespace "+namespace+" --service-account "+name+" --role-arn "+role)
		l.restart(t)
	}, "pod-identity-conflict", nil, false},

	// Provider.
	{"the provider was deleted", func(t *testing.T, l *lab) {
		l.sh(t, "aws iam delete-open-id-connect-provider --open-id-connect-provider-arn "+l.provider())
	}, "provider-exists", nil, false},
	{"the provider lacks the audience", func(t *testing.T, l *lab) {
		l.sh(t, "aws iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn "+l.provider()+" --client-id sts.amazonaws.com")
		l.sh(t, "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "+l.provider()+" --client-id sts.amazon.com")
	}, "provider-audience", nil, false},
	{"the annotation asks for an audience that nobody takes", reannotate("eks.amazonaws.com/audience=sts.amazonaws.com.cn"), "provider-audience", nil, false},

	// Role and trust policy.
	{"the role was deleted", func(t *testing.T, l *lab) {
		l.sh(t, "aws iam detach-role-policy --role-name "+name+" --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess")
		l.sh(t, "aws iam delete-role --role-name "+name)
	}, "role-exists", func(t *testing.T, l *lab) { l.createRole(t) }},
	{"the trust policy names another namespace", trusting(":ack-system:", ":default:"), "trust-policy-subject", nil, false},
	{"the trust policy names another account", trusting(":ack-s3-controller", ":ack-s3"), "trust-policy-subject", nil, false},
	{"a wildcard stands under StringEquals", trusting(":ack-s3-controller", ":*"), "trust-policy-subject", nil, false},
	{"the trust policy wants another audience", trusting(`"sts.amazonaws.com"`, `"sts.amazon.com"`), "trust-policy-audience", nil, false},
	{"the trust policy names the provider of the cluster before", trusting("oidc-provider/ISSUER", "oidc-provider/oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"), "trust-policy-federated", nil, false},
	{"the conditions are of the cluster before", trusting(`"ISSUER:`, `"oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF:`), "trust-policy-conditions", nil, false},
	{"the conditions have the issuer's scheme", trusting(`"ISSUER:`, `"https://ISSUER:`), "trust-policy-conditions", nil, false},
	{"the trust policy allows sts:AssumeRole", trusting("sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"), "trust-policy-action", nil, false},
	{"the trust policy is EC2's", trusting(`{"Federated": "arn:aws:iam::`+awsAccount+`:oidc-provider/ISSUER"}`, `{"Service": "ec2.amazonaws.com"}`, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRole", `,
 "Condition": {"StringEquals": {"ISSUER:sub": "system:serviceaccount:ack-system:ack-s3-controller", "ISSUER:aud": "sts.amazonaws.com"}}`, ""), "trust-policy-federated", nil, false},
	{"the trust policy denies it as well", trusting(`"Statement": [`, `"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"}, `), "trust-policy-deny", nil, false},
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
