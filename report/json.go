package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/edit"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// The document is a contract: fields may be added; none is removed or given another
// type. docs/report.schema.json is generated from it. Lists are never null.

const (
	apiVersion = "irsa-doctor/v1"
	reportKind = "Report"
)

type document struct {
	APIVersion  string         `json:"apiVersion" jsonschema:"enum=irsa-doctor/v1"`
	Kind        string         `json:"kind" jsonschema:"enum=Report"`
	GeneratedAt string         `json:"generatedAt" jsonschema:"format=date-time,description=when the snapshot was taken; the year 1 when that is not known"`
	Tool        Tool           `json:"tool"`
	Clusters    []docCluster   `json:"clusters"`
	Summary     docSummary     `json:"summary"`
	Error       string         `json:"error,omitempty" jsonschema:"description=that the user gave; without tokens and keys"`
	Diagnoses   []docDiagnosis `json:"diagnoses" jsonschema:"description=the gravest first"`
	Findings    []docFinding   `json:"findings" jsonschema:"description=in the order of the chain"`
}

type docCluster struct {
	ID      string `json:"id" jsonschema:"description=what diagnoses and findings call the cluster: its name; else the context or the server"`
	Name    string `json:"name,omitempty" jsonschema:"description=as EKS knows it"`
	Context string `json:"context,omitempty" jsonschema:"description=of the kubeconfig"`
	Server  string `json:"server,omitempty" jsonschema:"description=URL of the API server"`
	Version string `json:"version,omitempty" jsonschema:"description=of Kubernetes"`
	Issuer  string `json:"issuer,omitempty"`
	Region  string `json:"region,omitempty"`
	Account string `json:"account,omitempty" jsonschema:"description=of the caller"`
	Caller  string `json:"caller,omitempty" jsonschema:"description=ARN of the identity that asked AWS"`
}

type docSummary struct {
	Pass               int         `json:"pass"`
	Note               int         `json:"note"`
	Warn               int         `json:"warn"`
	Fail               int         `json:"fail"`
	Unknown            int         `json:"unknown"`
	Skip               int         `json:"skip"`
	Complete           bool        `json:"complete"`
	LeftOut            int         `json:"leftOut" jsonschema:"description=checks that were not asked for and did not run"`
	MissingPermissions []string    `json:"missingPermissions" jsonschema:"description=calls that were denied and would answer the unknowns"`
	Gaps               []facts.Gap `json:"gaps" jsonschema:"description=all that leaves the audit incomplete"`
}

type docDiagnosis struct {
	Cluster        string         `json:"cluster"`
	Object         string         `json:"object" jsonschema:"description=kind/namespace/name"`
	Verdict        checks.Verdict `json:"verdict"`
	Cause          string         `json:"cause,omitempty" jsonschema:"description=ID of the check that makes the verdict"`
	Link           checks.Link    `json:"link,omitempty" jsonschema:"description=of the chain; where the cause is"`
	Message        string         `json:"message,omitempty"`
	Fingerprint    string         `json:"fingerprint,omitempty" jsonschema:"description=of the finding that is the cause"`
	Details        []string       `json:"details" jsonschema:"description=evidence of the cause"`
	PredictedError string         `json:"predictedError,omitempty" jsonschema:"description=what the workload logs"`
	Also           []docMention   `json:"also" jsonschema:"description=further failures and warnings in the order in which they would be met"`
	Chain          []docStep      `json:"chain"`
	Remedies       []docRemedy    `json:"remedies"`
	Commands       []string       `json:"commands" jsonschema:"description=of all remedies in the order in which to type them; each once; as shell lines"`
	Prognosis      checks.Verdict `json:"prognosis" jsonschema:"description=the verdict after the remedies; unknown when they have no commands"`
	Remaining      []docMention   `json:"remaining" jsonschema:"description=failures and warnings that the remedies leave"`
	Symptoms       []docSymptom   `json:"symptoms" jsonschema:"description=what the error that the user gave means for the object"`
}

type docStep struct {
	Link   checks.Link   `json:"link"`
	Result checks.Result `json:"result" jsonschema:"description=the gravest about the link"`
	Text   string        `json:"text" jsonschema:"description=what stands there; empty when nothing is known"`
	Checks []string      `json:"checks" jsonschema:"description=that fail or warn or could not tell"`
}

// A docMention names a finding. Those of diagnoses[].remaining exist only after the remedies.
type docMention struct {
	Check       string        `json:"check"`
	Result      checks.Result `json:"result"`
	Object      string        `json:"object"`
	Fingerprint string        `json:"fingerprint"`
	Message     string        `json:"message"`
}

type docFinding struct {
	Cluster        string          `json:"cluster"`
	Check          string          `json:"check"`
	Link           checks.Link     `json:"link"`
	Severity       checks.Severity `json:"severity,omitempty" jsonschema:"description=only of fail and warn and note"`
	Result         checks.Result   `json:"result"`
	Object         string          `json:"object"`
	Affects        []string        `json:"affects" jsonschema:"description=the workloads that suffer"`
	Fingerprint    string          `json:"fingerprint" jsonschema:"description=the same in every run for the same check of the same object"`
	Known          bool            `json:"known,omitempty" jsonschema:"description=the baseline has it already and it does not count"`
	Message        string          `json:"message"`
	Details        []string        `json:"details" jsonschema:"description=evidence"`
	PredictedError string          `json:"predictedError,omitempty" jsonschema:"description=what the workload logs"`
	Gap            *facts.Gap      `json:"gap,omitempty" jsonschema:"description=why the result is unknown"`
	Remedy         *docRemedy      `json:"remedy,omitempty"`
	Ref            string          `json:"ref" jsonschema:"description=where the check is explained"`
}

type docRemedy struct {
	Text     string   `json:"text"`
	Commands []string `json:"commands" jsonschema:"description=shell lines; empty when a value that they need is not known"`
	Owner    string   `json:"owner,omitempty" jsonschema:"description=which tool will revert the commands and where to change it instead"`
}

// JSON writes the report as one document of the published schema. Its lists, which may be
// long, are written piece by piece.
func JSON(w io.Writer, r *checks.Report, o Options) error {
	d := newDocument(r, o.Tool)
	frame, err := indented(d, "")
	if err != nil {
		return err
	}
	head, ok := bytes.CutSuffix(frame, []byte("\"diagnoses\": [],\n  \"findings\": []\n}"))
	if !ok {
		return errors.New("encode the report: the lists are not at its end")
	}
	out := bufio.NewWriterSize(w, 64<<10)
	out.Write(head)
	err = writeList(out, "diagnoses", r.Diagnoses, func(x checks.Diagnosis) any { return newDocDiagnosis(d.Clusters[0].ID, x) })
	if err != nil {
		return err
	}
	out.WriteString(",\n  ")
	err = writeList(out, "findings", r.Findings, func(f checks.Finding) any { return newDocFinding(d.Clusters[0].ID, f) })
	if err != nil {
		return err
	}
	out.WriteString("\n}\n")
	return out.Flush()
}

// writeList writes a list of the document as an indented field.
func writeList[T any](w *bufio.Writer, name string, list []T, doc func(T) any) error {
	fmt.Fprintf(w, "%q: [", name)
	for i, x := range list {
		text, err := indented(doc(x), "    ")
		if err != nil {
			return err
		}
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString("\n    ")
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	if len(list) > 0 {
		w.WriteString("\n  ")
	}
	return w.WriteByte(']')
}

// indented is the JSON of v without a line break at its end, safe for a terminal.
func indented(v any, prefix string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent(prefix, "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the report: %w", err)
	}
	return escapeInvisible(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// escapeInvisible writes as \u what a terminal would obey or hide, and encoding/json
// leaves alone. Outside of strings a document has nothing of the kind.
func escapeInvisible(doc []byte) []byte {
	if !slices.ContainsFunc(doc, func(b byte) bool { return b < ' ' && b != '\n' || b > '~' }) {
		return doc
	}
	out := make([]byte, 0, len(doc))
	for len(doc) > 0 {
		r, size := utf8.DecodeRune(doc)
		switch {
		case r == '\n' || visible(r):
			out = append(out, doc[:size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		doc = doc[size:]
	}
	return out
}

// newDocument is the document with its two long lists empty.
func newDocument(r *checks.Report, tool Tool) document {
	cluster := newDocCluster(r.Cluster)
	counts := r.Summary.Counts
	d := document{
		APIVersion:  apiVersion,
		Kind:        reportKind,
		GeneratedAt: r.TakenAt.UTC().Format(time.RFC3339),
		Tool:        tool,
		Clusters:    []docCluster{cluster},
		Summary: docSummary{
			Pass: counts[checks.Pass], Note: counts[checks.Note], Warn: counts[checks.Warn],
			Fail: counts[checks.Fail], Unknown: counts[checks.Unknown], Skip: counts[checks.Skip],
			Complete:           r.Summary.Complete,
			LeftOut:            r.Summary.LeftOut,
			MissingPermissions: list(r.Summary.Permissions()),
			Gaps:               list(r.Summary.Missing),
		},
		Error:     r.Error,
		Diagnoses: []docDiagnosis{},
		Findings:  []docFinding{},
	}
	return d
}

func newDocCluster(c checks.Identity) docCluster {
	return docCluster{
		ID: clusterID(c), Name: c.Name, Context: c.Context, Server: c.Server, Version: c.Version,
		Issuer: c.Issuer, Region: c.Region, Account: c.Account, Caller: c.Caller,
	}
}

// clusterID is the first of the cluster's names that is known.
func clusterID(c checks.Identity) string {
	return cmp.Or(c.Name, c.Context, c.Server, unknown)
}

func newDocDiagnosis(cluster string, d checks.Diagnosis) docDiagnosis {
	doc := docDiagnosis{
		Cluster:   cluster,
		Object:    d.Object.String(),
		Verdict:   d.Verdict,
		Details:   []string{},
		Also:      mentions(d.Also),
		Chain:     []docStep{},
		Remedies:  []docRemedy{},
		Commands:  shell(d.Commands()),
		Prognosis: d.Prognosis,
		Remaining: mentions(d.Remaining),
		Symptoms:  []docSymptom{},
	}
	if f := d.Cause; f != nil {
		doc.Cause, doc.Link, doc.Message = f.Check.ID, f.Check.Link, f.Message
		doc.Fingerprint, doc.Details, doc.PredictedError = f.Fingerprint(), list(f.Details), f.Error
	}
	for _, s := range d.Chain {
		doc.Chain = append(doc.Chain, docStep{s.Link, s.Result, s.Text, list(s.Checks)})
	}
	for _, r := range d.Remedies {
		doc.Remedies = append(doc.Remedies, newDocRemedy(r))
	}
	for _, r := range d.Symptoms {
		doc.Symptoms = append(doc.Symptoms, newDocSymptom(r))
	}
	return doc
}

func newDocFinding(cluster string, f checks.Finding) docFinding {
	doc := docFinding{
		Cluster:        cluster,
		Check:          f.Check.ID,
		Link:           f.Check.Link,
		Severity:       f.Result.Severity(),
		Result:         f.Result,
		Object:         f.Object,
		Affects:        refs(f.Affects),
		Fingerprint:    f.Fingerprint(),
		Known:          f.Known,
		Message:        f.Message,
		Details:        list(f.Details),
		PredictedError: f.Error,
		Gap:            f.Gap,
		Ref:            "docs/checks.md#" + f.Check.ID,
	}
	if f.Remedy != nil {
		remedy := newDocRemedy(*f.Remedy)
		doc.Remedy = &remedy
	}
	return doc
}

func newDocRemedy(r checks.Remedy) docRemedy {
	return docRemedy{Text: r.Text, Commands: shell(r.Commands()), Owner: r.Owner}
}

func mentions(findings []checks.Finding) []docMention {
	all := []docMention{}
	for _, f := range findings {
		all = append(all, docMention{f.Check.ID, f.Result, f.Object, f.Fingerprint(), f.Message})
	}
	return all
}

// shell returns the commands as lines to paste.
func shell(commands []edit.Command) []string {
	lines := []string{}
	for _, c := range commands {
		lines = append(lines, c.String())
	}
	return lines
}

// list is the slice, and empty where it is nil: JSON tells them apart.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
