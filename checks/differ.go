package checks

import (
	"fmt"
	"strings"
	"unicode"
)

// differ shows where two texts that are meant to be the same differ: each with its own
// part of the difference in brackets.
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
		return string(r[:head]) + "[" + string(r[head:len(r)-tail]) + "]" + string(r[len(r)-tail:])
	}
	return mark(f), mark(e)
}

// differing adds the two texts, one below the other, to the evidence.
func (f Finding) differing(found, expected string) Finding {
	inFound, inExpected := differ(found, expected)
	return f.detail("found    %s", inFound).detail("expected %s", inExpected)
}

// unseen names the characters of a text that the eye does not see or takes for others,
// as "U+200B at 4", counted from 1. It is "" when there are none.
func unseen(text string) string {
	var found []string
	column := 0
	for _, r := range text {
		column++
		if r <= ' ' || r > unicode.MaxASCII || r == 0x7f {
			found = append(found, fmt.Sprintf("U+%04X at %d", r, column))
		}
	}
	return strings.Join(found, ", ")
}

// plainText is the text without what unseen names.
func plainText(text string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f {
			return -1
		}
		return r
	}, text)
}
