// Package anonymous puts stand-ins for the names in a snapshot.
//
// Its law: what the checks find stays the same but for the names, and of the names nothing
// is left. Names are taken apart into words, at whatever is no letter or digit and at the
// humps of CamelCase. A word has one stand-in wherever it stands, in an ARN as in a subject,
// a URL, a policy or a message: what was the same stays the same, and what was not does not.
// A stand-in is a made-up word of the same length, with letters, digits and capitals in the
// same places, since the checks' limits are shares of lengths. Accounts are numbered.
//
// A word that is a slip of another, a letter or two away, gets the other's stand-in with the
// same slip: what was left out or changed is so in the same place, by letters of its own.
// What has to begin, to end or to be as a wildcard says still does. Nothing else of a word
// shows in its stand-in, which follows from a digest of all words of the snapshot together.
// So the same snapshot gets the same stand-ins, another snapshot of the same cluster others,
// and to prove a guess one has to guess every word, the issuer's ID among them.
//
// The vocabulary stays, which file vocabulary.go gives reasons for: words that the checks
// recognise, slips in them, and what is made of them alone; AWS's managed policies and the
// services of ACK. In texts for people the words of the doctor's own messages stay as well.
//
// By design one can still tell how many objects there are and which belong together, how
// long names are and which words they share, times, regions, versions, private addresses,
// and numbers of up to four digits.
package anonymous

import (
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Anonymize returns a copy of the snapshot with stand-ins for all names, and the names.
func Anonymize(s *facts.Snapshot) (*facts.Snapshot, *Names) {
	n := learn(s)
	type ruled struct {
		text string
		rule rule
	}
	done := map[ruled]string{}
	return rewritten(s, func(text string, r rule) string {
		changed, ok := done[ruled{text, r}]
		if !ok {
			changed = n.replace(text, r)
			done[ruled{text, r}] = changed
		}
		return changed
	}), n
}

// replace gives what stands in for a string of a field, and enters it into the table.
func (n *Names) replace(text string, r rule) string {
	changed := apply(text, r.how, n.named, n.run)
	if r.kind != "" && changed != text {
		n.table[Name{r.kind, text, changed}] = true
	}
	return changed
}

// apply has f change the runs of a text that may be names.
func apply(text string, how treatment, named map[string]bool, f func(run string) string) string {
	switch how {
	case keep:
		return text
	case prose:
		return eachInProse(text, named, f)
	case document:
		return eachInDocument(text, f)
	case waiting:
		container, _, _ := strings.Cut(text, ": ")
		return strings.Replace(text, container, each(container, f), 1)
	}
	return each(text, f)
}
