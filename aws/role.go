package aws

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// role is a role with its policies: one round of calls for the role and the two
// listings, and two more for the documents.
func (a *account) role(ctx context.Context, name string) facts.Fact[facts.Role] {
	var role facts.Role
	var err error
	var attached, inline facts.Fact[[]facts.Policy]
	var wg sync.WaitGroup
	wg.Go(func() {
		if role, err = a.getRole(ctx, name); facts.KindOf(err) == facts.Absent {
			a.everyRole() // asked for now, read later
		}
	})
	wg.Go(func() { attached = fact(a.attached(ctx, name)) })
	wg.Go(func() { inline = fact(a.inline(ctx, name)) })
	wg.Wait()
	role.Attached, role.Inline = attached, inline
	return fact(role, err)
}

func (a *account) getRole(ctx context.Context, name string) (facts.Role, error) {
	out, err := a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return facts.Role{}, gapOf(err)
	}
	r := out.Role
	if r == nil || r.Arn == nil || r.AssumeRolePolicyDocument == nil {
		return facts.Role{}, unusable("iam:GetRole", "role with a trust policy")
	}
	trust, err := document("iam:GetRole", r.AssumeRolePolicyDocument)
	if err != nil {
		return facts.Role{}, err
	}
	return facts.Role{
		ARN: *r.Arn, Name: awssdk.ToString(r.RoleName), TrustPolicy: trust,
		CreatedAt: awssdk.ToTime(r.CreateDate), Tags: tags(r.Tags),
	}, nil
}

// attached are the role's managed policies.
func (a *account) attached(ctx context.Context, role string) ([]facts.Policy, error) {
	pages := iam.NewListAttachedRolePoliciesPaginator(a.iam, &iam.ListAttachedRolePoliciesInput{RoleName: &role, MaxItems: awssdk.Int32(1000)})
	policies, err := list(ctx, "iam:ListAttachedRolePolicies", pages,
		func(p *iam.ListAttachedRolePoliciesOutput) []types.AttachedPolicy { return p.AttachedPolicies })
	if err != nil {
		return nil, err
	}
	return each(policies, func(p types.AttachedPolicy) facts.Policy {
		arn := awssdk.ToString(p.PolicyArn)
		return facts.Policy{Name: awssdk.ToString(p.PolicyName), ARN: arn, Document: a.managed(ctx, arn)}
	}), nil
}

// managed is the document of a managed policy, which several roles may have attached.
func (a *account) managed(ctx context.Context, arn string) facts.Fact[facts.Document] {
	a.mu.Lock()
	read, ok := a.documents[arn]
	if !ok {
		read = sync.OnceValue(func() facts.Fact[facts.Document] { return fact(a.defaultVersion(ctx, arn)) })
		a.documents[arn] = read
	}
	a.mu.Unlock()
	return read()
}

func (a *account) defaultVersion(ctx context.Context, arn string) (facts.Document, error) {
	policy, err := a.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return "", err
	}
	if policy.Policy == nil || policy.Policy.DefaultVersionId == nil {
		return "", unusable("iam:GetPolicy", "default version")
	}
	version, err := a.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: policy.Policy.DefaultVersionId})
	if err != nil {
		return "", err
	}
	if version.PolicyVersion == nil {
		return "", unusable("iam:GetPolicyVersion", "policy version")
	}
	return document("iam:GetPolicyVersion", version.PolicyVersion.Document)
}

// inline are the policies that are part of the role.
func (a *account) inline(ctx context.Context, role string) ([]facts.Policy, error) {
	pages := iam.NewListRolePoliciesPaginator(a.iam, &iam.ListRolePoliciesInput{RoleName: &role, MaxItems: awssdk.Int32(1000)})
	names, err := list(ctx, "iam:ListRolePolicies", pages, func(p *iam.ListRolePoliciesOutput) []string { return p.PolicyNames })
	if err != nil {
		return nil, err
	}
	return each(names, func(name string) facts.Policy {
		return facts.Policy{Name: name, Document: fact(a.inlineDocument(ctx, role, name))}
	}), nil
}

func (a *account) inlineDocument(ctx context.Context, role, name string) (facts.Document, error) {
	out, err := a.iam.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
	if err != nil {
		return "", err
	}
	return document("iam:GetRolePolicy", out.PolicyDocument)
}

// document is the text of a policy, which IAM encodes as RFC 3986 says: a plus is a plus.
func document(call string, encoded *string) (facts.Document, error) {
	if encoded == nil {
		return "", unusable(call, "policy document")
	}
	text, err := url.PathUnescape(*encoded)
	if err != nil {
		return "", &facts.Gap{Kind: facts.Malformed, Call: call, Detail: fmt.Sprintf("the policy document is not URL-encoded: %s", err)}
	}
	return facts.Document(text), nil
}
