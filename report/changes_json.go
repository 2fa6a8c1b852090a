package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// The document of a diff is a contract as that of a report is: docs/diff.schema.json is
// generated from it.

type diffDocument struct {
	APIVersion string        `json:"apiVersion" jsonschema:"enum=irsa-doctor/v1"`
	Kind       string        `json:"kind" jsonschema:"enum=Diff"`
	Tool       Tool          `json:"tool"`
	Before     diffLook      `json:"before"`
	After      diffLook      `json:"after"`
	Warnings   []string      `json:"warnings" jsonschema:"description=why the two may not be comparable"`
	Summary    diffSums      `json:"summary"`
	Verdicts   []diffVerdict `json:"verdicts" jsonschema:"description=that are different or have another cause; the worse turns first"`
	Findings   []diffFinding `json:"findings" jsonschema:"description=that are different"`
	Facts      []diffFact    `json:"facts" jsonschema:"description=that are different underneath; the oldest first and then those without a time"`
}

type diffLook struct {
	Name    string     `json:"name" jsonschema:"description=what the user called it"`
	TakenAt string     `json:"takenAt" jsonschema:"format=date-time,description=the year 1 when that is not known"`
	Cluster docCluster `json:"cluster"`
}

type diffSums struct {
	New           int  `json:"new"`
	Changed       int  `json:"changed"`
	Unclear       int  `json:"unclear"`
	Gone          int  `json:"gone"`
	Answered      int  `json:"answered"`
	Mended        int  `json:"mended"`
	ComparedFacts bool `json:"comparedFacts" jsonschema:"description=false where one side is a report which holds none"`
}

type diffVerdict struct {
	Object         string         `json:"object" jsonschema:"description=kind/namespace/name"`
	Before         checks.Verdict `json:"before,omitempty" jsonschema:"description=absent when it was not examined"`
	After          checks.Verdict `json:"after,omitempty" jsonschema:"description=absent when it was not examined"`
	Cause          *docMention    `json:"cause,omitempty" jsonschema:"description=of the verdict after"`
	CauseBefore    *docMention    `json:"causeBefore,omitempty"`
	Open           bool           `json:"open,omitempty" jsonschema:"description=the cause before was not examined again; it may be there still"`
	Link           checks.Link    `json:"link,omitempty" jsonschema:"description=of the chain; where the cause is"`
	PredictedError string         `json:"predictedError,omitempty" jsonschema:"description=what the workload logs because of the cause"`
}

type diffFinding struct {
	Kind        changes.Kind  `json:"kind"`
	Check       string        `json:"check"`
	Link        checks.Link   `json:"link,omitempty"`
	Object      string        `json:"object"`
	Affects     []string      `json:"affects"`
	Fingerprint string        `json:"fingerprint" jsonschema:"description=as in the reports"`
	Worse       bool          `json:"worse" jsonschema:"description=it fails or warns and was not as grave before"`
	Why         string        `json:"why,omitempty"`
	Before      *diffStanding `json:"before,omitempty" jsonschema:"description=absent when nothing was said"`
	After       *diffStanding `json:"after,omitempty" jsonschema:"description=absent when nothing is said any more"`
}

type diffStanding struct {
	Result  checks.Result `json:"result"`
	Message string        `json:"message"`
	Gap     *facts.Gap    `json:"gap,omitempty"`
}

type diffFact struct {
	Kind    changes.Kind `json:"kind"`
	Object  string       `json:"object" jsonschema:"description=kind/namespace/name or an ARN or cluster"`
	Item    string       `json:"item" jsonschema:"description=what of the object; empty for itself"`
	Link    checks.Link  `json:"link,omitempty"`
	Removed []string     `json:"removed"`
	Added   []string     `json:"added"`
	Gap     *facts.Gap   `json:"gap,omitempty" jsonschema:"description=why it could not be read"`
	At      string       `json:"at,omitempty" jsonschema:"format=date-time,description=when it happened; of several in by the last that one of them changed something"`
	By      []string     `json:"by" jsonschema:"description=who may have done it; by the names of managedFields"`
	Affects []string     `json:"affects" jsonschema:"description=the objects of verdicts that depend on it"`
	Checks  []string     `json:"checks" jsonschema:"description=with findings that are different about the same link of the same objects"`
}

// DiffJSON writes a diff as one document of the published schema.
func DiffJSON(w io.Writer, d *changes.Diff, o Options) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(newDiffDocument(d, o.Tool)); err != nil {
		return fmt.Errorf("encode the diff: %w", err)
	}
	_, err := w.Write(escapeInvisible(b.Bytes()))
	return err
}

func newDiffDocument(d *changes.Diff, tool Tool) diffDocument {
	doc := diffDocument{
		APIVersion: apiVersion, Kind: "Diff", Tool: tool, Before: newDiffLook(d.Before), After: newDiffLook(d.After),
		Warnings: list(d.Warnings), Verdicts: []diffVerdict{}, Findings: []diffFinding{}, Facts: []diffFact{},
	}
	sums := map[changes.Kind]int{}
	for _, f := range d.Findings {
		sums[f.Kind]++
		doc.Findings = append(doc.Findings, newDiffFinding(f))
	}
	doc.Summary = diffSums{
		New: sums[changes.New], Changed: sums[changes.Changed], Unclear: sums[changes.Unclear], Gone: sums[changes.Gone],
		Answered: sums[changes.Answered], Mended: sums[changes.Mended], ComparedFacts: d.ComparedFacts(),
	}
	for _, v := range d.Verdicts {
		doc.Verdicts = append(doc.Verdicts, newDiffVerdict(v))
	}
	for _, f := range d.Facts {
		doc.Facts = append(doc.Facts, newDiffFact(f))
	}
	return doc
}

func newDiffLook(s changes.Side) diffLook {
	return diffLook{Name: s.Name, TakenAt: s.Report.TakenAt.UTC().Format(time.RFC3339), Cluster: newDocCluster(s.Report.Cluster)}
}

func newDiffVerdict(v changes.Verdict) diffVerdict {
	doc := diffVerdict{Object: v.Object.String(), Open: v.Open}
	if v.Before != nil {
		doc.Before, doc.CauseBefore = v.Before.Verdict, mentionOf(v.Before.Cause)
	}
	if v.After != nil {
		doc.After, doc.Cause = v.After.Verdict, mentionOf(v.After.Cause)
		if f := v.After.Cause; f != nil {
			doc.Link, doc.PredictedError = f.Check.Link, f.Error
		}
	}
	return doc
}

func mentionOf(f *checks.Finding) *docMention {
	if f == nil {
		return nil
	}
	return &mentions([]checks.Finding{*f})[0]
}

func newDiffFinding(f changes.Finding) diffFinding {
	now := f.Now()
	return diffFinding{
		Kind: f.Kind, Check: now.Check.ID, Link: now.Check.Link, Object: now.Object, Affects: refs(now.Affects),
		Fingerprint: now.Fingerprint(), Worse: f.Worse(), Why: f.Why, Before: standing(f.Before), After: standing(f.After),
	}
}

func standing(f *checks.Finding) *diffStanding {
	if f == nil {
		return nil
	}
	return &diffStanding{f.Result, f.Message, f.Gap}
}

func newDiffFact(f changes.Fact) diffFact {
	doc := diffFact{
		Kind: f.Kind, Object: f.Object, Item: f.Item, Link: f.Link, Removed: list(f.Removed), Added: list(f.Added),
		Gap: f.Gap, By: list(f.By), Affects: refs(f.Affects), Checks: list(f.Checks),
	}
	if !f.At.IsZero() {
		doc.At = f.At.UTC().Format(time.RFC3339)
	}
	return doc
}

func refs(all []facts.Ref) []string {
	texts := []string{}
	for _, ref := range all {
		texts = append(texts, ref.String())
	}
	return texts
}
