package anonymous

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/agnivade/levenshtein"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// hide puts stand-ins for these texts, as the names of policies, and for a policy's text.
func hide(document string, texts ...string) (hidden []string, hiddenDocument string) {
	s := &facts.Snapshot{Version: facts.SchemaVersion}
	s.Cluster.RoleMaps = facts.Known([]facts.RoleMap{})
	s.AWS.Accounts = map[string]facts.Account{"777788889999": {
		Roles: map[string]facts.Fact[facts.Role]{"r": facts.Known(facts.Role{TrustPolicy: facts.Document(document)})},
	}}
	for _, text := range texts {
		*s.Cluster.RoleMaps.Value = append(*s.Cluster.RoleMaps.Value, facts.RoleMap{Name: text})
	}
	got, _ := Anonymize(s)
	for _, m := range *got.Cluster.RoleMaps.Value {
		hidden = append(hidden, m.Name)
	}
	for _, a := range got.AWS.Accounts {
		hiddenDocument = string(a.Roles["r"].Value.TrustPolicy)
	}
	return hidden, hiddenDocument
}

func TestRelations(t *testing.T) {
	apart := func(n int) func(a, b string) bool {
		return func(a, b string) bool { return levenshtein.ComputeDistance(a, b) == n }
	}
	onlyCase := func(a, b string) bool { return a != b && strings.EqualFold(a, b) }
	within := func(a, b string) bool { return a != b && strings.Contains(b, a) }
	for _, test := range []struct {
		what, a, b string
		holds      func(a, b string) bool
	}{
		{"a letter left out", "payments-gateway", "payments-gatway", apart(1)},
		{"a letter too many", "checkout", "checkouts", apart(1)},
		{"another letter", "checkout", "chackout", apart(1)},
		{"two letters in each other's place", "billing-ledger", "billing-legder", apart(2)},
		{"a short name", "ord", "ort", apart(1)},
		{"case", "BillingLedger", "billingLedger", onlyCase},
		{"case without humps", "MyLedger", "myledger", onlyCase},
		{"case of an ID", "D539D4633E53DE1B716D3041E0000001", "d539d4633e53de1b716d3041e0000001", onlyCase},
		{"a digit of an ID", "D539D4633E53DE1B716D3041E0000001", "D539D4633E53DE1B716D3041E0000007", apart(1)},
		{"a hyphen left out", "billing-ledger", "billingledger", apart(1)},
		{"another hyphen", "billing_ledger", "billing-ledger", apart(1)},
		{"a part", "ledger", "billing-ledger", within},
		{"a number", "ledger-1", "ledger-2", apart(1)},
		{"numbers without a hyphen", "ledger1", "ledger12", apart(1)},
		{"a blank at the end", "ledger", "ledger ", within},
		{"a line end", "ledger", "ledger\n", within},
		{"what is not seen", "ledger", "led\u200bger", func(a, b string) bool { return a == strings.ReplaceAll(b, "\u200b", "") && a != b }},
		{"a foreign letter", "ledger", "lеdger", apart(1)},
		{"an account that lacks a digit", "arn:aws:iam::012345678987:role/x1", "arn:aws:iam::12345678987:role/x1", apart(1)},
		{"an account with hyphens", "123456789876", "1234-5678-9876", func(a, b string) bool { return a == strings.ReplaceAll(b, "-", "") }},
		{"the same name elsewhere", "system:serviceaccount:billing:ledger", "arn:aws:iam::123456789876:role/ledger",
			func(a, b string) bool { return a[strings.LastIndex(a, ":")+1:] == b[strings.LastIndex(b, "/")+1:] }},
		{"unlike names", "billing", "checkout", func(a, b string) bool { return levenshtein.ComputeDistance(a, b) > 3 }},
		{"a slip in the vocabulary", "sts.amazonaws.com", "sts.amazonaw.com", func(a, b string) bool { return a == "sts.amazonaws.com" && b == "sts.amazonaw.com" }},
	} {
		hidden, _ := hide("", test.a, test.b)
		if !test.holds(hidden[0], hidden[1]) {
			t.Errorf("%s: %q and %q became %q and %q", test.what, test.a, test.b, hidden[0], hidden[1])
		}
	}
}

// TestWildcards holds what a pattern matches to the same before and after.
func TestWildcards(t *testing.T) {
	names := []string{"payments-api", "payroll-api", "pay-api", "ledger-api", "ledger", "my-ledger", "bookledger", "app", "apple-pie", "grape"}
	for _, pattern := range []string{
		"pay*", "payr*-api", "*-api", "*ledger", "led?er", "l*r", "a*", "app*", "*ment*", "*", "payments-*", "p?y-api", "boo*ger",
	} {
		hidden, document := hide(pattern, names...)
		for i, name := range names {
			if policy.Like(pattern, name) != policy.Like(document, hidden[i]) {
				t.Errorf("%q matches %q: %t, and %q matches %q: %t", pattern, name, policy.Like(pattern, name),
					document, hidden[i], policy.Like(document, hidden[i]))
			}
		}
	}
}

// TestShape holds stand-ins to the form of what they stand in for, and what is no name to
// itself.
func TestShape(t *testing.T) {
	for text, want := range map[string]string{
		"payments":                 `[a-z]{8}`,
		"PaymentsAPI-v2":           `[A-Z][a-z]{7}API-v2`,
		"ledger12":                 `[a-z]{6}12`,
		"i-0123456789abcdef0":      `i-0[1-9]{9}[a-f]{6}[1-9]`,
		"2b7f04e1-11ea":            `[1-9][a-f][1-9][a-f][1-9]{2}[a-f][1-9]-[1-9]{2}[a-f]{2}`,
		"52.46.134.192:443":        `198\.1[89]\.\d+\.\d+:443`,
		"system:serviceaccount:a:": `system:serviceaccount:a:`,
		"arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy": `arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy`,
		"public.ecr.aws/aws-controllers-k8s/sagemaker-controller:1.2.3": `public.ecr.aws/aws-controllers-k8s/sagemaker-controller:1.2.3`,
		"https://oidc.eks.eu-central-1.amazonaws.com/id/":               `https://oidc.eks.eu-central-1.amazonaws.com/id/`,
		"2026-11-24T03:04:05Z": `2026-11-24T03:04:05Z`,
		"10.0.0.1:6443":        `10.0.0.1:6443`,
		"ack-s3-controller":    `ack-s3-controller`,
		"<your-role>":          `<your-role>`,
		"xxxxxxxxxxxx":         `xxxxxxxxxxxx`,
	} {
		hidden, _ := hide("", text)
		if !regexp.MustCompile("^(?:" + want + ")$").MatchString(hidden[0]) {
			t.Errorf("%q became %q", text, hidden[0])
		}
		if want != text && hidden[0] == text {
			t.Errorf("%q stayed", text)
		}
	}
}

// TestAccounts numbers accounts, each by twelve digits of its own.
func TestAccounts(t *testing.T) {
	seen := map[string]bool{}
	for n := range 5000 {
		id := accountID(n)
		if len(id) != 12 || !isDigits(id) || seen[id] {
			t.Fatalf("account %d is %s", n, id)
		}
		seen[id] = true
	}
}

// TestSame makes the same of the same snapshot, and leaves the snapshot alone.
func TestSame(t *testing.T) {
	before, _ := json.Marshal(fixtures.Healthy())
	s := fixtures.Healthy()
	one, names := Anonymize(s)
	two, again := Anonymize(s)
	if after, _ := json.Marshal(s); string(after) != string(before) {
		t.Error("the snapshot was changed")
	}
	if !reflect.DeepEqual(one, two) || !reflect.DeepEqual(names.Table(), again.Table()) {
		t.Error("the same snapshot has other stand-ins the second time")
	}
	if got := names.Replace("role ack-s3-controller of account 111122223333, as arn:aws:sts::111122223333:assumed-role/on-call/ada"); strings.Contains(got, "ada") || !strings.Contains(got, "account 111111111111,") {
		t.Errorf("a message became %q", got)
	}
}

// TestRules wants a rule for every field that holds a string, and a field for every rule.
func TestRules(t *testing.T) {
	fields := map[string]bool{}
	stringFields(reflect.TypeFor[facts.Snapshot](), fields, map[reflect.Type]bool{})
	for f := range fields {
		if _, ok := rules[f]; !ok {
			t.Errorf("field %s has no rule: is it a name, a text, or neither?", f)
		}
	}
	for f := range rules {
		if !fields[f] {
			t.Errorf("there is no field %s", f)
		}
	}
}

// stringFields collects the fields, by type and name, that hold strings themselves or in
// what is no struct of its own.
func stringFields(t reflect.Type, fields map[string]bool, seen map[reflect.Type]bool) {
	if seen[t] || t.PkgPath() != reflect.TypeFor[facts.Snapshot]().PkgPath() {
		return
	}
	seen[t] = true
	for i := range t.NumField() {
		if holdsString(t.Field(i).Type, fields, seen) {
			fields[t.Name()+"."+t.Field(i).Name] = true
		}
	}
}

func holdsString(t reflect.Type, fields map[string]bool, seen map[reflect.Type]bool) bool {
	switch t.Kind() {
	case reflect.String:
		return true
	case reflect.Pointer, reflect.Slice:
		return holdsString(t.Elem(), fields, seen)
	case reflect.Map:
		key := t.Key() != reflect.TypeFor[facts.Kind]() && holdsString(t.Key(), fields, seen)
		return holdsString(t.Elem(), fields, seen) || key
	case reflect.Struct:
		if strings.HasPrefix(t.Name(), "Fact[") {
			stringFields(reflect.TypeFor[facts.Gap](), fields, seen)
			value, _ := t.FieldByName("Value")
			return holdsString(value.Type, fields, seen)
		}
		stringFields(t, fields, seen)
	}
	return false
}

// FuzzAnonymize feeds names and policies of any kind: it ends, and equal stays equal.
func FuzzAnonymize(f *testing.F) {
	f.Add("payments-api", `{"Resource": "arn:aws:s3:::pay*"}`)
	f.Add("led\u200bger", `{"a": "\u200bledger\ud83d"}`)
	f.Add("\\u00", "%zz\xff\xfe")
	f.Add("1234-5678-9012", "*a*?b")
	f.Fuzz(func(t *testing.T, name, document string) {
		hidden, _ := hide(document, name, name, name+"x")
		if hidden[0] != hidden[1] || hidden[0] == hidden[2] {
			t.Errorf("%q became %q and %q, %q became %q", name, hidden[0], hidden[1], name+"x", hidden[2])
		}
	})
}
