package awstest_test

import (
	"fmt"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/go-cmp/cmp"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

const permissions = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}`

var trust = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "` + provider + `"}, "Action": "sts:AssumeRoleWithWebIdentity"}]}`

func TestGetRole(t *testing.T) {
	s, c := start(t)
	role := must[*iam.GetRoleOutput](t)(c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: awssdk.String("app")})).Role
	type said struct {
		Arn, Path, Name, Description string
		Max                          int32
		Tags                         map[string]string
	}
	got := said{*role.Arn, *role.Path, *role.RoleName, *role.Description, *role.MaxSessionDuration, map[string]string{}}
	for _, tag := range role.Tags {
		got.Tags[*tag.Key] = *tag.Value
	}
	want := said{appRole, "/team/x/", "app", "reads a bucket & writes <nothing>", 3600, map[string]string{"owner": "team x", "stage": "prod"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(*role.RoleId) != 21 || !strings.HasPrefix(*role.RoleId, "AROA") || role.CreateDate.IsZero() {
		t.Errorf("id %s, created %s", *role.RoleId, role.CreateDate)
	}
	if strings.ContainsAny(*role.AssumeRolePolicyDocument, `{" +`) {
		t.Errorf("trust policy is not URL-encoded: %s", *role.AssumeRolePolicyDocument)
	}
	s.Edit(func(w *awstest.World) {
		if want := string(w.Accounts[account].Roles["app"].TrustPolicy); decoded(t, role.AssumeRolePolicyDocument) != want {
			t.Errorf("trust policy: got %s", decoded(t, role.AssumeRolePolicyDocument))
		}
	})
}

func TestIAMErrors(t *testing.T) {
	_, c := start(t)
	name, arn := awssdk.String, "arn:aws:iam::111122223333:policy/none"
	_, err := c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name("nobody")})
	wantType[*iamtypes.NoSuchEntityException](t, err)
	wantError(t, err, 404, "NoSuchEntity", "The role with name nobody cannot be found.")
	_, err = c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name("team/x/app")})
	wantError(t, err, 400, "ValidationError", "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-")
	_, err = c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name(strings.Repeat("a", 65))})
	wantError(t, err, 400, "ValidationError", "at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64")
	_, err = c.iam.ListRoles(ctx, &iam.ListRolesInput{MaxItems: awssdk.Int32(1001)})
	wantError(t, err, 400, "ValidationError", "Value '1001' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000")
	_, err = c.iam.ListRoles(ctx, &iam.ListRolesInput{Marker: name("?")})
	wantError(t, err, 400, "ValidationError", "Invalid Marker.")
	_, err = c.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	wantType[*iamtypes.NoSuchEntityException](t, err)
	_, err = c.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: name("arn:aws:iam::aws:policy/AmazonS3FullAccess"), VersionId: name("v9")})
	wantError(t, err, 404, "NoSuchEntity", "version v9 does not exist")
	_, err = c.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name("app"), PolicyName: name("none")})
	wantError(t, err, 404, "NoSuchEntity", "The role policy with name none cannot be found.")
	_, err = c.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: name(provider + "/")})
	wantError(t, err, 404, "NoSuchEntity", "OpenIDConnect Provider not found for arn "+provider+"/")
	_, err = c.iam.ListUsers(ctx, &iam.ListUsersInput{})
	wantError(t, err, 400, "InvalidAction", "Could not find operation ListUsers for version 2010-05-08")
	_, err = c.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name("app"), PolicyArn: &arn})
	wantError(t, err, 404, "NoSuchEntity", "does not exist or is not attachable")
	_, err = c.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name("AWSServiceRoleForAmazonEKS"), PolicyDocument: &trust})
	wantType[*iamtypes.UnmodifiableEntityException](t, err)
}

func TestListRolesPages(t *testing.T) {
	s, c := start(t)
	s.Edit(func(w *awstest.World) {
		for i := range 250 {
			w.Accounts[account].Roles[fmt.Sprintf("r%03d", i)] = &awstest.Role{Path: "/many/", TrustPolicy: "{}"}
		}
	})
	pages, names := 0, map[string]bool{}
	for p := iam.NewListRolesPaginator(c.iam, &iam.ListRolesInput{PathPrefix: awssdk.String("/many/")}); p.HasMorePages(); pages++ {
		for _, role := range must[*iam.ListRolesOutput](t)(p.NextPage(ctx)).Roles {
			names[*role.RoleName] = true
			if role.Tags != nil || role.RoleLastUsed != nil {
				t.Fatalf("ListRoles answers tags or last use of %s", *role.RoleName)
			}
		}
	}
	if pages != 3 || len(names) != 250 {
		t.Errorf("got %d roles in %d pages, want 250 in 3", len(names), pages)
	}
	s.MaxPage = 7
	out := must[*iam.ListRolesOutput](t)(c.iam.ListRoles(ctx, &iam.ListRolesInput{MaxItems: awssdk.Int32(1000)}))
	if len(out.Roles) != 7 || !out.IsTruncated || out.Marker == nil {
		t.Errorf("got %d roles, truncated %v; want 7 of more", len(out.Roles), out.IsTruncated)
	}
}

func TestReadPolicies(t *testing.T) {
	s, c := start(t)
	s.MaxPage = 1
	var attached, inline []string
	for p := iam.NewListAttachedRolePoliciesPaginator(c.iam, &iam.ListAttachedRolePoliciesInput{RoleName: awssdk.String("app")}); p.HasMorePages(); {
		for _, a := range must[*iam.ListAttachedRolePoliciesOutput](t)(p.NextPage(ctx)).AttachedPolicies {
			attached = append(attached, *a.PolicyName+" "+*a.PolicyArn)
		}
	}
	for p := iam.NewListRolePoliciesPaginator(c.iam, &iam.ListRolePoliciesInput{RoleName: awssdk.String("app")}); p.HasMorePages(); {
		inline = append(inline, must[*iam.ListRolePoliciesOutput](t)(p.NextPage(ctx)).PolicyNames...)
	}
	wantAttached := []string{"queue arn:aws:iam::111122223333:policy/own/queue", "AmazonS3FullAccess arn:aws:iam::aws:policy/AmazonS3FullAccess"}
	if diff := cmp.Diff([][]string{wantAttached, {"extra"}}, [][]string{attached, inline}); diff != "" {
		t.Error(diff)
	}
	got := must[*iam.GetRolePolicyOutput](t)(c.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: awssdk.String("app"), PolicyName: awssdk.String("extra")}))
	if text := decoded(t, got.PolicyDocument); !strings.Contains(text, `"sqs:*"`) {
		t.Errorf("inline policy: %s", text)
	}
	for arn, wanted := range map[string]string{
		"arn:aws:iam::111122223333:policy/own/queue":                    `"Allow","Action":"sqs:*"`,
		"arn:aws:iam::aws:policy/AmazonS3FullAccess":                    `"s3-object-lambda:*"`,
		"arn:aws:iam::aws:policy/AdministratorAccess":                   `"Action":"*"`,
		"arn:aws:iam::aws:policy/ReadOnlyAccess":                        `"s3:Get*"`,
		"arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy": `"ec2:AttachVolume"`,
	} {
		policy := must[*iam.GetPolicyOutput](t)(c.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})).Policy
		version := must[*iam.GetPolicyVersionOutput](t)(c.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: policy.DefaultVersionId}))
		if text := decoded(t, version.PolicyVersion.Document); !strings.Contains(text, wanted) || !version.PolicyVersion.IsDefaultVersion {
			t.Errorf("%s %s: %s", arn, *policy.DefaultVersionId, text)
		}
	}
	s.MaxPage = 0
	versions := must[*iam.ListPolicyVersionsOutput](t)(c.iam.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: awssdk.String("arn:aws:iam::111122223333:policy/own/queue")}))
	tags := must[*iam.ListRoleTagsOutput](t)(c.iam.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: awssdk.String("app")}))
	if len(versions.Versions) != 2 || len(tags.Tags) != 2 || versions.IsTruncated {
		t.Errorf("got %d versions and %d tags, want 2 and 2", len(versions.Versions), len(tags.Tags))
	}
}

func TestWriteRole(t *testing.T) {
	_, c := start(t)
	name, inlineName := awssdk.String("new"), awssdk.String("inline")
	created := must[*iam.CreateRoleOutput](t)(c.iam.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: name, Path: awssdk.String("/p/"), AssumeRolePolicyDocument: &trust, MaxSessionDuration: awssdk.Int32(7200),
		Tags: []iamtypes.Tag{{Key: awssdk.String("a b"), Value: awssdk.String("")}},
	})).Role
	if *created.Arn != "arn:aws:iam::111122223333:role/p/new" || *created.MaxSessionDuration != 7200 {
		t.Errorf("created %s for %d s", *created.Arn, *created.MaxSessionDuration)
	}
	_, err := c.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: awssdk.String("NEW"), AssumeRolePolicyDocument: &trust})
	wantType[*iamtypes.EntityAlreadyExistsException](t, err)
	wantError(t, err, 409, "EntityAlreadyExists", "Role with name NEW already exists.")

	policy := must[*iam.CreatePolicyOutput](t)(c.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: awssdk.String("mine"), PolicyDocument: awssdk.String(permissions)})).Policy
	must[*iam.AttachRolePolicyOutput](t)(c.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: name, PolicyArn: policy.Arn}))
	must[*iam.PutRolePolicyOutput](t)(c.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: name, PolicyName: inlineName, PolicyDocument: awssdk.String(permissions)}))
	counted := must[*iam.GetPolicyOutput](t)(c.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: policy.Arn})).Policy
	if *counted.AttachmentCount != 1 || *counted.DefaultVersionId != "v1" {
		t.Errorf("policy is attached %d times, default %s", *counted.AttachmentCount, *counted.DefaultVersionId)
	}

	spaced := strings.ReplaceAll(trust, "Allow", "Deny")
	must[*iam.UpdateAssumeRolePolicyOutput](t)(c.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: &spaced}))
	read := must[*iam.GetRoleOutput](t)(c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name})).Role
	if diff := cmp.Diff(spaced, decoded(t, read.AssumeRolePolicyDocument)); diff != "" {
		t.Error(diff)
	}

	_, err = c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	wantError(t, err, 409, "DeleteConflict", "must detach all policies first")
	must[*iam.DetachRolePolicyOutput](t)(c.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: policy.Arn}))
	_, err = c.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: name, PolicyArn: policy.Arn})
	wantType[*iamtypes.NoSuchEntityException](t, err)
	_, err = c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	wantError(t, err, 409, "DeleteConflict", "must delete policies first")
	must[*iam.DeleteRolePolicyOutput](t)(c.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: inlineName}))
	must[*iam.DeleteRoleOutput](t)(c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name}))
	_, err = c.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	wantType[*iamtypes.NoSuchEntityException](t, err)
}

func TestProviders(t *testing.T) {
	_, c := start(t)
	get := func(arn string) *iam.GetOpenIDConnectProviderOutput {
		return must[*iam.GetOpenIDConnectProviderOutput](t)(c.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn}))
	}
	if got := get(provider); "https://"+*got.Url != issuer || len(got.ThumbprintList) != 1 || len(got.Tags) != 1 {
		t.Errorf("got %+v", got)
	}
	arn := *must[*iam.CreateOpenIDConnectProviderOutput](t)(c.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: awssdk.String("https://oidc.example.com:443/id/x"), ClientIDList: []string{"one"},
	})).OpenIDConnectProviderArn
	if arn != "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/x" {
		t.Errorf("created %s", arn)
	}
	_, err := c.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: awssdk.String("https://oidc.example.com/id/x")})
	wantType[*iamtypes.EntityAlreadyExistsException](t, err)
	wantError(t, err, 409, "EntityAlreadyExists", "Provider with url https://oidc.example.com/id/x already exists.")
	add := func(id string) {
		must[*iam.AddClientIDToOpenIDConnectProviderOutput](t)(c.iam.AddClientIDToOpenIDConnectProvider(ctx,
			&iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: &id}))
	}
	add("two")
	add("two")
	must[*iam.RemoveClientIDFromOpenIDConnectProviderOutput](t)(c.iam.RemoveClientIDFromOpenIDConnectProvider(ctx,
		&iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn, ClientID: awssdk.String("one")}))
	print := strings.Repeat("0a", 20)
	must[*iam.UpdateOpenIDConnectProviderThumbprintOutput](t)(c.iam.UpdateOpenIDConnectProviderThumbprint(ctx,
		&iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: &arn, ThumbprintList: []string{print}}))
	must[*iam.TagOpenIDConnectProviderOutput](t)(c.iam.TagOpenIDConnectProvider(ctx, &iam.TagOpenIDConnectProviderInput{
		OpenIDConnectProviderArn: &arn, Tags: []iamtypes.Tag{{Key: awssdk.String("k"), Value: awssdk.String("v")}}}))
	got := get(arn)
	if diff := cmp.Diff([][]string{{"two"}, {print}, {"k", "v"}}, [][]string{got.ClientIDList, got.ThumbprintList, {*got.Tags[0].Key, *got.Tags[0].Value}}); diff != "" {
		t.Error(diff)
	}
	if list := must[*iam.ListOpenIDConnectProvidersOutput](t)(c.iam.ListOpenIDConnectProviders(ctx, nil)).OpenIDConnectProviderList; len(list) != 2 {
		t.Errorf("got %d providers, want 2", len(list))
	}
	for range 2 { // deleting is idempotent
		must[*iam.DeleteOpenIDConnectProviderOutput](t)(c.iam.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn}))
	}
	_, err = c.iam.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: &arn})
	wantType[*iamtypes.NoSuchEntityException](t, err)
}

func TestProviderURL(t *testing.T) {
	_, c := start(t)
	for url, code := range map[string]string{
		"oidc.example.com":                    "ValidationError",
		"https://":                            "ValidationError",
		"http://oidc.example.com":             "InvalidInput",
		"https://oidc.example.com/?a=b":       "InvalidInput",
		"https://" + strings.Repeat("a", 248): "ValidationError",
	} {
		_, err := c.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: &url})
		wantError(t, err, 400, code, "")
	}
	_, err := c.iam.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: awssdk.String("https://a.example.com"), ThumbprintList: []string{"short"}})
	wantError(t, err, 400, "ValidationError", "thumbprintList")
}

func TestMalformedTrustPolicies(t *testing.T) {
	_, c := start(t)
	statement := func(s string) string { return `{"Version": "2012-10-17", "Statement": [` + s + `]}` }
	for name, tt := range map[string]struct{ policy, message string }{
		"not JSON":          {`{"Version"`, "invalid Json"},
		"unknown element":   {statement(`{"Effect":"Allow","Princpal":{"AWS":"*"},"Action":"sts:AssumeRole"}`), "invalid Json"},
		"resource":          {statement(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Resource":"*"}`), "Has prohibited field Resource"},
		"no principal":      {statement(`{"Effect":"Allow","Action":"sts:AssumeRole"}`), "Missing required field Principal"},
		"no action":         {statement(`{"Effect":"Allow","Principal":{"AWS":"*"}}`), "Missing required field Action"},
		"no effect":         {statement(`{"Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}`), "Missing required field Effect"},
		"other action":      {statement(`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject"}`), "may only specify STS AssumeRole actions"},
		"issuer URL":        {statement(`{"Effect":"Allow","Principal":{"Federated":"` + issuer + `"},"Action":"sts:AssumeRoleWithWebIdentity"}`), "Federated principals must be valid domain names"},
		"provider as AWS":   {statement(`{"Effect":"Allow","Principal":{"AWS":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity"}`), `Invalid principal in policy: "AWS":"` + provider},
		"missing principal": {statement(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:role/none"},"Action":"sts:AssumeRole"}`), "Invalid principal in policy"},
		"operator":          {statement(`{"Effect":"Allow","Principal":{"Federated":"` + provider + `"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEqual":{"a:b":"c"}}}`), "StringEqual"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: awssdk.String("app"), PolicyDocument: &tt.policy})
			wantType[*iamtypes.MalformedPolicyDocumentException](t, err)
			wantError(t, err, 400, "MalformedPolicyDocument", tt.message)
		})
	}
	long := strings.Replace(trust, `"Effect"`, `"Sid": "`+strings.Repeat("a", 2000)+`", "Effect"`, 1)
	_, err := c.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: awssdk.String("app"), PolicyDocument: &long})
	wantError(t, err, 409, "LimitExceeded", "ACLSizePerRole: 2048")
	_, err = c.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: awssdk.String("app"), PolicyName: awssdk.String("p"), PolicyDocument: &trust})
	wantError(t, err, 400, "MalformedPolicyDocument", "should not specify a principal")
}
