package checks_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// A world is a cluster with what surrounds it: issuers and subjects that are much like
// those of the account that is to get in. Whom of them there may be is told by what was
// looked at, without the code under test.
type world struct {
	name   string
	issuer string
	all    bool // all namespaces were looked at
	blind  bool // the account's providers are not known
	// issuers are beside the cluster's own; listed says which have a provider in the role's
	// account, and nobody which of the others are a slip of the hand for sure.
	issuers, listed, nobody []string
	audiences               []string // the client IDs of the cluster's provider
}

var worlds = []world{
	{
		name: "EKS, one namespace", issuer: lawIssuer,
		issuers:   []string{lawOther, lawIssuer[:len(lawIssuer)-1] + "2", lawIssuer[:len(lawIssuer)-1] + "3", strings.Replace(lawIssuer, "west-2", "west-1", 1)},
		listed:    []string{lawIssuer[:len(lawIssuer)-1] + "2"},
		nobody:    []string{lawIssuer[:len(lawIssuer)-1] + "3", strings.Replace(lawIssuer, "west-2", "west-1", 1)},
		audiences: []string{lawAudience, "vault"},
	},
	{
		name: "EKS, providers unknown", issuer: lawIssuer, blind: true,
		issuers:   []string{lawOther, lawIssuer[:len(lawIssuer)-1] + "2", strings.ToLower(lawIssuer)},
		audiences: []string{lawAudience, "vault"},
	},
	{
		name: "EKS, all namespaces", issuer: lawIssuer, all: true,
		issuers:   []string{lawOther, lawIssuer[:len(lawIssuer)-1] + "2"},
		listed:    []string{lawOther},
		nobody:    []string{lawIssuer[:len(lawIssuer)-1] + "2"},
		audiences: []string{lawAudience, "vault"},
	},
	{
		name: "self-hosted", issuer: "oidc.b.example.com/v1", all: true,
		issuers:   []string{"oidc.a.example.com/v1", "oidc.b.example.com/v2", "oidc.b.example.com/v1/"},
		listed:    []string{"oidc.a.example.com/v1", "oidc.b.example.com/v1/"},
		audiences: []string{lawAudience, "sts.amazon.com"},
	},
	{
		name: "kOps", issuer: "s3.us-west-2.amazonaws.com/kops-oidc/prod-a", all: true,
		issuers:   []string{"s3.us-west-2.amazonaws.com/kops-oidc/prod-b", "s3.us-west-2.amazonaws.com/kops-oidc/prod-c"},
		listed:    []string{"s3.us-west-2.amazonaws.com/kops-oidc/prod-b"},
		audiences: []string{lawAudience, "vault"},
	},
}

const (
	worldAccount   = "team-prod-b/app"
	worldSubject   = "system:serviceaccount:team-prod-b:app"
	worldNeighbour = "system:serviceaccount:team-prod-a:app"
)

// subjects of the worlds' policies. Of EKS clusters there can be those of known, and of
// elsewhere unless all namespaces were looked at.
var (
	known     = []string{worldSubject, "system:serviceaccount:team-prod-b:apq", worldNeighbour}
	elsewhere = []string{"system:serviceaccount:team-prod-c:app", "system:serviceaccount:app:team-prod-b"}
	gone      = []string{"system:serviceaccount:team-prod-b:apps", "system:serviceaccount:Team-Prod-B:app", "team-prod-b:app"}
	patterns  = []string{"system:serviceaccount:team-prod-?:app", "system:serviceaccount:team-prod-a:*", "*", "${aws:username}"}
)

// TestRemedyKeepsOthers makes the edits of the remedies of documents made up at random:
// whoever there may be that got in before gets in afterwards, and no stranger does.
func TestRemedyKeepsOthers(t *testing.T) {
	for _, w := range worlds {
		t.Run(w.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(17, 19))
			mended, replaced := 0, 0
			for range 300 {
				text := w.policy(r)
				s := w.snapshot(text)
				after, ok := mend(s)
				if !ok {
					continue
				}
				mended++
				then := trustPolicyOf(after)
				if !strings.Contains(then, text[strings.Index(text, "[{")+1:len(text)-2]) {
					replaced++
				}
				if slices.Contains(attribute(after), checks.Fail) {
					t.Fatalf("the account stays out\n%s\n%s", text, then)
				}
				w.compare(t, text, then)
			}
			if mended < 100 || replaced < 20 {
				t.Errorf("only %d remedies had edits, of which %d changed a statement", mended, replaced)
			}
		})
	}
}

// mend makes the edits of all remedies for the role's trust policy.
func mend(s *facts.Snapshot) (after *facts.Snapshot, some bool) {
	after = s.Clone()
	a := checks.NewAudit(s)
	for _, c := range attributing {
		for _, f := range c.Judge(a) {
			if f.Remedy != nil {
				for _, e := range f.Remedy.Edits {
					some = true
					e.Apply(after)
				}
			}
		}
	}
	return after, some
}

// compare asks both policies about everybody.
func (w world) compare(t *testing.T, before, after string) {
	t.Helper()
	d, err := policy.Parse(before)
	if err != nil {
		t.Fatal(err)
	}
	e, err := policy.Parse(after)
	if err != nil {
		t.Fatal(err)
	}
	for _, issuer := range append([]string{w.issuer}, w.issuers...) {
		strangers := []string{"system:serviceaccount:stranger:stranger", "system:serviceaccount:team-prod-x:app", "system:serviceaccount:stranger:app"}
		for _, subject := range slices.Concat(w.subjects(issuer), strangers) {
			for _, audience := range w.audiences {
				request := policy.WebIdentity(lawAccount+issuer, "https://"+issuer, subject, []string{audience})
				request.Keys["aws:CurrentTime"] = []string{"2026-11-24T03:04:05Z"}
				was, is := d.Evaluate(request).Decision, e.Evaluate(request).Decision
				if is < was && !slices.Contains(w.nobody, issuer) {
					t.Fatalf("%s %s %s was %s and is %s\n%s\n%s", issuer, subject, audience, was, is, before, after)
				}
				if is > was && slices.Contains(strangers, subject) {
					t.Fatalf("stranger %s %s %s was %s and is %s\n%s\n%s", issuer, subject, audience, was, is, before, after)
				}
			}
		}
	}
}

// subjects are those that there may be. Issuers that are none of EKS may be shared.
func (w world) subjects(issuer string) []string {
	switch {
	case issuer != w.issuer, !strings.HasPrefix(w.issuer, "oidc.eks."):
		return slices.Concat(known, elsewhere, gone[:1])
	case w.all:
		return known
	}
	return slices.Concat(known, elsewhere)
}

// snapshot is of the world with the role's trust policy.
func (w world) snapshot(trustPolicy string) *facts.Snapshot {
	s := fixtures.Healthy()
	s.Asked.Targets = []facts.Ref{{Kind: facts.ServiceAccountKind, Namespace: "team-prod-b", Name: "app"}}
	s.Asked.Namespace, s.Cluster.Namespace = "team-prod-b", "team-prod-b"
	accounts := map[string]facts.ServiceAccount{
		worldAccount:      {Meta: facts.Meta{Annotations: map[string]string{"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/" + lawRole}}},
		"team-prod-b/apq": {},
	}
	if w.all {
		s.Asked.Namespace, s.Cluster.Namespace = "", ""
		accounts["team-prod-a/app"] = facts.ServiceAccount{}
	}
	s.Cluster.ServiceAccounts = facts.Known(accounts)
	if w.issuer != lawIssuer {
		s.AWS.EKS = facts.Missing[facts.EKSCluster](&facts.Gap{Kind: facts.Absent})
		s.Issuer.APIServer.Value.Issuer = "https://" + w.issuer
	}
	account := s.AWS.Accounts["111122223333"]
	arns := []string{lawAccount + w.issuer}
	for _, issuer := range w.listed {
		arns = append(arns, lawAccount+issuer)
	}
	account.Providers = facts.Known(arns)
	if w.blind {
		account.Providers = facts.Missing[[]string](&facts.Gap{Kind: facts.Forbidden, Call: "iam:ListOpenIDConnectProviders"})
	}
	account.Provider = map[string]facts.Fact[facts.Provider]{
		w.issuer: facts.Known(facts.Provider{ARN: lawAccount + w.issuer, URL: w.issuer, ClientIDs: w.audiences}),
	}
	role := *account.Roles[lawRole].Value
	role.TrustPolicy = facts.Document(trustPolicy)
	account.Roles[lawRole] = facts.Known(role)
	s.AWS.Accounts["111122223333"] = account
	return s
}

// policy has one to three statements, of which most name an issuer and a subject that are
// like the right ones.
func (w world) policy(r *rand.Rand) string {
	var statements []any
	for range 1 + r.IntN(3) {
		statements = append(statements, w.statement(r))
	}
	b, err := json.Marshal(object{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (w world) statement(r *rand.Rand) object {
	one := func() string { return pick(r, append(w.issuers, w.issuer, w.issuer)...) }
	mainly := one()
	issuer := func() string { return pick(r, mainly, mainly, mainly, mainly, w.issuer, one()) }
	several := func(one func() string) []string {
		list := []string{one()}
		for r.IntN(3) == 0 {
			list = append(list, one())
		}
		return list
	}
	subject := func() string { return pick(r, slices.Concat(known, known, elsewhere, gone, patterns)...) }
	conditions := object{}
	for range 1 + r.IntN(2) {
		key := pick(r, "", "", "", "", "https://") + issuer()
		group := object{key + ":sub": several(subject)}
		if r.IntN(2) == 0 {
			group[key+":aud"] = several(func() string { return pick(r, lawAudience, "vault", "sts.amazon.com") })
		}
		if r.IntN(8) == 0 {
			group = object{key + ":aud": several(subject)}
		}
		conditions[pick(r, "StringEquals", "StringEquals", "StringLike", "StringEqualsIgnoreCase", "ForAnyValue:StringEquals")] = group
	}
	s := object{
		"Effect":    "Allow",
		"Principal": object{"Federated": several(func() string { return lawAccount + issuer() })},
		"Action":    pick(r, "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRole"),
		"Condition": conditions,
	}
	if r.IntN(10) == 0 {
		s["Principal"] = object{"AWS": lawAccount + w.issuer}
	}
	return s
}

// TestRemedyOfManyAccounts asks for more accounts than a trust policy has room for: the
// remedy says so, and offers no policy that IAM would refuse.
func TestRemedyOfManyAccounts(t *testing.T) {
	findings := checks.TrustPolicySubject.Judge(checks.NewAudit(fleet(200)))
	remedies := map[string]bool{}
	for _, f := range findings {
		if f.Remedy == nil {
			continue
		}
		remedies[f.Remedy.Text] = true
		if len(f.Remedy.Edits) > 0 || !strings.Contains(f.Remedy.Text, "accounts more in the same way; with 4") || len(f.Remedy.Text) > 10000 {
			t.Fatalf("%d edits: %s", len(f.Remedy.Edits), f.Remedy.Text)
		}
	}
	if len(remedies) != 1 {
		t.Errorf("%d remedies for one role", len(remedies))
	}
}
