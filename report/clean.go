package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// limit is the length in bytes from which on the formats for people cut a text. An
// annotation can be 256 KiB long; JSON keeps all of it.
const limit = 4096

// cells measures text as a terminal shows it, whatever the locale.
var cells = runewidth.Condition{StrictEmojiNeutral: true}

// Clean makes a text one harmless line: whatever a terminal would obey, hide, reorder
// or draw without width is shown by its code, as \x1b or <U+202E>.
func Clean(s string) string {
	s = clip(s)
	if plain(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < utf8.RuneSelf && !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case !visible(r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
		s = s[size:]
	}
	return b.String()
}

// cleanLines cleans a text and keeps its line breaks, but no empty lines, nor blanks
// around a line.
func cleanLines(s string) []string {
	var lines []string
	for line := range strings.SplitSeq(clip(s), "\n") {
		if line = strings.Trim(line, " \t\r"); line != "" {
			lines = append(lines, Clean(line))
		}
	}
	return lines
}

// ascii replaces what is not ASCII in a clean text.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case r == '→':
			b.WriteString("->")
		case r == '…':
			b.WriteString("...")
		default:
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
	}
	return b.String()
}

func clip(s string) string { return clipTo(s, limit) }

// clipTo cuts a text that is longer than most, and says so.
func clipTo(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := most
	for end > most-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return fmt.Sprintf("%s … and %d bytes more", s[:end], len(s)-end)
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// brailleBlank is a blank that Unicode counts among the symbols.
const brailleBlank = 0x2800

// visible says whether r has a shape and a place of its own: it is no control, format,
// private or unassigned character, no space but U+0020, and not drawn without width.
func visible(r rune) bool {
	return unicode.IsPrint(r) && r != brailleBlank && cells.RuneWidth(r) > 0 &&
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
