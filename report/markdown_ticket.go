package report

import (
	"fmt"
	"io"
	"strings"
)

const (
	// mostMarkdown is how many characters a comment of GitHub can have. We count bytes,
	// which are never fewer.
	mostMarkdown = 65536
	// asideMarkdown is kept for what is always said: the lines between the parts, and
	// what was left out.
	asideMarkdown = 2048
	usualLine     = 320 // bytes
)

// A ticket is a Markdown text that does not outgrow its room. It takes blocks whole or
// not at all, so that no table, fence or fold is cut. What has a long form takes it
// while there is more room than is kept for lines; once a line does not fit, nothing
// after it is taken, for that would be less grave.
type ticket struct {
	text []byte
	room int
	kept int // room for lines
	full bool

	shortened int // objects whose evidence is left out
	objects   int // objects that are left out
	findings  int // findings that are left out
	facts     int // facts of a diff that are left out
}

func newTicket() *ticket { return &ticket{room: mostMarkdown - asideMarkdown} }

// keep keeps room for so many lines, but no more than half of all.
func (t *ticket) keep(lines int) { t.kept = min(lines*usualLine, mostMarkdown/2) }

// say writes what is short and can not be left out.
func (t *ticket) say(text string) {
	t.text = append(t.text, text...)
	t.room -= len(text)
}

// fits writes the long form of something.
func (t *ticket) fits(block string) bool {
	if t.full || len(block) > t.room-t.kept {
		return false
	}
	t.say(block)
	return true
}

// put writes the shortest form of something. The ticket is full when it does not fit.
func (t *ticket) put(line string) bool {
	if t.full = t.full || len(line) > t.room; t.full {
		return false
	}
	t.say(line)
	return true
}

// folded writes a part that opens by a click, if it holds anything.
func (t *ticket) folded(title string, write func()) {
	before, room := len(t.text), t.room
	t.say(foldBegin(title))
	begun := len(t.text)
	write()
	if len(t.text) == begun {
		t.text, t.room = t.text[:before], room
		return
	}
	t.say(foldEnd)
}

const foldEnd = "</details>\n\n"

// foldBegin begins a part that opens by a click. GitHub reads no Markdown in its title.
func foldBegin(title string) string {
	title = cut(title, func(s string) string { return entities.Replace(Clean(s)) })
	return "<details><summary>" + title + "</summary>\n\n"
}

// entities write what means something in HTML, or to GitHub in any text, as itself.
var entities = strings.NewReplacer(
	`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`, `|`, `&#124;`, "`", `&#96;`, `[`, `&#91;`, `]`, `&#93;`, `$`, `&#36;`,
	`@`, `@&#8203;`, `#`, `#&#8203;`, `://`, `&#58;//`,
)

// write writes the ticket, and after its head what it had no room for; whole says where
// that is to be had.
func (t *ticket) write(w io.Writer, head int, whole string) error {
	_, err := io.WriteString(w, string(t.text[:head])+t.leftOut(whole)+string(t.text[head:]))
	return err
}

// leftOut says what the ticket had no room for, or is "".
func (t *ticket) leftOut(whole string) string {
	var parts []string
	if t.objects > 0 {
		parts = append(parts, count(t.objects, "object"))
	}
	if t.shortened > 0 {
		parts = append(parts, "evidence or commands of "+count(t.shortened, "object"))
	}
	if t.findings > 0 {
		parts = append(parts, count(t.findings, "finding"))
	}
	if t.facts > 0 {
		parts = append(parts, count(t.facts, "fact"))
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("**Left out, as a comment of GitHub takes no more than %d characters:** %s; %s\n\n",
		mostMarkdown, strings.Join(parts, ", "), whole)
}
