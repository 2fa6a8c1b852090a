package anonymous

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A source yields letters and digits that follow from a seed alone.
type source struct {
	block [sha256.Size]byte
	used  int
}

// draw starts the source of a word's n-th try.
func (d *dictionary) draw(word string, try int) *source {
	return &source{block: sha256.Sum256(fmt.Appendf(d.seed[:], "%d %s", try, word))}
}

// below returns a number from 0 to n-1.
func (s *source) below(n int) int {
	if s.used+4 > len(s.block) {
		s.block, s.used = sha256.Sum256(s.block[:]), 0
	}
	x := binary.BigEndian.Uint32(s.block[s.used:])
	s.used += 4
	return int(x % uint32(n))
}

func (s *source) of(letters string) rune { return rune(letters[s.below(len(letters))]) }

const (
	consonants = "bcdfghjklmnpqrstvwxz"
	vowels     = "aeiouy"
)

// fresh makes up a word with letters where word has letters, and digits where it has digits.
// One of hexadecimal digits stays one, and a 0 in front stays. One that can be spoken has
// vowels between its consonants.
func (s *source) fresh(word string, spoken bool) []rune {
	hex := isHex(word)
	var made []rune
	vowel := s.below(2) == 0
	for i, r := range []rune(word) {
		c := s.like(r, hex, vowel)
		if n := len(made); n > 0 && made[n-1] == c {
			c = s.like(r, hex, vowel)
		}
		if i == 0 && r == '0' {
			c = '0'
		}
		made = append(made, c)
		vowel = spoken && !vowel || !spoken && s.below(4) == 0
	}
	return made
}

// like makes up a character of the kind of r.
func (s *source) like(r rune, hex, vowel bool) rune {
	switch {
	case unicode.IsDigit(r):
		return s.of("123456789")
	case hex:
		return s.of("abcdef")
	case r >= utf8.RuneSelf:
		return 'à' + rune(s.below(23))
	case vowel:
		return s.of(vowels)
	}
	return s.of(consonants)
}

func isHex(word string) bool { return strings.Trim(word, "0123456789abcdef") == "" }

func isDigits(word string) bool { return strings.Trim(word, "0123456789") == "" }

// accountID is what stands in for the n-th account, from 0: 111111111111, 222222222222, …,
// 999999999999, 000010000010, 000011000011, ….
func accountID(n int) string {
	if n < 9 {
		return strings.Repeat(fmt.Sprint(n+1), 12)
	}
	return strings.Repeat(fmt.Sprintf("%06d", n+1), 2)
}

// edited does to the stand-in of a word what was done to the word to make another of it:
// it leaves out and changes what is left out and changed, by letters of its own.
func (s *source) edited(word, standIn, other []rune) []rune {
	cost := distances(word, other)
	var made []rune
	i, j := len(word), len(other)
	for i > 0 || j > 0 {
		switch {
		case i > 0 && j > 0 && word[i-1] == other[j-1] && cost[i][j] == cost[i-1][j-1]:
			made = append(made, standIn[i-1])
			i, j = i-1, j-1
		case i > 0 && j > 0 && cost[i][j] == cost[i-1][j-1]+1:
			made = append(made, s.unlike(standIn[i-1], other[j-1], isHex(string(other)), j%2 == 0))
			i, j = i-1, j-1
		case i > 0 && cost[i][j] == cost[i-1][j]+1:
			i--
		default:
			made = append(made, s.like(other[j-1], isHex(string(other)), j%2 == 0))
			j--
		}
	}
	for a, b := 0, len(made)-1; a < b; a, b = a+1, b-1 {
		made[a], made[b] = made[b], made[a]
	}
	return made
}

// unlike makes up a character of the kind of r that is not c.
func (s *source) unlike(c, r rune, hex, vowel bool) rune {
	for range 20 {
		if made := s.like(r, hex, vowel); made != c {
			return made
		}
	}
	return r
}

// distances are the Levenshtein distances of all beginnings of two words.
func distances(a, b []rune) [][]int {
	cost := make([][]int, len(a)+1)
	for i := range cost {
		cost[i] = make([]int, len(b)+1)
		cost[i][0] = i
		for j := range b {
			switch {
			case i == 0:
				cost[0][j+1] = j + 1
			case a[i-1] == b[j]:
				cost[i][j+1] = cost[i-1][j]
			default:
				cost[i][j+1] = 1 + min(cost[i-1][j], cost[i-1][j+1], cost[i][j])
			}
		}
	}
	return cost
}
