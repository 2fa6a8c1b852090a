package checks

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest returns those of the candidates that one may have meant by name, the
// likeliest first, three at most.
func nearest(name string, candidates []string) []string {
	distance := func(candidate string) int {
		if strings.Contains(candidate, name) || strings.Contains(name, candidate) && len(candidate) > 2 {
			return 1
		}
		return levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(candidate))
	}
	limit := max(2, len(name)/3)
	var near []string
	for _, c := range candidates {
		if c != name && distance(c) <= limit {
			near = append(near, c)
		}
	}
	slices.SortFunc(near, func(x, y string) int {
		return cmp.Or(cmp.Compare(distance(x), distance(y)), cmp.Compare(x, y))
	})
	return near[:min(3, len(near))]
}

// cutLast is strings.Cut at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
