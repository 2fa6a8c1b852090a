package edit

import (
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

func TestCommandQuotesWhatItMust(t *testing.T) {
	for _, tc := range []struct {
		arg, want string
	}{
		{"kubectl", "kubectl"},
		{"eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/app", "eks.amazonaws.com/role-arn=arn:aws:iam::111122223333:role/app"},
		{"NAME-", "NAME-"},
		{"https://oidc.eks.us-east-1.amazonaws.com/id/AB", "https://oidc.eks.us-east-1.amazonaws.com/id/AB"},
		{"", "''"},
		{"two words", "'two words'"},
		{"it's", `'it'\''s'`},
		{`{"a":1}`, `'{"a":1}'`},
		{"$HOME", "'$HOME'"},
		{"~", "'~'"},
		{"=ls", "'=ls'"},
		{"é", "'é'"},
		{"a\nb", "'a\nb'"},
	} {
		if got := (Command{tc.arg}).String(); got != tc.want {
			t.Errorf("%q is printed %s, want %s", tc.arg, got, tc.want)
		}
	}
}

// The shell hands a printed command's arguments on as they were.
func TestCommandSurvivesTheShell(t *testing.T) {
	args := []string{
		"", " ", "'", "''", `"`, `\`, `\\`, `\n`, "$HOME", "${HOME}", "$(id)", "`id`", "!!", "#", "a;b", "a&&b", "a|b", ">f", "<f", "*", "?", "[a]",
		"{a,b}", "~", "~root", "=ls", "-n", "--", "%s", "a\tb", "a\nb", "\r", "é", "\u202e", "\xff\xfe", "'; rm -rf / #", `'"'"'`, "a'b'c",
	}
	alphabet := []rune("ab '\"\\$`!*?~=-%{}[]()<>|&;#\n\té\u200b")
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var b strings.Builder
		for range random.IntN(12) {
			b.WriteRune(alphabet[random.IntN(len(alphabet))])
		}
		args = append(args, b.String())
	}
	script := append(Command{"printf", `%s\000`}, args...).String()
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", script).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	if len(got) != len(args) {
		t.Fatalf("%d arguments became %d", len(args), len(got))
	}
	for i, arg := range args {
		if got[i] != arg {
			t.Errorf("%q became %q", arg, got[i])
		}
	}
}

func TestCommandSafe(t *testing.T) {
	for _, arg := range []string{"", "a b", "it's", "$(id)", "é", "日本", `{"a":"b"}`, "NAME-", "a=-n", "a file://x"} {
		if !(Command{"kubectl", arg}).Safe() {
			t.Errorf("%q is not safe", arg)
		}
	}
	for what, arg := range map[string]string{
		"newline": "a\nb", "carriage return": "a\r", "tab": "a\tb", "escape": "\x1b[31m", "NUL": "a\x00", "delete": "\x7f", "C1": "\u0085",
		"invalid UTF-8": "\xff", "right-to-left override": "a\u202eb", "isolate": "\u2066", "zero width space": "a\u200bb", "BOM": "\ufeff",
		"soft hyphen": "\u00ad", "no-break space": "a\u00a0b", "tag": "\U000e0041", "joined mark": "e\u0301", "variation": "a\ufe0f", "filler": "\u3164",
		"private use": "\ue000", "line separator": "\u2028", "unknown option": "--raw", "option with a value": "--context=x", "dash": "-",
		"file": "file:///etc/passwd", "binary file": "fileb://x", "URL": "https://example.com", "plain URL": "http://example.com",
	} {
		if (Command{"aws", arg}).Safe() {
			t.Errorf("%s passes for safe", what)
		}
	}
	if !(Command{"aws", "--url", "https://example.com"}).Safe() {
		t.Error("the URL of an issuer is not safe")
	}
	if (Command{}).Safe() || (Command{"https://example.com"}).Safe() {
		t.Error("what is no command passes for safe")
	}
}
