package main

import (
	"context"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// A command is one of the AWS CLI.
type command struct {
	options []string // without "--"
	do      func(context.Context, awssdk.Config, given) (any, error)
}

var commands = map[string]command{
	"iam create-role": {[]string{"role-name", "assume-role-policy-document"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return iam.NewFromConfig(cfg).CreateRole(ctx, &iam.CreateRoleInput{RoleName: g.value("role-name"), AssumeRolePolicyDocument: g.value("assume-role-policy-document")})
	}},
	"iam delete-role": {[]string{"role-name"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return iam.NewFromConfig(cfg).DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: g.value("role-name")})
	}},
	"iam update-assume-role-policy": {[]string{"role-name", "policy-document"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return iam.NewFromConfig(cfg).UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: g.value("role-name"), PolicyDocument: g.value("policy-document")})
	}},
	"iam attach-role-policy": {[]string{"role-name", "policy-arn"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return iam.NewFromConfig(cfg).AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: g.value("role-name"), PolicyArn: g.value("policy-arn")})
	}},
	"iam detach-role-policy": {[]string{"role-name", "policy-arn"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return iam.NewFromConfig(cfg).DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: g.value("role-name"), PolicyArn: g.value("policy-arn")})
	}},
	"iam create-open-id-connect-provider": {[]string{"url", "client-id-list"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return iam.NewFromConfig(cfg).CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: g.value("url"), ClientIDList: g["client-id-list"]})
	}},
	"iam delete-open-id-connect-provider": {[]string{"open-id-connect-provider-arn"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return iam.NewFromConfig(cfg).DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: g.value("open-id-connect-provider-arn")})
	}},
	"iam add-client-id-to-open-id-connect-provider": {[]string{"open-id-connect-provider-arn", "client-id"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return iam.NewFromConfig(cfg).AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{
			OpenIDConnectProviderArn: g.value("open-id-connect-provider-arn"), ClientID: g.value("client-id"),
		})
	}},
	"iam remove-client-id-from-open-id-connect-provider": {[]string{"open-id-connect-provider-arn", "client-id"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return iam.NewFromConfig(cfg).RemoveClientIDFromOpenIDConnectProvider(ctx, &iam.RemoveClientIDFromOpenIDConnectProviderInput{
			OpenIDConnectProviderArn: g.value("open-id-connect-provider-arn"), ClientID: g.value("client-id"),
		})
	}},
	"eks create-pod-identity-association": {[]string{"cluster-name", "namespace", "service-account", "role-arn"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return eks.NewFromConfig(cfg).CreatePodIdentityAssociation(ctx, &eks.CreatePodIdentityAssociationInput{
			ClusterName: g.value("cluster-name"), Namespace: g.value("namespace"), ServiceAccount: g.value("service-account"), RoleArn: g.value("role-arn"),
		})
	}},
	"eks delete-pod-identity-association": {[]string{"cluster-name", "association-id"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return eks.NewFromConfig(cfg).DeletePodIdentityAssociation(ctx, &eks.DeletePodIdentityAssociationInput{
			ClusterName: g.value("cluster-name"), AssociationId: g.value("association-id"),
		})
	}},
	"sts assume-role-with-web-identity": {[]string{"role-arn", "role-session-name", "web-identity-token"}, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return sts.NewFromConfig(cfg).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: g.value("role-arn"), RoleSessionName: g.value("role-session-name"), WebIdentityToken: g.value("web-identity-token"),
		})
	}},
	"sts get-caller-identity": {nil, func(ctx context.Context, cfg awssdk.Config, g given) (any, error) {
		return sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	}},
}
