package checks_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

const (
	lawIssuer   = "oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001"
	lawOther    = "oidc.eks.us-west-2.amazonaws.com/id/AAAABBBBCCCCDDDDEEEEFFFF00001111"
	lawAccount  = "arn:aws:iam::111122223333:oidc-provider/"
	lawSubject  = "system:serviceaccount:ack-system:ack-s3-controller"
	lawAudience = "sts.amazonaws.com"
	lawRole     = "ack-s3-controller"
)

// advising are the checks that read the evaluation too and attribute nothing.
var advising = []*checks.Check{checks.TrustPolicyParses, checks.TrustPolicyScope, checks.TrustPolicyAudiencePinned, checks.ProviderAudience}

var attributing = []*checks.Check{
	checks.TrustPolicyFederated, checks.TrustPolicyAction, checks.TrustPolicySubject,
	checks.TrustPolicyAudience, checks.TrustPolicyConditions, checks.TrustPolicyDeny,
}

// TestTrustLaw holds the trust checks to one evaluation, over documents made up at
// random: the policy allows the call exactly when all of them pass, denies it exactly
// when one fails, and leaves it open exactly when none fails and one does not know.
func TestTrustLaw(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	counts := map[policy.Decision]int{}
	for range 1800 {
		text := randomPolicy(r)
		d, err := policy.Parse(text)
		if err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		s := withTrustPolicy(text)
		request := policy.WebIdentity(lawAccount+lawIssuer, "https://"+lawIssuer, lawSubject, []string{lawAudience})
		request.Keys["aws:CurrentTime"] = []string{s.TakenAt.Format("2006-01-02T15:04:05Z07:00")}
		want := d.Evaluate(request).Decision
		counts[want]++
		results := attribute(s)
		got := policy.Denied
		switch {
		case slices.Contains(results, checks.Fail):
		case slices.Contains(results, checks.Unknown):
			got = policy.Depends
		case !slices.ContainsFunc(results, func(r checks.Result) bool { return r != checks.Pass }):
			got = policy.Allowed
		default:
			t.Errorf("nothing fails, nothing is unknown and not all pass: %v\n%s", results, text)
		}
		if got != want {
			t.Errorf("the policy says %s, the checks say %s: %v\n%s", want, got, results, text)
		}
		for _, c := range advising {
			for _, f := range c.Judge(checks.NewAudit(s)) {
				if f.Result == checks.Fail || f.Message == "" {
					t.Errorf("%s says %s %q\n%s", c.ID, f.Result, f.Message, text)
				}
			}
		}
		if t.Failed() {
			return
		}
	}
	for _, d := range []policy.Decision{policy.Denied, policy.Depends, policy.Allowed} {
		if counts[d] < 120 {
			t.Errorf("only %d documents were %s", counts[d], d)
		}
	}
}

// TestTrustRemedy makes the edits of the remedies of documents made up at random: the
// account must get in, and no made-up account of another namespace with it.
func TestTrustRemedy(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	mended := 0
	for range 1000 {
		text := randomPolicy(r)
		s := withTrustPolicy(text)
		for _, c := range attributing {
			for _, f := range c.Judge(checks.NewAudit(s)) {
				if f.Remedy == nil || len(f.Remedy.Edits) == 0 {
					continue
				}
				after := s.Clone()
				for _, e := range f.Remedy.Edits {
					e.Apply(after)
				}
				mended++
				if slices.Contains(attribute(after), checks.Fail) {
					t.Fatalf("%q leaves the account out\n%s\n%s", f.Remedy.Text, text, trustPolicyOf(after))
				}
				if widened := strangersIn(t, trustPolicyOf(after)); widened > strangersIn(t, text) {
					t.Fatalf("%q lets strangers in\n%s\n%s", f.Remedy.Text, text, trustPolicyOf(after))
				}
			}
		}
	}
	if mended < 120 {
		t.Errorf("only %d remedies had edits", mended)
	}
}

// strangersIn counts which of some accounts of other namespaces a policy admits.
func strangersIn(t *testing.T, text string) (admitted int) {
	d, err := policy.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{"other:other", "other:ack-s3-controller", "ack-system-2:ack-s3-controller", "kube-system:default"} {
		request := policy.WebIdentity(lawAccount+lawIssuer, "https://"+lawIssuer, "system:serviceaccount:"+account, []string{lawAudience})
		if d.Evaluate(request).Decision == policy.Allowed {
			admitted++
		}
	}
	return admitted
}

func withTrustPolicy(text string) *facts.Snapshot {
	s := fixtures.Healthy()
	roles := s.AWS.Accounts["111122223333"].Roles
	role := *roles[lawRole].Value
	role.TrustPolicy = facts.Document(text)
	roles[lawRole] = facts.Known(role)
	return s
}

func trustPolicyOf(s *facts.Snapshot) string {
	return string(s.AWS.Accounts["111122223333"].Roles[lawRole].Value.TrustPolicy)
}

func attribute(s *facts.Snapshot) []checks.Result {
	a := checks.NewAudit(s)
	var results []checks.Result
	for _, c := range attributing {
		for _, f := range c.Judge(a) {
			results = append(results, f.Result)
		}
	}
	return results
}

type object = map[string]any

// randomPolicy is the healthy policy with some of its parts replaced by better or worse
// ones, and statements beside it.
func randomPolicy(r *rand.Rand) string {
	var statements []any
	for range 1 + r.IntN(3) {
		statements = append(statements, randomStatement(r, 3+r.IntN(6)))
	}
	d := object{"Version": "2012-10-17", "Statement": statements}
	if r.IntN(30) == 0 {
		delete(d, "Version")
	}
	if r.IntN(60) == 0 {
		d["Statements"] = []any{}
	}
	if r.IntN(60) == 0 {
		d["Statement"] = "none"
	}
	b, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// randomStatement takes one part in calm from elsewhere.
func randomStatement(r *rand.Rand, calm int) object {
	odd := func() bool { return r.IntN(calm) == 0 }
	seldom := func() bool { return r.IntN(calm*calm) == 0 }
	s := object{
		"Effect":    "Allow",
		"Principal": object{"Federated": lawAccount + lawIssuer},
		"Action":    "sts:AssumeRoleWithWebIdentity",
		"Condition": object{"StringEquals": object{lawIssuer + ":sub": lawSubject, lawIssuer + ":aud": lawAudience}},
	}
	if odd() {
		s["Effect"] = pick(r, "Allow", "Deny", "Deny", "allow")
	}
	if odd() {
		s["Principal"] = pick[any](r, "*",
			object{"Federated": lawAccount + lawOther}, object{"Federated": lawIssuer}, object{"AWS": lawAccount + lawIssuer},
			object{"Federated": []any{lawAccount + lawOther, lawAccount + lawIssuer}}, object{"Service": "ec2.amazonaws.com"},
			object{"Federated": lawAccount + lawIssuer + "/"}, object{"Federated": "arn:aws:iam::444455556666:oidc-provider/" + lawIssuer},
			object{"AWS": "*"}, object{"Federate": lawAccount + lawIssuer})
	}
	if odd() {
		s["Action"] = pick[any](r, "sts:AssumeRole", "sts:*", []any{"sts:AssumeRole", "sts:TagSession"}, "STS:assumerolewithwebidentity", []any{})
	}
	if odd() {
		s["Condition"] = randomConditions(r)
	}
	if seldom() {
		s["NotAction"] = s["Action"]
		delete(s, "Action")
	}
	if seldom() {
		delete(s, pick(r, "Effect", "Principal", "Action", "Condition"))
	}
	if seldom() {
		s[pick(r, "Resource", "Conditions", "NotPrincipal")] = pick[any](r, "*", object{"AWS": "*"})
	}
	return s
}

func randomConditions(r *rand.Rand) object {
	conditions := object{}
	for range 1 + r.IntN(3) {
		operator := pick(r, "StringEquals", "StringEquals", "StringEquals", "StringLike", "StringLike", "StringNotEquals", "StringNotLike",
			"ForAllValues:StringEquals", "ForAnyValue:StringLike", "StringEqualsIgnoreCase", "StringEqualsIfExists", "Null", "ArnLike",
			"Bool", "StringMatches", "DateLessThan")
		key := pick(r, lawIssuer+":sub", lawIssuer+":sub", lawIssuer+":aud", lawIssuer+":aud", lawOther+":sub", lawOther+":aud", "https://"+lawIssuer+":sub",
			lawAccount+lawIssuer+":sub", lawIssuer+"/:sub", lawIssuer+":namespace", lawIssuer+":sub\u200b", "sts:ExternalId", "aws:SourceVpc",
			"sts:RoleSessionName", "aws:RequestTag/team", "aws:CurrentTime", "aws:SecureTransport", "sub")
		value := func() any {
			return pick[any](r, lawSubject, lawSubject, lawAudience, lawAudience, "system:serviceaccount:ack-system:*", "system:serviceaccount:*:*", "*",
				"system:serviceaccount:ack-s3-controller:ack-system", "ack-system:ack-s3-controller", "system:serviceaccount:ack-system:ack-s3-controler",
				"system:serviceaccount:*:ack-s3-controller", "${aws:username}", "${sts:RoleSessionName}", "true", "false", "2030-01-01T00:00:00Z",
				lawSubject+"\u00a0", "sts.amazon.com")
		}
		group, ok := conditions[operator].(object)
		if !ok {
			group = object{}
			conditions[operator] = group
		}
		group[key] = value()
		if r.IntN(3) == 0 {
			group[key] = []any{value(), value()}
		}
	}
	return conditions
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }
