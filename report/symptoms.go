package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
)

// notKnown is said of a given error that is none of the known ones.
const notKnown = "the error you gave is not known: give the lines of the log around it, as they are"

// unexplained says whether an error was given that is not known.
func unexplained(r *checks.Report) bool {
	return r.Error != "" && len(r.Diagnoses) > 0 && len(r.Diagnoses[0].Symptoms) == 0
}

// suspects are those worth reading: the confirmed, or where there is none, the open.
func suspects(r checks.Reading) []checks.Suspect {
	if confirmed := r.With(checks.Confirmed); len(confirmed) > 0 {
		return confirmed
	}
	return r.With(checks.Open)
}

// suspicion is what is told of a suspect.
func suspicion(s checks.Suspect) string {
	text := s.Text
	if s.Check != "" {
		text = s.Check + ": " + text
	}
	if s.Finding != nil && s.Standing == checks.Open {
		text += "; " + brief(*s.Finding)
	}
	return text
}

// ruledOut names the checks that pass, or is "".
func ruledOut(r checks.Reading) string {
	var ids []string
	for _, s := range r.With(checks.RuledOut) {
		ids = append(ids, s.Check)
	}
	if len(ids) == 0 {
		return ""
	}
	return "ruled out: " + strings.Join(ids, ", ")
}

func resultOf(s checks.Suspect) checks.Result {
	if s.Finding == nil {
		return checks.Skip
	}
	return s.Finding.Result
}

// symptoms write what the given error means for a workload.
func (t *terminal) symptoms(readings []checks.Reading) {
	if len(readings) == 0 {
		return
	}
	t.label("the error you gave")
	for _, r := range readings {
		t.hang(span{r.ID + ": " + r.Title, inkStrong}, span{text: "    "})
		for _, remark := range r.Remarks {
			t.hang(span{text: remark}, span{text: "    - "})
		}
		t.hang(span{text: r.Says}, span{text: "    "})
		for _, s := range suspects(r) {
			t.hang(span{text: suspicion(s)}, span{text: "    "}, t.mark(resultOf(s)), span{text: " "})
		}
		if out := ruledOut(r); out != "" {
			t.hang(span{out, inkDim}, span{text: "    "})
		}
	}
	t.WriteString("\n")
}

func markdownSymptoms(b *strings.Builder, readings []checks.Reading) {
	for _, r := range readings {
		fmt.Fprintf(b, "**The error you gave:** %s (%s)\n\n", markdown(r.Title), code(r.ID))
		for _, remark := range r.Remarks {
			fmt.Fprintf(b, "- %s\n", markdown(remark))
		}
		if len(r.Remarks) > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "%s\n\n", markdown(r.Says))
		for _, s := range suspects(r) {
			fmt.Fprintf(b, "- %s\n", markdown(suspicion(s)))
		}
		if out := ruledOut(r); out != "" {
			fmt.Fprintf(b, "- %s\n", markdown(out))
		}
		b.WriteString("\n")
	}
}

// ExplainError writes what an error text means, for a terminal.
func ExplainError(w io.Writer, matches []symptom.Match, o Options) error {
	t := newTerminal(o)
	for i, m := range matches {
		if i > 0 {
			t.WriteString("\n")
		}
		t.explain(m)
	}
	t.WriteString("\n")
	t.hang(span{"irsa-doctor check TARGET --error TEXT holds these causes against a cluster; irsa-doctor explain CHECK says more about a check", inkDim})
	_, err := io.WriteString(w, t.String())
	return err
}

func (t *terminal) explain(m symptom.Match) {
	t.hang(span{m.ID, inkStrong})
	t.hang(span{text: m.Title}, span{text: "    "})
	t.WriteString("\n")
	told := []entry{
		{"code", m.Code}, {"caller", m.Caller}, {"action", m.Action}, {"target", m.Target}, {"issuer", m.Issuer},
		{"host", m.Host}, {"region", m.Region}, {"request ID", m.RequestID},
	}
	told = slices.DeleteFunc(told, func(e entry) bool { return e.value == "" })
	if len(told)+len(m.Remarks) > 0 {
		t.label("what the text tells")
		for _, e := range told {
			t.hang(span{text: e.value}, span{"    " + pad(e.name, 12), inkDim})
		}
		for _, remark := range m.Remarks {
			t.hang(span{text: remark}, span{text: "    - "})
		}
		t.WriteString("\n")
	}
	t.block("what it means", m.Meaning)
	t.WriteString("\n")
	t.label("what causes it, the likeliest first")
	for i, c := range m.Causes {
		text := c.Text
		if c.Check != "" {
			text += " (" + c.Check + ")"
		}
		t.hang(span{text: text}, span{text: fmt.Sprintf("    %2d. ", i+1)})
	}
	t.WriteString("\n")
	t.label("see")
	for _, ref := range m.Refs {
		t.WriteString("    " + t.clean(ref) + "\n") // whole, so that it can be followed
	}
}

type docSymptom struct {
	ID        string       `json:"id"`
	Title     string       `json:"title" jsonschema:"description=what it means"`
	Says      string       `json:"says" jsonschema:"description=which cause the snapshot confirms"`
	Code      string       `json:"code,omitempty" jsonschema:"description=of the error"`
	Caller    string       `json:"caller,omitempty" jsonschema:"description=ARN of who was denied"`
	Action    string       `json:"action,omitempty" jsonschema:"description=that was denied"`
	Target    string       `json:"target,omitempty" jsonschema:"description=ARN of what the action is about"`
	Issuer    string       `json:"issuer,omitempty"`
	Host      string       `json:"host,omitempty" jsonschema:"description=that was called"`
	Region    string       `json:"region,omitempty" jsonschema:"description=of the host"`
	RequestID string       `json:"requestID,omitempty"`
	Remarks   []string     `json:"remarks" jsonschema:"description=what the text tells besides"`
	Suspects  []docSuspect `json:"suspects" jsonschema:"description=the confirmed first and the ruled out last; else the likeliest first"`
	Refs      []string     `json:"refs"`
}

type docSuspect struct {
	Standing    checks.Standing `json:"standing"`
	Text        string          `json:"text"`
	Check       string          `json:"check,omitempty" jsonschema:"description=that shows the cause; none where nothing in a snapshot does"`
	Result      checks.Result   `json:"result,omitempty" jsonschema:"description=of the check about the workload"`
	Fingerprint string          `json:"fingerprint,omitempty" jsonschema:"description=of that finding"`
}

func newDocSymptom(r checks.Reading) docSymptom {
	doc := docSymptom{
		ID: r.ID, Title: r.Title, Says: r.Says, Code: r.Code, Caller: r.Caller, Action: r.Action, Target: r.Target,
		Issuer: r.Issuer, Host: r.Host, Region: r.Region, RequestID: r.RequestID,
		Remarks: list(r.Remarks), Suspects: []docSuspect{}, Refs: list(r.Refs),
	}
	for _, s := range r.Suspects {
		suspect := docSuspect{Standing: s.Standing, Text: s.Text, Check: s.Check}
		if s.Finding != nil {
			suspect.Result, suspect.Fingerprint = s.Finding.Result, s.Finding.Fingerprint()
		}
		doc.Suspects = append(doc.Suspects, suspect)
	}
	return doc
}
