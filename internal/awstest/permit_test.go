package awstest_test

import (
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

// allows is a policy that allows an action on a resource.
func allows(action, resource string) awstest.Document {
	return awstest.Document(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}]}`)
}

func TestPolicies(t *testing.T) {
	const (
		deny      = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:Get*","Resource":"*"}}`
		onlyByMFA = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}}`
	)
	s, c := start(t)
	for name, tc := range map[string]struct {
		policies []awstest.Document
		allowed  bool
	}{
		"none":                      {nil, true},
		"an empty list":             {[]awstest.Document{}, false},
		"the action":                {[]awstest.Document{allows("iam:GetRole", "*")}, true},
		"a pattern of another case": {[]awstest.Document{allows("IAM:get*", "*")}, true},
		"another action":            {[]awstest.Document{allows("iam:ListRoles", "*")}, false},
		"two policies":              {[]awstest.Document{allows("iam:ListRoles", "*"), allows("iam:GetRole", "*")}, true},
		"the role":                  {[]awstest.Document{allows("iam:*", appRole)}, true},
		"another role":              {[]awstest.Document{allows("iam:*", appRole+"2")}, false},
		"roles of a path":           {[]awstest.Document{allows("iam:*", "arn:aws:iam::*:role/team/*")}, true},
		"under a condition":         {[]awstest.Document{onlyByMFA}, false},
		"a deny besides":            {[]awstest.Document{allows("*", "*"), deny}, false},
		"no policy":                 {[]awstest.Document{"{"}, false},
	} {
		s.Edit(func(w *awstest.World) { w.Credentials[alice].Policies = tc.policies })
		_, err := c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: awssdk.String("app")})
		switch {
		case !tc.allowed && err != nil:
			wantError(t, err, 403, "AccessDenied", "is not authorized to perform: iam:GetRole on resource: role app because no identity-based policy allows the iam:GetRole action")
		case tc.allowed != (err == nil):
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestConfined is about what needs no permission, and who is confined.
func TestConfined(t *testing.T) {
	const auditor = "arn:aws:iam::111122223333:role/auditor"
	s, c := start(t)
	s.Edit(func(w *awstest.World) {
		w.Credentials[alice].Policies = []awstest.Document{allows("sts:AssumeRole", auditor)}
		w.Accounts[account].Roles["auditor"] = &awstest.Role{
			TrustPolicy: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}}`,
			Inline:      map[string]awstest.Document{"reads": allows("iam:ListRoles", "*")}, Confined: true,
		}
	})
	must[*sts.GetCallerIdentityOutput](t)(c.sts.GetCallerIdentity(ctx, nil))
	_, err := c.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: awssdk.String("blue")})
	wantError(t, err, 403, "AccessDeniedException", "user/alice is not authorized to perform: eks:DescribeCluster on resource: arn:aws:eks:us-west-2:111122223333:cluster/blue")
	_, err = c.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: awssdk.String(appRole), RoleSessionName: awssdk.String("alice")})
	wantError(t, err, 403, "AccessDenied", "sts:AssumeRole on resource: "+appRole)

	out := must[*sts.AssumeRoleOutput](t)(c.sts.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: awssdk.String(auditor), RoleSessionName: awssdk.String("alice")}))
	env := s.Start(t, *out.Credentials.AccessKeyId, region)
	session := of(env.Config())
	must[*iam.ListRolesOutput](t)(session.iam.ListRoles(ctx, nil))
	_, err = session.iam.ListOpenIDConnectProviders(ctx, nil)
	wantError(t, err, 403, "AccessDenied", "assumed-role/auditor/alice is not authorized to perform: iam:ListOpenIDConnectProviders on resource: arn:aws:iam::111122223333:oidc-provider/*")
}
