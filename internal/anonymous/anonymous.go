// Package anonymous puts stand-ins for the names in a snapshot.
//
// Its law: what the checks find stays the same but for the names, and nothing is left of
// the names. Names are taken apart into words, at whatever is no letter or digit and at the
// humps of CamelCase. A word has one stand-in wherever it stands, in an ARN as in a subject,
// a URL, a policy or a message, so that what was the same stays the same and what was not
// does not. A stand-in is a made-up word of the same length, with letters, digits and capitals
// in the same places, since the checks' limits are shares of lengths; accounts are numbered.
// A word that differs from another by a slip, by a letter or two, differs from the other's
// stand-in by the same slip: the letters that are left out or changed are so at the same
// places, by letters of their own. What has to begin or end as a wildcard says still does.
// Nothing else of a word can be told from its stand-in, which follows from a digest of all
// the words together.
//
// The vocabulary stays: what the checks recognise, AWS's policies and regions by name, ACK's
// services, and in texts for people the words of the doctor's own messages. A slip in a word
// of the vocabulary stays one.
//
// What can still be told by design: how many objects there are and which belong together, how
// long names are and which words they share, times, regions, versions, which words are
// vocabulary, private addresses, and numbers of up to four digits.
package anonymous

import (
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Anonymize returns a copy of the snapshot with stand-ins for all names, and the names.
func Anonymize(s *facts.Snapshot) (*facts.Snapshot, *Names) {
	n := learn(s)
	done := map[string]map[rule]string{}
	return rewritten(s, func(text string, r rule) string {
		changed, ok := done[text][r]
		if !ok {
			changed = n.replace(text, r)
			if done[text] == nil {
				done[text] = map[rule]string{}
			}
			done[text][r] = changed
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
