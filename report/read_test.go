package report_test

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
	"github.com/irsa-doctor/irsa-doctor/report"
)

// TestRead reads back what was written: held against what it was written from, nothing
// changed.
func TestRead(t *testing.T) {
	for _, s := range fixtures.Scenarios() {
		snapshot, err := s.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		r := checks.Run(snapshot, checks.All())
		got, err := report.Read([]byte(render(t, "json", r, report.Options{})))
		if err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		if d := changes.Between(changes.Side{Report: r}, changes.Side{Report: got}); !d.Empty() || len(d.Verdicts)+len(d.Findings) > 0 {
			t.Errorf("%s differs: %+v", s.Name, d)
		}
		if d := cmp.Diff(r.Cluster, got.Cluster) + cmp.Diff(r.Summary, got.Summary, cmpopts.EquateEmpty()); d != "" || !r.TakenAt.Equal(got.TakenAt) {
			t.Errorf("%s: %s (-want +got)", s.Name, d)
		}
		for i, f := range r.Findings {
			g := got.Findings[i]
			if f.Fingerprint() != g.Fingerprint() || f.Result != g.Result || f.Message != g.Message || f.Check != g.Check || !cmp.Equal(f.Affects, g.Affects) || !cmp.Equal(f.Gap, g.Gap) {
				t.Errorf("%s: %+v became %+v", s.Name, f, g)
			}
		}
	}
}

// TestReadUnknownCheck reads the report of another release.
func TestReadUnknownCheck(t *testing.T) {
	f := checks.Finding{Check: &checks.Check{ID: "of-tomorrow", Link: checks.LinkToken}, Result: checks.Unknown, Object: "cluster", Message: "m"}
	got, err := report.Read([]byte(render(t, "json", newReport(nil, []checks.Finding{f}), report.Options{})))
	if err != nil || got.Findings[0].Fingerprint() != f.Fingerprint() || got.Findings[0].Check.Link != checks.LinkToken || got.Findings[0].Check.Title == "" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReadRefuses(t *testing.T) {
	good := render(t, "json", broken(), report.Options{})
	for _, c := range []struct{ from, to, want string }{
		{"}\n", "", "read report: "},
		{"irsa-doctor/v1", "v1", `apiVersion "v1" and kind "Report" are not those of a report`},
		{`"kind": "Report"`, `"kind": "Diff"`, `kind "Diff"`},
		{`"result": "fail"`, `"result": "bad"`, `result "bad" is none of`},
		{`"verdict": "broken"`, `"verdict": "ill"`, `verdict "ill" is none of`},
		{`"deployment/payments/api"`, `"api"`, "is not kind/namespace/name"},
		{`"clusters": [`, `"clusters": [{},`, "it is of 2 clusters, not of one"},
		{`"generatedAt": "`, `"generatedAt": "x`, "generatedAt: "},
		{`"cause": "`, `"cause": "x`, "is not among the findings"},
		{`"summary": {`, `"summary": [], "was": {`, "read report: "},
	} {
		at := max(0, strings.LastIndex(good, c.from)) // in the findings, which are last
		bad := good[:at] + strings.Replace(good[at:], c.from, c.to, 1)
		if bad == good {
			t.Errorf("no %s in the document", c.from)
		}
		if r, err := report.Read([]byte(bad)); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, %v", c.to, r, err)
		}
	}
}

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		`{"kind": "Pod"}`: true, `{"apiVersion": ""}`: true, `{"version": 1}`: false, `[]`: false, `{"kind"`: false, ``: false, `null`: false,
	} {
		if got := report.Is([]byte(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// FuzzRead reads anything; what can be read can be written, read again, and compared.
func FuzzRead(f *testing.F) {
	var seed, small bytes.Buffer
	if err := report.JSON(&seed, broken(), report.Options{}); err != nil {
		f.Fatal(err)
	}
	if err := json.Compact(&small, seed.Bytes()); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add([]byte(`{"apiVersion":"irsa-doctor/v1","kind":"Report","generatedAt":"0001-01-01T00:00:00Z","clusters":[{}],"findings":[{"check":"x","object":"cluster","result":"fail"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := report.Read(b)
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := report.JSON(&again, r, report.Options{}); err != nil {
			t.Fatal(err)
		}
		same, err := report.Read(again.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		d := changes.Between(changes.Side{Report: r}, changes.Side{Report: same})
		if !d.Empty() {
			t.Errorf("it differs from what was written: %+v", d)
		}
		diffWellFormed(t, changes.Between(changes.Side{Name: "a", Report: r}, changes.Side{Name: "b", Report: filled(func() string { return "x" }, rand.New(rand.NewSource(1)))}))
	})
}
