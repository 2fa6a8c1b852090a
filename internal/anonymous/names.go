package anonymous

import (
	"cmp"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Names say what stands in for what. They are for the one who knows the originals, and
// belong into nothing that is handed on. One goroutine at a time may use them.
type Names struct {
	words *dictionary
	runs  map[string][]string // the words of a folded run, where it is more than one
	named map[string]bool     // folded runs of names, as against those of prose alone
	table map[Name]bool
}

// A Name is an original with what stands in for it.
type Name struct {
	Kind     string // "namespace", "role", …
	Original string
	StandIn  string
}

// Table lists the names of the snapshot that were replaced, by kind and original.
func (n *Names) Table() []Name {
	return slices.SortedFunc(maps.Keys(n.table), func(x, y Name) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Original, y.Original))
	})
}

// Replace puts stand-ins for names into a text for people, such as a message about the
// snapshot that the snapshot does not hold. Words that are new get stand-ins, too.
func (n *Names) Replace(text string) string { return eachInProse(text, n.named, n.run) }

// run is what stands in for a run of letters and digits.
func (n *Names) run(run string) string {
	if isAddress(run) {
		return n.address(run)
	}
	var b strings.Builder
	for _, w := range n.wordsOf(folded(run)) {
		b.WriteString(n.words.of(w))
	}
	return dress(b.String(), run)
}

// address is what stands in for an address of IPv4: one of the network for benchmarks
// (RFC 2544), or itself where it is of no public network.
func (n *Names) address(text string) string {
	a, err := netip.ParseAddr(text)
	if err != nil || !a.IsGlobalUnicast() || a.IsPrivate() {
		return text
	}
	s := n.words.draw(text, 0)
	return netip.AddrFrom4([4]byte{198, byte(18 + s.below(2)), byte(s.below(256)), byte(1 + s.below(254))}).String()
}

var lettersAndNumber = regexp.MustCompile(`^([a-z]{2,})([0-9]{1,4})$`)

// wordsOf are the words that a folded run is made of.
func (n *Names) wordsOf(run string) []string {
	if words, ok := n.runs[run]; ok {
		return words
	}
	words := []string{run}
	if n.words.stays(run) || isID(run) {
		return words
	}
	if known := compound(run); known != nil {
		words = known
	} else if m := lettersAndNumber.FindStringSubmatch(run); m != nil && !isHex(run) {
		words = append(slices.Clone(n.wordsOf(m[1])), m[2])
	}
	n.runs[run] = words
	return words
}

// compound are the words of the vocabulary that make up a run, or nil. One of them has
// three letters at least.
func compound(run string) []string {
	if len(run) > longest {
		return nil
	}
	upTo := make([][]string, len(run)+1)
	for to := 2; to <= len(run); to++ {
		for from := range to - 1 {
			if (from == 0 || upTo[from] != nil) && vocabulary[run[from:to]] {
				upTo[to] = append(slices.Clone(upTo[from]), run[from:to])
				break
			}
		}
	}
	if !slices.ContainsFunc(upTo[len(run)], func(w string) bool { return len(w) > 2 }) {
		return nil
	}
	return upTo[len(run)]
}
