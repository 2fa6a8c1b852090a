package anonymous

import (
	"iter"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A piece is a part of a text: a run of letters and digits, or what stands between two.
type piece struct {
	text string
	run  bool
}

// Texts that hold letters or digits and yet are no run: what URLs and JSON escape, and
// times; and those that are one whatever stands in them: an address of IPv4, and the
// account that is written with hyphens.
var (
	fixed = regexp.MustCompile(`^(?:%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?\b)`)
	whole = regexp.MustCompile(`^(?:\d{1,3}(?:\.\d{1,3}){3}|\d{4}-\d{4}-\d{4})\b`)
)

// pieces takes a text apart. The parts make the text again.
func pieces(s string) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		from, i := 0, 0 // of what stands between runs, and where we are
		for i < len(s) {
			n, run := next(s, i)
			if !run {
				i += n
				continue
			}
			if from < i && !yield(piece{s[from:i], false}) || !yield(piece{s[i : i+n], true}) {
				return
			}
			i += n
			from = i
		}
		if from < len(s) {
			yield(piece{s[from:], false})
		}
	}
}

// next is the length of what begins at i, and whether it is a run. An address counts as one.
func next(s string, i int) (n int, run bool) {
	first := s[i]
	if first == '%' || first == '\\' || isDigit(first) {
		if m := fixed.FindString(s[i:]); m != "" {
			return len(m), false
		}
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	if !wordy(r) {
		return size, false
	}
	if isDigit(first) {
		if m := whole.FindString(s[i:]); m != "" {
			return len(m), true
		}
	}
	end := i + size
	for at := end; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		at += size
		switch {
		case wordy(r):
			end = at
		case !unseen(r):
			return end - i, true
		}
	}
	return end - i, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isAddress says whether a run is an address of IPv4.
func isAddress(run string) bool { return strings.Contains(run, ".") }

func wordy(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// unseen says whether a character that slipped into a word does not show.
func unseen(r rune) bool {
	return r != '\t' && r != '\n' && r != '\r' && r != ' ' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zs, unicode.Mn)
}

// folded is a run in lower case, rune for rune, without what is not a letter or a digit.
func folded(run string) string {
	return strings.Map(func(r rune) rune {
		if !wordy(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, run)
}

// dress gives a folded stand-in the case of the run that it stands in for, and what the
// run holds besides letters and digits.
func dress(standIn, run string) string {
	if standIn == run {
		return run
	}
	var b strings.Builder
	rest := standIn
	for _, r := range run {
		if !wordy(r) {
			b.WriteRune(r)
			continue
		}
		s, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
		if unicode.IsUpper(r) {
			s = unicode.ToUpper(s)
		}
		b.WriteRune(s)
	}
	return b.String()
}

// byHumps are the words of a run by its case, folded.
func byHumps(run string) iter.Seq[string] {
	return func(yield func(string) bool) {
		rest := []rune(folded(run))
		for _, n := range humps(run) {
			if !yield(string(rest[:n])) {
				return
			}
			rest = rest[n:]
		}
	}
}

// humps are the lengths in runes of the parts of a run by its case: of MyAppID 2, 3 and 2.
func humps(run string) []int {
	var plain []rune
	for _, r := range run {
		if wordy(r) {
			plain = append(plain, r)
		}
	}
	var lengths []int
	from := 0
	for i := 1; i < len(plain); i++ {
		rises := unicode.IsLower(plain[i-1]) && unicode.IsUpper(plain[i])
		turns := i+1 < len(plain) && unicode.IsUpper(plain[i-1]) && unicode.IsUpper(plain[i]) && unicode.IsLower(plain[i+1])
		if rises || turns {
			lengths = append(lengths, i-from)
			from = i
		}
	}
	return append(lengths, len(plain)-from)
}
