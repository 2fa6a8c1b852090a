package report

import (
	"html/template"
	"strconv"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// A page is what the template shows of a report. All its texts are clean.
type page struct {
	Policy     string
	Style      template.CSS
	Script     template.JS
	Tool       Tool
	Cluster    string
	Headline   string // the verdicts, counted
	Header     []pageEntry
	Summary    string
	Remarks    []string // what else there is to say of the report as a whole
	Results    []pageCount
	Namespaces []string
	Cards      []card // what is drawn
	Rest       []card // what is not healthy and has a line each
	Healthy    []card // what is healthy and has a line each
	Kinds      []kind
	Manual     []manual
}

type pageEntry struct{ Name, Value string }

// A pageCount says how many findings have a result.
type pageCount struct {
	Result checks.Result
	N      string
}

func newPage(r *checks.Report, tool Tool) page {
	p := page{
		Tool:    Tool{Name: Clean(tool.Name), Version: Clean(tool.Version), Commit: Clean(tool.Commit)},
		Cluster: Clean(clusterID(r.Cluster)),
		Summary: Clean(summary(r)),
		Remarks: missing(r.Summary),
	}
	p.Headline = "nothing was audited"
	if len(r.Diagnoses) > 0 {
		p.Headline = verdicts(r)
	}
	if unexplained(r) {
		p.Remarks = append(p.Remarks, notKnown)
	}
	for _, e := range header(r) {
		p.Header = append(p.Header, pageEntry{e.name, Clean(e.value)})
	}
	for _, result := range checks.Results {
		p.Results = append(p.Results, pageCount{result, thousands(r.Summary.Counts[result])})
	}
	places := newPlaces(r)
	p.Namespaces = places.names
	p.draw(r.Diagnoses, places)
	findings := matter(r, checks.Results...)
	p.Kinds = kinds(findings, places)
	p.Manual = manuals(findings)
	return p
}

// thousands sets the digits of a number apart, as people read them.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
