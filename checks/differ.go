package checks

import (
	"fmt"
	"strings"
)

// differ shows where two texts that are meant to be the same differ: each with its own
// part of the difference in brackets, and what the eye does not see by its code point.
func differ(found, expected string) (inFound, inExpected string) {
	f, e := []rune(found), []rune(expected)
	head := 0
	for head < len(f) && head < len(e) && f[head] == e[head] {
		head++
	}
	tail := 0
	for tail < len(f)-head && tail < len(e)-head && f[len(f)-1-tail] == e[len(e)-1-tail] {
		tail++
	}
	mark := func(r []rune) string {
		return visible(r[:head]) + "[" + visible(r[head:len(r)-tail]) + "]" + visible(r[len(r)-tail:])
	}
	return mark(f), mark(e)
}

// differing adds the two texts, one below the other, to the evidence.
func (f Finding) differing(found, expected string) Finding {
	inFound, inExpected := differ(found, expected)
	return f.detail("found    %s", inFound).detail("expected %s", inExpected)
}

// isUnseen says whether the eye does not see a character of an identifier, or takes it
// for another.
func isUnseen(r rune) bool { return r <= ' ' || r >= 0x7f }

// visible writes unseen characters as <U+200B>.
func visible(text []rune) string {
	var b strings.Builder
	for _, r := range text {
		if isUnseen(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unseen names the characters of a text that the eye does not see or takes for others,
// as "U+200B at 4", counted from 1. It is "" when there are none.
func unseen(text string) string {
	var found []string
	column := 0
	for _, r := range text {
		column++
		if isUnseen(r) {
			found = append(found, fmt.Sprintf("U+%04X at %d", r, column))
		}
	}
	return strings.Join(found, ", ")
}

// plainText is the text without what unseen names.
func plainText(text string) string {
	return strings.Map(func(r rune) rune {
		if isUnseen(r) {
			return -1
		}
		return r
	}, text)
}
