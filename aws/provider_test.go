package aws

import (
	"fmt"
	"slices"
	"testing"
)

func TestResembling(t *testing.T) {
	const eks = "oidc.eks.us-west-2.amazonaws.com/id/ABCD"
	arns := func(urls ...string) []string {
		return each(urls, func(url string) string { return place{"aws", mine}.arn("oidc-provider/" + url) })
	}
	var others []string
	for i := range 2 * mostNeighbours {
		others = append(others, fmt.Sprintf("oidc.eks.us-west-2.amazonaws.com/id/OTHER%d", i))
	}
	for _, c := range []struct {
		name, issuer string
		listed, want []string
	}{
		{"nothing", eks, nil, nil},
		{"itself", eks, arns(eks), nil},
		{"slash", eks, arns(eks + "/"), arns(eks + "/")},
		{"slash that is missing", "issuer.example.com/x/", arns("issuer.example.com/x"), arns("issuer.example.com/x")},
		{"slash of a bare host", "issuer.example.com", arns("issuer.example.com/"), arns("issuer.example.com/")},
		{"case", eks, arns("OIDC.eks.us-west-2.amazonaws.com/id/abcd"), arns("OIDC.eks.us-west-2.amazonaws.com/id/abcd")},
		{"port", eks, arns("oidc.eks.us-west-2.amazonaws.com:443/id/ABCD"), arns("oidc.eks.us-west-2.amazonaws.com:443/id/ABCD")},
		{"another port", "a.example.com:6443", arns("a.example.com", "a.example.com:8443"), nil},
		{"dual stack", eks, arns("oidc-eks.us-west-2.api.aws/id/ABCD"), arns("oidc-eks.us-west-2.api.aws/id/ABCD")},
		{"dual stack of another cluster", eks, arns("oidc-eks.us-west-2.api.aws/id/EFGH"), arns("oidc-eks.us-west-2.api.aws/id/EFGH")},
		{"from dual stack", "oidc-eks.us-west-2.api.aws/id/ABCD", arns(eks), arns(eks)},
		{"China", "oidc.eks.cn-north-1.amazonaws.com.cn/id/ABCD", arns("oidc-eks.cn-north-1.api.amazonwebservices.com.cn/id/ABCD"),
			arns("oidc-eks.cn-north-1.api.amazonwebservices.com.cn/id/ABCD")},
		{"region mistaken", eks, arns("oidc.eks.eu-west-1.amazonaws.com/id/ABCD"), arns("oidc.eks.eu-west-1.amazonaws.com/id/ABCD")},
		{"another region's cluster", eks, arns("oidc.eks.eu-west-1.amazonaws.com/id/EFGH"), nil},
		{"neighbours", eks, arns(others...), arns(others[:mostNeighbours]...)},
		{"neighbours of one that is there", eks, arns(append(others, eks, eks+"/")...), arns(eks + "/")},
		{"others", "issuer.example.com", arns(eks, "token.actions.githubusercontent.com"), nil},
		{"no provider at all", "issuer.example.com", []string{"", "arn:aws:iam::aws:saml-provider/x"}, nil},
	} {
		if got := resembling(c.issuer, c.listed); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func FuzzResembling(f *testing.F) {
	f.Add("oidc.eks.us-west-2.amazonaws.com/id/ABCD", "oidc-eks.us-west-2.api.aws/id/ABCD")
	f.Add("issuer.example.com:443/", "ISSUER.example.com")
	f.Fuzz(func(t *testing.T, one, other string) {
		arn := func(url string) string { return "arn:aws:iam::111122223333:oidc-provider/" + url }
		if got := resembling(one, []string{arn(one)}); len(got) != 0 {
			t.Errorf("%q resembles itself", one)
		}
		there, back := resembling(one, []string{arn(other)}), resembling(other, []string{arn(one)})
		if len(there) != len(back) {
			t.Errorf("%q and %q do not resemble each other alike", one, other)
		}
	})
}
