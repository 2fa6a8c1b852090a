package policy

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// naive is like by its definition, in exponential time.
func naive(pattern, s []rune) bool {
	if len(pattern) == 0 {
		return len(s) == 0
	}
	switch pattern[0] {
	case '*':
		return naive(pattern[1:], s) || len(s) > 0 && naive(pattern, s[1:])
	case '?':
		return len(s) > 0 && naive(pattern[1:], s[1:])
	default:
		return len(s) > 0 && s[0] == pattern[0] && naive(pattern[1:], s[1:])
	}
}

func TestLike(t *testing.T) {
	for _, tt := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"**", "", true}, {"?", "", false}, {"?*", "", false},
		{"?", "é", true}, {"??", "é", false}, {"?", "😀", true}, {"*é", "aé", true}, {"é?", "é日", true},
		{"a*b*c", "a/b:c", true}, {"a*b*c", "abcb", false}, {"*aab", "aaaab", true}, {"a?c*", "abc", true},
		{"*?*?*", "a", false}, {"*?*?*", "ab", true}, {"[a]", "a", false}, {`\*`, `\x`, true}, {"A", "a", false},
	} {
		if got := like(tt.pattern, tt.s, written); got != tt.want {
			t.Errorf("like(%q, %q) = %v", tt.pattern, tt.s, got)
		}
	}
}

func TestLikeAgreesWithOracle(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func(alphabet string, longest int) string {
		runes := []rune(alphabet)
		var b strings.Builder
		for range random.IntN(longest + 1) {
			b.WriteRune(runes[random.IntN(len(runes))])
		}
		return b.String()
	}
	matches := 0
	for range 50_000 {
		pattern, s := word("ab:é**?", 8), word("ab:é*", 10)
		want := naive([]rune(pattern), []rune(s))
		if got := like(pattern, s, written); got != want {
			t.Fatalf("like(%q, %q) = %v, oracle says %v", pattern, s, got, want)
		}
		if want {
			matches++
		}
	}
	if matches < 2_500 {
		t.Errorf("only %d matches: the test says little", matches)
	}
}

// The pattern that ruins a matcher that tries every way.
func TestLikeIsQuick(t *testing.T) {
	start := time.Now()
	if like(strings.Repeat("a*", 2000)+"b", strings.Repeat("a", 20000), written) {
		t.Error("it matches")
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

func FuzzLike(f *testing.F) {
	for _, seed := range [][2]string{{"a*b?c", "aXbYc"}, {"*?*", "é"}, {"a${*}", "a*"}, {"*:*", "system:serviceaccount:a:b"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 16 || len(s) > 16 || !utf8.ValidString(pattern) || !utf8.ValidString(s) {
			return // the oracle is slow, and Parse lets in UTF-8 only
		}
		if got, want := like(pattern, s, written), naive([]rune(pattern), []rune(s)); got != want {
			t.Errorf("like(%q, %q) = %v, oracle says %v", pattern, s, got, want)
		}
		if !like(marked.Replace(pattern), pattern, resolved) {
			t.Errorf("%q does not match itself when resolved", pattern)
		}
	})
}
