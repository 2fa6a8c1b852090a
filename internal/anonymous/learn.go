package anonymous

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
)

// A lesson is what is learnt about the names of a snapshot before there are stand-ins.
type lesson struct {
	*Names
	runs      map[string]bool   // folded
	splits    map[string]string // a run's words by its humps, or as they stand elsewhere with hyphens, with blanks between
	joined    map[string]string // the same for all that stands side by side in names
	fragments map[fragment]bool // of runs, folded
}

// learn reads all names of a snapshot and makes up what stands in for them.
func learn(s *facts.Snapshot) *Names {
	l := &lesson{
		Names: &Names{words: newDictionary(), runs: map[string][]string{}, named: map[string]bool{}, table: map[Name]bool{}},
		runs:  map[string]bool{}, splits: map[string]string{}, joined: map[string]string{}, fragments: map[fragment]bool{},
	}
	texts := distinct(s)
	for _, text := range texts {
		l.keepKnown(text.text, text.how)
	}
	for _, text := range texts {
		if text.how != prose {
			l.read(text.text, text.how)
		}
	}
	l.named = maps.Clone(l.runs)
	for _, text := range texts {
		if text.how == prose {
			l.read(text.text, text.how)
		}
	}
	l.makeUp()
	return l.Names
}

// A told is a string of the snapshot with what is to be done to it.
type told struct {
	text string
	how  treatment
}

// distinct are the strings of a snapshot, each once, sorted.
func distinct(s *facts.Snapshot) []told {
	all := map[told]bool{}
	visit(s, func(text string, r rule) { all[told{text, r.how}] = true })
	return slices.SortedFunc(maps.Keys(all), func(x, y told) int {
		return cmp.Or(cmp.Compare(x.text, y.text), cmp.Compare(x.how, y.how))
	})
}

// known are names of AWS's own: its managed policies, and the services of ACK's controllers.
var known = regexp.MustCompile(`:iam::aws:policy/([\w+=,.@/-]+)|aws-controllers-k8s/([a-z0-9-]+)-controller`)

// keepKnown keeps what names AWS's own, and what was meant to be a region.
func (l *lesson) keepKnown(text string, how treatment) {
	keep := func(run string) string {
		l.words.kept[folded(run)] = true
		return run
	}
	if !strings.Contains(text, "aws") && how != regional {
		return
	}
	for _, m := range known.FindAllStringSubmatch(text, -1) {
		each(m[1]+" "+m[2], keep)
	}
	if how != regional || strings.ContainsAny(text, "/:") {
		return
	}
	if problem, meant := region.Examine(text); meant != "" && problem != region.Host {
		each(text, keep)
	}
}

// read learns the runs of a string.
func (l *lesson) read(text string, how treatment) {
	apply(text, how, l.named, func(run string) string {
		if isAddress(run) {
			return run
		}
		key := folded(run)
		l.runs[key] = true
		if words := slices.Collect(byHumps(run)); len(words) > 1 && !isID(key) {
			least(l.splits, key, strings.Join(words, " "))
		}
		return run
	})
	if how == prose || how == keep {
		return
	}
	parts := slices.Collect(pieces(text))
	if how == document {
		l.readWildcards(parts)
	}
	var side []string // runs with one character between each two
	for _, p := range parts {
		switch {
		case p.run:
			side = append(side, folded(p.text))
			for n := 2; n <= min(3, len(side)); n++ {
				some := side[len(side)-n:]
				least(l.joined, strings.Join(some, ""), strings.Join(some, " "))
			}
		case len(p.text) > 1 || !strings.Contains("-_. ", p.text):
			side = nil
		}
	}
}

// readWildcards learns the runs beside wildcards.
func (l *lesson) readWildcards(parts []piece) {
	const wildcards = "*?"
	for i, p := range parts {
		if !p.run {
			continue
		}
		f := fragment{text: folded(p.text)}
		if i > 0 && !parts[i-1].run {
			before := parts[i-1].text
			f.before = strings.ContainsAny(before[len(before)-1:], wildcards)
		}
		if i+1 < len(parts) && !parts[i+1].run {
			f.after = strings.ContainsAny(parts[i+1].text[:1], wildcards)
		}
		if f.before || f.after {
			l.fragments[f] = true
		}
	}
}

// least keeps of the values of a key the first in order, whatever comes first.
func least(of map[string]string, key, value string) {
	if old, ok := of[key]; !ok || value < old {
		of[key] = value
	}
}

// makeUp takes the runs apart into words and makes up what stands in for those.
func (l *lesson) makeUp() {
	for key, split := range l.joined {
		if _, humped := l.splits[key]; l.runs[key] && !humped {
			l.splits[key] = split
		}
	}
	// A part is shorter than what it is a part of.
	for _, key := range slices.SortedFunc(maps.Keys(l.splits), func(x, y string) int {
		return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	}) {
		if l.words.stays(key) || isDigits(key) || compound(key) != nil {
			continue
		}
		var words []string
		for part := range strings.FieldsSeq(l.splits[key]) {
			words = append(words, l.wordsOf(part)...)
		}
		l.Names.runs[key] = words
	}
	words := map[string]bool{}
	for run := range l.runs {
		for _, w := range l.wordsOf(run) {
			words[w] = true
			if !l.words.stays(w) {
				l.words.originals[w], l.words.originals[run] = true, true
			}
		}
	}
	l.words.build(words, l.wordFragments())
}

// wordFragments are the fragments by words: of a run that begins after a wildcard and is
// made of several, the first, and of one that ends before a wildcard the last.
func (l *lesson) wordFragments() map[fragment]bool {
	all := map[fragment]bool{}
	for f := range l.fragments {
		words := l.wordsOf(f.text)
		if len(words) == 1 {
			all[f] = true
			continue
		}
		if f.before {
			all[fragment{text: words[0], before: true}] = true
		}
		if f.after {
			all[fragment{text: words[len(words)-1], after: true}] = true
		}
	}
	return all
}
