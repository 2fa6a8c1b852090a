package awstest_test

import (
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/google/go-cmp/cmp"

	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

func TestDescribeCluster(t *testing.T) {
	s, c := start(t)
	got := must[*eks.DescribeClusterOutput](t)(c.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: awssdk.String("blue")})).Cluster
	type said struct {
		Arn, Endpoint, CA, Issuer, Version, Platform string
		Status                                       ekstypes.ClusterStatus
		Tags                                         map[string]string
	}
	want := said{
		"arn:aws:eks:us-west-2:111122223333:cluster/blue", "https://EXAMPLE.gr7.us-west-2.eks.amazonaws.com", "LS0tLS1CRUdJTg==", issuer,
		"1.34", "eks.9", ekstypes.ClusterStatusActive, map[string]string{"stage": "prod"},
	}
	if diff := cmp.Diff(want, said{*got.Arn, *got.Endpoint, *got.CertificateAuthority.Data, *got.Identity.Oidc.Issuer, *got.Version, *got.PlatformVersion, got.Status, got.Tags}); diff != "" {
		t.Error(diff)
	}
	if got.CreatedAt.Year() != 2024 {
		t.Errorf("created %s", got.CreatedAt)
	}
	tags := must[*eks.ListTagsForResourceOutput](t)(c.eks.ListTagsForResource(ctx, &eks.ListTagsForResourceInput{ResourceArn: got.Arn}))
	if diff := cmp.Diff(want.Tags, tags.Tags); diff != "" {
		t.Error(diff)
	}

	_, err := c.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: awssdk.String("green")})
	wantType[*ekstypes.ResourceNotFoundException](t, err)
	wantError(t, err, 404, "ResourceNotFoundException", "No cluster found for name: green.")
	elsewhere := as(t, s, alice, "eu-west-1")
	_, err = elsewhere.eks.DescribeCluster(ctx, &eks.DescribeClusterInput{Name: awssdk.String("blue")})
	wantType[*ekstypes.ResourceNotFoundException](t, err)
}

func TestListClustersPages(t *testing.T) {
	s, c := start(t)
	s.Edit(func(w *awstest.World) {
		for _, name := range []string{"a", "b", "c", "d"} {
			w.Accounts[account].Clusters[region][name] = &awstest.Cluster{}
		}
	})
	var names []string
	for p := eks.NewListClustersPaginator(c.eks, &eks.ListClustersInput{MaxResults: awssdk.Int32(2)}); p.HasMorePages(); {
		names = append(names, must[*eks.ListClustersOutput](t)(p.NextPage(ctx)).Clusters...)
	}
	if diff := cmp.Diff([]string{"a", "b", "blue", "c", "d"}, names); diff != "" {
		t.Error(diff)
	}
	if n := s.Count("eks:ListClusters"); n != 3 {
		t.Errorf("got %d pages, want 3", n)
	}
	_, err := c.eks.ListClusters(ctx, &eks.ListClustersInput{NextToken: awssdk.String("?")})
	wantType[*ekstypes.InvalidParameterException](t, err)
}

func TestAssociations(t *testing.T) {
	_, c := start(t)
	cluster := awssdk.String("blue")
	list := func(in eks.ListPodIdentityAssociationsInput) []string {
		t.Helper()
		in.ClusterName, in.MaxResults = cluster, awssdk.Int32(1)
		var found []string
		for p := eks.NewListPodIdentityAssociationsPaginator(c.eks, &in); p.HasMorePages(); {
			for _, a := range must[*eks.ListPodIdentityAssociationsOutput](t)(p.NextPage(ctx)).Associations {
				found = append(found, *a.Namespace+"/"+*a.ServiceAccount)
			}
		}
		return found
	}
	if diff := cmp.Diff([]string{"prod/other", "test/other"}, list(eks.ListPodIdentityAssociationsInput{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"test/other"}, list(eks.ListPodIdentityAssociationsInput{Namespace: awssdk.String("test"), ServiceAccount: awssdk.String("other")})); diff != "" {
		t.Error(diff)
	}
	if got := list(eks.ListPodIdentityAssociationsInput{ServiceAccount: awssdk.String("app")}); got != nil {
		t.Errorf("got %v, want none", got)
	}

	in := &eks.CreatePodIdentityAssociationInput{ClusterName: cluster, Namespace: awssdk.String("prod"), ServiceAccount: awssdk.String("app"), RoleArn: awssdk.String(appRole), Tags: map[string]string{"a": "b"}}
	created := must[*eks.CreatePodIdentityAssociationOutput](t)(c.eks.CreatePodIdentityAssociation(ctx, in)).Association
	_, err := c.eks.CreatePodIdentityAssociation(ctx, in)
	wantType[*ekstypes.ResourceInUseException](t, err)
	wantError(t, err, 409, "ResourceInUseException", "Association already exists: "+*created.AssociationId)

	must[*eks.UpdatePodIdentityAssociationOutput](t)(c.eks.UpdatePodIdentityAssociation(ctx, &eks.UpdatePodIdentityAssociationInput{
		ClusterName: cluster, AssociationId: created.AssociationId, TargetRoleArn: awssdk.String("arn:aws:iam::444455556666:role/auditor")}))
	got := must[*eks.DescribePodIdentityAssociationOutput](t)(c.eks.DescribePodIdentityAssociation(ctx,
		&eks.DescribePodIdentityAssociationInput{ClusterName: cluster, AssociationId: created.AssociationId})).Association
	if *got.RoleArn != appRole || *got.TargetRoleArn != "arn:aws:iam::444455556666:role/auditor" || got.Tags["a"] != "b" || !got.ModifiedAt.After(got.CreatedAt.AddDate(0, 0, -1)) {
		t.Errorf("got %+v", got)
	}
	must[*eks.DeletePodIdentityAssociationOutput](t)(c.eks.DeletePodIdentityAssociation(ctx, &eks.DeletePodIdentityAssociationInput{ClusterName: cluster, AssociationId: created.AssociationId}))
	_, err = c.eks.DescribePodIdentityAssociation(ctx, &eks.DescribePodIdentityAssociationInput{ClusterName: cluster, AssociationId: created.AssociationId})
	wantType[*ekstypes.ResourceNotFoundException](t, err)
	_, err = c.eks.DescribePodIdentityAssociation(ctx, &eks.DescribePodIdentityAssociationInput{ClusterName: cluster, AssociationId: awssdk.String("None")})
	wantError(t, err, 400, "InvalidParameterException", "should be 19 characters long")
}
