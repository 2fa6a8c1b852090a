package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const (
	mostFacts  = 20 // that are told at once
	mostValues = 20 // of one fact
)

// A factBlock holds the facts of one object and time, a few of them.
type factBlock struct {
	title string
	facts []changes.Fact
}

// blocks are the facts to tell, and how many more there are.
func blocks(all []changes.Fact) (told []factBlock, more int) {
	more = max(0, len(all)-mostFacts)
	for _, f := range all[:len(all)-more] {
		title := f.Object
		if w := when(f); w != "" {
			title += ", " + w
		}
		if n := len(told); n == 0 || told[n-1].title != title {
			told = append(told, factBlock{title: title})
		}
		b := &told[len(told)-1]
		b.facts = append(b.facts, f)
	}
	return told, more
}

// when says when a fact changed, and by whom.
func when(f changes.Fact) string {
	if f.At.IsZero() {
		return ""
	}
	s := f.At.UTC().Format(time.DateTime) + " UTC"
	switch {
	case len(f.By) == 1:
		s += " by " + f.By[0]
	case len(f.By) > 1:
		s += " at the latest, by " + strings.Join(f.By, " or ")
	}
	return s
}

// happened says what is different of a fact, but for its values.
func happened(f changes.Fact) string {
	said := map[changes.Kind]string{
		changes.Created:   "is new",
		changes.Deleted:   "is not there any more",
		changes.Recreated: "was deleted and created again",
		changes.Unread:    "could not be read this time",
		changes.Read:      "was not known before, and is now",
	}[f.Kind]
	switch {
	case f.Gap == nil:
	case f.Gap.Kind == facts.NotAsked || f.Gap.Kind == facts.NotCollected:
		said = "was not looked at this time"
	default:
		said += ": " + f.Gap.Error()
	}
	if f.Item == "" || said == "" {
		return f.Item + said
	}
	return f.Item + ": " + said
}

// values are the lines of a fact: with - what was there, and with + what is there now.
func values(f changes.Fact) []string {
	var lines []string
	for _, side := range []struct {
		mark   string
		values []string
	}{{"- ", f.Removed}, {"+ ", f.Added}} {
		for i, v := range side.values {
			if i == mostValues {
				lines = append(lines, fmt.Sprintf("%s… and %d more", side.mark, len(side.values)-i))
				break
			}
			lines = append(lines, side.mark+v)
		}
	}
	return lines
}

// inOrder is the title of a list of facts: those that have a time come in its order.
func inOrder(title string, all []changes.Fact) string {
	if slices.ContainsFunc(all, func(f changes.Fact) bool { return !f.At.IsZero() }) {
		return title + ", the oldest first"
	}
	return title
}
