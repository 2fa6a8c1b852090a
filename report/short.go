package report

import (
	"cmp"
	"io"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// Short writes a line for each finding that fails, warns or could not tell, but one for
// all that one call would answer, and a line that sums up: for grep and for chat. Lines
// are not wrapped.
func Short(w io.Writer, r *checks.Report, o Options) error {
	t := newTerminal(o)
	line := func(result checks.Result, text string) {
		mark := t.mark(result)
		t.WriteString(t.paint(span{string(result), mark.ink}) + " " + t.clean(text) + "\n")
	}
	key := func(f checks.Finding) string { return cmp.Or(gapKey(f), f.Fingerprint()) }
	for _, found := range gather(matter(r, checks.Fail, checks.Unknown, checks.Warn), key) {
		if together := row(found); len(together) > 1 && together.isGap() {
			line(checks.Unknown, together.about()+"; "+together.says())
			continue
		}
		for _, f := range found {
			line(f.Result, f.Check.ID+" "+f.Object+": "+says(f))
		}
	}
	var looked []string
	for _, e := range header(r) {
		looked = append(looked, e.name+" "+e.value)
	}
	t.WriteString(t.clean(summary(r)+"; "+strings.Join(looked, "; ")) + "\n")
	_, err := io.WriteString(w, t.String())
	return err
}
