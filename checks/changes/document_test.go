package changes_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// trusting is the healthy look with another trust policy.
func trusting(t *testing.T, policy string) changes.Side {
	t.Helper()
	s := fixtures.Healthy()
	account := s.AWS.Accounts["111122223333"]
	role := *account.Roles["ack-s3-controller"].Value
	role.TrustPolicy = facts.Document(policy)
	account.Roles["ack-s3-controller"] = facts.Known(role)
	return side(s)
}

// told writes facts as a test expects them, a line each and one for each value.
func told(all []changes.Fact) string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%s %s\n", f.Kind, f.Item)
		for _, v := range f.Removed {
			fmt.Fprintf(&b, "- %s\n", v)
		}
		for _, v := range f.Added {
			fmt.Fprintf(&b, "+ %s\n", v)
		}
	}
	return b.String()
}

func TestTrustPolicy(t *testing.T) {
	const (
		one = `{"Sid":"A","Effect":"Allow","Principal":{"Federated":"arn:p"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"i:sub":"s1","i:aud":"sts.amazonaws.com"}}}`
		two = `{"Sid":"B","Effect":"Allow","Principal":{"AWS":"arn:u"},"Action":"sts:AssumeRole"}`
	)
	policy := func(statements ...string) string {
		return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
	}
	for name, c := range map[string]struct{ before, after, want string }{
		"equal": {policy(one), policy(one), ""},
		"another order and layout": {
			policy(one, two), policy(two, strings.ReplaceAll(one, ":\"", ": \"")), "",
		},
		"one value": {
			policy(one), policy(strings.Replace(one, `"s1"`, `["s1","s2"]`, 1)),
			"changed trust policy: statement 1 (A): Condition StringEquals i:sub\n+ s2\n",
		},
		"another operator": {
			policy(one), policy(strings.Replace(one, "StringEquals", "StringLike", 1)),
			"changed trust policy: statement 1 (A): Condition StringEquals i:aud\n- sts.amazonaws.com\n" +
				"changed trust policy: statement 1 (A): Condition StringEquals i:sub\n- s1\n" +
				"changed trust policy: statement 1 (A): Condition StringLike i:aud\n+ sts.amazonaws.com\n" +
				"changed trust policy: statement 1 (A): Condition StringLike i:sub\n+ s1\n",
		},
		"matched by likeness": {
			policy(two, strings.Replace(one, `"Sid":"A",`, "", 1)),
			policy(strings.Replace(strings.Replace(one, `"Sid":"A",`, "", 1), "arn:p", "arn:q", 1), two),
			"changed trust policy: statement 1: Principal Federated\n- arn:p\n+ arn:q\n",
		},
		"without Sids": {
			policy(strings.Replace(one, `"Sid":"A",`, "", 1), strings.Replace(two, `"Sid":"B",`, "", 1)),
			policy(strings.NewReplacer(`"Sid":"B",`, "", "arn:u", "arn:v").Replace(two), strings.NewReplacer(`"Sid":"A",`, "", "s1", "s2").Replace(one)),
			"changed trust policy: statement 1: Principal AWS\n- arn:u\n+ arn:v\n" +
				"changed trust policy: statement 2: Condition StringEquals i:sub\n- s1\n+ s2\n",
		},
		"matched by Sid": {
			policy(one), policy(`{"Sid":"A","Effect":"Deny","Principal":"*","Action":"sts:*"}`),
			"changed trust policy: statement 1 (A): Action\n- sts:AssumeRoleWithWebIdentity\n+ sts:*\n" +
				"changed trust policy: statement 1 (A): Condition StringEquals i:aud\n- sts.amazonaws.com\n" +
				"changed trust policy: statement 1 (A): Condition StringEquals i:sub\n- s1\n" +
				"changed trust policy: statement 1 (A): Effect\n- Allow\n+ Deny\n" +
				"changed trust policy: statement 1 (A): Principal *\n+ *\n" +
				"changed trust policy: statement 1 (A): Principal Federated\n- arn:p\n",
		},
		"one more and one less": {
			policy(one), policy(two),
			"deleted trust policy: statement 1 (A)\n- Action: sts:AssumeRoleWithWebIdentity\n" +
				"- Condition StringEquals i:aud: sts.amazonaws.com\n- Condition StringEquals i:sub: s1\n- Effect: Allow\n" +
				"- Principal Federated: arn:p\n- Sid: A\n" +
				"created trust policy: statement 1 (B)\n+ Action: sts:AssumeRole\n+ Effect: Allow\n+ Principal AWS: arn:u\n+ Sid: B\n",
		},
		"version": {
			policy(one), strings.Replace(policy(one), "2012-10-17", "2008-10-17", 1),
			"changed trust policy: Version\n- 2012-10-17\n+ 2008-10-17\n",
		},
		"not JSON any more": {
			"{\n\"Statement\": [\n" + one + "\n]\n}", "{\n\"Statement\": [\n" + two + ",\n]\n}",
			"changed trust policy: text\n- " + one + "\n+ " + two + ",\n",
		},
	} {
		got := told(changes.Between(trusting(t, c.before), trusting(t, c.after)).Facts)
		if got != c.want {
			t.Errorf("%s:\ngot:\n%s\nwant:\n%s", name, got, c.want)
		}
	}
}

// TestPermissions compares the documents of policies, whose resources are values too.
func TestPermissions(t *testing.T) {
	s := fixtures.Healthy()
	account := s.AWS.Accounts["111122223333"]
	role := *account.Roles["ack-s3-controller"].Value
	with := func(resource string) changes.Side {
		c := s.Clone()
		r := role
		r.Inline = facts.Known([]facts.Policy{{Name: "own", Document: facts.Known(facts.Document(
			`{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":` + resource + `}}`))}})
		c.AWS.Accounts["111122223333"].Roles["ack-s3-controller"] = facts.Known(r)
		return side(c)
	}
	want := "changed inline policy: own: statement 1: Resource\n- arn:b\n+ arn:c\n"
	if got := told(changes.Between(with(`["arn:a","arn:b"]`), with(`["arn:c","arn:a"]`)).Facts); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	want = "changed inline policy\n+ own\n"
	if got := told(changes.Between(side(s), with(`"*"`)).Facts); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestManyStatements compares line by line what would take long otherwise.
func TestManyStatements(t *testing.T) {
	of := func(effect string) string {
		return `{"Statement":[` + strings.TrimSuffix(strings.Repeat(`{"Effect":"`+effect+`"},`, 50000), ",") + "]}"
	}
	all := changes.Between(policyOnly(of("Allow")), policyOnly(of("Deny"))).Facts
	if len(all) != 1 || all[0].Item != "trust policy: text" {
		t.Errorf("%d facts are told", len(all))
	}
}

// policyOnly is a side of which nothing is known but a trust policy.
func policyOnly(text string) changes.Side {
	return side(&facts.Snapshot{Version: 1, AWS: facts.AWS{Accounts: map[string]facts.Account{"1": {
		Roles: map[string]facts.Fact[facts.Role]{"r": facts.Known(facts.Role{ARN: "arn:r", TrustPolicy: facts.Document(text)})},
	}}}})
}

// FuzzDocument compares any two texts: what is equal differs in nothing, what is told of
// one direction is told of the other, and no value is told on both sides of one fact.
func FuzzDocument(f *testing.F) {
	f.Add(`{"Statement":[{"Effect":"Allow","Action":["a","b"]}]}`, `{"Statement":{"Sid":"x","Effect":"Deny"}}`)
	f.Add("{\n}", "nothing\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		x, y := policyOnly(before), policyOnly(after)
		there, back := changes.Between(x, y).Facts, changes.Between(y, x).Facts
		if before == after && len(there) > 0 {
			t.Errorf("it differs from itself: %v", there)
		}
		if (len(there) == 0) != (len(back) == 0) {
			t.Errorf("%d facts there and %d back", len(there), len(back))
		}
		for _, fact := range there {
			if slices.ContainsFunc(fact.Removed, func(v string) bool { return fact.Item != "trust policy: text" && slices.Contains(fact.Added, v) }) {
				t.Errorf("a value was removed and added: %v", fact)
			}
			if _, err := json.Marshal(fact); err != nil {
				t.Error(err)
			}
		}
	})
}
