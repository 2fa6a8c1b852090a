package report

import (
	"bufio"
	"encoding/xml"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// JUnit has no standard. These types make the documents that two XSDs both admit,
// that of Jenkins' xUnit plugin (junit-10.xsd) and that of Windy Road, which Azure
// names: all attributes of a suite, its empty elements too, one child a case.

type junitSuite struct {
	XMLName    xml.Name        `xml:"testsuite"`
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"` // UTC without a zone
	Hostname   string          `xml:"hostname,attr"`
	Package    string          `xml:"package,attr"`
	ID         int             `xml:"id,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
	Out        string          `xml:"system-out"`
	Err        string          `xml:"system-err"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Skipped *junitProblem `xml:"skipped"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// noTime is the duration of all cases: a check takes none worth telling.
const noTime = "0.000"

// JUnit writes a suite for each object and a case for each check of it. Some case is
// red exactly when the exit code is not 0: with a failure at or above Options.FailOn,
// when the audit is incomplete, and when nothing was audited. What a baseline has already
// is told, and makes nothing red.
func JUnit(w io.Writer, r *checks.Report, o Options) error {
	byObject := map[string][]checks.Finding{}
	for _, f := range r.Findings {
		byObject[f.Object] = append(byObject[f.Object], f)
	}
	out := bufio.NewWriterSize(w, 64<<10)
	out.WriteString(xml.Header)
	e := xml.NewEncoder(out)
	e.Indent("", "  ")
	suites := xml.StartElement{Name: xml.Name{Local: "testsuites"}}
	if err := e.EncodeToken(suites); err != nil {
		return err
	}
	write := func(id int, s junitSuite) error {
		s.describe(id, r, o.Tool)
		return e.Encode(s)
	}
	if err := write(0, auditSuite(r)); err != nil {
		return err
	}
	for i, object := range slices.Sorted(maps.Keys(byObject)) {
		suite := junitSuite{Name: token(object)}
		for _, f := range byObject[object] {
			suite.add(junitOf(f, o.FailOn))
			suite.Out += passed(f, o.FailOn)
		}
		if err := write(i+1, suite); err != nil {
			return err
		}
	}
	if err := e.EncodeToken(suites.End()); err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	out.WriteString("\n")
	return out.Flush()
}

// auditSuite says whether the audit itself succeeded, so that a report without
// findings is never an empty file, which readers take for success or for an accident.
func auditSuite(r *checks.Report) junitSuite {
	suite := junitSuite{Name: "audit"}
	found := junitCase{Name: "targets found", Class: "irsa-doctor.audit"}
	if len(r.Diagnoses) == 0 {
		found.Error = problem("nothing-audited", []string{Clean(nothingAudited(r))})
	}
	complete := junitCase{Name: "audit complete", Class: "irsa-doctor.audit"}
	if !r.Summary.Complete {
		lines := append([]string{"the audit is incomplete"}, missing(r.Summary)...)
		if r.Incomplete() {
			complete.Error = problem("incomplete", lines)
		} else {
			lines[0] = "known: " + lines[0]
			suite.Out = strings.Join(lines, "\n") + "\n"
		}
	}
	suite.add(found)
	suite.add(complete)
	return suite
}

// junitOf is the case of a finding.
func junitOf(f checks.Finding, failOn checks.Result) junitCase {
	c := junitCase{Name: token(f.Check.ID + " " + f.Check.Title), Class: token("irsa-doctor." + f.Object)}
	switch {
	case fails(f, failOn):
		c.Failure = problem(f.Check.ID, account(f))
	case f.Incomplete() && !f.Known:
		c.Error = problem(f.Check.ID, account(f))
	case f.Result == checks.Unknown, f.Result == checks.Skip:
		c.Skipped = problem("", account(f)) // Windy Road's skipped has no type
	}
	return c
}

// passed is what a case that passes has to say nevertheless, or "".
func passed(f checks.Finding, failOn checks.Result) string {
	if f.Result.Severity() == "" || fails(f, failOn) {
		return ""
	}
	lines := account(f)
	lines[0] = string(f.Result) + " " + Clean(f.Check.ID) + ": " + lines[0]
	return strings.Join(lines, "\n") + "\n"
}

func fails(f checks.Finding, failOn checks.Result) bool {
	return !f.Known && (failOn != "" && f.Result == checks.Fail || failOn == checks.Warn && f.Result == checks.Warn)
}

// account tells a finding in clean lines, the message first: GitLab shows nothing but
// an element's text.
func account(f checks.Finding) []string {
	lines := []string{Clean(says(f))}
	for _, d := range f.Details {
		lines = append(lines, cleanLines(d)...)
	}
	if f.Gap != nil && f.Gap.RequestID != "" {
		lines = append(lines, "request ID: "+Clean(f.Gap.RequestID))
	}
	for _, ref := range f.Affects {
		lines = append(lines, "affects: "+Clean(ref.String()))
	}
	for _, e := range cleanLines(f.Error) {
		lines = append(lines, "the pod sees: "+e)
	}
	if f.Remedy != nil {
		lines = append(lines, "to mend it: "+Clean(f.Remedy.Text))
		if f.Remedy.Owner != "" {
			lines = append(lines, Clean(f.Remedy.Owner))
		}
		lines = append(lines, shell(f.Remedy.Commands())...)
	}
	return lines
}

func problem(kind string, lines []string) *junitProblem {
	return &junitProblem{Message: lines[0], Type: kind, Text: strings.Join(lines, "\n")}
}

func (s *junitSuite) add(c junitCase) {
	c.Time = noTime
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// describe fills in what is the same in all suites.
func (s *junitSuite) describe(id int, r *checks.Report, tool Tool) {
	s.ID = id
	s.Package = "irsa-doctor"
	s.Time = noTime
	s.Timestamp = r.TakenAt.UTC().Format("2006-01-02T15:04:05")
	s.Hostname = "localhost" // the schema's word for a host that is not known
	if r.Cluster.Name != "" {
		s.Hostname = token(r.Cluster.Name)
	}
	for _, e := range header(r) {
		s.Properties = append(s.Properties, junitProperty{e.name, Clean(e.value)})
	}
	if r.Summary.LeftOut > 0 {
		s.Properties = append(s.Properties, junitProperty{"left out", count(r.Summary.LeftOut, "check")})
	}
	s.Properties = append(s.Properties, junitProperty{"tool", Clean(tool.Name + " " + tool.Version)})
}

// token is a clean text with single spaces and never empty, as xs:token wants it.
func token(s string) string {
	if s = strings.Join(strings.Fields(Clean(s)), " "); s == "" {
		return unknown
	}
	return s
}
