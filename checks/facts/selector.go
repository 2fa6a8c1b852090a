package facts

import (
	"maps"
	"slices"
)

// A Selector is a label selector. The zero Selector selects everything.
type Selector struct {
	MatchLabels map[string]string `json:"matchLabels,omitempty"`
	Expressions []Expression      `json:"expressions,omitempty"`
}

// An Expression is one requirement of a Selector.
type Expression struct {
	Key      string   `json:"key"`
	Operator string   `json:"operator"` // In, NotIn, Exists, DoesNotExist
	Values   []string `json:"values,omitempty"`
}

// Matches says whether s selects an object with these labels. NotIn holds for an
// object without the key, as in Kubernetes.
func (s Selector) Matches(labels map[string]string) bool {
	refused, _ := s.Refusal(labels)
	return !refused
}

// Refusal says whether s leaves out an object with these labels, and the label key on which.
func (s Selector) Refusal(labels map[string]string) (refused bool, key string) {
	for _, k := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		if got, ok := labels[k]; !ok || got != s.MatchLabels[k] {
			return true, k
		}
	}
	for _, e := range s.Expressions {
		got, ok := labels[e.Key]
		in := slices.Contains(e.Values, got)
		holds := map[string]bool{
			"In": ok && in, "NotIn": !ok || !in, "Exists": ok, "DoesNotExist": !ok,
		}[e.Operator]
		if !holds {
			return true, e.Key
		}
	}
	return false, ""
}
