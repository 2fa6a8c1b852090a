package edit

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

func TestIAMEdits(t *testing.T) {
	s := shop()
	doc := `{"Statement":[]}`
	PutTrustPolicy{Account: "111122223333", Role: "app", Document: doc}.Apply(s)
	PutTrustPolicy{Account: "111122223333", Role: "gone", Document: doc}.Apply(s)
	roles := s.AWS.Accounts["111122223333"].Roles
	if roles["app"].Value.TrustPolicy != facts.Document(doc) || roles["app"].Value.ARN != arn {
		t.Errorf("role app is %+v", roles["app"].Value)
	}
	if _, err := roles["gone"].Get(); facts.KindOf(err) != facts.Absent {
		t.Errorf("a role that is absent became %v", err)
	}

	AddClientID{ProviderARN: provider, ClientID: "sts.amazonaws.com"}.Apply(s)
	AddClientID{ProviderARN: provider, ClientID: "sts.amazonaws.com"}.Apply(s)
	AddClientID{ProviderARN: provider + "/", ClientID: "x"}.Apply(s)
	if got := s.AWS.Accounts["111122223333"].Provider[issuer].Value.ClientIDs; !slices.Equal(got, []string{"sts.amazon.com", "sts.amazonaws.com"}) {
		t.Errorf("client IDs %q", got)
	}

	create := CreateProvider{Account: "444455556666", Partition: "aws-cn", URL: "https://" + issuer, ClientIDs: []string{"sts.amazonaws.com"}}
	create.Apply(s)
	want := facts.Provider{ARN: "arn:aws-cn:iam::444455556666:oidc-provider/" + issuer, URL: issuer, ClientIDs: []string{"sts.amazonaws.com"}}
	if got, err := s.AWS.Accounts["444455556666"].Provider[issuer].Get(); err != nil || !cmp.Equal(got, want) {
		t.Errorf("created %+v, %v", got, err)
	}
	if _, err := s.AWS.Accounts["444455556666"].Providers.Get(); facts.KindOf(err) != facts.NotCollected {
		t.Errorf("a listing that nobody made is now there: %v", err)
	}
	CreateProvider{Account: "111122223333", Partition: "aws", URL: "https://other.example"}.Apply(s)
	if all := s.AWS.Accounts["111122223333"].Providers.Or(nil); len(all) != 2 || all[1] != "arn:aws:iam::111122223333:oidc-provider/other.example" {
		t.Errorf("providers %q", all)
	}
	// The same URL can not be had twice: IAM refuses, and keeps the client IDs.
	CreateProvider{Account: "111122223333", Partition: "aws", URL: issuer, ClientIDs: []string{"x"}}.Apply(s)
	if got := s.AWS.Accounts["111122223333"].Provider[issuer].Value.ClientIDs; !slices.Equal(got, []string{"sts.amazon.com", "sts.amazonaws.com"}) {
		t.Errorf("client IDs after a second creation: %q", got)
	}
}

func TestDeleteAssociation(t *testing.T) {
	other := facts.Ref{Kind: facts.ServiceAccountKind, Namespace: "shop", Name: "other"}
	s := shop()
	DeleteAssociation{ID: "a-2", Account: other}.Apply(s)
	if keys := slices.Collect(maps.Keys(s.AWS.Associations.Or(nil))); len(keys) != 1 {
		t.Error("another association was deleted")
	}
	DeleteAssociation{ID: "a-1", Account: other}.Apply(s)
	if left := s.AWS.Associations.Or(nil); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}
