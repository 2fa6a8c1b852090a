package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Read reads a report that JSON wrote, as far as it is needed to hold another against it:
// when and where it was taken, the verdicts with their causes, and the findings without
// their remedies. A check that this program does not have keeps its ID and its link.
func Read(b []byte) (*checks.Report, error) {
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	switch {
	case d.APIVersion != apiVersion || d.Kind != reportKind:
		return nil, fmt.Errorf("read report: apiVersion %q and kind %q are not those of a report, %s and %s", d.APIVersion, d.Kind, apiVersion, reportKind)
	case len(d.Clusters) != 1:
		return nil, fmt.Errorf("read report: it is of %s, not of one", count(len(d.Clusters), "cluster"))
	}
	taken, err := time.Parse(time.RFC3339, d.GeneratedAt)
	if err != nil {
		return nil, fmt.Errorf("read report: generatedAt: %w", err)
	}
	c := d.Clusters[0]
	r := &checks.Report{
		TakenAt: taken,
		Cluster: checks.Identity{
			Context: c.Context, Server: c.Server, Name: c.Name, Version: c.Version,
			Issuer: c.Issuer, Region: c.Region, Account: c.Account, Caller: c.Caller,
		},
		Error: d.Error,
		Summary: checks.Summary{
			Counts: map[checks.Result]int{}, Complete: d.Summary.Complete, LeftOut: d.Summary.LeftOut, Missing: d.Summary.Gaps,
		},
	}
	if r.Findings, err = readFindings(d.Findings); err == nil {
		r.Diagnoses, err = readDiagnoses(d.Diagnoses, r.Findings)
	}
	if err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	for _, result := range checks.Results {
		r.Summary.Counts[result] = 0
	}
	for _, f := range r.Findings {
		r.Summary.Counts[f.Result]++
	}
	return r, nil
}

func readFindings(docs []docFinding) ([]checks.Finding, error) {
	known := map[string]*checks.Check{}
	for _, c := range checks.All() {
		known[c.ID] = c
	}
	var findings []checks.Finding
	for i, doc := range docs {
		c := known[doc.Check]
		switch {
		case doc.Check == "" || doc.Object == "":
			return nil, fmt.Errorf("finding %d has no check or no object", i+1)
		case !slices.Contains(checks.Results, doc.Result):
			return nil, fmt.Errorf("finding %d: result %q is none of %q", i+1, doc.Result, checks.Results)
		case c == nil:
			c = &checks.Check{ID: doc.Check, Title: doc.Check + " is well"}
			if slices.Contains(checks.Links, doc.Link) {
				c.Link = doc.Link
			}
			known[doc.Check] = c
		}
		affects, err := readRefs(doc.Affects)
		if err != nil {
			return nil, fmt.Errorf("finding %d: %w", i+1, err)
		}
		findings = append(findings, checks.Finding{
			Check: c, Result: doc.Result, Object: doc.Object, Affects: affects, Message: doc.Message,
			Details: doc.Details, Error: doc.PredictedError, Gap: doc.Gap,
		})
	}
	return findings, nil
}

// readDiagnoses finds the cause of each diagnosis among the findings.
func readDiagnoses(docs []docDiagnosis, findings []checks.Finding) ([]checks.Diagnosis, error) {
	byFingerprint := map[string]*checks.Finding{}
	for i := range findings {
		byFingerprint[findings[i].Fingerprint()] = &findings[i]
	}
	verdicts := []checks.Verdict{checks.Broken, checks.Undetermined, checks.Risky, checks.Healthy}
	var all []checks.Diagnosis
	for i, doc := range docs {
		d := checks.Diagnosis{Verdict: doc.Verdict, Cause: byFingerprint[doc.Fingerprint]}
		if err := d.Object.UnmarshalText([]byte(doc.Object)); err != nil {
			return nil, fmt.Errorf("diagnosis %d: %w", i+1, err)
		}
		switch {
		case !slices.Contains(verdicts, doc.Verdict):
			return nil, fmt.Errorf("diagnosis %d: verdict %q is none of %q", i+1, doc.Verdict, verdicts)
		case doc.Cause != "" && (d.Cause == nil || d.Cause.Check.ID != doc.Cause):
			return nil, fmt.Errorf("diagnosis %d: its cause %q is not among the findings", i+1, doc.Cause)
		case doc.Cause == "" && doc.Verdict != checks.Healthy:
			return nil, fmt.Errorf("diagnosis %d: it is %s and has no cause", i+1, doc.Verdict)
		}
		all = append(all, d)
	}
	return all, nil
}

func readRefs(texts []string) ([]facts.Ref, error) {
	var refs []facts.Ref
	for _, text := range texts {
		var ref facts.Ref
		if err := ref.UnmarshalText([]byte(text)); err != nil {
			return nil, err
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// Is says whether a file is meant to be read by Read: a JSON object that says of what kind
// it is, as a snapshot does not.
func Is(b []byte) bool {
	var d struct {
		APIVersion *string `json:"apiVersion"`
		Kind       *string `json:"kind"`
	}
	return json.Unmarshal(b, &d) == nil && (d.APIVersion != nil || d.Kind != nil)
}
