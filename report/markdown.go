package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// Markdown writes the report for a ticket or a step summary of GitHub.
func Markdown(w io.Writer, r *checks.Report, o Options) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## irsa-doctor\n\n%s\n\n", markdown(summary(r)))
	for _, line := range missing(r.Summary) {
		fmt.Fprintf(&b, "- %s\n", markdown(line))
	}
	if len(missing(r.Summary)) > 0 {
		b.WriteString("\n")
	}
	if unexplained(r) {
		b.WriteString(markdown(notKnown) + "\n\n")
	}
	b.WriteString("| looked at | |\n| --- | --- |\n")
	for _, e := range header(r) {
		fmt.Fprintf(&b, "| %s | %s |\n", e.name, code(e.value))
	}
	b.WriteString("\n")
	ill, healthy := families(r.Diagnoses)
	for _, f := range ill {
		markdownFamily(&b, f)
	}
	folded(&b, count(len(healthy), "healthy object"), len(healthy), func() {
		markdownHealthy(&b, healthy)
	})
	if abridged(ill) {
		fmt.Fprintf(&b, "%s\n\n", markdown(pointer))
	}
	told := told(ill)
	worse := rows(matter(r, checks.Fail, checks.Unknown, checks.Warn, checks.Note), told)
	if len(worse) > 0 {
		title := "Findings"
		if len(told) > 0 {
			title = "Further findings"
		}
		fmt.Fprintf(&b, "### %s\n\n", title)
		markdownRows(&b, worse)
	}
	well := matter(r, checks.Pass, checks.Skip)
	folded(&b, fmt.Sprintf("%d passed or skipped", len(well)), len(well), func() { markdownRows(&b, rows(well, nil)) })
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownHealthy(b *strings.Builder, all []checks.Diagnosis) {
	if len(all) > mostHealthy {
		fmt.Fprintf(b, "%s\n\n", markdown(names(all)))
		return
	}
	for _, d := range all {
		fmt.Fprintf(b, "- %s\n", code(d.Object.String()))
	}
	b.WriteString("\n")
}

func markdownRows(b *strings.Builder, all []row) {
	b.WriteString("| result | check | about | message |\n| --- | --- | --- | --- |\n")
	for _, r := range all {
		check, about := r.check(), markdown(r.about())
		if check == r[0].Check.ID {
			check = code(check)
		}
		if r.about() == r[0].Object {
			about = code(r.about())
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", r[0].Result, check, about, markdown(r.says()))
	}
	b.WriteString("\n")
}

// folded writes a part that opens by a click, if it holds anything.
func folded(b *strings.Builder, title string, n int, write func()) {
	if n == 0 {
		return
	}
	fmt.Fprintf(b, "<details><summary>%s</summary>\n\n", title)
	write()
	b.WriteString("</details>\n\n")
}
