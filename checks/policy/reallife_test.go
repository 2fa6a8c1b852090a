package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	issuerA = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B716D3041E"
	issuerB = "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
	arns    = "arn:aws:iam::111122223333:oidc-provider/"
)

// web is the call of a service account, namespace:name, of cluster A.
func web(account string) Request {
	return WebIdentity(arns+issuerA, "https://"+issuerA, "system:serviceaccount:"+account, []string{"sts.amazonaws.com"})
}

// expand puts the issuers in for $A and $B, and their providers' ARNs for $PA and $PB.
func expand(text string) string {
	return strings.NewReplacer("$PA", arns+issuerA, "$PB", arns+issuerB, "$A", issuerA, "$B", issuerB).Replace(text)
}

const eksctl = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["sts:AssumeRoleWithWebIdentity"],
      "Principal": {"Federated": "$PA"},
      "Condition": {
        "StringEquals": {
          "$A:aud": "sts.amazonaws.com",
          "$A:sub": "system:serviceaccount:payments:api"
        }
      }
    }
  ]
}`

// Trust policies as tools write them and as people get them wrong: what they say to
// three service accounts, and why the first is denied.
func TestRealLife(t *testing.T) {
	for _, tt := range []struct {
		name, policy string
		// Decisions for payments:api, payments:worker and other:api.
		api, worker, other Decision
		failing            []string // conditions that fail for payments:api in the nearest statement
	}{
		{"eksctl", eksctl, Allowed, Denied, Denied, nil},
		{"eksctl without a service account (64)", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Action": ["sts:AssumeRoleWithWebIdentity"], "Principal": {"Federated": "$PA"},
			"Condition": {"StringEquals": {"$A:aud": "sts.amazonaws.com"}}}]}`, Allowed, Allowed, Allowed, nil},
		{"the ACK guide, which leaves aud open (64)", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEquals": {"$A:sub": "system:serviceaccount:payments:api"}}}]}`, Allowed, Denied, Denied, nil},
		{"terraform-aws-iam, several accounts, and the role itself", `{"Version": "2012-10-17", "Statement": [
			{"Sid": "ExplicitSelfRoleAssumption", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
			 "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/api"}}},
			{"Sid": "", "Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			 "Condition": {"StringEquals": {
				"$A:sub": ["system:serviceaccount:payments:api", "system:serviceaccount:payments:worker"],
				"$A:aud": "sts.amazonaws.com"}}}]}`, Allowed, Allowed, Denied, nil},
		{"a wildcard under StringLike (52)", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEquals": {"$A:aud": "sts.amazonaws.com"},
				"StringLike": {"$A:sub": "system:serviceaccount:payments:*"}}}]}`, Allowed, Allowed, Denied, nil},
		{"a wildcard under StringEquals (52)", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEquals": {"$A:sub": "system:serviceaccount:payments:*"}}}]}`,
			Denied, Denied, Denied, []string{"StringEquals $A:sub"}},
		{"two clusters ANDed in one statement (55)", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": ["$PA", "$PB"]}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEquals": {"$A:sub": "system:serviceaccount:payments:api",
				"$B:sub": "system:serviceaccount:payments:api"}}}]}`, Denied, Denied, Denied, []string{"StringEquals $B:sub never"}},
		{"two clusters in two statements", `{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Federated": "$PB"}, "Action": "sts:AssumeRoleWithWebIdentity",
			 "Condition": {"StringEquals": {"$B:sub": "system:serviceaccount:payments:api"}}},
			{"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			 "Condition": {"StringEquals": {"$A:sub": "system:serviceaccount:payments:api"}}}]}`, Allowed, Denied, Denied, nil},
		{"two clusters by IfExists", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": ["$PA", "$PB"]}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEqualsIfExists": {"$A:sub": "system:serviceaccount:payments:api",
				"$B:sub": "system:serviceaccount:payments:api"}}}]}`, Allowed, Denied, Denied, nil},
		{"the whole ARN as key", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringLike": {"$PA:sub": "system:serviceaccount:payments:api"}}}]}`,
			Denied, Denied, Denied, []string{"StringLike $PA:sub never"}},
		{"the subject under aud", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEquals": {"$A:aud": "system:serviceaccount:payments:api"}}}]}`,
			Denied, Denied, Denied, []string{"StringEquals $A:aud"}},
		{"ForAllValues on a key that is missing opens the role (56)", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"ForAllValues:StringEquals": {"$B:sub": "system:serviceaccount:payments:api"}}}]}`,
			Allowed, Allowed, Allowed, nil},
		{"StringNotEquals on a key that is missing opens the role (54)", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringNotLike": {"$A:namespace": "kube-*"}}}]}`, Allowed, Allowed, Allowed, nil},
		{"ExternalId (46)", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEquals": {"sts:ExternalId": "secret", "$A:sub": "system:serviceaccount:payments:api"}}}]}`,
			Denied, Denied, Denied, []string{"StringEquals sts:ExternalId never"}},
		{"sts:AssumeRole alone (59)", strings.Replace(eksctl, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRole", 1),
			Denied, Denied, Denied, nil},
		{"NotAction", strings.Replace(eksctl, `"Action": ["sts:AssumeRoleWithWebIdentity"]`, `"NotAction": "sts:AssumeRole"`, 1),
			Allowed, Denied, Denied, nil},
		{"Deny of any other audience", `{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:*",
			 "Condition": {"StringLike": {"$A:sub": "system:serviceaccount:payments:*"}}},
			{"Effect": "Deny", "Principal": {"Federated": "$PA"}, "Action": "*",
			 "Condition": {"StringNotEquals": {"$A:aud": "sts.amazonaws.com.cn"}}}]}`, Denied, Denied, Denied, nil},
		{"Deny of one account", `{"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity"},
			{"Effect": "Deny", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			 "Condition": {"StringEquals": {"$A:sub": "system:serviceaccount:other:api"}}}]}`, Allowed, Allowed, Denied, nil},
		{"no Version, nothing that needs it (58)", `{"Statement": {
			"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringLike": {"$A:sub": "system:serviceaccount:*:api"}}}}`, Allowed, Denied, Allowed, nil},
		{"another cluster's provider", strings.ReplaceAll(eksctl, "$PA", "$PB"), Denied, Denied, Denied, nil},
		{"only EKS Pod Identity (140)", `{"Version": "2012-10-17", "Statement": [{"Sid": "AllowEksAuthToAssumeRoleForPodIdentity",
			"Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}]}`,
			Denied, Denied, Denied, nil},
		{"from one VPC only (49)", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEquals": {"$A:sub": "system:serviceaccount:payments:api", "aws:SourceVpc": "vpc-1"}}}]}`,
			Depends, Denied, Denied, nil},
		{"everybody (U7)", `{"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity",
			"Condition": {"StringEquals": {"$A:sub": "system:serviceaccount:payments:api"}}}]}`, Depends, Denied, Denied, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, expand(tt.policy))
			checkRoundTrip(t, d)
			for account, want := range map[string]Decision{"payments:api": tt.api, "payments:worker": tt.worker, "other:api": tt.other} {
				if got := d.Evaluate(web(account)); got.Decision != want {
					t.Errorf("%s is %v, want %v", account, got.Decision, want)
				}
			}
			var failing []string
			for _, c := range d.Evaluate(web("payments:api")).Nearest().Conditions {
				if c.Holds == False {
					text := c.Operator + " " + c.Key
					if c.Never() {
						text += " never"
					}
					failing = append(failing, text)
				}
			}
			for i := range tt.failing {
				tt.failing[i] = expand(tt.failing[i])
			}
			if !slices.Equal(failing, tt.failing) {
				t.Errorf("failing %q, want %q", failing, tt.failing)
			}
		})
	}
}

// Which service accounts of a cluster a role admits is one evaluation each.
func TestAdmits(t *testing.T) {
	d := parse(t, expand(`{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Principal": {"Federated": "$PA"}, "Action": "sts:AssumeRoleWithWebIdentity",
		"Condition": {"StringLike": {"$A:sub": "system:serviceaccount:pay*:*"},
			"StringNotEquals": {"$A:sub": "system:serviceaccount:payments:guest"},
			"StringEquals": {"$A:aud": "something.else"}}}]}`))
	for account, want := range map[string]Tri{"payments:api": True, "payroll:x": True, "payments:guest": False, "kube-system:x": False} {
		e := d.Evaluate(web(account))
		if got := e.Statements[0].Admits(issuerA + ":SUB"); got != want {
			t.Errorf("%s: %v, want %v", account, got, want)
		}
		if n := len(e.Statements[0].On(issuerA + ":sub")); n != 2 {
			t.Errorf("%d conditions on sub, want 2", n)
		}
		if e.Decision != Denied {
			t.Errorf("%s is %v, want denied by its audience", account, e.Decision)
		}
		if got := e.Statements[0].Admits(issuerB + ":sub"); got != True {
			t.Errorf("no condition on a key: %v, want true", got)
		}
	}
}

func TestNearest(t *testing.T) {
	statement := func(effect, provider, action, sub, aud string) string {
		return fmt.Sprintf(`{"Effect": %q, "Principal": {"Federated": %q}, "Action": %q, "Condition": {"StringEquals": {"$A:sub": %q, "$A:aud": %q}}}`,
			effect, provider, action, sub, aud)
	}
	const (
		assume, sts        = AssumeRoleWithWebIdentity, "sts.amazonaws.com"
		right, near, wrong = sub, "system:serviceaccount:payment:api", "system:serviceaccount:kube-system:dns"
	)
	for _, tt := range []struct {
		name       string
		statements []string
		want       int // -1: none
	}{
		{"none", nil, -1},
		{"no Allow", []string{statement("Deny", "$PA", assume, right, sts)}, -1},
		{"the one that applies", []string{statement("Allow", "$PA", assume, near, sts), statement("Allow", "$PA", assume, right, sts)}, 1},
		{"principal before all else", []string{statement("Allow", "$PB", assume, right, sts), statement("Allow", "$PA", "sts:AssumeRole", wrong, "x")}, 1},
		{"action before conditions", []string{statement("Allow", "$PA", "sts:AssumeRole", right, sts), statement("Allow", "$PA", assume, wrong, "x")}, 1},
		{"fewer failing conditions", []string{statement("Allow", "$PA", assume, near, "x"), statement("Allow", "$PA", assume, wrong, sts)}, 1},
		{"nearer text", []string{statement("Allow", "$PA", assume, wrong, sts), statement("Allow", "$PA", assume, near, sts)}, 1},
		{"the first of equals", []string{statement("Allow", "$PA", assume, near, sts), statement("Allow", "$PA", assume, near, sts)}, 0},
		{"nearer provider", []string{statement("Allow", "arn:x", assume, right, sts), statement("Allow", "$PA/", assume, right, sts)}, 1},
		{"nearer key", []string{
			strings.ReplaceAll(statement("Allow", "$PA", assume, right, sts), "$A:sub", "$B:sub"),
			strings.ReplaceAll(statement("Allow", "$PA", assume, right, sts), "$A:sub", "$A/:sub")}, 1},
		{"Deny is never near", []string{statement("Deny", "$PA", assume, near, sts), statement("Allow", "$PA", assume, wrong, sts)}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := parse(t, expand(`{"Statement": [`+strings.Join(tt.statements, ",")+`]}`)).Evaluate(web("payments:api"))
			got := -1
			if s := e.Nearest(); s != nil {
				got = s.Index
			}
			if got != tt.want {
				t.Errorf("nearest is %d, want %d", got, tt.want)
			}
		})
	}
}

func TestLabel(t *testing.T) {
	e := parse(t, `{"Statement": [{"Sid": "Pods"}, {}]}`).Evaluate(Request{})
	if got := e.Statements[0].Label() + ", " + e.Statements[1].Label(); got != `statement "Pods", statement 2` {
		t.Error(got)
	}
}

func TestEdits(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"same", "same", 0},
		{strings.Repeat("a", 1000), strings.Repeat("b", 1000), maxEdits},
	} {
		if got := edits(tt.a, tt.b); got != tt.want {
			t.Errorf("edits(%.9q, %.9q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// The remedy for a wildcard under StringEquals, as the trust checks make it.
func TestRewrite(t *testing.T) {
	d := parse(t, expand(strings.Replace(eksctl, "payments:api", "payments:*", 1)))
	if got := d.Evaluate(web("payments:api")).Decision; got != Denied {
		t.Fatalf("before: %v", got)
	}
	mended := d.Clone()
	c := &mended.Statements[0].Conditions[1]
	c.Operator = strings.Replace(c.Operator, "StringEquals", "StringLike", 1)
	if got := mended.Evaluate(web("payments:api")).Decision; got != Allowed {
		t.Errorf("after: %v", got)
	}
	again := parse(t, mended.Indented())
	if got := again.Evaluate(web("payments:api")).Decision; got != Allowed {
		t.Errorf("after reading it back: %v", got)
	}
	if got := d.Evaluate(web("payments:api")).Decision; got != Denied {
		t.Errorf("the original changed: %v", got)
	}
}

func BenchmarkParse(b *testing.B) {
	text := expand(eksctl)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	for name, account := range map[string]string{"Allowed": "payments:api", "Denied": "payments:worker"} {
		b.Run(name, func(b *testing.B) {
			d, r := parse(b, expand(eksctl)), web(account)
			b.ReportAllocs()
			for b.Loop() {
				d.Evaluate(r)
			}
		})
	}
}

func BenchmarkNearest(b *testing.B) {
	e := parse(b, expand(eksctl)).Evaluate(web("payments:worker"))
	b.ReportAllocs()
	for b.Loop() {
		e.Nearest()
	}
}
