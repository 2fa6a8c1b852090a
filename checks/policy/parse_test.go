package policy

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func parse(t testing.TB, text string) *Document {
	t.Helper()
	d, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%s): %v", text, err)
	}
	return d
}

// unplaced returns d without its positions.
func unplaced(d *Document) *Document {
	d = d.Clone()
	for i := range d.Others {
		d.Others[i].Pos = Position{}
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		s.Pos = Position{}
		for j := range s.Principals {
			s.Principals[j].Pos = Position{}
		}
		for j := range s.NotPrincipal {
			s.NotPrincipal[j].Pos = Position{}
		}
		for j := range s.Conditions {
			s.Conditions[j].Pos = Position{}
		}
		for j := range s.Others {
			s.Others[j].Pos = Position{}
		}
	}
	return d
}

// checkRoundTrip asserts that what JSON and Indented render reads back the same.
func checkRoundTrip(t *testing.T, d *Document) {
	t.Helper()
	for _, text := range []string{d.JSON(), d.Indented()} {
		again, err := Parse(text)
		if err != nil {
			t.Fatalf("rendered %s: %v", text, err)
		}
		if want, got := unplaced(d), unplaced(again); !reflect.DeepEqual(want, got) {
			t.Fatalf("rendered %s\nread back as %+v\nwas %+v", text, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	d := parse(t, `{
  "Version": "2012-10-17",
  "Id": "trust",
  "Statement": {
    "Sid": "One",
    "Effect": "Allow",
    "Principal": {"Federated": ["arn:a", "arn:b"], "Service": "ec2.amazonaws.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {
      "StringEquals": {"ä:sub": "x", "i:aud": ["y", "z"]},
      "Bool": {"aws:SecureTransport": true},
      "NumericLessThan": {"n": 1.50e2}
    }
  }
}`)
	want := &Document{
		Version: "2012-10-17",
		ID:      "trust",
		Statements: []Statement{{
			Pos:    Position{4, 16},
			Sid:    "One",
			Effect: "Allow",
			Principals: []Principal{
				{Position{7, 33}, "Federated", "arn:a"},
				{Position{7, 42}, "Federated", "arn:b"},
				{Position{7, 63}, "Service", "ec2.amazonaws.com"},
			},
			Actions: []string{"sts:AssumeRoleWithWebIdentity"},
			Conditions: []Condition{
				{Position{10, 24}, "StringEquals", "ä:sub", []string{"x"}},
				{Position{10, 38}, "StringEquals", "i:aud", []string{"y", "z"}}, // columns count ä once
				{Position{11, 16}, "Bool", "aws:SecureTransport", []string{"true"}},
				{Position{12, 27}, "NumericLessThan", "n", []string{"1.50e2"}},
			},
		}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got  %+v\nwant %+v", d, want)
	}
	checkRoundTrip(t, d)
}

func TestSyntaxError(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "1:1: end of text where a value is expected"},
		{"blank", " \n ", "2:2: end of text where a value is expected"},
		{"list", "[]", "1:1: a policy is an object, this is a list"},
		{"null", "null", "1:1: a policy is an object, this is null"},
		{"string", `"x"`, "1:1: a policy is an object, this is a string"},
		{"byte order mark", "\ufeff{}", "1:1: a byte order mark is not part of JSON"},
		{"URL-encoded", "%7B%22Version%22", "1:1: the policy is URL-encoded, as IAM's API returns it"},
		{"not UTF-8", "{\"\ufffd\": \"\xff\"}", "1:8: byte 0xff is not UTF-8"},
		{"trailing data", "{} {}", "1:4: '{' after the end of the policy"},
		{"duplicate key", "{\n\"a\": 1,\n \"\\u0061\": 2}", `3:2: duplicate key "a", first at 2:1`},
		{"duplicate key within", `{"x": [{"b": 1, "b": 1}]}`, `1:17: duplicate key "b", first at 1:9`},
		{"comma at end of object", `{"a": 1,}`, "1:9: '}' where a name in double quotes is expected"},
		{"comma at end of list", `{"a": [1,]}`, "1:10: ']' where a value is expected"},
		{"no comma in object", `{"a": 1 "b": 2}`, `1:9: '"' where "," or "}" is expected`},
		{"no comma in list", `{"a": [1 2]}`, `1:10: '2' where "," or "]" is expected`},
		{"no colon", `{"a" 1}`, `1:6: '1' where ":" is expected`},
		{"single quotes", `{'a': 1}`, `1:2: '\'' where a name in double quotes is expected`},
		{"comment", "{// x\n}", `1:2: '/' where a name in double quotes is expected`},
		{"unclosed object", `{"a": 1`, `1:8: end of text where "," or "}" is expected`},
		{"unclosed list", `{"a": [`, "1:8: end of text where a value is expected"},
		{"unclosed string", `{"a`, "1:4: end of text in a string"},
		{"line end in string", "{\"a\n\": 1}", `1:4: '\n' in a string must be escaped`},
		{"bad escape", `{"\x": 1}`, "1:4: 'x' after a backslash"},
		{"bad unicode escape", `{"\u12g4": 1}`, `1:5: \u needs four hexadecimal digits`},
		{"leading zero", `{"a": 01}`, `1:8: '1' where "," or "}" is expected`},
		{"bare minus", `{"a": -}`, "1:8: '}' where a digit is expected"},
		{"no fraction", `{"a": 1.}`, "1:9: '}' where a digit is expected"},
		{"no exponent", `{"a": 1e+}`, "1:10: '}' where a digit is expected"},
		{"bad word", `{"a": True}`, "1:7: 'T' where a value is expected"},
		{"too deep", `{"a": ` + strings.Repeat("[", 40), "1:39: nested deeper than 32"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestEscapes(t *testing.T) {
	d := parse(t, `{"Id": "\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00\ud83d|\uDE00<&>"}`)
	if want := "\"\\/\b\f\n\r\té😀\ufffd|\ufffd<&>"; d.ID != want {
		t.Errorf("got %q, want %q", d.ID, want)
	}
	if want := `{"Id":"\"\\/\u0008\u000c\u000a\u000d\u0009é😀�|�<&>","Statement":[]}`; d.JSON() != want {
		t.Errorf("JSON: got %s, want %s", d.JSON(), want)
	}
	checkRoundTrip(t, d)
}

// What IAM took is never refused: it is kept, said, and Unknown.
func TestUnread(t *testing.T) {
	const rest = `"Principal": "*", "Action": "a:b"`
	for _, tt := range []struct{ name, text, oddity string }{
		{"unknown element", `{"Statement": {"Effect": "Allow", ` + rest + `, "Comment": {"x": [1, null]}}}`,
			`1:70: element "Comment" is not understood: IAM has no such element`},
		{"case of element", `{"Statement": {"effect": "Allow", ` + rest + `}}`,
			`1:15: effect "" is neither Allow nor Deny; 1:16: element "effect" is not understood: IAM spells it "Effect"`},
		{"unknown top element", `{"statement": []}`, `1:2: element "statement" is not understood: IAM spells it "Statement"`},
		{"statement of another kind", `{"Statement": ["x"]}`, `1:2: element "Statement" is not understood: it holds a string where a statement is expected`},
		{"statements of another kind", `{"Statement": 7}`, `1:2: element "Statement" is not understood: it holds a number where statements are expected`},
		{"effect of another kind", `{"Statement": {"Effect": true, ` + rest + `}}`,
			`1:15: effect "" is neither Allow nor Deny; 1:16: element "Effect" is not understood: it holds a boolean where a string is expected`},
		{"case of effect", `{"Statement": {"Effect": "allow", ` + rest + `}}`, `1:15: effect "allow" is neither Allow nor Deny`},
		{"principal of another kind", `{"Statement": {"Effect": "Allow", "Principal": {"AWS": [null]}, "NotAction": "c:d"}}`,
			`1:15: the statement names no principal; 1:35: element "Principal" is not understood: AWS holds null where a string is expected`},
		{"principal without type", `{"Statement": {"Effect": "Allow", "Principal": "arn:x", "NotAction": "c:d"}}`,
			`1:15: the statement names no principal; 1:35: element "Principal" is not understood: it holds a string where "*" or an object is expected`},
		{"condition of another kind", `{"Statement": {"Effect": "Allow", ` + rest + `, "Condition": {"StringEquals": {"k": {}}}}}`,
			`1:70: element "Condition" is not understood: k holds an object where a string is expected`},
		{"operator of another kind", `{"Statement": {"Effect": "Allow", ` + rest + `, "Condition": {"StringEquals": []}}}`,
			`1:70: element "Condition" is not understood: StringEquals holds a list where an object is expected`},
		{"no action", `{"Statement": {"Effect": "Allow", "Principal": "*", "Action": []}}`, `1:15: a statement needs one of Action and NotAction`},
		{"both actions", `{"Statement": {"Effect": "Allow", ` + rest + `, "NotAction": "c:d"}}`, `1:15: a statement needs one of Action and NotAction`},
		{"NotPrincipal", `{"Statement": {"Effect": "Allow", "NotPrincipal": {"AWS": "1"}, "Action": "a:b"}}`, `1:59: NotPrincipal is not for trust policies`},
		{"unknown operator", `{"Statement": {"Effect": "Allow", ` + rest + `, "Condition": {"StringEqual": {"k": "v"}}}}`,
			`1:100: "StringEqual" is no condition operator`},
		{"Null takes no IfExists", `{"Statement": {"Effect": "Allow", ` + rest + `, "Condition": {"NullIfExists": {"k": "true"}}}}`,
			`1:101: "NullIfExists" is no condition operator`},
		{"type of principal", `{"Statement": {"Effect": "Allow", "Principal": {"OIDC": "x"}, "Action": "a:b"}}`, `1:57: "OIDC" is no type of principal`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, tt.text)
			checkRoundTrip(t, d)
			var texts []string
			unread := false
			for _, o := range d.Oddities() {
				texts = append(texts, o.String())
				unread = unread || o.Unread
			}
			if got := strings.Join(texts, "; "); got != tt.oddity || !unread {
				t.Errorf("oddities (unread: %v)\n got %s\nwant %s", unread, got, tt.oddity)
			}
			e := d.Evaluate(Request{Action: "a:b", Federated: "f", Keys: map[string][]string{"k": {"v"}}})
			if e.Decision != Depends || len(e.Unsure) == 0 {
				t.Errorf("decision %v, unsure %q; want depends, and why", e.Decision, e.Unsure)
			}
		})
	}
}

// Oddities that do not keep a policy from being read.
func TestOddities(t *testing.T) {
	const provider = `{"Federated": "arn:aws:iam::111122223333:oidc-provider/i"}`
	for _, tt := range []struct{ name, version, principal, condition, want string }{
		{"none", "2012-10-17", provider, `{"StringEquals": {"i:sub": "system:serviceaccount:a:b"}}`, ""},
		{"no version needed", "", provider, `{"StringLike": {"i:sub": "system:*"}}`, ""},
		{"built-in provider", "2012-10-17", `{"Federated": "accounts.google.com"}`, `{}`, ""},
		{"SAML provider", "2012-10-17", `{"Federated": "arn:aws-cn:iam::111122223333:saml-provider/x"}`, `{}`, ""},
		{"unknown version", "2012-10-18", provider, `{}`, `IAM knows no version "2012-10-18"`},
		{"variable without version (58)", "", provider, `{"StringEquals": {"i:sub": "${aws:username}"}}`,
			`"${aws:username}" is taken as it is: policy variables need "Version": "2012-10-17"`},
		{"wildcard under StringEquals (52)", "2012-10-17", provider, `{"StringEquals": {"i:sub": ["a", "system:serviceaccount:a:*"]}}`,
			`the wildcard in "system:serviceaccount:a:*" is taken as it is under StringEquals: only StringLike has wildcards`},
		{"wildcard under a qualified operator", "2012-10-17", provider, `{"ForAnyValue:StringNotEqualsIfExists": {"i:sub": "a?"}}`,
			`the wildcard in "a?" is taken as it is under ForAnyValue:StringNotEqualsIfExists: only StringLike has wildcards`},
		{"escaped wildcard is meant", "2012-10-17", provider, `{"StringEquals": {"i:sub": "a${*}"}}`, ""},
		{"case of operator", "2012-10-17", provider, `{"foranyvalue:stringlike": {"i:sub": "a"}}`,
			`operator "foranyvalue:stringlike" is read as ForAnyValue:StringLike`},
		{"no value", "2012-10-17", provider, `{"StringLike": {"i:sub": []}}`, `StringLike on i:sub has no value to compare with`},
		{"not a number", "2012-10-17", provider, `{"NumericLessThan": {"k": "0x10"}}`, `"0x10" is no value for NumericLessThan`},
		{"not a date", "2012-10-17", provider, `{"DateLessThan": {"k": "tomorrow"}}`, `"tomorrow" is no value for DateLessThan`},
		{"not a network", "2012-10-17", provider, `{"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}`, `"10.0.0.0/33" is no value for IpAddress`},
		{"not a boolean", "2012-10-17", provider, `{"Null": {"i:sub": "yes"}}`, `"yes" is no value for Null`},
		{"no variables under Numeric (58)", "2012-10-17", provider, `{"NumericEquals": {"k": "${aws:x}"}}`, `"${aws:x}" is no value for NumericEquals`},
		{"wildcard in principal (60)", "2012-10-17", `{"Federated": "arn:aws:iam::111122223333:oidc-provider/*"}`, `{}`,
			`principal "arn:aws:iam::111122223333:oidc-provider/*" never matches: a principal takes no wildcard within it`},
		{"bare host (60)", "2012-10-17", `{"Federated": "oidc.eks.eu-west-1.amazonaws.com/id/A"}`, `{}`,
			`federated principal "oidc.eks.eu-west-1.amazonaws.com/id/A" never matches: it is no ARN of an identity provider`},
		{"URL", "2012-10-17", `{"Federated": "https://oidc.example/id"}`, `{}`,
			`federated principal "https://oidc.example/id" never matches: it is no ARN of an identity provider`},
		{"provider under AWS", "2012-10-17", `{"AWS": "arn:aws:iam::111122223333:oidc-provider/i"}`, `{}`,
			`OIDC provider "arn:aws:iam::111122223333:oidc-provider/i" never matches under AWS: it belongs under Federated`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, `{"Version": "`+tt.version+`", "Statement": [{"Effect": "Allow", "Action": "*", "Principal": `+
				tt.principal+`, "Condition": `+tt.condition+`}]}`)
			var texts []string
			for _, o := range d.Oddities() {
				texts = append(texts, o.Text)
			}
			if got := strings.Join(texts, "; "); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			checkRoundTrip(t, d)
		})
	}
}

func TestResourceMeansNothing(t *testing.T) {
	d := parse(t, `{"Statement": {"Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "a:b", "Resource": "*"}}`)
	if o := d.Oddities(); len(o) != 1 || o[0].Text != "Resource means nothing in a trust policy" || o[0].Unread {
		t.Errorf("oddities %+v", o)
	}
	if e := d.Evaluate(Request{Action: "a:b", Federated: "accounts.google.com"}); e.Decision != Allowed {
		t.Errorf("decision %v, want allowed", e.Decision)
	}
	checkRoundTrip(t, d)
}

func TestRender(t *testing.T) {
	d := parse(t, `{"Statement":[{"Condition":{"StringEquals":{"k":["v"]}},"Comment":{"b":[1,{"c":null}]},"Action":["a:b"],
		"Principal":{"Federated":["f"]},"Effect":"Allow","Sid":"S"},{"Principal":"*","Effect":"Deny","Action":["a:*","b:*"]}],
		"Id":"I","Version":"2012-10-17"}`)
	d.Statements[0].Conditions = append(d.Statements[0].Conditions,
		Condition{Operator: "StringLike", Key: "l", Values: []string{"<*>"}},
		Condition{Operator: "StringEquals", Key: "m", Values: []string{"x", "y"}})
	want := `{"Version":"2012-10-17","Id":"I","Statement":[` +
		`{"Sid":"S","Effect":"Allow","Principal":{"Federated":"f"},"Action":"a:b","Condition":` +
		`{"StringEquals":{"k":"v","m":["x","y"]},"StringLike":{"l":"<*>"}},"Comment":{"b":[1,{"c":null}]}},` +
		`{"Effect":"Deny","Principal":"*","Action":["a:*","b:*"]}]}`
	if got := d.JSON(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := parse(t, d.Indented()).JSON(); got != want {
		t.Errorf("indented: got %s\nwant %s", got, want)
	}
	if !strings.Contains(d.Indented(), "\n      \"Sid\": \"S\",\n") {
		t.Errorf("not indented: %s", d.Indented())
	}
}

func TestClone(t *testing.T) {
	d := parse(t, `{"x": 1, "Statement": [{"Effect": "Allow", "Principal": {"Federated": "f"}, "NotPrincipal": {"AWS": "1"},
		"Action": "a", "NotAction": "b", "Condition": {"StringEquals": {"k": "v"}}, "y": 2}]}`)
	was := d.JSON()
	c := d.Clone()
	s := &c.Statements[0]
	s.Principals[0].Value, s.NotPrincipal[0].Value, s.Actions[0], s.NotActions[0] = "changed", "changed", "changed", "changed"
	s.Conditions[0].Values[0], s.Others[0].Name, c.Others[0].Name = "changed", "changed", "changed"
	if got := d.JSON(); got != was {
		t.Errorf("a change of the clone changed the document: %s", got)
	}
	if n := strings.Count(c.JSON(), "changed"); n != 7 {
		t.Errorf("%d changes in the clone, want 7: %s", n, c.JSON())
	}
}

// Parsing is linear: a megabyte of each shape takes a moment.
func TestParseLarge(t *testing.T) {
	const size = 1 << 20
	for name, text := range map[string]string{
		"one line":     `{"Statement": [` + strings.TrimSuffix(strings.Repeat(`{"Effect":"Allow"},`, size/19), ",") + `]}`,
		"many keys":    `{"a": {` + manyKeys(size/14) + `}}`,
		"long string":  `{"Id": "` + strings.Repeat(`\n`, size/2) + `"}`,
		"many numbers": `{"a": [` + strings.Repeat("0,", size/2) + `0]}`,
		"variables": `{"Version": "2012-10-17", "Statement": {"Condition": {"StringEquals": {"k": "` +
			strings.Repeat("x${a}", size/5) + `"}}}}`,
		"unclosed variables": `{"Version": "2012-10-17", "Statement": {"Condition": {"StringEquals": {"k": "` +
			strings.Repeat("${", size/2) + `"}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			d := parse(t, text)
			d.Oddities()
			d.Evaluate(Request{Action: "a:b", Keys: map[string][]string{"k": {"v"}}}).Nearest()
			parse(t, d.JSON())
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"key-%d":1`, i)
	}
	return b.String()
}
