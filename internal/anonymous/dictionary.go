package anonymous

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A dictionary holds what stands in for the words of a snapshot. Words are folded.
type dictionary struct {
	seed      [sha256.Size]byte
	kept      map[string]bool   // words of this snapshot that stay, beside the vocabulary
	standIns  map[string]string // by word
	originals map[string]bool   // words and runs that are replaced: no stand-in is or holds one
	taken     map[string]bool   // stand-ins
	known     *neighbours       // words with a stand-in
	made      *neighbours       // stand-ins
	fragments []fragment        // the shorter first
}

func newDictionary() *dictionary {
	return &dictionary{
		kept: map[string]bool{}, standIns: map[string]string{}, originals: map[string]bool{}, taken: map[string]bool{},
		known: newNeighbours(), made: newNeighbours(),
	}
}

// A fragment is a part of a word beside a wildcard. A word that begins with it, ends with
// it or holds it has to do so after the change.
type fragment struct {
	text          string
	before, after bool // where the wildcard is
}

// at is where a word has the fragment in place, in runes, or -1.
func (f fragment) at(word string) int {
	i := strings.Index(word, f.text)
	switch {
	case !f.before && !strings.HasPrefix(word, f.text):
		return -1
	case !f.after:
		if i = len(word) - len(f.text); !strings.HasSuffix(word, f.text) {
			return -1
		}
	}
	if i < 0 {
		return -1
	}
	return utf8.RuneCountInString(word[:i])
}

// stays says whether a word is no name: vocabulary, or too short to tell anything.
func (d *dictionary) stays(word string) bool {
	switch n := utf8.RuneCountInString(word); {
	case n == 1, n <= 4 && isDigits(word), n == 2 && strings.ContainsAny(word, "0123456789"):
		return true
	}
	return vocabulary[word] || d.kept[word] || strings.Trim(word, "x") == ""
}

// build makes up what stands in for the words.
func (d *dictionary) build(words map[string]bool, fragments map[fragment]bool) {
	sorted := slices.Sorted(maps.Keys(words))
	d.seed = sha256.Sum256([]byte(strings.Join(sorted, "\n")))
	d.fragments = slices.SortedFunc(maps.Keys(fragments), func(x, y fragment) int {
		return cmp.Or(cmp.Compare(len(x.text), len(y.text)), cmp.Compare(fmt.Sprint(x), fmt.Sprint(y)))
	})
	for _, f := range d.fragments {
		if slices.ContainsFunc(sorted, func(w string) bool { return d.stays(w) && f.at(w) >= 0 }) {
			d.kept[f.text] = true
		}
		d.add(f.text)
	}
	d.addAccounts(sorted)
	for _, w := range sorted {
		d.add(w)
	}
	d.known, d.made = nil, nil // nothing is added any more, and they are large
}

// addAccounts numbers the accounts, in an order that tells nothing.
func (d *dictionary) addAccounts(words []string) {
	accounts := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return len(w) != 12 || !isDigits(w) })
	slices.SortFunc(accounts, func(x, y string) int {
		return bytes.Compare(d.draw(x, 0).block[:], d.draw(y, 0).block[:])
	})
	n := 0
	for _, w := range accounts {
		if near, _ := d.known.nearest(w, reach(w)); near == "" {
			d.set(w, accountID(n))
			n++
		}
	}
}

// of is what stands in for a word. One that the snapshot does not hold gets something new.
func (d *dictionary) of(word string) string {
	if s, ok := d.standIns[word]; ok || d.stays(word) {
		return cmp.Or(s, word)
	}
	return string(d.draw(word, 0).fresh(word, true))
}

func (d *dictionary) set(word, standIn string) {
	d.standIns[word] = standIn
	d.taken[standIn] = true
	d.known.add(word)
	d.made.add(standIn)
}

// tries is how often to make up a stand-in on the same terms.
const tries = 50

// add makes up what stands in for a word: by the word that it is a slip of, else as unlike
// all others as can be, else on lesser terms. A word for which there is nothing left, one of
// two letters among many, stays: that two words become one would be worse.
func (d *dictionary) add(word string) {
	if _, done := d.standIns[word]; done || d.stays(word) {
		return
	}
	near := d.slipOf(word)
	for try := range 4 * tries {
		source := d.draw(word, try)
		terms := try / tries
		var made []rune
		if near != "" && terms == 0 {
			made = source.edited([]rune(near), []rune(d.of(near)), []rune(word))
			if string(made) == word && d.of(near) == near {
				break // letters are left out of a word of the vocabulary
			}
		} else {
			made = source.fresh(word, terms < 3)
			d.force(made, word)
		}
		text := string(made)
		if d.isFree(text) && (terms == 3 || d.keepsFragments(text, word)) && (terms > 0 || near != "" || d.isApart(text)) {
			d.set(word, text)
			return
		}
	}
	d.kept[word] = true
}

// slipOf is the word of which another may be a slip of the hand, or "".
func (d *dictionary) slipOf(word string) string {
	within := reach(word)
	near, apart := d.known.nearest(word, within)
	switch n := len(word); {
	case n < 5:
		return near
	case n < 8:
		within = min(within, 1)
	}
	if ours, less := vocabularyIndex.nearest(word, within); less <= apart && ours != "" {
		return ours
	}
	return near
}

// force puts the stand-ins of fragments where the word has the fragments.
func (d *dictionary) force(made []rune, word string) {
	for _, f := range d.fragments {
		if at := f.at(word); at >= 0 && f.text != word {
			copy(made[at:], []rune(d.of(f.text)))
		}
	}
}

// keepsFragments says whether a stand-in has those fragments that its word has.
func (d *dictionary) keepsFragments(made, word string) bool {
	for _, f := range d.fragments {
		changed := f
		changed.text = d.of(f.text)
		if f.text != word && f.at(word) != changed.at(made) {
			return false
		}
	}
	return true
}

// isApart says whether a stand-in is like no other.
func (d *dictionary) isApart(made string) bool {
	like, _ := d.made.nearest(made, reach(made))
	return like == ""
}

// isFree says whether a stand-in is nobody else's, no word that says something or is
// replaced, and holds none of the latter that could be recognised.
func (d *dictionary) isFree(made string) bool {
	if d.taken[made] || d.originals[made] || d.stays(made) || phrasebook[made] {
		return false
	}
	for from := range made {
		for to := from + 4; to <= len(made); to++ {
			if d.originals[made[from:to]] {
				return false
			}
		}
	}
	return true
}
