package report

import (
	"io"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// Short writes a line for each finding that fails, warns or could not tell, and a
// line that sums up: for grep and for chat. Lines are not wrapped.
func Short(w io.Writer, r *checks.Report, o Options) error {
	t := newTerminal(o)
	for _, f := range matter(r, checks.Fail, checks.Unknown, checks.Warn) {
		mark := t.mark(f.Result)
		t.WriteString(t.paint(span{string(f.Result), mark.ink}) + " ")
		t.WriteString(t.clean(f.Check.ID+" "+f.Object+": "+says(f)) + "\n")
	}
	var looked []string
	for _, e := range header(r) {
		looked = append(looked, e.name+" "+e.value)
	}
	t.WriteString(t.clean(summary(r)+"; "+strings.Join(looked, "; ")) + "\n")
	_, err := io.WriteString(w, t.String())
	return err
}
