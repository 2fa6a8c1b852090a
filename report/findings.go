package report

import (
	"bytes"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// findings writes the table of what is worth reading and stands in no diagnosis.
func (t *terminal) findings(r *checks.Report, told map[string]bool) error {
	all := rows(matter(r, checks.Fail, checks.Unknown, checks.Warn, checks.Note), told)
	if len(all) == 0 {
		return nil
	}
	longest := len("CHECK")
	for _, r := range all {
		longest = max(longest, len(r.check()))
	}
	const gaps, result = 4, 9
	room := max(t.width-result-longest-gaps, 20)
	var drawn bytes.Buffer
	table := tablewriter.NewTable(&drawn,
		tablewriter.WithRenderer(renderer.NewBlueprint()),
		tablewriter.WithRendition(tw.Rendition{
			Borders:  tw.BorderNone,
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		}),
		tablewriter.WithPadding(tw.Padding{Right: "  ", Overwrite: true}),
		tablewriter.WithAlignment(tw.MakeAlign(3, tw.AlignLeft)),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
	)
	table.Header("RESULT", "CHECK", "ABOUT")
	for _, r := range all {
		mark := t.mark(r[0].Result)
		lines := wrap(t.clean(r.about()), room)
		for _, line := range wrap(t.clean(r.says()), room-2) {
			lines = append(lines, "  "+line)
		}
		err := table.Append(t.paint(span{mark.text + " " + string(r[0].Result), mark.ink}), r.check(), strings.Join(lines, "\n"))
		if err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	for line := range strings.Lines(drawn.String()) {
		t.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	t.WriteString("\n")
	return nil
}
