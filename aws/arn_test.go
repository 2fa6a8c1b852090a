package aws

import (
	"strings"
	"testing"
)

func TestParseRoleARN(t *testing.T) {
	for text, want := range map[string]roleARN{
		"arn:aws:iam::111122223333:role/app":                {place{"aws", mine}, "/", "app"},
		"arn:aws-us-gov:iam::111122223333:role/team/x/app":  {place{"aws-us-gov", mine}, "/team/x/", "app"},
		"arn:aws:iam::111122223333:role/a+b=c,d.e@f-g_h":    {place{"aws", mine}, "/", "a+b=c,d.e@f-g_h"},
		"arn:aws:iam::111122223333:role/odd!path:/with/app": {place{"aws", mine}, "/odd!path:/with/", "app"},
	} {
		got, ok := parseRoleARN(text)
		if !ok || got != want || got.String() != text {
			t.Errorf("%s: got %+v", text, got)
		}
	}
	for _, text := range []string{
		"", "app", "arn:::::", "arn:aws:iam::111122223333:role/", "arn:aws:iam::111122223333:role/app/", "arn:aws:iam::111122223333:role//app",
		" arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/app\n", "arn:aws:iam::111122223333:role/a b",
		"arn:aws:iam::11112222333:role/app", "arn:aws:iam::1111222233334:role/app", "arn:aws:iam::١١١١٢٢٢٢٣٣٣٣:role/app",
		"arn:aws:iam:us-east-1:111122223333:role/app", "arn:aws:sts::111122223333:assumed-role/app/x", "arn:aws:iam::111122223333:user/app",
		"arn:aws:iam::111122223333:instance-profile/app", "arn:gcp:iam::111122223333:role/app", `"arn:aws:iam::111122223333:role/app"`,
		"arn:aws:iam::111122223333:role/" + strings.Repeat("a", 65),
	} {
		if got, ok := parseRoleARN(text); ok {
			t.Errorf("%q reads as %+v", text, got)
		}
	}
}

func FuzzParseRoleARN(f *testing.F) {
	for _, text := range []string{
		"arn:aws:iam::111122223333:role/team/x/app", "arn:aws-cn:iam::111122223333:role/a//b", "arn:aws:iam::111122223333:role/", "arn:::::",
		"arn:aws:iam::１１１１２２２２３３３３:role/x", "arn:aws:iam:us-west-2:111122223333:role/x\n", "arn:aws:iam::111122223333:role/arn:aws:iam::111122223333:role/x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if role, ok := parseRoleARN(text); ok && (role.String() != text || len(role.account) != 12 || strings.ContainsAny(role.name, "/ \n")) {
			t.Errorf("%q reads as %+v", text, role)
		}
	})
}
