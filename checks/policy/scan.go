package policy

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A Position is a place in the text of a policy, counted from 1, columns in
// characters. The zero Position is that of a part that came from no text.
type Position struct{ Line, Column int }

func (p Position) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// A SyntaxError says where and why a text is not the JSON of a policy.
type SyntaxError struct {
	Position
	Msg string
}

func (e *SyntaxError) Error() string { return e.Position.String() + ": " + e.Msg }

// maxDepth is how deep a policy may nest. IAM's grammar needs six.
const maxDepth = 32

type kind string

const (
	stringKind kind = "a string"
	numberKind kind = "a number"
	boolKind   kind = "a boolean"
	nullKind   kind = "null"
	listKind   kind = "a list"
	objectKind kind = "an object"
)

// A node is a JSON value with its place.
type node struct {
	kind    kind
	pos     Position
	text    string // the string without its escapes, or the literal as written
	items   []node
	members []member
}

// A member is one name and value of an object.
type member struct {
	name  string
	pos   Position
	value node
}

// A scanner reads JSON. Its time and memory are linear in the text.
type scanner struct {
	text string
	off  int

	seen int      // how far pos has come
	pos  Position // of seen
}

func scan(text string) (node, error) {
	s := &scanner{text: text, pos: Position{1, 1}}
	if i := invalidUTF8(text); i >= 0 {
		s.off = i
		return node{}, s.errorf("byte %#02x is not UTF-8", text[i])
	}
	if strings.HasPrefix(text, "\ufeff") {
		return node{}, s.errorf("a byte order mark is not part of JSON")
	}
	if strings.HasPrefix(text, "%7B") {
		return node{}, s.errorf("the policy is URL-encoded, as IAM's API returns it")
	}
	s.skipSpace()
	root, err := s.value(0)
	if err != nil {
		return node{}, err
	}
	s.skipSpace()
	if s.off < len(text) {
		return node{}, s.errorf("%s after the end of the policy", s.found())
	}
	return root, nil
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(text string) int {
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return i
			}
		}
	}
	return -1
}

// position returns the place of s.off, which never goes back.
func (s *scanner) position() Position {
	for _, c := range s.text[s.seen:s.off] {
		if c == '\n' {
			s.pos = Position{s.pos.Line + 1, 1}
		} else {
			s.pos.Column++
		}
	}
	s.seen = s.off
	return s.pos
}

func (s *scanner) errorf(format string, args ...any) error {
	return &SyntaxError{s.position(), fmt.Sprintf(format, args...)}
}

// found names what is at s.off, for an error.
func (s *scanner) found() string {
	if s.off >= len(s.text) {
		return "end of text"
	}
	c, _ := utf8.DecodeRuneInString(s.text[s.off:])
	return fmt.Sprintf("%q", c)
}

// peek returns the byte at s.off, or 0 at the end.
func (s *scanner) peek() byte {
	if s.off >= len(s.text) {
		return 0
	}
	return s.text[s.off]
}

func (s *scanner) skipSpace() {
	for s.off < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.off]) >= 0 {
		s.off++
	}
}

// take skips c and the space after it, if it is next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.off++
	s.skipSpace()
	return true
}

func (s *scanner) value(depth int) (node, error) {
	n := node{pos: s.position()}
	if depth > maxDepth {
		return n, s.errorf("nested deeper than %d", maxDepth)
	}
	var err error
	switch c := s.peek(); {
	case c == '"':
		n.kind = stringKind
		n.text, err = s.string()
	case c == '{':
		n.kind = objectKind
		n.members, err = s.object(depth)
	case c == '[':
		n.kind = listKind
		n.items, err = s.list(depth)
	case c == '-' || '0' <= c && c <= '9':
		n.kind = numberKind
		n.text, err = s.number()
	default:
		n.kind, n.text, err = s.word()
	}
	return n, err
}

func (s *scanner) object(depth int) ([]member, error) {
	s.take('{')
	var members []member
	first := map[string]Position{}
	for !s.take('}') {
		if len(members) > 0 && !s.take(',') {
			return nil, s.errorf("%s where \",\" or \"}\" is expected", s.found())
		}
		if s.peek() != '"' {
			return nil, s.errorf("%s where a name in double quotes is expected", s.found())
		}
		m := member{pos: s.position()}
		var err error
		if m.name, err = s.string(); err != nil {
			return nil, err
		}
		if pos, ok := first[m.name]; ok {
			return nil, &SyntaxError{m.pos, fmt.Sprintf("duplicate key %q, first at %s", m.name, pos)}
		}
		first[m.name] = m.pos
		s.skipSpace()
		if !s.take(':') {
			return nil, s.errorf("%s where \":\" is expected", s.found())
		}
		if m.value, err = s.value(depth + 1); err != nil {
			return nil, err
		}
		members = append(members, m)
		s.skipSpace()
	}
	return members, nil
}

func (s *scanner) list(depth int) ([]node, error) {
	s.take('[')
	var items []node
	for !s.take(']') {
		if len(items) > 0 && !s.take(',') {
			return nil, s.errorf("%s where \",\" or \"]\" is expected", s.found())
		}
		item, err := s.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
		s.skipSpace()
	}
	return items, nil
}

func (s *scanner) word() (kind, string, error) {
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(s.text[s.off:], word) {
			s.off += len(word)
			if word == "null" {
				return nullKind, word, nil
			}
			return boolKind, word, nil
		}
	}
	return "", "", s.errorf("%s where a value is expected", s.found())
}

func (s *scanner) number() (string, error) {
	start := s.off
	if s.peek() == '-' {
		s.off++
	}
	if s.peek() == '0' {
		s.off++
	} else if err := s.digits(); err != nil {
		return "", err
	}
	if s.peek() == '.' {
		s.off++
		if err := s.digits(); err != nil {
			return "", err
		}
	}
	if s.peek() == 'e' || s.peek() == 'E' {
		s.off++
		if s.peek() == '+' || s.peek() == '-' {
			s.off++
		}
		if err := s.digits(); err != nil {
			return "", err
		}
	}
	return s.text[start:s.off], nil
}

func (s *scanner) digits() error {
	start := s.off
	for '0' <= s.peek() && s.peek() <= '9' {
		s.off++
	}
	if s.off == start {
		return s.errorf("%s where a digit is expected", s.found())
	}
	return nil
}

func (s *scanner) string() (string, error) {
	s.off++
	start := s.off
	var b strings.Builder
	for s.off < len(s.text) {
		switch c := s.text[s.off]; {
		case c == '"':
			b.WriteString(s.text[start:s.off])
			s.off++
			return b.String(), nil
		case c < ' ':
			return "", s.errorf("%s in a string must be escaped", s.found())
		case c == '\\':
			b.WriteString(s.text[start:s.off])
			r, err := s.escape()
			if err != nil {
				return "", err
			}
			b.WriteRune(r)
			start = s.off
		default:
			s.off++
		}
	}
	return "", s.errorf("end of text in a string")
}

const escapes, escaped = `"\/bfnrt`, "\"\\/\b\f\n\r\t"

// escape reads an escape sequence. Half a surrogate pair is U+FFFD.
func (s *scanner) escape() (rune, error) {
	s.off++
	if i := strings.IndexByte(escapes, s.peek()); i >= 0 {
		s.off++
		return rune(escaped[i]), nil
	}
	if s.peek() != 'u' {
		return 0, s.errorf("%s after a backslash", s.found())
	}
	s.off++
	r, ok := hex4(s.text[s.off:])
	if !ok {
		return 0, s.errorf("\\u needs four hexadecimal digits")
	}
	s.off += 4
	if !utf16.IsSurrogate(r) {
		return r, nil
	}
	if rest, ok := strings.CutPrefix(s.text[s.off:], `\u`); ok {
		low, _ := hex4(rest)
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			s.off += 6
			return pair, nil
		}
	}
	return utf8.RuneError, nil
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range []byte(s[:4]) {
		i := strings.IndexByte("0123456789abcdef", c|0x20)
		if i < 0 || c < '0' {
			return 0, false
		}
		r = r<<4 | rune(i)
	}
	return r, true
}
