package report

import (
	"regexp"
	"strings"
)

// markup are the characters that mean something in GitHub's Markdown. A zero-width
// space, in plain sight as an entity, keeps @name and #1 from reaching anybody, and a
// written-out colon keeps a URL from becoming a link.
var markup = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `~`, `\~`,
	`&`, `&amp;`, `<`, `&lt;`, `>`, `&gt;`, `$`, `&#36;`, `|`, `&#124;`,
	`@`, `@&#8203;`, `#`, `#&#8203;`, `://`, `&#58;//`,
)

// block matches what makes a heading, a list or a rule of a line that begins with it.
var block = regexp.MustCompile(`^([-+=]|\d+[.)])`)

// mostEscaped is the length in bytes to which Markdown cuts a text: escapes can make it
// eight times as long, and one text must not leave no room for others.
const mostEscaped = 2048

// markdown makes a text one line that Markdown shows as it is, in a table too.
func markdown(s string) string {
	s = cut(s, func(s string) string { return strings.TrimLeft(markup.Replace(Clean(s)), " ") })
	if m := block.FindString(s); m != "" {
		end := len(m) - 1
		s = s[:end] + `\` + s[end:]
	}
	return s
}

// cut escapes as much of a text as is short enough.
func cut(s string, escape func(string) string) string {
	escaped := escape(s)
	if len(escaped) > mostEscaped {
		escaped = escape(clipTo(s, mostEscaped/8-32))
	}
	return escaped
}

// code makes a text one line in a code span. Within a table no code span can hold a
// bar in a way that all readers agree on: a text with one is shown as prose.
func code(s string) string {
	if s = cut(s, Clean); strings.Contains(s, "|") {
		return markdown(s)
	}
	ticks := strings.Repeat("`", longestRun(s, '`')+1)
	if s == "" {
		s = " "
	} else if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " " // Markdown takes one space off each side
	}
	return ticks + s + ticks
}

// fence makes lines a code block that they can not close.
func fence(language string, lines []string) string {
	text := strings.Join(lines, "\n")
	ticks := strings.Repeat("`", max(longestRun(text, '`')+1, 3))
	return ticks + language + "\n" + text + "\n" + ticks + "\n"
}

func longestRun(s string, c rune) int {
	longest, run := 0, 0
	for _, r := range s {
		if r != c {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
