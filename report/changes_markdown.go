package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/changes"
)

// DiffMarkdown writes a diff for a ticket, as long as Markdown can be.
func DiffMarkdown(w io.Writer, d *changes.Diff, _ Options) error {
	t := newTicket()
	t.say("## irsa-doctor diff\n\n")
	for _, warning := range d.Warnings {
		t.say("**Warning:** " + markdown(warning) + "\n\n")
	}
	t.say(fmt.Sprintf("%s\n\n| | looked at |\n| --- | --- |\n| before | %s |\n| after | %s |\n\n",
		markdown(diffSummary(d)), code(lookOf(d.Before)), code(lookOf(d.After))))
	head := len(t.text)

	all, rest := turns(d)
	whole, glanced, crowd := share(all)
	lines := len(whole) + len(glanced) + min(len(crowd), 1)
	rows := map[changes.Kind][]changeRow{}
	for _, kind := range changes.Kinds {
		rows[kind] = changeRows(d, kind)
		lines += min(len(rows[kind]), mostChanged)
	}
	t.keep(lines)
	for _, one := range whole {
		t.turn(one)
	}
	t.glances(glanced, crowd)
	t.underneath("### "+inOrder("What else is different", rest)+"\n\n", rest)
	for _, kind := range changes.Kinds {
		t.changed("### "+title(headings[kind])+"\n\n", rows[kind])
	}
	return t.write(w, head, "-o json holds all")
}

// turn writes a turn with the facts underneath, or else in a line.
func (t *ticket) turn(one turn) {
	if t.fits(markdownTurn(one)) {
		t.underneath("**"+inOrder("What is different underneath", one.facts)+":**\n\n", one.facts)
		return
	}
	t.facts += len(one.facts)
	if t.put("- " + markdown(one.glance()) + "\n\n") {
		t.shortened += len(one.verdicts)
	} else {
		t.objects += len(one.verdicts)
	}
}

func markdownTurn(one turn) string {
	var b strings.Builder
	v := one.verdicts[0]
	fmt.Fprintf(&b, "### %s: %s\n\n", code(v.Object.String()), markdown(became(v)))
	if cause := causeOf(v.After); cause != "" {
		fmt.Fprintf(&b, "**%s:** %s\n\n", title(kindOf(*v.After.Cause)), markdown(cause))
	}
	if was := causeOf(v.Before); was != "" {
		fmt.Fprintf(&b, "**%s:** %s\n\n", title(one.fate), markdown(was))
	}
	if others := one.others(); others != "" {
		fmt.Fprintf(&b, "**%s:** %s\n\n", title(sameHolds), markdown(others))
	}
	if one.remark != "" {
		b.WriteString(title(one.remark) + "\n\n")
	}
	return b.String()
}

// glances writes turns in a line each, and the crowd in one.
func (t *ticket) glances(glanced, crowd []turn) {
	for _, one := range glanced {
		if !t.put("- " + markdown(one.glance()) + "\n") {
			t.objects += len(one.verdicts)
		}
	}
	if len(crowd) > 0 && !t.put("- "+markdown(crowdOf(crowd))+"\n") {
		for _, one := range crowd {
			t.objects += len(one.verdicts)
		}
	}
	if len(glanced) > 0 {
		t.say("\n")
	}
}

// underneath writes facts under a heading, object by object as long as there is room.
func (t *ticket) underneath(heading string, all []changes.Fact) {
	told, more := blocks(all)
	for _, block := range told {
		if t.fits(heading + markdownFacts(block)) {
			heading = ""
		} else {
			t.facts += len(block.facts)
		}
	}
	switch {
	case heading != "":
		t.facts += more
	case more > 0:
		t.say(fmt.Sprintf("And %s; -o json holds them\n\n", count(more, "more fact")))
	}
}

func markdownFacts(block factBlock) string {
	var lines []string
	for _, f := range block.facts {
		lines = append(lines, "  "+cut(happened(f), Clean))
		for _, v := range values(f) {
			lines = append(lines, cut(v, Clean))
		}
	}
	return code(block.title) + "\n\n" + fence("diff", lines) + "\n"
}

// changed writes findings of one kind under a heading, row by row as long as there is room.
func (t *ticket) changed(heading string, rows []changeRow) {
	shown := rows[:min(len(rows), mostChanged)]
	for _, r := range shown {
		if t.put(fmt.Sprintf("%s- %s, about %s: %s\n", heading, code(r.check()), markdown(r.about()), markdown(saidOf(r[0])))) {
			heading = ""
		} else {
			t.findings += len(r)
		}
	}
	more := rows[len(shown):]
	switch {
	case len(rows) == 0:
	case heading != "":
		for _, r := range more {
			t.findings += len(r)
		}
	case len(more) > 0:
		t.say(fmt.Sprintf("- and %d more; -o json holds them\n\n", len(more)))
	default:
		t.say("\n")
	}
}
