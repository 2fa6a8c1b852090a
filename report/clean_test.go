package report

import (
	"strings"
	"testing"
	"testing/quick"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"plain → text … é 漢":         "plain → text … é 漢",
		"\x1b[31mred":                `\x1b[31mred`,
		"line\nfeed\r\ttab\x00\x7f":  `line\nfeed\r\ttab\x00\x7f`,
		"\u009b31m":                  "<U+009B>31m",
		"\u202egnp.exe":              "<U+202E>gnp.exe",
		"zero\u200bwidth\ufeff":      "zero<U+200B>width<U+FEFF>",
		"no\u00a0break":              "no<U+00A0>break",
		"e\u0301":                    "e<U+0301>",
		"\u3164\u2800\U000e0041":     "<U+3164><U+2800><U+E0041>",
		"bad\xffbyte":                `bad\xffbyte`,
		"\ufffd is no invalid byte":  "\ufffd is no invalid byte",
		strings.Repeat("x", limit+1): strings.Repeat("x", limit) + " … and 1 bytes more",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCleanIsHarmless(t *testing.T) {
	harmless := func(b []byte, s string) bool {
		for _, text := range []string{Clean(string(b)), Clean(s)} {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !visible(r) }) {
				return false
			}
		}
		return true
	}
	if err := quick.Check(harmless, nil); err != nil {
		t.Error(err)
	}
}

func TestASCII(t *testing.T) {
	if got, want := ascii("api → é…"), "api -> <U+00E9>..."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWrap(t *testing.T) {
	for _, test := range []struct {
		in   string
		want string // lines joined by |
	}{
		{"", ""},
		{"fits", "fits"},
		{"ten cells!", "ten cells!"},
		{"one two three", "one two|three"},
		{"space at the edge here", "space at|the edge|here"},
		{"two  kept", "two  kept"},
		{"at  breaks  dropped", "at  breaks|dropped"},
		{"abcdefghijklmno", "abcdefghij|klmno"},
		{"ab cdefghijklmnop", "ab|cdefghijkl|mnop"},
		{"arn:aws:iam::1111", "arn:aws:|iam::1111"},
		{"漢字漢字漢字", "漢字漢字漢|字"},
		{"            x", "          |  x"},
	} {
		if got := strings.Join(wrap(test.in, 10), "|"); got != test.want {
			t.Errorf("wrap(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

// TestWrapLosesNothing wraps any text at any width: no line is too wide, and only
// spaces are dropped.
func TestWrapLosesNothing(t *testing.T) {
	holds := func(s string, spread uint8) bool {
		width := 2 + int(spread)%60
		s = Clean(strings.ReplaceAll(s, "\x00", " "))
		lines := wrap(s, width)
		for _, line := range lines {
			if cells.StringWidth(line) > width {
				return false
			}
		}
		return strings.ReplaceAll(strings.Join(lines, ""), " ", "") == strings.ReplaceAll(s, " ", "")
	}
	if err := quick.Check(holds, &quick.Config{MaxCount: 2000}); err != nil {
		t.Error(err)
	}
}

func TestMarkdownEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"a|b":               "a&#124;b",
		`a\|b`:              `a\\&#124;b`,
		"`x` *y* _z_":       "\\`x\\` \\*y\\* \\_z\\_",
		"<script>&amp;":     "&lt;script&gt;&amp;amp;",
		"[a](https://b.c)":  `\[a\](https&#58;//b.c)`,
		"@team fix #12":     "@&#8203;team fix #&#8203;12",
		"# no heading":      "#&#8203; no heading",
		"- no list":         `\- no list`,
		"12. no list":       `12\. no list`,
		"two\nlines":        `two\\nlines`,
		"$HOME ~x~":         `&#36;HOME \~x\~`,
		"    no code block": "no code block",
	} {
		if got := markdown(in); got != want {
			t.Errorf("markdown(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"a_b":  "`a_b`",
		"`":    "`` ` ``",
		"a``b": "```a``b```",
		"a|b":  "a&#124;b",
		"":     "` `",
	} {
		if got := code(in); got != want {
			t.Errorf("code(%q) = %q, want %q", in, got, want)
		}
	}
	if got, want := fence("sh", []string{"a", "````"}), "`````sh\na\n````\n`````\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
