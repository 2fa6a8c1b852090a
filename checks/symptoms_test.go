package checks_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

// TestCausesAreChecks holds the causes of symptoms to checks that there are.
func TestCausesAreChecks(t *testing.T) {
	for _, s := range symptom.All() {
		seen := map[string]bool{}
		for _, c := range s.Causes {
			if c.Check == "" {
				continue
			}
			if seen[c.Check] {
				t.Errorf("%s names check %s twice", s.ID, c.Check)
			}
			seen[c.Check] = true
			if !slices.ContainsFunc(checks.All(), func(check *checks.Check) bool { return check.ID == c.Check }) {
				t.Errorf("%s has a cause that check %q is to show, and there is none", s.ID, c.Check)
			}
		}
	}
}

// TestForetoldErrors gives each error that a check foretells back to the same snapshot:
// it has to be recognised, and the check has to be among what is confirmed.
func TestForetoldErrors(t *testing.T) {
	files, err := filepath.Glob("../fixtures/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range ar.Files {
			if !strings.HasPrefix(section.Name, "fail/") {
				continue
			}
			s, err := fixtures.Change(section.Data)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range checks.Run(s, checks.All()).Findings {
				if f.Error == "" {
					continue
				}
				told++
				s.Asked.Error = f.Error
				for _, d := range checks.Run(s, checks.All()).Diagnoses {
					if slices.Contains(f.Affects, d.Object) && !slices.ContainsFunc(d.Symptoms, func(r checks.Reading) bool {
						return slices.ContainsFunc(r.With(checks.Confirmed), func(s checks.Suspect) bool { return s.Check == f.Check.ID })
					}) {
						t.Errorf("%s, %s: %s foretells an error that does not lead back to it: %s", filepath.Base(file), section.Name, f.Check.ID, f.Error)
					}
				}
			}
		}
	}
	if told < 50 {
		t.Errorf("only %d errors were foretold", told)
	}
}

// TestReadings holds errors against snapshots that explain them, and such that do not.
func TestReadings(t *testing.T) {
	const (
		noProvider = "InvalidIdentityToken: No OpenIDConnect provider found in your account for https://oidc.eks.us-west-2.amazonaws.com/id/D539D4633E53DE1B716D3041E0000001"
		denied     = "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/ack-s3-controller/1704838296921190277 is not authorized to perform: s3:ListAllMyBuckets"
		nodeDenied = "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/node/i-0123456789abcdef0 is not authorized to perform: s3:ListAllMyBuckets"
	)
	for _, test := range []struct {
		name, change, text string
		says               string // part of it
		confirmed          []string
		remark             string // part of one
	}{
		{
			"the cause", `{"cluster": {"serviceAccounts": {"value": {"ack-system/ack-s3-controller": {"annotations": {"eks.amazonaws.com/role-arn": null}}}}}}`,
			nodeDenied, "the cause that was found ends in this error: role-annotation", []string{"role-annotation"}, "that node, by its role node",
		},
		{
			"sound", `{}`, denied, "the IRSA set-up is sound", nil, "the caller is the role that the service account names",
		},
		{
			"sound, and as the node", `{}`, nodeDenied, "the IRSA set-up is sound", nil, "the caller is role node of account 111122223333, and the service account names arn:aws:iam::111122223333:role/ack-s3-controller",
		},
		{
			"no policy", `{"aws": {"accounts": {"111122223333": {"roles": {"ack-s3-controller": {"value": {"attached": {"value": []}}}}}}}}`,
			denied, "the cause that was found ends in this error: role-has-policies", []string{"role-has-policies"}, "",
		},
		{
			"another fault", `{"aws": {"accounts": {"111122223333": {"roles": {"ack-s3-controller": {"gap": {"kind": "absent"}, "value": null}}}}}}`,
			noProvider, "this error and what was found do not belong together: role-exists", nil, "",
		},
		{
			"a warning beside", `{"cluster": {"serviceAccounts": {"value": {"ack-system/ack-s3-controller": {"annotations": {"eks.amazonaws.com/role-arn": null}}}}}}`,
			noProvider, "no cause of this error was found: role-annotation warns", nil, "",
		},
		{
			"another cluster", `{}`, strings.Replace(noProvider, "D539", "E539", 1), "the IRSA set-up is sound", nil, "the text is of another cluster, or the token is",
		},
		{
			"another region", `{}`, `Post "https://sts.us-east-1.amazonaws.com/": dial tcp: i/o timeout`, "the IRSA set-up is sound", nil, "the STS of us-east-1 was asked, and the cluster is in us-west-2",
		},
		{
			"nothing known", `{"cluster": {"version": null, "namespaces": null, "serviceAccounts": null, "workloads": null, "pods": null, "webhooks": null}, "issuer": null, "aws": null}`,
			noProvider, "is not known", nil, "",
		},
		{"not understood", `{}`, "panic: nil map", "", nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := fixtures.Change([]byte(test.change))
			if err != nil {
				t.Fatal(err)
			}
			s.Asked.Error = test.text
			report := checks.Run(s, checks.All())
			if report.Error != test.text || len(report.Diagnoses) == 0 {
				t.Fatalf("error %q, %d diagnoses", report.Error, len(report.Diagnoses))
			}
			readings := report.Diagnoses[0].Symptoms
			if test.says == "" {
				if len(readings) > 0 {
					t.Errorf("it is taken for %s", readings[0].ID)
				}
				return
			}
			if len(readings) == 0 {
				t.Fatal("it is not recognised")
			}
			r := readings[0]
			if !strings.Contains(r.Says, test.says) {
				t.Errorf("says %q, want %q", r.Says, test.says)
			}
			var confirmed []string
			for _, s := range r.With(checks.Confirmed) {
				confirmed = append(confirmed, s.Check)
			}
			if !slices.Equal(confirmed, test.confirmed) {
				t.Errorf("confirms %s, want %s", confirmed, test.confirmed)
			}
			if all := strings.Join(r.Remarks, "\n"); !strings.Contains(all, test.remark) {
				t.Errorf("remarks %q, want %q", r.Remarks, test.remark)
			}
			if len(r.Suspects) != len(r.Causes) {
				t.Errorf("%d suspects for %d causes", len(r.Suspects), len(r.Causes))
			}
		})
	}
}

// TestIncidentSymptoms recognises what was logged in the real incidents, and prints
// the share that is right and each miss. What tells nothing is for package symptom to
// keep silent about.
func TestIncidentSymptoms(t *testing.T) {
	incidents, err := readIncidents("../fixtures/incidents")
	if err != nil {
		t.Fatal(err)
	}
	judged, recognised := 0, 0
	for _, i := range incidents {
		want := i.Expect["symptom"]
		if i.Error == "" || len(want) == 0 || slices.Contains(want, "none") {
			continue
		}
		got := "none"
		if matches := symptom.Recognise(i.Error); len(matches) > 0 {
			got = matches[0].ID
		}
		judged++
		if slices.Contains(want, got) {
			recognised++
		} else {
			t.Logf("missed %s: %s, want %s: %s", i.ID, got, want, i.Error)
		}
	}
	t.Logf("%d of %d errors of incidents are recognised", recognised, judged)
	if float64(recognised) < right*float64(judged) {
		t.Errorf("that is less than %.0f %%", right*100)
	}
}
