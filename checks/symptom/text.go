package symptom

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limit is the length in bytes up to which a text is read as a whole. Of a longer one
// the two ends are: a log begins with the complaint, and a stack trace ends in the cause.
const Limit = 64 << 10

// A text is an error as it was pasted, with the wrapping of logs undone: it is one
// line with single blanks, as AWS wrote it.
type text struct {
	plain   string
	lower   string // plain with A-Z in lower case, byte for byte
	denials []denial
	issuer  string // URL that it names, or ""
	host    string // that was called, or ""
	region  string // of an STS that was called, or ""
	oldSDK  string // which SDK it shows that is too old for web identity, or ""
}

func read(s string) *text {
	plain := unwrap(clip(s))
	t := &text{plain: plain, lower: lower(plain)}
	t.denials = t.denied()
	t.issuer = t.findIssuer()
	t.host, t.region = t.findHost()
	t.oldSDK = t.findOldSDK()
	return t
}

// clip keeps the two ends of a text that is longer than Limit.
func clip(s string) string {
	if len(s) <= Limit {
		return s
	}
	return s[:Limit/2] + "\n…\n" + s[len(s)-Limit/2:]
}

var (
	terminalCodes = regexp.MustCompile(`\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\))`)
	percents      = regexp.MustCompile(`(%[0-9A-Fa-f]{2}[^%]*){2}`)
	unescape      = strings.NewReplacer(
		`\n`, " ", `\"`, `"`, `\'`, `'`, `\/`, `/`, `\\`, `\`,
		`\u0026`, "&", `\u0027`, "'", `\u003c`, "<", `\u003e`, ">", `\u003C`, "<", `\u003E`, ">", `\u003d`, "=", `\u003D`, "=", `\u0022`, `"`,
	)
	quotes = strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`)
)

// unwrap undoes what JSON, XML, URLs and terminals made of a text. A log within a log
// is escaped more than once.
func unwrap(s string) string {
	s = strings.ReplaceAll(s, "\x00", "") // UTF-16 of a Windows shell
	s = terminalCodes.ReplaceAllString(s, "")
	if percents.MatchString(s) {
		if !strings.Contains(s, " ") {
			s = strings.ReplaceAll(s, "+", " ")
		}
		s = unpercent(s)
	}
	for range 3 {
		s = unescape.Replace(html.UnescapeString(s))
	}
	var b strings.Builder
	blank := false
	for _, r := range quotes.Replace(strings.ToValidUTF8(s, "")) {
		switch {
		case unicode.IsSpace(r):
			blank = true
			continue
		case !unicode.IsPrint(r):
			continue
		case blank && b.Len() > 0:
			b.WriteByte(' ')
		}
		blank = false
		b.WriteRune(r)
	}
	return b.String()
}

// unpercent decodes %XX where it is one, and keeps what is none.
func unpercent(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 || i+3 > len(s) {
			return b.String() + s
		}
		b.WriteString(s[:i])
		if c, err := url.PathUnescape(s[i : i+3]); err == nil {
			b.WriteString(c)
			s = s[i+3:]
		} else {
			b.WriteByte('%')
			s = s[i+1:]
		}
	}
}

// lower keeps every byte in its place, as strings.ToLower does not.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// hasCode says whether an error code stands in the text as a word, with or without the
// Exception or Error that some SDKs add to it.
func (t *text) hasCode(code string) bool { return t.codeAt(code) >= 0 }

// codeAt is where the code stands, or -1.
func (t *text) codeAt(code string) int {
	code = lower(code)
	for from := 0; ; {
		i := strings.Index(t.lower[from:], code)
		if i < 0 {
			return -1
		}
		i += from
		from = i + len(code)
		rest := t.lower[from:]
		for _, suffix := range []string{"exception", "error", "fault"} {
			rest = strings.TrimPrefix(rest, suffix)
		}
		before, _ := utf8.DecodeLastRuneInString(t.lower[:i])
		after, _ := utf8.DecodeRuneInString(rest)
		if !wordy(before) && !wordy(after) {
			return i
		}
	}
}

func wordy(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
