package checks

import (
	"strings"
	"testing"
)

func TestExamineRoleARN(t *testing.T) {
	const arn = "arn:aws:iam::111122223333:role/team/s3"
	for _, test := range []struct {
		text    string
		problem string // what the answer holds; "" for the ARN of a role
		meant   string
	}{
		{arn, "", arn},
		{"arn:aws-cn:iam::111122223333:role/s3", "", "arn:aws-cn:iam::111122223333:role/s3"},
		{"arn:aws:iam::111122223333:role/role/s3", "", "arn:aws:iam::111122223333:role/role/s3"}, // a path may be called so
		{arn + "\n", "not seen: U+000A at 39", arn},
		{" " + arn, "not seen: U+0020 at 1", arn},
		{"arn:aws:iam::111122223333:role/team/\u200bs3", "not seen: U+200B at 37", arn},
		{`"` + arn + `"`, "quotes", arn},
		{`"` + arn + "\"\n", "not seen: U+000A at 41, and stands in quotes", arn},
		{`arn:aws:iam::111122223333\:role/team/s3`, "backslash", arn},
		{"eks.amazonaws.com/role-arn=" + arn, "repeats the key", arn},
		{"eks.amazonaws.com/role-arn: " + arn, "repeats the key", arn},
		{"arn:aws:iam::111122223333:role/" + arn, "ARN within an ARN", arn},
		{"arn:aws:iam::1111-2222-3333:role/team/s3", "hyphens", arn},
		{"arn:aws:iam:us-west-2:111122223333:role/team/s3", "names a region", arn},
		{"arn:aws:iam:111122223333:role/team/s3", "colon", arn},
		{"arn:aws:iam:::111122223333:role/team/s3", "colon", arn},
		{"arn:aws:iam::111122223333::role/team/s3", "colon", arn},
		{"arn:aws:iam::111122223333role/team/s3", "colon", arn},
		{"arn:aws:iam::111122223333:role:role/team/s3", "role/ and the name", arn},
		{"arn:aws:iam::111122223333:role:team/s3", "role/ and the name", arn},
		{"arn:aws:iam::111122223333:roles/team/s3", "role/ and the name", arn},
		{"arn:aws:iam::111122223333:Role/team/s3", "role/ and the name", arn},
		{"ARN:AWS:IAM::111122223333:role/team/s3", "lower case", arn},
		{"arn:aws:iam::<account id>:role/s3", "placeholder", ""},
		{"arn:aws:iam::${ACCOUNT_ID}:role/s3", "placeholder", ""},
		{"arn:aws:iam::ACCOUNT_ID:role/s3", "placeholder", ""},
		{"arn:aws:iam::XXXXXXXXXXXX:role/s3", "placeholder", ""},
		{"arn:aws:iam::12345678901:role/s3", "leading zero", ""},
		{"arn:aws:iam::1234:role/s3", `account ID "1234" instead of 12 digits`, ""},
		{"arn:aws:iam::aws:policy/AmazonS3FullAccess", "ARN of a policy", ""},
		{"arn:aws:iam::111122223333:user/ada", "ARN of a user", ""},
		{"arn:aws:iam::111122223333:instance-profile/s3", "instance profile", ""},
		{"arn:aws:iam::111122223333:oidc-provider/example.com", "ARN of a provider", ""},
		{"arn:aws:sts::111122223333:assumed-role/s3/botocore", "session of role s3", ""},
		{"arn:aws:s3:::bucket", "service s3", ""},
		{"arn:was:iam::111122223333:role/s3", "partition", ""},
		{"arn:aws:iam::111122223333:role/" + strings.Repeat("x", 65), "65 characters", ""},
		{"arn:aws:iam::111122223333:role/s3!", "not allow", ""},
		{"s3-role", "bare name", ""},
		{"role/s3", "no ARN", ""},
		{"", "no ARN", ""},
	} {
		problem, meant := examineRoleARN(test.text)
		if !strings.Contains(problem, test.problem) || (problem == "") != (test.problem == "") || meant != test.meant {
			t.Errorf("%q: %q, meant %q", test.text, problem, meant)
		}
	}
}

func FuzzExamineRoleARN(f *testing.F) {
	f.Add("arn:aws:iam::111122223333:role/team/s3")
	f.Add("arn:aws:iam::111122223333:role/arn:aws:iam::111122223333:role/s3")
	f.Add("eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role:role/s3\n")
	f.Fuzz(func(t *testing.T, text string) {
		problem, meant := examineRoleARN(text)
		if meant == "" {
			if problem == "" {
				t.Error("nothing is wrong, and nothing meant")
			}
			return
		}
		if p, again := examineRoleARN(meant); p != "" || again != meant {
			t.Errorf("what is meant, %q, is wrong itself: %s", meant, p)
		}
		if (problem == "") != (meant == text) {
			t.Errorf("%q is meant by a text that is %q", meant, problem)
		}
	})
}
