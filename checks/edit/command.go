package edit

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A Command is a program and its arguments.
type Command []string

// flags are the options that the commands here use.
var flags = []string{
	"-c", "-n", "-p", "--audience", "--client-id", "--client-id-list", "--cluster-name", "--association-id", "--context", "--open-id-connect-provider-arn",
	"--overwrite", "--policy-document", "--profile", "--region", "--role-name", "--type", "--url",
}

// plain is what no shell reads anything into. A leading "=" means something to zsh.
var plain = regexp.MustCompile(`^[\w@%+:,./-][\w@%+=:,./-]*$`)

// String is the command for a POSIX shell. Only what must be is quoted.
func (c Command) String() string {
	words := make([]string, len(c))
	for i, arg := range c {
		words[i] = arg
		if !plain.MatchString(arg) {
			words[i] = "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// Safe says whether the command can be shown for pasting: it has no character that a
// terminal acts on or hides, no argument that would be read as an option, and none
// that has the AWS CLI read a file or a URL in its place.
// Source: the AWS CLI's user guide, "Loading a parameter from a file".
func (c Command) Safe() bool {
	for i, arg := range c {
		switch {
		case !utf8.ValidString(arg), strings.ContainsFunc(arg, invisible):
			return false
		case strings.HasPrefix(arg, "-") && !slices.Contains(flags, arg):
			return false
		case strings.HasPrefix(arg, "file://"), strings.HasPrefix(arg, "fileb://"):
			return false
		case (strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://")) && (i == 0 || c[i-1] != "--url"):
			return false
		}
	}
	return len(c) > 0
}

// fillers are characters without ink that Unicode counts among letters and symbols.
const fillers = "\u115f\u1160\u3164\uffa0\u2800"

// invisible is a character that is not seen, or changes how others are: control and
// format characters, among them those of writing direction and of no width, blanks
// but the common one, and marks that join the character before.
func invisible(r rune) bool {
	return !unicode.IsPrint(r) || unicode.IsMark(r) || strings.ContainsRune(fillers, r)
}

// kubectl is a command in the namespace of an object.
func kubectl(context string, object facts.Ref, args ...string) Command {
	c := append(Command{"kubectl"}, args...)
	c = append(c, "-n", object.Namespace)
	if context != "" {
		c = append(c, "--context", context)
	}
	return c
}

// slash is the object as kubectl takes it.
func slash(object facts.Ref) string { return string(object.Kind) + "/" + object.Name }

// aws is a command with the user's profile and region.
func aws(profile, region string, args ...string) Command {
	c := append(Command{"aws"}, args...)
	if region != "" {
		c = append(c, "--region", region)
	}
	if profile != "" {
		c = append(c, "--profile", profile)
	}
	return c
}
