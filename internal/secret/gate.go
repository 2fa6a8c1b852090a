// Package secret is the last look at what the program keeps and writes: no token, key,
// password or kubeconfig credential passes, whatever field of whatever object it came
// in. How they look is told by facts; which ones this run has held, by their holders.
package secret

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// Held are secrets that this run has held, as written: the credentials of the kubeconfig
// and of AWS, and tokens. Those of several lines count by the longest one, and those
// that are too short to be told from other text do not count.
type Held []string

const (
	shortest    = 12 // bytes
	heldInWords = "a credential of this run"
)

// needles are what to look for.
func (h Held) needles() (texts []string) {
	for _, value := range h {
		longest := ""
		for line := range strings.SplitSeq(value, "\n") {
			if line = strings.TrimSpace(line); len(line) > len(longest) && !strings.HasPrefix(line, "-----") {
				longest = line
			}
		}
		if len(longest) < shortest {
			continue
		}
		texts = append(texts, longest)
		quoted, _ := json.Marshal(longest)
		if escaped := string(quoted[1 : len(quoted)-1]); escaped != longest {
			texts = append(texts, escaped)
		}
	}
	return texts
}

// Found is the error that a text holds a secret. It does not tell the secret.
type Found struct {
	What    string // in words: "a token"
	At      int64  // byte of the text, about
	Line    int    // counted from 1
	Pointer string // into JSON, or ""
}

func (f *Found) Error() string {
	if f.Pointer != "" {
		return fmt.Sprintf("%s holds %s", f.Pointer, f.What)
	}
	return fmt.Sprintf("line %d holds %s", f.Line, f.What)
}

// A Gate passes on what is written to it, until that holds a secret. Then its error is
// *Found, and what it has passed on must be thrown away: a part of the secret may be in it.
type Gate struct {
	w       io.Writer
	needles []string
	text    []byte // what was not looked at yet, behind the end of what was
	seen    int    // of text
	at      int64  // of text in the whole
	lines   int    // before text
}

const (
	chunk   = 1 << 20
	overlap = 16 << 10 // longer than a token
)

// NewGate returns a gate before w.
func NewGate(w io.Writer, held Held) *Gate { return &Gate{w: w, needles: held.needles()} }

func (g *Gate) Write(p []byte) (int, error) {
	for n := 0; n < len(p); {
		part := p[n:min(len(p), n+chunk)]
		g.text = append(g.text, part...)
		n += len(part)
		if len(g.text)-g.seen >= chunk {
			if err := g.look(); err != nil {
				return 0, err
			}
		}
	}
	return len(p), nil
}

// Close looks at the rest, and passes it on.
func (g *Gate) Close() error { return g.look() }

func (g *Gate) look() error {
	if what, at := g.find(); what != "" {
		return &Found{What: what, At: g.at + int64(at), Line: g.lines + bytes.Count(g.text[:at], []byte("\n")) + 1}
	}
	if _, err := g.w.Write(g.text[g.seen:]); err != nil {
		return err
	}
	passed := max(0, len(g.text)-overlap)
	g.lines += bytes.Count(g.text[:passed], []byte("\n"))
	g.at += int64(passed)
	g.text = append(g.text[:0], g.text[passed:]...)
	g.seen = len(g.text)
	return nil
}

func (g *Gate) find() (what string, at int) {
	for _, needle := range g.needles {
		if i := bytes.Index(g.text, []byte(needle)); i >= 0 {
			return heldInWords, i
		}
	}
	if what, at := facts.FindSecret(g.text); what != "" {
		return what, at
	}
	if !bytes.ContainsAny(g.text, "&\\") {
		return "", 0
	}
	unescaped := html.UnescapeString(strings.ReplaceAll(string(g.text), `\`, "")) // of HTML, XML and Markdown
	for _, needle := range g.needles {
		if strings.Contains(unescaped, needle) {
			return heldInWords, 0
		}
	}
	what, _ = facts.FindSecret([]byte(unescaped))
	return what, 0
}
