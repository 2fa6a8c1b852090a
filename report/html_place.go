package report

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// places number the namespaces of a report, for the page to filter by.
type places struct {
	names   []string // sorted and clean
	numbers map[string]int
}

func newPlaces(r *checks.Report) places {
	seen := map[string]bool{}
	note := func(refs ...facts.Ref) {
		for _, ref := range refs {
			seen[ref.Namespace] = true
		}
	}
	for _, d := range r.Diagnoses {
		note(d.Object)
	}
	for _, f := range r.Findings {
		note(f.Affects...)
	}
	p := places{numbers: map[string]int{}}
	for i, name := range slices.Sorted(maps.Keys(seen)) {
		p.names = append(p.names, Clean(name))
		p.numbers[name] = i
	}
	return p
}

// of lists the numbers of the objects' namespaces, or says "*" for all of several.
func (p places) of(refs []facts.Ref) string {
	seen := map[int]bool{}
	for _, ref := range refs {
		seen[p.numbers[ref.Namespace]] = true
	}
	if len(seen) > 1 && len(seen) == len(p.names) {
		return "*"
	}
	var numbers []string
	for _, n := range slices.Sorted(maps.Keys(seen)) {
		numbers = append(numbers, strconv.Itoa(n))
	}
	return strings.Join(numbers, " ")
}
