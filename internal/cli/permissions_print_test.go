package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

// TestPermissionsText holds that the text is the two documents, with a reason for all.
func TestPermissionsText(t *testing.T) {
	t.Parallel()
	flags := []string{"-n", "shop", "--mint", "--exec", "--webhook-namespace", "irsa", "--aws-role-arn", auditor}
	text := permissions(t, flags...)
	rbac, iam := permissions(t, append(flags, "-o", "rbac")...), permissions(t, append(flags, "-o", "iam")...)
	rules := strings.Count(rbac, "\n- apiGroups:") + strings.Count(rbac, "\n- nonResourceURLs:")
	if reasons := strings.Count(rbac, "\n# "); reasons != rules || rules < 10 {
		t.Errorf("%d reasons for %d rules", reasons, rules)
	}
	if statements := strings.Count(iam, `"Sid"`); strings.Count(text, "\n#   ") != statements {
		t.Errorf("not as many reasons as there are statements, %d", statements)
	}
	var rest []string
	for line := range strings.Lines(strings.Replace(strings.Replace(text, rbac, "", 1), iam, "", 1)) {
		if !strings.HasPrefix(line, "#") && strings.TrimSpace(line) != "" {
			rest = append(rest, line)
		}
	}
	if len(rest) > 0 {
		t.Errorf("beside the documents and comments the text holds %q", rest)
	}
}

// TestPermissionsBind reads the bindings as the API server would.
func TestPermissionsBind(t *testing.T) {
	t.Parallel()
	user := func(kind, name string) rbacv1.Subject {
		return rbacv1.Subject{Kind: kind, APIGroup: rbacv1.GroupName, Name: name}
	}
	for who, want := range map[string]rbacv1.Subject{
		"user:ada":                  user("User", "ada"),
		"user:oidc:\"a: b\"\n- c":   user("User", "oidc:\"a: b\"\n- c"),
		"group:system:masters":      user("Group", "system:masters"),
		"serviceaccount:ci:audit.x": {Kind: "ServiceAccount", Namespace: "ci", Name: "audit.x"},
	} {
		bound := map[string]string{} // kind of role by namespace
		for doc := range strings.SplitSeq(permissions(t, "-n", "123", "--webhook-namespace", "irsa", "-o", "rbac", "--bind", who), "\n---\n") {
			var b rbacv1.RoleBinding
			if err := yaml.Unmarshal([]byte(doc), &b); err != nil {
				t.Fatalf("%v\n%s", err, doc)
			}
			if !strings.HasSuffix(b.Kind, "Binding") {
				continue
			}
			bound[b.Namespace] = b.RoleRef.Kind
			if b.Kind != b.RoleRef.Kind+"Binding" || b.RoleRef.Name != b.Name || b.RoleRef.APIGroup != rbacv1.GroupName || !slices.Equal(b.Subjects, []rbacv1.Subject{want}) {
				t.Errorf("%s: %+v", who, b)
			}
		}
		if diff := cmp.Diff(map[string]string{"": "ClusterRole", "123": "Role", "irsa": "Role"}, bound); diff != "" {
			t.Errorf("%s: %s", who, diff)
		}
	}
}

func TestPermissionsRefused(t *testing.T) {
	t.Parallel()
	for args, word := range map[string]string{
		"-n a -A":                         "leave one of them out",
		"-n A_b":                          `"A_b" can not be the name of a namespace`,
		"--webhook-namespace a.b":         `"a.b" can not be`,
		"-o yaml":                         "text, rbac or iam",
		"--bind ada":                      "user:NAME",
		"--bind user:":                    "user:NAME",
		"--bind serviceaccount:ci":        "serviceaccount:NAMESPACE:NAME",
		"--bind serviceaccount:ci:a:b":    "serviceaccount:NAMESPACE:NAME",
		"--aws-role-arn auditor":          "is not the ARN of a role",
		"--aws-role-arn arn:aws:iam::1:x": "is not the ARN of a role",
		"deploy/web":                      "does not know what to do with",
		"--aws-role-arn " + auditor + " --aws-role-arn " + auditor: "roles of one account",
	} {
		run(t.Context(), "", append([]string{"permissions"}, strings.Fields(args)...)...).refused(t, word)
	}
}

// TestPermissionsOfTwoNamespaces holds that what is applied for one namespace leaves what
// was applied for another, or for all.
func TestPermissionsOfTwoNamespaces(t *testing.T) {
	t.Parallel()
	of := map[string]string{} // the flags, by what is applied with them
	for _, flags := range []string{"-A", "-n shop", "-n cart"} {
		args := append(strings.Fields(flags), "-o", "rbac", "--webhook-namespace", "irsa", "--bind", "user:ada")
		for doc := range strings.SplitSeq(permissions(t, args...), "\n---\n") {
			var o rbacv1.Role
			if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
				t.Fatalf("%v\n%s", err, doc)
			}
			key := strings.Join([]string{o.Kind, o.Namespace, o.Name}, " ")
			if before, ok := of[key]; ok {
				t.Errorf("%s of %s replaces that of %s", key, flags, before)
			}
			of[key] = flags
		}
	}
}

// TestOptionalRights has nothing be what it is called: then optional rights find what was
// meant, and without them the answer is the same.
func TestOptionalRights(t *testing.T) {
	t.Parallel()
	look := func(denied ...string) (*lab, result) {
		l := newLab(t)
		l.edit(func(a *awstest.Account) {
			a.Roles["ACK-s3-controller"] = a.Roles["ack-s3-controller"]
			delete(a.Roles, "ack-s3-controller")
			a.Providers[issuerHost+"/"] = a.Providers[issuerHost]
			delete(a.Providers, issuerHost)
		})
		for _, call := range denied {
			l.aws.Inject(awstest.Denied(call))
		}
		o := l.check("-o", "json")
		r := o.report(t)
		if o.code != exitFindings || !r.Summary.Complete {
			t.Errorf("without %q: exit %d, %+v", denied, o.code, r.Summary)
		}
		return l, r
	}
	l, all := look()
	inAWS := slices.DeleteFunc(optional(t), func(call string) bool { return !strings.HasPrefix(call, "iam:") })
	_, less := look(inAWS...)
	if got, want := less.Diagnoses[0], all.Diagnoses[0]; got.Verdict != want.Verdict || got.Cause != want.Cause {
		t.Errorf("%s by %s, with the rights %s by %s", got.Verdict, got.Cause, want.Verdict, want.Cause)
	}
	for _, call := range inAWS {
		if l.aws.Count(call) == 0 {
			t.Errorf("%s is not called", call)
		}
	}
}
