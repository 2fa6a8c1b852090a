package anonymous

import (
	"hash/maphash"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// neighbours finds those of a set of words that differ from one by a few letters. Two words
// that are n letters apart become the same by leaving out n letters of each at most: words
// are looked up by what leaving letters out makes of them.
type neighbours struct {
	seed  maphash.Seed
	words []string
	last  map[uint64]int32 // entry added last, by what is left of its word
	all   []entry
	ids   []string // long hexadecimal numbers, of which more letters may differ
}

// An entry is a word, and the entry before it for the same key; 0 is none.
type entry struct{ word, before int32 }

func newNeighbours() *neighbours {
	return &neighbours{seed: maphash.MakeSeed(), last: map[uint64]int32{}, all: make([]entry, 1)}
}

const (
	longest   = 64  // words beyond that length have no neighbours
	manyIDs   = 500 // more ids are not compared with each other
	manyAlike = 50  // nor more words of which the same is left
	idLength  = 11
)

func isID(word string) bool { return len(word) >= idLength && isHex(word) }

// reach is how many letters apart a word's neighbours are at most. The checks take no two
// short words for slips of each other.
func reach(word string) int {
	switch n := utf8.RuneCountInString(word); {
	case isID(word):
		return 3
	case n < 3 || n > longest:
		return 0
	case n < 6:
		return 1
	}
	return 2
}

func (n *neighbours) add(word string) {
	if isID(word) {
		if len(n.ids) < manyIDs {
			n.ids = append(n.ids, word)
		}
		return
	}
	n.words = append(n.words, word)
	n.shortened(word, func(key uint64) {
		n.all = append(n.all, entry{int32(len(n.words) - 1), n.last[key]})
		n.last[key] = int32(len(n.all) - 1)
	})
}

// nearest is the added word that is the fewest letters from the word, the first of equals,
// and how many; it is "" when each is more than within letters away.
func (n *neighbours) nearest(word string, within int) (near string, apart int) {
	apart = within + 1
	look := func(other string) {
		if other == word || max(len(other)-len(word), len(word)-len(other)) > apart {
			return
		}
		if d := levenshtein.ComputeDistance(word, other); d < apart || d == apart && near != "" && other < near {
			near, apart = other, d
		}
	}
	if isID(word) {
		for _, id := range n.ids {
			look(id)
		}
		return near, apart
	}
	n.shortened(word, func(key uint64) {
		seen := 0
		for i := n.last[key]; i != 0 && seen < manyAlike; i = n.all[i].before {
			look(n.words[n.all[i].word])
			seen++
		}
	})
	return near, apart
}

// shortened yields keys of what is left of the word without up to reach letters.
func (n *neighbours) shortened(word string, yield func(key uint64)) {
	letters := []rune(word)
	var left []byte
	without := func(i, j int) {
		left = left[:0]
		for at, r := range letters {
			if at != i && at != j {
				left = utf8.AppendRune(left, r)
			}
		}
		yield(maphash.Bytes(n.seed, left))
	}
	without(-1, -1)
	for i := range letters {
		if reach(word) > 0 {
			without(i, i)
		}
		for j := i + 1; j < len(letters) && reach(word) > 1; j++ {
			without(i, j)
		}
	}
}
