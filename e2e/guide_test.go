// Package e2e runs the doctor against a real API server, with the double of AWS
// beside it: the ACK guide's example is set up step by step, broken in many ways, and
// mended by what the doctor says.
package e2e

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

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

// setUp begins anew and follows the guide: provider, role, policy, annotation, region.
func (l *lab) setUp(t *testing.T) {
	t.Helper()
	l.kubectl(t, "delete", "namespace", namespace, "--ignore-not-found", "--wait")
	l.aws.Edit(func(w *awstest.World) {
		a := w.Accounts[awsAccount]
		a.Roles, a.Providers, a.Clusters[awsRegion]["prod"].Associations = nil, nil, nil
	})
	l.hook.register(t, "")
	l.apply(t, controller)
	l.sh(t, "aws iam create-open-id-connect-provider --url "+l.issuer+" --client-id-list sts.amazonaws.com")
	l.createRole(t)
	l.annotate(t, roleKey+"="+role)
	l.kubectl(t, "-n", namespace, "set", "env", "deployment/"+name, "AWS_REGION="+awsRegion)
	l.settle(t)
}

func (l *lab) createRole(t *testing.T) {
	t.Helper()
	l.sh(t, fmt.Sprintf("aws iam create-role --role-name %s --assume-role-policy-document '%s'", name, l.forIssuer(trust)))
	l.sh(t, "aws iam attach-role-policy --role-name "+name+" --policy-arn arn:aws:iam::aws:policy/AmazonS3FullAccess")
}

// forIssuer puts the cluster's issuer into a trust policy.
func (l *lab) forIssuer(policy string) string {
	return strings.ReplaceAll(policy, "ISSUER", strings.TrimPrefix(l.issuer, "https://"))
}

func (l *lab) provider() string {
	return "arn:aws:iam::" + awsAccount + ":oidc-provider/" + strings.TrimPrefix(l.issuer, "https://")
}

// TestGuide sets the guide's example up, breaks it, and mends it by the doctor's
// own commands.
func TestGuide(t *testing.T) {
	l := newLab(t)
	l.hook = startHook(t, l.cluster, injector{region: awsRegion, regionalSTS: true, annotations: l.annotationsOf, associated: l.associated})
	t.Cleanup(func() {
		l.run("", "delete", "mutatingwebhookconfiguration", "pod-identity-webhook", "--ignore-not-found")
		l.run("", "delete", "namespace", namespace, "--ignore-not-found", "--wait=false")
	})
	l.setUp(t)
	t.Run("healthy", func(t *testing.T) { l.mustBeHealthy(t, "--mint") })
	t.Run("in the pod", func(t *testing.T) {
		l.needsNode(t)
		l.ready(t)
		l.mustBeHealthy(t, "--exec")
		l.mustPass(t, "token-claims", "--exec", "--mint")
	})
	t.Run("scopes", func(t *testing.T) { l.scopes(t) })
	t.Run("forbidden", func(t *testing.T) { l.forbidden(t) })
	t.Run("permissions", func(t *testing.T) { l.permissions(t) })
	t.Run("faults", func(t *testing.T) { l.faults(t) })
	t.Run("interrupted", func(t *testing.T) { l.interrupted(t) })
	t.Run("STS agrees", func(t *testing.T) { l.assume(t) })
	for _, b := range breakages {
		if !t.Run(b.name, func(t *testing.T) { l.breakAndMend(t, b) }) {
			l.setUp(t)
		}
	}
	t.Run("read-only", func(t *testing.T) { l.readOnly(t) })
}

// breakAndMend spoils what works, and has it work again by what the doctor says.
func (l *lab) breakAndMend(t *testing.T, b breakage) {
	b.spoil(t, l)
	if b.stuck {
		l.stuck(t)
	} else {
		l.settle(t)
	}
	code, d := l.examine(t)
	if code != 1 || d.Verdict != "broken" || d.Cause != b.cause {
		t.Errorf("exit %d, %s by %s; want exit 1, broken by %s", code, d.Verdict, d.Cause, b.cause)
	}
	if b.sees != "" {
		if !strings.Contains(d.PredictedError, b.sees) {
			t.Errorf("the doctor predicts %q, want %s", d.PredictedError, b.sees)
		}
		if met, ok := l.inPod(t, "aws", "sts", "get-caller-identity"); ok && !strings.Contains(met, b.sees) {
			t.Errorf("the pod meets %s, want %s", met, b.sees)
		}
	}
	for _, line := range d.Commands {
		l.sh(t, line)
	}
	if b.byHand != nil {
		b.byHand(t, l)
	} else if want := cmp.Or(b.prognosis, "healthy"); d.Prognosis != want {
		t.Errorf("the prognosis is %s, want %s", d.Prognosis, want)
	}
	l.settle(t)
	l.mustBeHealthy(t)
	l.assume(t)
	l.assumeInPod(t)
	if b.after != nil {
		b.after(t, l)
		l.settle(t)
	}
}

// ready waits until the pods run.
func (l *lab) ready(t *testing.T) {
	t.Helper()
	l.kubectl(t, "wait", "--for=condition=Ready", "pod", "--all", "-n", namespace, "--timeout=60s")
}

func (l *lab) needsNode(t *testing.T) {
	t.Helper()
	if l.kubectl(t, "get", "nodes", "-o", "name") == "" {
		t.Skip("the cluster has no node to run the pod on")
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
	role := l.annotationsOf(namespace, name)[roleKey]
	l.sh(t, fmt.Sprintf("aws sts assume-role-with-web-identity --role-arn %s --role-session-name e2e --web-identity-token %s", role, token))
}

// assumeInPod proves with a real SDK in a real pod that it is the role. EKS Pod Identity
// has no agent here that would serve the pod.
func (l *lab) assumeInPod(t *testing.T) {
	t.Helper()
	if l.associated(namespace, name) {
		return
	}
	who, ok := l.inPod(t, "aws", "sts", "get-caller-identity")
	if want := "arn:aws:sts::" + awsAccount + ":assumed-role/" + name + "/"; ok && !strings.Contains(who, want) {
		t.Errorf("the pod is not %s…: %s", want, who)
	}
}

// inPod answers what a command in the pod says, where there are pods that reach AWS.
func (l *lab) inPod(t *testing.T, command ...string) (said string, ok bool) {
	t.Helper()
	if l.fromPods == "" {
		return "", false
	}
	l.ready(t)
	// An SDK's default chain asks STS before it has read AWS_ENDPOINT_URL.
	args := []string{"exec", "deployment/" + name, "-n", namespace, "--", "env", "AWS_ENDPOINT_URL_STS=" + l.fromPods, "AWS_EC2_METADATA_DISABLED=true"}
	said, _ = l.run("", append(args, command...)...)
	return said, true
}

// associated asks EKS as the webhook's configuration would hold it.
func (l *lab) associated(namespace, account string) bool {
	found := false
	l.aws.Edit(func(w *awstest.World) {
		for _, a := range w.Accounts[awsAccount].Clusters[awsRegion]["prod"].Associations {
			found = found || a.Namespace == namespace && a.ServiceAccount == account
		}
	})
	return found
}
