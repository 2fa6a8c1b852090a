package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// condition evaluates one condition, as JSON without the outer braces, against keys;
// the key "unknown" is not known.
func condition(t *testing.T, version, text string, keys map[string][]string) ConditionResult {
	t.Helper()
	d := parse(t, `{"Version": "`+version+`", "Statement": {"Effect": "Allow", "Principal": {"Federated": "f"}, "Action": "*",
		"Condition": {`+text+`}}}`)
	checkRoundTrip(t, d)
	e := d.Evaluate(Request{
		Action: "a:b", Federated: "f", Keys: keys,
		Unknown: func(key string) bool { return key == "unknown" },
	})
	if len(e.Statements[0].Conditions) != 1 {
		t.Fatalf("%s: want one condition", text)
	}
	c := e.Statements[0].Conditions[0]
	if want := map[Tri]Decision{False: Denied, Unknown: Depends, True: Allowed}[c.Holds]; e.Decision != want {
		t.Errorf("decision %v, but the condition is %v", e.Decision, c.Holds)
	}
	if (c.Holds == Unknown) != (len(c.DependsOn)+len(c.Unsure) > 0) && c.Holds != False {
		t.Errorf("condition is %v, depends on %q, unsure %q", c.Holds, c.DependsOn, c.Unsure)
	}
	return c
}

const sub = "system:serviceaccount:payments:api"

var keys = map[string][]string{
	"i:sub":    {sub},
	"i:aud":    {"sts.amazonaws.com"},
	"two":      {"a", "b"},
	"empty":    {},
	"blank":    {""},
	"number":   {"10.0"},
	"date":     {"2026-03-01T12:00:00Z"},
	"epoch":    {"1772366400"}, // the same moment
	"bool":     {"true"},
	"binary":   {"\x00\xff"},
	"ip":       {"203.0.113.7"},
	"ip6":      {"2001:db8:1::1"},
	"mapped":   {"::ffff:203.0.113.7"},
	"arn":      {"arn:aws:iam::111122223333:role/team/api"},
	"longarn":  {"arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt"},
	"tag/name": {"pay*"},
	"stars":    {"a*b"},
}

// The numbers in the names of test cases are those of the project's collection of facts
// about IRSA.

func TestConditions(t *testing.T) {
	for _, tt := range []struct {
		name, condition string
		want            Tri
	}{
		{"StringEquals is exact (52)", `"StringEquals": {"i:sub": "system:serviceaccount:payments:api"}`, True},
		{"StringEquals minds case (52)", `"StringEquals": {"i:sub": "system:serviceaccount:Payments:api"}`, False},
		{"StringEquals has no wildcards (52)", `"StringEquals": {"i:sub": "system:serviceaccount:payments:*"}`, False},
		{"StringEquals takes a star as it is (52)", `"StringEquals": {"stars": "a*b"}`, True},
		{"StringNotEquals", `"StringNotEquals": {"i:sub": "x"}`, True},
		{"StringNotEquals, equal", `"StringNotEquals": {"i:aud": "sts.amazonaws.com"}`, False},
		{"StringEqualsIgnoreCase", `"StringEqualsIgnoreCase": {"i:aud": "STS.amazonaws.COM"}`, True},
		{"StringNotEqualsIgnoreCase", `"StringNotEqualsIgnoreCase": {"i:aud": "STS.amazonaws.COM"}`, False},
		{"StringLike crosses colons (52)", `"StringLike": {"i:sub": "system:*:api"}`, True},
		{"StringLike needs the whole (52)", `"StringLike": {"i:sub": "system:serviceaccount:payments"}`, False},
		{"StringLike star takes nothing (52)", `"StringLike": {"i:sub": "system:serviceaccount:payments:api*"}`, True},
		{"StringLike ? is one character (52)", `"StringLike": {"i:sub": "system:serviceaccount:payments:ap?"}`, True},
		{"StringLike ? is not none (52)", `"StringLike": {"i:sub": "system:serviceaccount:payments:api?"}`, False},
		{"StringLike minds case (52)", `"StringLike": {"i:sub": "SYSTEM:*"}`, False},
		{"StringNotLike", `"StringNotLike": {"i:sub": "system:serviceaccount:kube-*"}`, True},

		{"values are alternatives (55)", `"StringEquals": {"i:aud": ["x", "sts.amazonaws.com"]}`, True},
		{"negated values are none of (55)", `"StringNotEquals": {"i:aud": ["x", "sts.amazonaws.com"]}`, False},
		{"negated values, none (55)", `"StringNotLike": {"i:aud": ["x", "y*"]}`, True},
		{"no values", `"StringEquals": {"i:aud": []}`, False},
		{"no values, negated", `"StringNotEquals": {"i:aud": []}`, True},
		{"key names ignore case (51)", `"StringEquals": {"I:SUB": "system:serviceaccount:payments:api"}`, True},

		{"missing key, positive (54)", `"StringLike": {"none": "*"}`, False},
		{"missing key, negated (54)", `"StringNotEquals": {"none": "x"}`, True},
		{"missing key, ArnNotLike (54)", `"ArnNotLike": {"none": "arn:aws:*:*:*:*"}`, True},
		{"missing key, NotIpAddress (54)", `"NotIpAddress": {"none": "10.0.0.0/8"}`, True},
		{"missing key, NumericNotEquals (54)", `"NumericNotEquals": {"none": "1"}`, True},
		{"missing key, Bool (54)", `"Bool": {"none": "false"}`, False},
		{"missing key, IfExists (54)", `"StringEqualsIfExists": {"none": "x"}`, True},
		{"missing key, Bool IfExists (54)", `"BoolIfExists": {"none": "true"}`, True},
		{"present key, IfExists", `"StringEqualsIfExists": {"i:aud": "x"}`, False},
		{"a key without values is missing", `"StringEqualsIfExists": {"empty": "x"}`, True},
		{"Null true, missing (54)", `"Null": {"none": "true"}`, True},
		{"Null true, present (54)", `"Null": {"i:sub": "true"}`, False},
		{"Null false, missing (54)", `"Null": {"none": "false"}`, False},
		{"Null false, present (54)", `"Null": {"i:sub": false}`, True},
		{"Null of either", `"Null": {"i:sub": ["true", "False"]}`, True},
		{"Null of no boolean", `"Null": {"i:sub": "yes"}`, Unknown},

		{"ForAllValues, missing key (56)", `"ForAllValues:StringEquals": {"none": "x"}`, True},
		{"ForAllValues, negated, missing key (56)", `"ForAllValues:StringNotEquals": {"none": "x"}`, True},
		{"ForAllValues, empty value (56)", `"ForAllValues:StringEquals": {"blank": "x"}`, True},
		{"ForAnyValue, missing key (56)", `"ForAnyValue:StringEquals": {"none": "x"}`, False},
		{"ForAnyValue, negated, missing key (56)", `"ForAnyValue:StringNotEquals": {"none": "x"}`, False},
		{"ForAnyValue, empty value (56)", `"ForAnyValue:StringLike": {"blank": "*"}`, False},
		{"ForAnyValue IfExists, missing key", `"ForAnyValue:StringEqualsIfExists": {"none": "x"}`, True},
		{"ForAnyValue on aud (56)", `"ForAnyValue:StringEquals": {"i:aud": "sts.amazonaws.com"}`, True},
		{"ForAllValues, all", `"ForAllValues:StringEquals": {"two": ["a", "b", "c"]}`, True},
		{"ForAllValues, one", `"ForAllValues:StringEquals": {"two": ["a", "c"]}`, False},
		{"ForAnyValue, one", `"ForAnyValue:StringEquals": {"two": ["a", "c"]}`, True},
		{"ForAnyValue, none", `"ForAnyValue:StringEquals": {"two": ["c"]}`, False},
		{"ForAllValues negated, one equal", `"ForAllValues:StringNotEquals": {"two": ["a"]}`, False},
		{"ForAnyValue negated, one differs", `"ForAnyValue:StringNotEquals": {"two": ["a"]}`, True},
		{"several values without a prefix, one equal", `"StringEquals": {"two": "b"}`, True},
		{"several values without a prefix, negated", `"StringNotEquals": {"two": "b"}`, False},

		{"ArnLike part by part (57)", `"ArnLike": {"arn": "arn:aws:iam::*:role/*/api"}`, True},
		{"ArnEquals takes wildcards (57)", `"ArnEquals": {"arn": "arn:*:iam::111122223333:role/*"}`, True},
		{"ArnLike star stays in its part (57)", `"ArnLike": {"longarn": "arn:aws:someservice:*:111122223333:finance/*"}`, False},
		{"StringLike star does not (57)", `"StringLike": {"longarn": "arn:aws:someservice:*:111122223333:finance/*"}`, True},
		{"ArnNotEquals", `"ArnNotEquals": {"arn": "arn:aws:iam::111122223333:role/*"}`, False},
		{"ArnLike on a subject, open (57)", `"ArnLike": {"i:sub": "system:*"}`, Unknown},
		{"ArnLike on a subject that no text match lets in", `"ArnLike": {"i:sub": "other:*"}`, False},
		{"ArnNotLike on a subject, open (57)", `"ArnNotLike": {"i:sub": "system:*"}`, Unknown},

		{"NumericEquals", `"NumericEquals": {"number": 10}`, True},
		{"NumericEquals, as text", `"NumericEquals": {"number": "1e1"}`, True},
		{"NumericNotEquals", `"NumericNotEquals": {"number": "10"}`, False},
		{"NumericLessThan", `"NumericLessThan": {"number": "10"}`, False},
		{"NumericLessThanEquals", `"NumericLessThanEquals": {"number": "10"}`, True},
		{"NumericGreaterThan", `"NumericGreaterThan": {"number": "9.5"}`, True},
		{"NumericGreaterThanEquals", `"NumericGreaterThanEquals": {"number": "10.5"}`, False},
		{"Numeric on text", `"NumericEquals": {"i:sub": "1"}`, Unknown},
		{"Numeric of text", `"NumericEquals": {"number": "inf"}`, Unknown},

		{"DateEquals, epoch", `"DateEquals": {"epoch": "2026-03-01T13:00:00+01:00"}`, True},
		{"DateNotEquals, epoch in policy", `"DateNotEquals": {"date": "1772366400"}`, False},
		{"DateLessThan", `"DateLessThan": {"date": "2026-03-02"}`, True},
		{"DateLessThanEquals", `"DateLessThanEquals": {"date": "2026-03-01T12:00Z"}`, True},
		{"DateGreaterThan", `"DateGreaterThan": {"date": "2026"}`, True},
		{"DateGreaterThanEquals", `"DateGreaterThanEquals": {"date": "2026-04"}`, False},
		{"Date of text", `"DateLessThan": {"date": "soon"}`, Unknown},

		{"Bool", `"Bool": {"bool": true}`, True},
		{"Bool ignores case", `"Bool": {"bool": "TRUE"}`, True},
		{"Bool, other", `"Bool": {"bool": "false"}`, False},
		{"Bool on text", `"Bool": {"i:sub": "true"}`, Unknown},
		{"BinaryEquals", `"BinaryEquals": {"binary": "AP8="}`, True},
		{"BinaryEquals, other", `"BinaryEquals": {"binary": "AP4="}`, False},
		{"BinaryEquals, no base64", `"BinaryEquals": {"binary": "?"}`, Unknown},
		{"IpAddress in range", `"IpAddress": {"ip": ["10.0.0.0/8", "203.0.113.0/24"]}`, True},
		{"IpAddress without prefix", `"IpAddress": {"ip": "203.0.113.7"}`, True},
		{"IpAddress, bits beyond the prefix", `"IpAddress": {"ip": "203.0.113.99/24"}`, True},
		{"IpAddress, version 6", `"IpAddress": {"ip6": "2001:DB8:1::/48"}`, True},
		{"IpAddress, version 4 in 6", `"IpAddress": {"mapped": "203.0.113.0/24"}`, True},
		{"NotIpAddress", `"NotIpAddress": {"ip": "203.0.113.0/24"}`, False},
		{"IpAddress of text", `"IpAddress": {"ip": "here"}`, Unknown},

		{"case of operator", `"stringequalsIFEXISTS": {"i:aud": "sts.amazonaws.com"}`, True},
		{"unknown operator", `"StringMatches": {"i:aud": "sts.amazonaws.com"}`, Unknown},
		{"unknown key", `"StringEquals": {"unknown": "x"}`, Unknown},
		{"unknown key, IfExists", `"StringEqualsIfExists": {"unknown": "x"}`, Unknown},
		{"unknown key, Null", `"Null": {"unknown": "true"}`, Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := condition(t, "2012-10-17", tt.condition, keys)
			if c.Holds != tt.want {
				t.Errorf("{%s}: %v, want %v", tt.condition, c.Holds, tt.want)
			}
			missing := strings.Contains(tt.condition, `"none"`) || strings.Contains(tt.condition, `"empty"`)
			if c.Missing != missing {
				t.Errorf("missing: %v, want %v", c.Missing, missing)
			}
		})
	}
}

// A negated operator is the opposite of its positive one, unless the key is missing.
func TestNegated(t *testing.T) {
	for positive, negated := range map[string]string{
		"StringEquals": "StringNotEquals", "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase", "StringLike": "StringNotLike",
		"ArnLike": "ArnNotLike", "ArnEquals": "ArnNotEquals", "NumericEquals": "NumericNotEquals", "DateEquals": "DateNotEquals",
		"IpAddress": "NotIpAddress",
	} {
		for key := range keys {
			if key == "empty" {
				continue
			}
			for _, value := range []string{"*", sub, "10", "a", "203.0.113.0/24", "2026", "arn:aws:iam::111122223333:role/team/api"} {
				text := fmt.Sprintf(`: {%q: [%q, "b"]}`, key, value)
				is := condition(t, "2012-10-17", `"`+positive+`"`+text, keys)
				isNot := condition(t, "2012-10-17", `"`+negated+`"`+text, keys)
				if isNot.Holds != not(is.Holds) {
					t.Errorf("%s%s is %v, %s is %v", positive, text, is.Holds, negated, isNot.Holds)
				}
			}
		}
	}
}

func TestVariables(t *testing.T) {
	for _, tt := range []struct {
		name, version, condition string
		want                     Tri
		depends, unsure          string
	}{
		{name: "put in", version: "2012-10-17", condition: `"StringEquals": {"i:sub": "${i:sub}"}`, want: True},
		{name: "put in, name in another case", version: "2012-10-17", condition: `"StringEquals": {"i:aud": "sts.${ I:AUD }"}`, want: False},
		{name: "needs the version (58)", version: "2008-10-17", condition: `"StringEquals": {"i:sub": "${i:sub}"}`, want: False},
		{name: "default version has none (58)", version: "", condition: `"StringLike": {"i:sub": "${i:sub}"}`, want: False},
		{name: "wildcard around", version: "2012-10-17", condition: `"StringLike": {"i:sub": "s?stem:*:${i:name, 'api'}"}`, want: True},
		{name: "default value", version: "2012-10-17", condition: `"StringEquals": {"i:aud": "${none, 'sts.amazonaws.com'}"}`, want: True},
		{name: "default not needed", version: "2012-10-17", condition: `"StringEquals": {"i:aud": "${i:aud, 'x'}"}`, want: True},
		{name: "empty default", version: "2012-10-17", condition: `"StringEquals": {"blank": "${none, ''}"}`, want: False},
		{name: "escaped star", version: "2012-10-17", condition: `"StringLike": {"stars": "a${*}b"}`, want: True},
		{name: "escaped star is no wildcard", version: "2012-10-17", condition: `"StringLike": {"i:sub": "${*}"}`, want: False},
		{name: "escaped star and wildcard", version: "2012-10-17", condition: `"StringLike": {"stars": "?${*}*"}`, want: True},
		{name: "escaped star under StringEquals", version: "2012-10-17", condition: `"StringEquals": {"stars": "a${*}b"}`, want: True},
		{name: "star beside a variable under StringEquals", version: "2012-10-17", condition: `"StringEquals": {"stars": "${none, 'a'}*b"}`, want: True},
		{name: "escaped star without version", version: "2008-10-17", condition: `"StringLike": {"i:sub": "${*}"}`, want: False},
		{name: "dollar", version: "2012-10-17", condition: `"StringEquals": {"i:sub": "${$}"}`, want: False},
		{name: "never closed is text", version: "2012-10-17", condition: `"StringLike": {"i:sub": "*${i:sub"}`, want: False},
		{name: "a value's own star is no wildcard", version: "2012-10-17", condition: `"StringLike": {"i:sub": "*${tag/name}*"}`, want: False},
		{name: "Bool takes variables (58)", version: "2012-10-17", condition: `"Bool": {"bool": "${bool}"}`, want: True},
		{name: "Numeric takes none (58)", version: "2012-10-17", condition: `"NumericEquals": {"number": "${number}"}`, want: Unknown,
			unsure: "AWS does not say how NumericEquals compares number"},
		{name: "Arn takes variables", version: "2012-10-17", condition: `"ArnLike": {"arn": "arn:aws:iam::*:role/team/${none, 'api'}"}`, want: True},
		{name: "no value, no match", version: "2012-10-17", condition: `"StringLike": {"i:sub": "*${none}"}`, want: False,
			unsure: "the request has no single value for ${none}, for which IAM may ignore the statement"},
		{name: "no value may spoil the statement", version: "2012-10-17", condition: `"StringNotLike": {"i:sub": "${none}"}`, want: Unknown,
			unsure: "the request has no single value for ${none}, for which IAM may ignore the statement"},
		{name: "no value beside a match", version: "2012-10-17", condition: `"StringLike": {"i:sub": ["*", "${two}"]}`, want: Unknown,
			unsure: "the request has no single value for ${two}, for which IAM may ignore the statement"},
		{name: "unknown variable", version: "2012-10-17", condition: `"StringEquals": {"i:sub": "${unknown, 'x'}"}`, want: Unknown, depends: "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			with := map[string][]string{"blank": {"x"}}
			for k, v := range keys {
				if k != "blank" {
					with[k] = v
				}
			}
			c := condition(t, tt.version, tt.condition, with)
			if c.Holds != tt.want || strings.Join(c.DependsOn, ",") != tt.depends || strings.Join(c.Unsure, ",") != tt.unsure {
				t.Errorf("{%s}: %v, depends on %q, unsure %q; want %v, %q, %q",
					tt.condition, c.Holds, c.DependsOn, c.Unsure, tt.want, tt.depends, tt.unsure)
			}
		})
	}
}

func TestActions(t *testing.T) {
	for _, tt := range []struct {
		name, action string
		want         Tri
	}{
		{"exact", `"Action": "sts:AssumeRoleWithWebIdentity"`, True},
		{"case (59)", `"Action": "STS:assumerolewithwebidentity"`, True},
		{"list", `"Action": ["sts:TagSession", "sts:AssumeRoleWithWebIdentity"]`, True},
		{"AssumeRole does not cover it (59)", `"Action": "sts:AssumeRole"`, False},
		{"wildcard (59)", `"Action": "sts:assumerole*"`, True},
		{"wildcard of the service (59)", `"Action": "sts:*"`, True},
		{"everything (59)", `"Action": "*"`, True},
		{"one character", `"Action": "sts:AssumeRole?ithWebIdentity"`, True},
		{"one character too many", `"Action": "sts:AssumeRoleWithWebIdentity?"`, False},
		{"blank at the end", `"Action": "sts:AssumeRoleWithWebIdentity "`, False},
		{"NotAction, another", `"NotAction": "sts:AssumeRole"`, True},
		{"NotAction, this", `"NotAction": ["sts:AssumeRoleWith*"]`, False},
		{"none", `"Sid": "x"`, Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, `{"Statement": {"Effect": "Allow", "Principal": {"Federated": "f"}, `+tt.action+`}}`)
			e := d.Evaluate(Request{Action: AssumeRoleWithWebIdentity, Federated: "f"})
			if got := e.Statements[0].Action; got != tt.want || e.Statements[0].Result != tt.want {
				t.Errorf("action %v, result %v, want %v", got, e.Statements[0].Result, tt.want)
			}
		})
	}
}

func TestPrincipals(t *testing.T) {
	const provider = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"
	for _, tt := range []struct {
		name, principal string
		want            Tri
	}{
		{"provider", `{"Federated": "` + provider + `"}`, True},
		{"one of several", `{"Federated": ["arn:x", "` + provider + `"]}`, True},
		{"beside others", `{"Service": "ec2.amazonaws.com", "Federated": "` + provider + `"}`, True},
		{"as a whole (60)", `{"Federated": "arn:aws:iam::111122223333:oidc-provider/*"}`, False},
		{"with case (65)", `{"Federated": "` + strings.ToLower(provider) + `"}`, False},
		{"slash at the end (68)", `{"Federated": "` + provider + `/"}`, False},
		{"bare host (60)", `{"Federated": "oidc.eks.eu-west-1.amazonaws.com/id/A"}`, False},
		{"under AWS", `{"AWS": "` + provider + `"}`, False},
		{"account", `{"AWS": "111122223333"}`, False},
		{"account root", `{"AWS": "arn:aws:iam::111122223333:root"}`, False},
		{"service", `{"Service": "pods.eks.amazonaws.com"}`, False},
		{"everyone (60, U7)", `"*"`, Unknown},
		{"everyone under AWS (60, U7)", `{"AWS": ["*", "111122223333"]}`, Unknown},
		{"everyone, and the provider", `{"AWS": "*", "Federated": "` + provider + `"}`, True},
		{"every service", `{"Service": "*"}`, False},
		{"nobody", `{}`, Unknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, `{"Statement": {"Effect": "Allow", "Principal": `+tt.principal+`, "Action": "*"}}`)
			checkRoundTrip(t, d)
			e := d.Evaluate(WebIdentity(provider, "https://oidc.eks.eu-west-1.amazonaws.com/id/A", sub, []string{"sts.amazonaws.com"}))
			if s := e.Statements[0]; s.Principal != tt.want || s.Result != tt.want || (len(s.Unsure) > 0) != (tt.want == Unknown) {
				t.Errorf("principal %v, result %v, unsure %q; want %v", s.Principal, s.Result, s.Unsure, tt.want)
			}
		})
	}
}

func TestDecision(t *testing.T) {
	allow := func(condition string) string {
		return `{"Effect": "Allow", "Principal": {"Federated": "f"}, "Action": "*", "Condition": {` + condition + `}}`
	}
	deny := func(condition string) string {
		return `{"Effect": "Deny", "Principal": {"Federated": "f"}, "Action": "*", "Condition": {` + condition + `}}`
	}
	const yes, no, open = ``, `"Bool": {"none": "true"}`, `"StringEquals": {"sts:RoleSessionName": "x"}`
	for _, tt := range []struct {
		name       string
		statements []string
		want       Decision
		dependsOn  []string
		deniedBy   int // -1: none
	}{
		{"nothing", nil, Denied, nil, -1},
		{"allowed", []string{allow(no), allow(yes)}, Allowed, nil, -1},
		{"nothing allows", []string{allow(no)}, Denied, nil, -1},
		{"Deny wins (61)", []string{allow(yes), deny(no), deny(yes)}, Denied, nil, 2},
		{"Deny wins over an open Allow", []string{deny(yes), allow(open)}, Denied, nil, 0},
		{"Deny that does not apply", []string{allow(yes), deny(no)}, Allowed, nil, -1},
		{"open Allow", []string{allow(no), allow(open)}, Depends, []string{"sts:RoleSessionName"}, -1},
		{"open Allow beside an Allow", []string{allow(open), allow(yes)}, Allowed, nil, -1},
		{"open Deny", []string{allow(yes), deny(open)}, Depends, []string{"sts:RoleSessionName"}, -1},
		{"open Deny, nothing allows", []string{allow(no), deny(open)}, Denied, nil, -1},
		{"only what matters", []string{allow(yes), allow(`"Bool": {"aws:SourceVpc": "x"}`), deny(open)}, Depends, []string{"sts:RoleSessionName"}, -1},
		{"both open", []string{allow(`"StringLike": {"aws:SourceVpc": "x"}`), deny(open)}, Depends, []string{"aws:SourceVpc", "sts:RoleSessionName"}, -1},
		{"open and failing", []string{allow(no + "," + open)}, Denied, nil, -1},
		{"effect that is none", []string{allow(yes), strings.Replace(allow(yes), `"Allow"`, `"Permit"`, 1)}, Depends, nil, -1},
		{"effect that is none, on a statement that does not apply", []string{allow(yes), strings.Replace(allow(no), `"Allow"`, `"Permit"`, 1)}, Allowed, nil, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := parse(t, `{"Statement": [`+strings.Join(tt.statements, ",")+`]}`)
			r := WebIdentity("f", "https://i", sub, nil)
			e := d.Evaluate(r)
			if e.Decision != tt.want || !slices.Equal(e.DependsOn, tt.dependsOn) {
				t.Errorf("%v, depends on %q; want %v, %q", e.Decision, e.DependsOn, tt.want, tt.dependsOn)
			}
			got := -1
			if s := e.DeniedBy(); s != nil {
				got = s.Index
			}
			if got != tt.deniedBy {
				t.Errorf("denied by %d, want %d", got, tt.deniedBy)
			}
			if (e.Decision == Allowed) != (e.AllowedBy() != nil && tt.deniedBy < 0 && e.Decision != Depends) {
				t.Errorf("%v, but allowed by %v", e.Decision, e.AllowedBy())
			}
		})
	}
}
