package aws

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

var nameless = &facts.Gap{Kind: facts.NotCollected, Detail: "the cluster's name in EKS is not known; pass --eks-cluster"}

func (c *Client) cluster(ctx context.Context, name string) (facts.EKSCluster, error) {
	if name == "" {
		return facts.EKSCluster{}, nameless
	}
	out, err := c.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: &name})
	if err != nil {
		gap := gapOf(err)
		if gap.Kind == facts.Absent {
			gap.Detail += "; see aws eks list-clusters --region " + c.region
		}
		return facts.EKSCluster{}, gap
	}
	if out.Cluster == nil || out.Cluster.Arn == nil {
		return facts.EKSCluster{}, unusable("eks:DescribeCluster", "cluster")
	}
	k := out.Cluster
	cluster := facts.EKSCluster{
		Name: awssdk.ToString(k.Name), ARN: *k.Arn, Endpoint: awssdk.ToString(k.Endpoint),
		Version: awssdk.ToString(k.Version), PlatformVersion: awssdk.ToString(k.PlatformVersion), Status: string(k.Status),
	}
	if k.CertificateAuthority != nil {
		cluster.CA = fingerprint(awssdk.ToString(k.CertificateAuthority.Data))
	}
	if k.Identity != nil && k.Identity.Oidc != nil {
		cluster.Issuer = awssdk.ToString(k.Identity.Oidc.Issuer)
	}
	return cluster, nil
}

// fingerprint is the SHA-256 in hex of the first certificate of a PEM in base64, or "".
func fingerprint(data string) string {
	text, err := base64.StdEncoding.DecodeString(data)
	if err != nil {
		return ""
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			sum := sha256.Sum256(block.Bytes)
			return hex.EncodeToString(sum[:])
		}
	}
	return ""
}

// associations are all of the cluster's. Their roles are not in the listing.
func (c *Client) associations(ctx context.Context, cluster string) (map[string]facts.Association, error) {
	if cluster == "" {
		return nil, nameless
	}
	pages := eks.NewListPodIdentityAssociationsPaginator(c.eks, &eks.ListPodIdentityAssociationsInput{
		ClusterName: &cluster, MaxResults: awssdk.Int32(100),
	})
	all, err := list(ctx, "eks:ListPodIdentityAssociations", pages,
		func(p *eks.ListPodIdentityAssociationsOutput) []types.PodIdentityAssociationSummary {
			return p.Associations
		})
	if err != nil {
		return nil, err
	}
	associations := map[string]facts.Association{}
	for _, a := range all {
		key := awssdk.ToString(a.Namespace) + "/" + awssdk.ToString(a.ServiceAccount)
		associations[key] = facts.Association{ID: awssdk.ToString(a.AssociationId)}
	}
	return associations, nil
}

// association is a with its role.
func (c *Client) association(ctx context.Context, cluster string, a facts.Association) facts.Association {
	out, err := c.eks.DescribePodIdentityAssociation(ctx, &eks.DescribePodIdentityAssociationInput{ClusterName: &cluster, AssociationId: &a.ID})
	switch {
	case err != nil:
		a.RoleARN = facts.Missing[string](gapOf(err))
	case out.Association == nil || out.Association.RoleArn == nil:
		a.RoleARN = facts.Missing[string](unusable("eks:DescribePodIdentityAssociation", "role"))
	default:
		a.RoleARN = facts.Known(*out.Association.RoleArn)
		a.TargetARN = awssdk.ToString(out.Association.TargetRoleArn)
	}
	return a
}
