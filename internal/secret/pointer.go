package secret

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Pointer is the JSON pointer (RFC 6901) of the value or key of a document that byte at is
// in, or "" when the document is none before that.
func Pointer(doc []byte, at int64) string {
	type level struct {
		name  string
		index int // of an array; -1 for an object
		key   bool
	}
	var path []level
	tokens := json.NewDecoder(bytes.NewReader(doc))
	for {
		token, err := tokens.Token()
		if err != nil {
			return ""
		}
		top := len(path) - 1
		switch delim, _ := token.(json.Delim); {
		case delim == '}' || delim == ']':
			path = path[:top]
			continue
		case top >= 0 && path[top].index < 0 && !path[top].key:
			path[top].name, _ = token.(string)
			path[top].key = true
		case top >= 0 && path[top].index < 0:
			path[top].key = false
		case top >= 0:
			path[top].index++
			path[top].name = strconv.Itoa(path[top].index - 1)
		}
		if tokens.InputOffset() > at {
			var b strings.Builder
			for _, l := range path {
				b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(facts.Redact(l.name)))
			}
			return b.String()
		}
		switch token {
		case json.Delim('{'):
			path = append(path, level{index: -1})
		case json.Delim('['):
			path = append(path, level{})
		}
	}
}
