package report

import (
	"fmt"
	"io"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// Markdown writes the report for a ticket or a step summary of GitHub, which takes no
// more than 65,536 characters. Of a report that is longer the gravest is kept, and a
// line says what is left out.
func Markdown(w io.Writer, r *checks.Report, _ Options) error {
	t := newTicket()
	t.say("## irsa-doctor\n\n" + markdown(summary(r)) + "\n\n")
	for _, line := range missing(r.Summary) {
		t.say("- " + markdown(line) + "\n")
	}
	if len(missing(r.Summary)) > 0 {
		t.say("\n")
	}
	if unexplained(r) {
		t.say(markdown(notKnown) + "\n\n")
	}
	t.say("| looked at | |\n| --- | --- |\n")
	for _, e := range header(r) {
		t.say(fmt.Sprintf("| %s | %s |\n", e.name, code(e.value)))
	}
	t.say("\n")
	head := len(t.text)

	ill, healthy := families(r.Diagnoses)
	told := told(ill)
	worse := rows(matter(r, checks.Fail, checks.Unknown, checks.Warn, checks.Note), told)
	lines := min(len(worse), mostRows)
	for _, f := range ill {
		lines += f.lines()
	}
	t.keep(lines)
	for _, f := range ill {
		t.family(f)
	}
	if abridged(ill) {
		t.say(markdown(pointer) + "\n\n")
	}
	title := "Findings"
	if len(told) > 0 {
		title = "Further findings"
	}
	t.rows("### "+title+"\n\n", worse)
	if len(healthy) > 0 {
		t.folded(count(len(healthy), "healthy object"), func() { t.healthy(healthy) })
	}
	if well := matter(r, checks.Pass, checks.Skip); len(well) > 0 {
		t.folded(fmt.Sprintf("%d passed or skipped", len(well)), func() { t.rows("", rows(well, nil)) })
	}
	return t.write(w, head, "-o json and -o html hold all")
}

// healthy names the objects that are.
func (t *ticket) healthy(all []checks.Diagnosis) {
	if len(all) > mostHealthy {
		if !t.put(markdown(names(all)) + "\n\n") {
			t.objects += len(all)
		}
		return
	}
	for i, d := range all {
		if !t.put("- " + code(d.Object.String()) + "\n") {
			t.objects += len(all) - i
			break
		}
	}
	t.say("\n")
}

// rows writes a table under a heading, row by row as long as there is room.
func (t *ticket) rows(heading string, all []row) {
	before := heading + "| result | check | about | message |\n| --- | --- | --- | --- |\n"
	for _, r := range all {
		check, about := r.check(), markdown(r.about())
		if check == r[0].Check.ID {
			check = code(check)
		}
		if r.about() == r[0].Object {
			about = code(r.about())
		}
		if t.put(fmt.Sprintf("%s| %s | %s | %s | %s |\n", before, r[0].Result, check, about, markdown(r.says()))) {
			before = ""
		} else {
			t.findings += len(r)
		}
	}
	if len(all) > 0 && before == "" {
		t.say("\n")
	}
}
