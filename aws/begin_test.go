package aws

import (
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

func TestBeginWithoutCluster(t *testing.T) {
	s := testWorld(t)
	a := begin(t, dial(t, s, alice, region), "")
	for _, g := range []*facts.Gap{gap(t, a.EKS), gap(t, a.Associations)} {
		if g.Kind != facts.NotCollected || g.Detail != "the cluster's name in EKS is not known; pass --eks-cluster" {
			t.Error(g)
		}
	}
	if len(s.Calls()) != 2 {
		t.Errorf("calls: %+v", s.Calls())
	}
	if list := known(t, a.Accounts[mine].Providers); len(list) != 4 {
		t.Errorf("providers: %v", list)
	}
}

func TestNoSuchCluster(t *testing.T) {
	a := begin(t, dial(t, testWorld(t), alice, region), "green")
	g := gap(t, a.EKS)
	if g.Kind != facts.Absent || g.Call != "eks:DescribeCluster" ||
		g.Detail != "ResourceNotFoundException: No cluster found for name: green.; see aws eks list-clusters --region us-west-2" {
		t.Error(g)
	}
	if g := gap(t, a.Associations); g.Kind != facts.Absent {
		t.Error(g)
	}
}

// An account that holds nothing has complete listings of nothing.
func TestEmptyAccount(t *testing.T) {
	s := serverOf(t, &awstest.World{
		Accounts:    map[string]*awstest.Account{mine: {Clusters: map[string]map[string]*awstest.Cluster{region: {"new": {Status: "CREATING"}}}}},
		Credentials: map[string]*awstest.Credential{alice: {ARN: "arn:aws:iam::" + mine + ":root"}},
	})
	c := dial(t, s, alice, region)
	a := begin(t, c, "new")
	c.Learn(t.Context(), &a, Want{Roles: []string{"arn:aws:iam::111122223333:role/gone"}, Issuers: []string{issuer}})
	if n := len(known(t, a.Accounts[mine].Providers)) + len(known(t, a.Accounts[mine].RoleARNs)) + len(known(t, a.Associations)); n != 0 {
		t.Errorf("%+v", a)
	}
	if e := known(t, a.EKS); e.CA != "" || e.Issuer != "" || e.Status != "CREATING" {
		t.Errorf("%+v", e)
	}
}

func TestAWSIsOfNoUse(t *testing.T) {
	for _, way := range []struct {
		name  string
		key   string
		fault awstest.Fault
		want  string
	}{
		{"expired", "ASIAEXPIRED000000000", awstest.Fault{Call: "none"},
			"the AWS credentials have expired (ExpiredToken); log in again, for example with aws sso login"},
		{"invalid", alice, awstest.Fault{Call: "*:*", Status: 403, Code: "InvalidClientTokenId"}, "the AWS credentials are not valid (InvalidClientTokenId)"},
		{"no network", alice, awstest.Fault{Call: "*:*", Close: true}, "no answer from 127.0.0.1:"},
		{"portal", alice, awstest.Fault{Call: "*:*", Body: "<html>Welcome to our hotel</html>"}, "the answer, with HTTP status 200, is not AWS's (is there a proxy?)"},
	} {
		t.Run(way.name, func(t *testing.T) {
			s := testWorld(t)
			s.Inject(way.fault)
			c := dial(t, s, way.key, region, auditor)
			a, err := c.Begin(t.Context(), "blue")
			if err == nil || !strings.HasPrefix(err.Error(), way.want) {
				t.Errorf("got %v\nwant %s", err, way.want)
			}
			for _, g := range []*facts.Gap{gap(t, a.Caller), gap(t, a.EKS), gap(t, a.Associations), gap(t, a.Accounts[theirs].Providers)} {
				if g.Kind != facts.Unreachable && g.Kind != facts.Malformed {
					t.Error(g)
				}
			}
		})
	}
}

// As long as one service answers there is something to audit.
func TestOneServiceIsEnough(t *testing.T) {
	for _, deaf := range [][]string{{"sts:*", "iam:*"}, {"sts:*", "eks:*"}, {"iam:*", "eks:*"}} {
		s := testWorld(t)
		for _, call := range deaf {
			s.Inject(awstest.Fault{Call: call, Close: true})
		}
		begin(t, dial(t, s, alice, region), "blue")
	}
}

// No listing is taken for complete when one of its pages does not come.
func TestBrokenListing(t *testing.T) {
	s := testWorld(t)
	s.MaxPage = 1
	pages := 0
	s.OnCall = func(call awstest.Call) {
		if call.Name() == "eks:ListPodIdentityAssociations" {
			pages++
			if pages == 2 {
				s.Inject(awstest.Denied("eks:ListPodIdentityAssociations"))
			}
		}
	}
	a := begin(t, dial(t, s, alice, region), "blue")
	if g := gap(t, a.Associations); g.Kind != facts.Forbidden || pages != 3 {
		t.Errorf("%v after %d pages", g, pages)
	}
}

// A server that turns pages for ever is left.
func TestEndlessListing(t *testing.T) {
	s := testWorld(t)
	c := direct(s, alice)
	s.Inject(awstest.Fault{Call: "eks:ListPodIdentityAssociations", Type: "application/json", Body: `{"associations": [], "nextToken": "again"}`})
	a := begin(t, c, "blue")
	if g := gap(t, a.Associations); g.Kind != facts.Malformed || g.Detail != "the listing has no end" || g.Call != "eks:ListPodIdentityAssociations" {
		t.Error(g)
	}
}

func TestCallsOfBegin(t *testing.T) {
	s := testWorld(t)
	begin(t, dial(t, s, alice, region, auditor), "blue")
	var names []string
	for _, call := range s.Calls() {
		names = append(names, call.Name())
	}
	slices.Sort(names)
	want := []string{
		"eks:DescribeCluster", "eks:ListPodIdentityAssociations",
		"iam:ListOpenIDConnectProviders", "iam:ListOpenIDConnectProviders", "sts:AssumeRole", "sts:GetCallerIdentity",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %v", names)
	}
}
