package cli

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/irsa-doctor/irsa-doctor/internal/kubetest"
)

// TestItWorkedYesterday breaks a lab in two ways between two looks, and asks what changed.
func TestItWorkedYesterday(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	before, after := filepath.Join(t.TempDir(), "before.json"), filepath.Join(t.TempDir(), "after.tar.gz")
	if o := l.check("--save", before, "-q"); o.code != exitOK {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	at := metav1.NewTime(time.Date(2026, 11, 24, 2, 10, 0, 0, time.UTC))
	kubetest.Edit(l.kube, func(sa *corev1.ServiceAccount) {
		if sa.Name == "ack-s3-controller" {
			sa.Annotations["eks.amazonaws.com/audience"] = "vault"
			sa.ManagedFields = append(sa.ManagedFields, metav1.ManagedFieldsEntry{Manager: "kubectl-edit", Time: &at})
		}
	})
	l.retrust("system:serviceaccount:ack-system:ack-s3-controller", "system:serviceaccount:ack-system:ack-s3-controler")
	if o := l.run("bundle", controller, "-n", "ack-system", "--eks-cluster", "prod", "-o", after); o.code == exitNothing {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	o := run(t.Context(), "", "diff", before, after, "-o", "json")
	var d struct {
		Warnings []string
		Verdicts []struct{ Object, Before, After string }
		Findings []struct{ Kind, Check string }
		Facts    []struct {
			Object, Item, At   string
			Removed, Added, By []string
			Checks             []string
		}
	}
	if err := json.Unmarshal([]byte(o.stdout), &d); err != nil || o.code != exitFindings {
		t.Fatalf("exit %d, %v: %s%s", o.code, err, o.stdout, o.stderr)
	}
	if len(d.Warnings) != 0 || len(d.Verdicts) != 1 || d.Verdicts[0].Before != "healthy" || d.Verdicts[0].After != "broken" {
		t.Errorf("warnings %q, verdicts %+v", d.Warnings, d.Verdicts)
	}
	if len(d.Facts) != 2 {
		t.Fatalf("the facts are %+v", d.Facts)
	}
	annotation, subject := d.Facts[0], d.Facts[1]
	if annotation.Item != "annotation eks.amazonaws.com/audience" || annotation.At != "2026-11-24T02:10:00Z" ||
		!slices.Equal(annotation.Added, []string{"vault"}) || !slices.Equal(annotation.By, []string{"kubectl-edit"}) {
		t.Errorf("the annotation is told as %+v", annotation)
	}
	if !strings.HasPrefix(subject.Item, "trust policy: statement 1: Condition StringEquals ") || subject.At != "" ||
		!slices.Equal(subject.Added, []string{"system:serviceaccount:ack-system:ack-s3-controler"}) || !slices.Contains(subject.Checks, "trust-policy-subject") {
		t.Errorf("the trust policy is told as %+v", subject)
	}
}

// TestBaselineOfALiveLook counts what is new since, also for --wait.
func TestBaselineOfALiveLook(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.retrust("ack-system:ack-s3-controller", "ack-system:ack-s3-controler")
	baseline := filepath.Join(t.TempDir(), "baseline.json")
	if o := l.check("--report", "json="+baseline, "-q"); o.code != exitFindings {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	if o := l.check("--baseline", baseline, "--wait", "1m", "-q"); o.code != exitOK {
		t.Errorf("exit %d: %s", o.code, o.stderr)
	}
	kubetest.Edit(l.kube, func(sa *corev1.ServiceAccount) { delete(sa.Annotations, "eks.amazonaws.com/role-arn") })
	if o := l.check("--baseline", baseline, "-q"); o.code != exitFindings {
		t.Errorf("exit %d with something new: %s", o.code, o.stderr)
	}
}
