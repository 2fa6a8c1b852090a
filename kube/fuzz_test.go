package kube

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// FuzzTexts gives all that reads text the same hostile text.
func FuzzTexts(f *testing.F) {
	for _, s := range []string{
		"", "--aws-region=us-west-2 --aws-region", `{"a/b":{"RoleARN":"arn:aws:iam::111122223333:role/r","TokenExpiration":1}}`,
		`{"f:metadata":{"f:annotations":{"f:eks.amazonaws.com/role-arn":{}}}}`, "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
		"arn:aws:eks:us-west-2:111122223333:cluster/prod", "https://user:pass@host/path", "a\xff\x00\nb",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		args := strings.Split(s, " ")
		if value, ok := argument(args, "aws-region"); !ok && value != "" {
			t.Errorf("value %q of no argument", value)
		}
		for _, arn := range roleARNs(args) {
			if !strings.Contains(s, arn) {
				t.Errorf("ARN %q is not in the text", arn)
			}
		}
		if roles, err := parseMappedRoles(s); err == nil {
			if _, err := json.Marshal(roles); err != nil {
				t.Error(err)
			}
		}
		ownsRoleARN(metav1.NewFieldsV1(s))
		if ca := caBundle([]byte(s)); ca.Empty != (s == "") || !ca.Empty && (ca.Problem == "") == ca.NotAfter.IsZero() && ca.Problem == "" {
			t.Errorf("bundle %+v", ca)
		}
		hintOf(clientcmdapi.Config{}, s, s)
		withoutUser(s)
		if line := oneLine(s); !utf8.ValidString(line) || strings.ContainsAny(line, "\n\r\t") || len(line) > 1000 {
			t.Errorf("%q", line)
		}
	})
}
