// Package e2e runs the doctor against a real API server, with the double of AWS
// beside it: the ACK guide's example is set up step by step, broken in many ways, and
// mended by what the doctor says.
package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

// controller is the ACK S3 controller as its chart renders it. Its region is empty, as
// it is when aws.region is not set.
const controller = `
apiVersion: v1
kind: Namespace
metadata: {name: ack-system}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ack-s3-controller, namespace: ack-system}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ack-s3-controller
  namespace: ack-system
  labels: {app.kubernetes.io/name: ack-s3-controller, app.kubernetes.io/instance: ack-s3-controller}
spec:
  replicas: 1
  strategy: {type: Recreate}
  selector: {matchLabels: {app.kubernetes.io/name: ack-s3-controller}}
  template:
    metadata: {labels: {app.kubernetes.io/name: ack-s3-controller}}
    spec:
      serviceAccountName: ack-s3-controller
      terminationGracePeriodSeconds: 0
      containers:
      - name: controller
        image: public.ecr.aws/aws-controllers-k8s/s3-controller:1.1.2
        imagePullPolicy: IfNotPresent
        command: [/bin/sh, -c, "trap : TERM INT; sleep 1000000 & wait"]
        args: [--aws-region, $(AWS_REGION), --log-level, info]
        env:
        - name: ACK_SYSTEM_NAMESPACE
          valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
        - {name: AWS_REGION, value: ""}
`

const trust = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
 "Principal": {"Federated": "arn:aws:iam::` + awsAccount + `:oidc-provider/ISSUER"}, "Action": "sts:AssumeRoleWithWebIdentity",
 "Condition": {"StringEquals": {"ISSUER:sub": "system:serviceaccount:ack-system:ack-s3-controller", "ISSUER:aud": "sts.amazonaws.com"}}}]}`

// setUp follows the guide: provider, role, policy, annotation, region.
func (l *lab) setUp(t *testing.T) {
	t.Helper()
	l.run("", "delete", "namespace", namespace, "--ignore-not-found", "--wait")
	l.apply(t, controller)
	l.sh(t, "aws iam create-open-id-connect-provider --url "+l.issuer+" --client-id-list sts.amazonaws.com")
	l.sh(t, "aws iam create-role --role-name "+name+" --assume-role-policy-document '"+l.trust()+"'")
	l.sh(t, "aws iam attach-role-policy --role-name "+name+" --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess")
	l.kubectl(t, "annotate", "serviceaccount", "-n", namespace, name, "eks.amazonaws.com/role-arn="+role)
	l.kubectl(t, "-n", namespace, "set", "env", "deployment/"+name, "AWS_REGION="+awsRegion)
	l.settle(t)
}

func (l *lab) trust() string {
	return strings.ReplaceAll(trust, "ISSUER", strings.TrimPrefix(l.issuer, "https://"))
}

// A break spoils what setUp made.
type breakage struct {
	name  string
	spoil func(*testing.T, *lab)
	cause string // the check that must name it
	// byHand mends what no command of the doctor's mends.
	byHand func(*testing.T, *lab)
}

var breakages = []breakage{
	{"the guide's AWS_REGION is the account ID", func(t *testing.T, l *lab) {
		l.kubectl(t, "-n", namespace, "set", "env", "deployment/"+name, "AWS_REGION="+awsAccount)
	}, "region-valid", nil},
	{"aws.region was never set", func(t *testing.T, l *lab) {
		l.kubectl(t, "-n", namespace, "set", "env", "deployment/"+name, "AWS_REGION=")
	}, "region-set", nil},
	{"the annotation came after the pod", func(t *testing.T, l *lab) {
		l.kubectl(t, "annotate", "serviceaccount", "-n", namespace, name, "eks.amazonaws.com/role-arn-")
		l.kubectl(t, "rollout", "restart", "deployment/"+name, "-n", namespace)
		l.settle(t)
		l.kubectl(t, "annotate", "serviceaccount", "-n", namespace, name, "eks.amazonaws.com/role-arn="+role)
	}, "pod-injected", nil},
	{"the annotation's key is misspelt", func(t *testing.T, l *lab) {
		l.kubectl(t, "annotate", "serviceaccount", "-n", namespace, name, "eks.amazonaws.com/role-arn-", "eks.amazonaws.com/role_arn="+role)
		l.kubectl(t, "rollout", "restart", "deployment/"+name, "-n", namespace)
	}, "role-annotation", nil},
	{"the trust policy names another namespace", func(t *testing.T, l *lab) {
		l.sh(t, "aws iam update-assume-role-policy --role-name "+name+" --policy-document '"+strings.ReplaceAll(l.trust(), ":ack-system:", ":default:")+"'")
	}, "trust-policy-subject", nil},
	{"a wildcard stands under StringEquals", func(t *testing.T, l *lab) {
		l.sh(t, "aws iam update-assume-role-policy --role-name "+name+" --policy-document '"+strings.ReplaceAll(l.trust(), ":ack-s3-controller", ":*")+"'")
	}, "trust-policy-subject", nil},
	{"the provider was deleted", func(t *testing.T, l *lab) {
		l.sh(t, "aws iam delete-open-id-connect-provider --open-id-connect-provider-arn "+l.provider())
	}, "provider-exists", nil},
	{"the provider lacks the audience", func(t *testing.T, l *lab) {
		l.sh(t, "aws iam remove-client-id-from-open-id-connect-provider --open-id-connect-provider-arn "+l.provider()+" --client-id sts.amazonaws.com")
		l.sh(t, "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn "+l.provider()+" --client-id sts.amazon.com")
	}, "provider-audience", nil},
	{"the role was deleted", func(t *testing.T, l *lab) {
		l.sh(t, "aws iam detach-role-policy --role-name "+name+" --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess")
		l.sh(t, "aws iam delete-role --role-name "+name)
	}, "role-exists", func(t *testing.T, l *lab) {
		l.sh(t, "aws iam create-role --role-name "+name+" --assume-role-policy-document '"+l.trust()+"'")
		l.sh(t, "aws iam attach-role-policy --role-name "+name+" --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess")
	}},
	{"the webhook is gone", func(t *testing.T, l *lab) {
		l.kubectl(t, "delete", "mutatingwebhookconfiguration", "pod-identity-webhook")
		l.kubectl(t, "rollout", "restart", "deployment/"+name, "-n", namespace)
	}, "webhook-installed", func(t *testing.T, l *lab) {
		l.hook.register(t)
		l.kubectl(t, "rollout", "restart", "deployment/"+name, "-n", namespace)
	}},
	{"Pod Identity takes over", func(t *testing.T, l *lab) {
		l.sh(t, "aws eks create-pod-identity-association --cluster-name prod --namespace "+namespace+" --service-account "+name+" --role-arn "+role)
		l.kubectl(t, "rollout", "restart", "deployment/"+name, "-n", namespace)
	}, "pod-identity-conflict", nil},
}

func (l *lab) provider() string {
	return "arn:aws:iam::" + awsAccount + ":oidc-provider/" + strings.TrimPrefix(l.issuer, "https://")
}

// TestGuide sets the guide's example up, breaks it, and mends it by the doctor's
// own commands.
func TestGuide(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI is not installed, and the doctor's commands are for it: ", err)
	}
	l := newLab(t)
	l.hook = startHook(t, l.cluster, l.associated)
	l.hook.register(t)
	t.Cleanup(func() {
		l.run("", "delete", "mutatingwebhookconfiguration", "pod-identity-webhook", "--ignore-not-found")
		l.run("", "delete", "namespace", namespace, "--ignore-not-found", "--wait=false")
	})
	l.setUp(t)
	t.Run("healthy", func(t *testing.T) { l.mustBeHealthy(t, "--mint") })
	t.Run("in the pod", func(t *testing.T) {
		if l.kubectl(t, "get", "nodes", "-o", "name") == "" {
			t.Skip("the cluster has no node to run the pod on")
		}
		l.kubectl(t, "wait", "--for=condition=Ready", "pod", "--all", "-n", namespace, "--timeout=60s")
		l.mustBeHealthy(t, "--exec")
		l.mustPass(t, "token-claims", "--exec", "--mint")
	})
	t.Run("scopes", func(t *testing.T) { l.scopes(t) })
	t.Run("forbidden", func(t *testing.T) { l.forbidden(t) })
	t.Run("AWS faults", func(t *testing.T) { l.faults(t) })
	t.Run("STS agrees", func(t *testing.T) { l.assume(t) })
	for _, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			time.Sleep(time.Second) // kubectl rollout restart refuses to restart twice in a second
			b.spoil(t, l)
			l.settle(t)
			time.Sleep(time.Second)
			code, d := l.examine(t)
			if code != 1 || d.Verdict != "broken" || d.Cause != b.cause {
				t.Fatalf("exit %d, %s by %s; want exit 1, broken by %s", code, d.Verdict, d.Cause, b.cause)
			}
			if b.byHand != nil {
				b.byHand(t, l)
			} else if d.Prognosis != "healthy" {
				t.Errorf("the prognosis is %s", d.Prognosis)
			}
			for _, line := range d.Commands {
				l.sh(t, line)
			}
			l.settle(t)
			l.mustBeHealthy(t)
			l.assume(t)
		})
	}
}

func (l *lab) mustBeHealthy(t *testing.T, args ...string) {
	t.Helper()
	if code, d := l.examine(t, args...); code != 0 || d.Verdict != "healthy" {
		t.Fatalf("exit %d, %s by %s; want exit 0, healthy", code, d.Verdict, d.Cause)
	}
}

// assume proves with a real token that STS gives out credentials.
func (l *lab) assume(t *testing.T) {
	t.Helper()
	token := strings.TrimSpace(l.kubectl(t, "create", "token", name, "-n", namespace, "--audience", "sts.amazonaws.com"))
	l.sh(t, fmt.Sprintf("aws sts assume-role-with-web-identity --role-arn %s --role-session-name e2e --web-identity-token %s", role, token))
}

// associated asks EKS as the webhook's configuration would hold it.
func (l *lab) associated(key string) bool {
	namespace, account, _ := strings.Cut(key, "/")
	found := false
	l.aws.Edit(func(w *awstest.World) {
		for _, a := range w.Accounts[awsAccount].Clusters[awsRegion]["prod"].Associations {
			found = found || a.Namespace == namespace && a.ServiceAccount == account
		}
	})
	return found
}
