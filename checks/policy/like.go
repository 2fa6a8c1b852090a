package policy

// Wildcards are the bytes that stand for wildcards in a pattern. Where policy
// variables have been put in, they are bytes that UTF-8 never uses, so that a value's
// own * is no wildcard.
type wildcards struct{ many, one byte }

var (
	written  = wildcards{'*', '?'}
	resolved = wildcards{0xff, 0xfe}
)

// Like says whether a text matches a pattern as StringLike compares them, without
// policy variables.
func Like(pattern, text string) bool { return like(pattern, text, written) }

// like says whether s matches the pattern: many stands for any text, also none and
// also across / and :, one for exactly one character; the rest is compared with case.
// It returns to the last many only, so it takes at most len(pattern) x len(s) steps.
func like(pattern, s string, w wildcards) bool {
	p, i := 0, 0
	back, from := -1, 0 // after the last many, and where in s its text ends for now
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == w.many:
			p++
			back, from = p, i
		case p < len(pattern) && pattern[p] == w.one:
			p++
			i = next(s, i)
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case back >= 0:
			from = next(s, from)
			p, i = back, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == w.many {
		p++
	}
	return p == len(pattern)
}

// next returns where in s the character after the one at i begins.
func next(s string, i int) int {
	for i++; i < len(s) && s[i]&0xc0 == 0x80; i++ {
	}
	return i
}
