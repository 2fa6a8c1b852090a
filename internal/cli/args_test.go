package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestArrange(t *testing.T) {
	app := new(program).app()
	for line, want := range map[string]string{
		"check deploy/x -n ns":                   "check -n ns -- deploy/x",
		"check -n ns deploy/x":                   "check -n ns -- deploy/x",
		"-n ns check deploy/x":                   "check -n ns -- deploy/x",
		"check deploy/x -nns":                    "check -n ns -- deploy/x",
		"check deploy/x -n=ns":                   "check -n=ns -- deploy/x",
		"check -Aojson":                          "check -A -o json",
		"check -Ao json":                         "check -A -o json",
		"check deploy/x --namespace ns -q":       "check --namespace ns -q -- deploy/x",
		"check deploy/x -namespace ns":           "check -namespace ns -- deploy/x",
		"check --namespace=ns deploy/x":          "check --namespace=ns -- deploy/x",
		"check --token-file - deploy/x":          "check --token-file - -- deploy/x",
		"check deploy/x -- -n ns":                "check -- deploy/x -n ns",
		"check deploy/x --bogus":                 "check --bogus -- deploy/x",
		"check deploy/x -n":                      "check -n",
		"check deploy/x -Ao":                     "check -A -o",
		"check check":                            "check -- check",
		"demo stale-pod -o short":                "demo -o short -- stale-pod",
		"explain trust-policy-subject":           "explain -- trust-policy-subject",
		"check --mint --report junit=a -l a=b,c": "check --mint --report junit=a -l a=b,c",
		"help check":                             "help check",
		"nonesuch -n ns":                         "nonesuch -n ns",
		"":                                       "",
		"check -o --generate-bash-completion":    "check -o --generate-bash-completion",
	} {
		got := arrange(app, append([]string{"irsa-doctor"}, strings.Fields(line)...))
		if diff := cmp.Diff("irsa-doctor "+want, strings.Join(got, " ")); strings.TrimSpace(diff) != "" && want != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
	}
}

// FuzzArrange holds that no word is lost or made up where the library goes on, that arranging twice changes
// nothing, and that the words after -- stay as they are.
func FuzzArrange(f *testing.F) {
	for _, line := range []string{"check deploy/x -n ns -Aojson", "check -- -n -A", "-q demo x", "check -A-o", "check -n -- x", "check 0 -o"} {
		f.Add(line)
	}
	app := new(program).app()
	f.Fuzz(func(t *testing.T, line string) {
		args := append([]string{"irsa-doctor"}, strings.Fields(line)...)
		once := arrange(app, slices.Clone(args))
		if diff := cmp.Diff(once, arrange(app, slices.Clone(once))); diff != "" {
			t.Errorf("not idempotent for %q:\n%s", args, diff)
		}
		if command := app.Command(once[min(1, len(once)-1)]); command != nil && !slices.Contains(once, "--") {
			if _, lacksValue := splitFlag(command, once[len(once)-1]); lacksValue {
				return // the arguments are left out, and the library refuses the rest
			}
		}
		if letters(args) != letters(once) {
			t.Errorf("%q became %q", args, once)
		}
		if i := slices.Index(args, "--"); i >= 0 && slices.Index(once, "--") >= 0 {
			tail := args[i+1:]
			if !slices.Equal(tail, once[len(once)-len(tail):]) {
				t.Errorf("%q became %q: what follows -- was moved", args, once)
			}
		}
	})
}

// letters are the sorted letters of words, without the dashes and = that splitting adds or takes.
func letters(words []string) string {
	b := []byte(strings.NewReplacer("-", "", "=", "").Replace(strings.Join(words, "")))
	slices.Sort(b)
	return string(b)
}
