package checks

import (
	"fmt"
	"strconv"
	"strings"
)

// plural is the count with its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// quoted lists texts in quotes, so that blanks and what can not be seen show.
func quoted(texts []string) string {
	var q []string
	for _, t := range texts {
		q = append(q, strconv.QuoteToASCII(t))
	}
	return strings.Join(q, ", ")
}
