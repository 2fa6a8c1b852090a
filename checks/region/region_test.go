package region

import (
	"strings"
	"testing"
)

func TestLookup(t *testing.T) {
	for _, tc := range []struct {
		name, partition, display string
		known                    bool
	}{
		{"us-east-1", "aws", "US East (N. Virginia)", true},
		{"us-gov-west-1", "aws-us-gov", "AWS GovCloud (US-West)", true},
		{"cn-north-1", "aws-cn", "China (Beijing)", true},
		{"eusc-de-east-1", "aws-eusc", "AWS European Sovereign Cloud (Germany)", true},
		{"us-isob-east-1", "aws-iso-b", "US ISOB East (Ohio)", true},
		{"eu-west-9", "aws", "", false},
		{"us-gov-south-3", "aws-us-gov", "", false},
		{"eu-isoe-north-2", "aws-iso-e", "", false},
		{"us-east-1a", "", "", false},
		{"aws-global", "", "", false},
		{"US-EAST-1", "", "", false},
		{"us-east-1\n", "", "", false},
		{"", "", "", false},
	} {
		p, r, known := Lookup(tc.name)
		if p.ID != tc.partition || r.Display != tc.display || known != tc.known || r.Name != tc.name {
			t.Errorf("Lookup(%q) = %q, %+v, %v", tc.name, p.ID, r, known)
		}
	}
}

func TestPartitionByID(t *testing.T) {
	if p, ok := PartitionByID("aws-cn"); !ok || p.DNSSuffix != "amazonaws.com.cn" || p.Global != "cn-northwest-1" {
		t.Errorf("aws-cn = %+v, %v", p, ok)
	}
	if _, ok := PartitionByID("aws-mars"); ok {
		t.Error("aws-mars is a partition")
	}
}

// Every region matches the pattern of its own partition, and of no other.
func TestTableAgreesWithItself(t *testing.T) {
	for _, p := range Partitions() {
		if _, ok := p.Regions[p.Global]; !ok {
			t.Errorf("%s: its global region %s is none of its regions", p.ID, p.Global)
		}
		for name := range p.Regions {
			for i, pattern := range patterns {
				if pattern.MatchString(name) != (partitions[i].ID == p.ID) {
					t.Errorf("%s of %s against the pattern of %s", name, p.ID, partitions[i].ID)
				}
			}
		}
	}
}

func TestIssuer(t *testing.T) {
	const id = "0123456789ABCDEF0123456789ABCDEF"
	for region, want := range map[string]string{
		"us-east-1":      "https://oidc.eks.us-east-1.amazonaws.com/id/" + id,
		"us-gov-west-1":  "https://oidc.eks.us-gov-west-1.amazonaws.com/id/" + id,
		"cn-northwest-1": "https://oidc.eks.cn-northwest-1.amazonaws.com.cn/id/" + id,
	} {
		got := Issuer(region, id)
		if got != want {
			t.Errorf("Issuer(%s) = %s, want %s", region, got, want)
		}
		if !IsEKSIssuer(got) || OfIssuer(got) != region {
			t.Errorf("%s is not read back: %v, %q", got, IsEKSIssuer(got), OfIssuer(got))
		}
		if c, alias := Canonical(got); c != got || alias {
			t.Errorf("Canonical(%s) = %s, %v", got, c, alias)
		}
	}
	const alias = "https://oidc-eks.eu-west-1.api.aws/id/" + id
	if c, ok := Canonical(alias); !ok || c != "https://oidc.eks.eu-west-1.amazonaws.com/id/"+id {
		t.Errorf("Canonical(%s) = %s, %v", alias, c, ok)
	}
	if IsEKSIssuer(alias) || OfIssuer(alias) != "eu-west-1" {
		t.Errorf("the alias: IsEKSIssuer %v, OfIssuer %q", IsEKSIssuer(alias), OfIssuer(alias))
	}
	for _, other := range []string{
		"", "https://", "https://oidc.example.com/id/" + id, "https://oidc.eks.us-east-1.amazonaws.com",
		"https://oidc.eks.us-east-1.amazonaws.com/id/", "https://oidc.eks.us-east-1.amazonaws.com.evil.example/id/" + id,
		"https://oidc.eks.cn-north-1.amazonaws.com/id/" + id, "https://oidc-eks.us-east-1.amazonaws.com/id/" + id,
		"https://oidc.eks..amazonaws.com/id/" + id,
	} {
		if IsEKSIssuer(other) || OfIssuer(other) != "" {
			t.Errorf("%q passes for an issuer of EKS", other)
		}
	}
}

func TestExamine(t *testing.T) {
	for _, tc := range []struct {
		value      string
		problem    Problem
		suggestion string
	}{
		{"us-east-1", None, ""},
		{"cn-north-1", None, ""},
		{"", Empty, ""},
		{"  ", Empty, ""},
		{`""`, Empty, ""},
		{"111122223333", AccountID, ""},
		{"1111-2222-3333", AccountID, ""},
		{"us-east-1a", Zone, "us-east-1"},
		{"US-EAST-1A", Zone, "us-east-1"},
		{"us-gov-west-1b", Zone, "us-gov-west-1"},
		{"us-west-2-lax-1a", Zone, "us-west-2"},
		{"us-west-2-lax-1", Zone, "us-west-2"},
		{"us-east-1-wl1-bos-wlz-1", Zone, "us-east-1"},
		{"US East (N. Virginia)", DisplayName, "us-east-1"},
		{"us east (n. virginia)", DisplayName, "us-east-1"},
		{"US East N. Virginia", DisplayName, "us-east-1"},
		{"N. Virginia", DisplayName, "us-east-1"},
		{"Frankfurt", DisplayName, "eu-central-1"},
		{"Canada (Central)", DisplayName, "ca-central-1"},
		{"Central", Malformed, ""},
		{"<region>", Placeholder, ""},
		{"${AWS_REGION}", Placeholder, ""},
		{"$(AWS_REGION)", Placeholder, ""},
		{"$AWS_REGION", Placeholder, ""},
		{"{{ .Values.region }}", Placeholder, ""},
		{"your-region", Placeholder, ""},
		{"AWS_REGION", Placeholder, ""},
		{"null", Placeholder, ""},
		{" us-east-1", Decorated, "us-east-1"},
		{"us-east-1\n", Decorated, "us-east-1"},
		{`"eu-west-1"`, Decorated, "eu-west-1"},
		{"'eu-west-1'", Decorated, "eu-west-1"},
		{"EU-WEST-1", Decorated, "eu-west-1"},
		{"us_east_1", Decorated, "us-east-1"},
		{"sts.us-east-1.amazonaws.com", Host, "us-east-1"},
		{"https://sts.eu-west-2.amazonaws.com/", Host, "eu-west-2"},
		{"sts.amazonaws.com", Host, ""},
		{"aws-global", Pseudo, "us-east-1"},
		{"aws-cn-global", Pseudo, "cn-northwest-1"},
		{"eu-west-9", Unknown, "eu-west-1"},
		{"us-esat-1", Unknown, "us-east-1"},
		{"ap-atlantis-1", Unknown, ""},
		{"us-east1", Malformed, "us-east-1"},
		{"useast1", Malformed, "us-east-1"},
		{"us-east", Malformed, "us-east-1"},
		{"Ireland, please", Malformed, ""},
		{strings.Repeat("x-", 5000), Malformed, ""},
	} {
		problem, suggestion := Examine(tc.value)
		if problem != tc.problem || suggestion != tc.suggestion {
			t.Errorf("Examine(%.60q) = %q, %q; want %q, %q", tc.value, problem, suggestion, tc.problem, tc.suggestion)
		}
	}
}

func FuzzExamine(f *testing.F) {
	for _, seed := range []string{"us-east-1", "us-east-1a", "<region>", "US East (Ohio)", "sts.us-east-1.amazonaws.com", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		problem, suggestion := Examine(value)
		if _, _, known := Lookup(suggestion); suggestion != "" && !known {
			t.Errorf("Examine(%q) suggests %q, which is no region", value, suggestion)
		}
		if _, _, known := Lookup(value); known != (problem == None) {
			t.Errorf("Examine(%q) = %q", value, problem)
		}
	})
}
