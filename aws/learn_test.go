package aws

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/internal/awstest"
)

func TestEverything(t *testing.T) {
	for _, page := range []int{0, 1} {
		s := testWorld(t)
		s.MaxPage = page
		c := dial(t, s, alice, region, auditor)
		a := begin(t, c, "blue")
		c.Learn(t.Context(), &a, everything)
		golden(t, "facts.golden.json", stable(a))
		for _, name := range reads {
			if s.Count(name) == 0 {
				t.Errorf("%s was never called: is it of use?", name)
			}
		}
	}
}

// stable is a without AWS's request ids.
func stable(a facts.AWS) json.RawMessage {
	b, _ := json.Marshal(a)
	return regexp.MustCompile(`,"requestId":"[0-9a-f-]+"`).ReplaceAll(b, nil)
}

func TestFactsSurviveJSON(t *testing.T) {
	s := testWorld(t)
	c := dial(t, s, alice, region, auditor)
	a := begin(t, c, "blue")
	c.Learn(t.Context(), &a, everything)
	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var again facts.AWS
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, again, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if role := known(t, again.Accounts[mine].Roles["bare"]); role.Attached.Value == nil || role.Inline.Value == nil {
		t.Error("an empty listing does not survive")
	}
}

func TestDocumentsAreByteForByte(t *testing.T) {
	s := testWorld(t)
	c := dial(t, s, alice, region)
	a := begin(t, c, "")
	c.Learn(t.Context(), &a, everything)
	role := known(t, a.Accounts[mine].Roles["app"])
	inline := known(t, known(t, role.Inline)[0].Document)
	s.Edit(func(w *awstest.World) {
		want := w.Accounts[mine].Roles["app"]
		if diff := cmp.Diff(string(want.TrustPolicy), string(role.TrustPolicy)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(string(want.Inline["extra"]), string(inline)); diff != "" {
			t.Error(diff)
		}
	})
	if !strings.Contains(string(role.TrustPolicy), "a+b 100%41 é") {
		t.Errorf("the world has changed: %s", role.TrustPolicy)
	}
}

func TestLargeTrustPolicy(t *testing.T) {
	s := testWorld(t)
	large := awstest.Document(`{"Version": "2012-10-17", "Statement": [{"Sid": "` + strings.Repeat("+ %", 1<<20/3) + `"}]}`)
	s.Edit(func(w *awstest.World) { w.Accounts[mine].Roles["bare"].TrustPolicy = large })
	c := dial(t, s, alice, region)
	a := begin(t, c, "")
	c.Learn(t.Context(), &a, Want{Roles: []string{"arn:aws:iam::111122223333:role/bare"}})
	if role := known(t, a.Accounts[mine].Roles["bare"]); string(role.TrustPolicy) != string(large) {
		t.Errorf("%d bytes of %d", len(role.TrustPolicy), len(large))
	}
}

// A role's name must never be looked up in an account that is not its own: the
// caller's has one of the same name.
func TestOtherAccount(t *testing.T) {
	s := testWorld(t)
	c := dial(t, s, alice, region)
	a := begin(t, c, "")
	c.Learn(t.Context(), &a, Want{
		Roles:   []string{"arn:aws:iam::999988887777:role/app", "arn:aws-cn:iam::111122223333:role/app"},
		Issuers: []string{"https://" + issuer},
	})
	if n := s.Count("iam:GetRole"); n != 0 {
		t.Errorf("%d roles looked up", n)
	}
	other := a.Accounts[foreign]
	want := facts.Gap{
		Kind: facts.Elsewhere, Call: "iam:GetRole",
		Detail: "it is in account 999988887777, the caller in account 111122223333; pass --aws-role-arn with a role of account 999988887777",
	}
	if diff := cmp.Diff(want, *gap(t, other.Roles["app"])); diff != "" {
		t.Error(diff)
	}
	for _, kind := range []facts.GapKind{gap(t, other.Providers).Kind, gap(t, other.Provider[issuer]).Kind} {
		if kind != facts.Elsewhere {
			t.Errorf("provider is %s", kind)
		}
	}
	if g := gap(t, other.RoleARNs); g.Kind != facts.NotAsked {
		t.Error(g)
	}
	if g := gap(t, a.Accounts[mine].Roles["app"]); g.Kind != facts.Elsewhere || !strings.Contains(g.Detail, "partition aws-cn") {
		t.Error(g)
	}
	if known(t, a.Accounts[mine].Provider[issuer]).ARN == "" {
		t.Error("the caller's provider was not looked into")
	}
}

// The ARN that is right counts when one of another partition names the same role.
func TestRoleInTwoPartitions(t *testing.T) {
	roles := []string{"arn:aws-cn:iam::111122223333:role/worker", "arn:aws:iam::111122223333:role/worker"}
	for range 2 {
		s := testWorld(t)
		c := dial(t, s, alice, region)
		a := begin(t, c, "")
		c.Learn(t.Context(), &a, Want{Roles: roles})
		known(t, a.Accounts[mine].Roles["worker"])
		slices.Reverse(roles)
	}
}

func TestRoutedAccount(t *testing.T) {
	s := testWorld(t)
	c := dial(t, s, alice, region, auditor)
	a := begin(t, c, "")
	c.Learn(t.Context(), &a, everything)
	if role := known(t, a.Accounts[theirs].Roles["app"]); role.ARN != "arn:aws:iam::444455556666:role/app" {
		t.Errorf("got %s", role.ARN)
	}
	if n := s.Count("sts:AssumeRole"); n != 1 {
		t.Errorf("assumed %d times", n)
	}
	for _, call := range s.Calls() {
		if call.Name() == "iam:GetRole" && call.Params.Get("RoleName") == "remote" && call.Account != theirs {
			t.Errorf("remote was looked up in account %s", call.Account)
		}
	}
}

// Whoever may not assume the role is told so, not that GetRole is forbidden; and AWS
// is asked once.
func TestRefusedRoute(t *testing.T) {
	s := testWorld(t)
	s.Inject(awstest.Denied("sts:AssumeRole"))
	c := dial(t, s, alice, region, auditor)
	a := begin(t, c, "")
	c.Learn(t.Context(), &a, everything)
	for _, g := range []*facts.Gap{
		gap(t, a.Accounts[theirs].Providers), gap(t, a.Accounts[theirs].Roles["remote"]), gap(t, a.Accounts[theirs].Provider[issuer]),
	} {
		if g.Kind != facts.Forbidden || g.Call != "sts:AssumeRole" || !strings.Contains(g.Detail, "not authorized to perform: sts:AssumeRole") || g.RequestID == "" {
			t.Error(g)
		}
	}
	if n := s.Count("sts:AssumeRole"); n != 1 {
		t.Errorf("asked %d times", n)
	}
	known(t, a.Accounts[mine].Roles["app"])
}

func TestNothingIsReadTwice(t *testing.T) {
	s := testWorld(t)
	c := dial(t, s, alice, region, auditor)
	a := begin(t, c, "blue")
	c.Learn(t.Context(), &a, everything)
	seen := map[string]bool{}
	for _, call := range s.Calls() {
		key := call.Account + " " + call.Name() + " " + call.Params.Encode()
		if seen[key] {
			t.Errorf("twice: %s", key)
		}
		seen[key] = true
	}
}

func TestRoleARNsOnlyForAnAbsentRole(t *testing.T) {
	s := testWorld(t)
	c := dial(t, s, alice, region)
	a := begin(t, c, "")
	c.Learn(t.Context(), &a, Want{Roles: []string{"arn:aws:iam::111122223333:role/worker"}})
	if g := gap(t, a.Accounts[mine].RoleARNs); g.Kind != facts.NotAsked || s.Count("iam:ListRoles") != 0 {
		t.Error(g)
	}
	c.Learn(t.Context(), &a, Want{Roles: []string{"arn:aws:iam::111122223333:role/gone", "arn:aws:iam::111122223333:role/gone2"}})
	if arns := known(t, a.Accounts[mine].RoleARNs); len(arns) != 3 || s.Count("iam:ListRoles") != 1 {
		t.Errorf("%v after %d calls", arns, s.Count("iam:ListRoles"))
	}
	known(t, a.Accounts[mine].Roles["worker"])
	c.Learn(t.Context(), &a, Want{Roles: []string{"arn:aws:iam::111122223333:role/app"}})
	known(t, a.Accounts[mine].RoleARNs)
}

// Without the caller it is not known whose account a role is in, unless EKS tells.
func TestCallerUnknown(t *testing.T) {
	s := testWorld(t)
	s.Inject(awstest.Fault{Call: "sts:GetCallerIdentity", Close: true})
	c := dial(t, s, alice, region)
	want := Want{Roles: []string{"arn:aws:iam::111122223333:role/worker"}, Issuers: []string{issuer}}

	a := begin(t, c, "")
	c.Learn(t.Context(), &a, want)
	for _, g := range []*facts.Gap{gap(t, a.Caller), gap(t, a.Accounts[mine].Roles["worker"]), gap(t, a.Accounts[mine].Provider[issuer])} {
		if g.Kind != facts.Unreachable || g.Call != "sts:GetCallerIdentity" {
			t.Error(g)
		}
	}
	if s.Count("iam:GetRole") != 0 {
		t.Error("a role was looked up in an account that is not known to be its own")
	}

	a = begin(t, c, "blue")
	c.Learn(t.Context(), &a, want)
	known(t, a.Accounts[mine].Roles["worker"])
}

func TestLearnWithoutBegin(t *testing.T) {
	s := testWorld(t)
	c := dial(t, s, alice, region)
	var a facts.AWS
	c.Learn(t.Context(), &a, everything)
	if g := gap(t, a.Accounts[mine].Roles["app"]); g.Kind != facts.NotCollected {
		t.Error(g)
	}
	if len(s.Calls()) != 0 {
		t.Errorf("%d calls", len(s.Calls()))
	}
}

func TestUnlistedProviders(t *testing.T) {
	s := testWorld(t)
	s.Inject(awstest.Denied("iam:ListOpenIDConnectProviders"))
	c := dial(t, s, alice, region)
	a := begin(t, c, "")
	c.Learn(t.Context(), &a, everything)
	said := a.Accounts[mine]
	if g := gap(t, said.Providers); g.Kind != facts.Forbidden {
		t.Error(g)
	}
	if p := known(t, said.Provider[issuer]); !slices.Equal(p.ClientIDs, []string{"sts.amazonaws.com"}) {
		t.Errorf("%+v", p)
	}
	if g := gap(t, said.Provider["issuer.example.com"]); g.Kind != facts.Absent || g.Call != "iam:GetOpenIDConnectProvider" {
		t.Error(g)
	}
}

func TestPartitions(t *testing.T) {
	for partition, region := range map[string]string{
		"aws": "eu-west-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1",
		"aws-iso": "us-iso-east-1", "aws-iso-b": "us-isob-east-1", "aws-iso-e": "eu-isoe-west-1", "aws-iso-f": "us-isof-south-1",
	} {
		t.Run(partition, func(t *testing.T) {
			const issuer = "oidc.eks.region.example.com/id/ABC"
			s := serverOf(t, &awstest.World{
				Accounts: map[string]*awstest.Account{mine: {
					Partition: partition,
					Roles: map[string]*awstest.Role{"app": {
						TrustPolicy: "{}", Attached: []string{"arn:" + partition + ":iam::aws:policy/ReadOnlyAccess"},
					}},
					Providers: map[string]*awstest.Provider{issuer: {ClientIDs: []string{"sts.amazonaws.com"}}},
					Clusters:  map[string]map[string]*awstest.Cluster{region: {"blue": {Issuer: "https://" + issuer}}},
				}},
				Credentials: map[string]*awstest.Credential{alice: {ARN: "arn:" + partition + ":iam::" + mine + ":user/alice"}},
			})
			c := dial(t, s, alice, region)
			a := begin(t, c, "blue")
			c.Learn(t.Context(), &a, Want{Roles: []string{"arn:" + partition + ":iam::" + mine + ":role/app"}, Issuers: []string{"https://" + issuer}})
			if got := known(t, a.EKS).ARN; got != "arn:"+partition+":eks:"+region+":"+mine+":cluster/blue" {
				t.Errorf("cluster %s", got)
			}
			role := known(t, a.Accounts[mine].Roles["app"])
			if doc := known(t, known(t, role.Attached)[0].Document); role.TrustPolicy != "{}" || doc == "" {
				t.Errorf("%+v", role)
			}
			if p := known(t, a.Accounts[mine].Provider[issuer]); p.ARN != "arn:"+partition+":iam::"+mine+":oidc-provider/"+issuer {
				t.Errorf("provider %s", p.ARN)
			}
		})
	}
}

func TestDocument(t *testing.T) {
	for encoded, want := range map[string]facts.Document{"%7B%22a+b%22%3A%20%22%2B%25%22%7D": `{"a+b": "+%"}`, `{"plain": 1}`: `{"plain": 1}`} {
		if got, err := document("iam:GetRole", &encoded); err != nil || got != want {
			t.Errorf("%s: %q, %v", encoded, got, err)
		}
	}
	broken := "%7B%zz"
	for _, encoded := range []*string{nil, &broken} {
		if got, err := document("iam:GetRole", encoded); got != "" || facts.KindOf(err) != facts.Malformed {
			t.Errorf("%q, %v", got, err)
		}
	}
}
