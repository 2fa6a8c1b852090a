package cli

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// arrange puts the flags of a command line before its arguments, wherever they
// stand, as kubectl takes them: urfave/cli v2 stops at the first argument and would
// ignore what follows. It also splits -nVALUE and -Aojson. What it does not know it
// leaves for the library to refuse, and so it does a last flag that lacks its value:
// then the arguments are left out.
func arrange(app *cli.App, args []string) []string {
	if len(args) < 2 || args[len(args)-1] == "--generate-bash-completion" {
		return args
	}
	words := args[1:]
	command := commandOf(app, words)
	if command == nil {
		return args
	}
	var flags, rest []string
	named := false
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case word == "--":
			rest = append(rest, words[i+1:]...)
			i = len(words)
		case len(word) > 1 && word[0] == '-':
			split, wantsValue := splitFlag(command, word)
			flags = append(flags, split...)
			if !wantsValue {
				continue
			}
			if i++; i == len(words) { // or it would take the -- for its value
				return append([]string{args[0], command.Name}, flags...)
			}
			flags = append(flags, words[i])
		case !named && command.HasName(word):
			named = true
		default:
			rest = append(rest, word)
		}
	}
	out := append([]string{args[0], command.Name}, flags...)
	if len(rest) > 0 {
		out = append(append(out, "--"), rest...)
	}
	return out
}

// commandOf finds the command that the words name: the first word that is no flag
// and no flag's value.
func commandOf(app *cli.App, words []string) *cli.Command {
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "--" {
			return nil
		}
		if len(word) > 1 && word[0] == '-' {
			for _, c := range app.Commands {
				if _, wantsValue := splitFlag(c, word); wantsValue {
					i++
					break
				}
			}
			continue
		}
		return app.Command(word)
	}
	return nil
}

// splitFlag takes a word apart into the flags it stands for, and says whether the
// last of them takes the next word as its value.
func splitFlag(command *cli.Command, word string) (flags []string, wantsValue bool) {
	name, _, hasValue := strings.Cut(strings.TrimLeft(word, "-"), "=")
	if takes, ok := takesValue(command, name); ok {
		return []string{word}, takes && !hasValue
	}
	if strings.HasPrefix(word, "--") {
		return []string{word}, false
	}
	for i := 1; i < len(word); i++ {
		takes, ok := takesValue(command, word[i:i+1])
		switch {
		case !ok:
			return []string{word}, false
		case !takes:
			flags = append(flags, "-"+word[i:i+1])
		case i+1 == len(word):
			return append(flags, "-"+word[i:]), true
		default:
			return append(flags, "-"+word[i:i+1], strings.TrimPrefix(word[i+1:], "=")), false
		}
	}
	return flags, false
}

// takesValue says whether the command has a flag of that name, and whether it takes a value.
func takesValue(command *cli.Command, name string) (takes, ok bool) {
	for _, f := range command.Flags {
		if slices.Contains(f.Names(), name) {
			doc, documented := f.(cli.DocGenerationFlag)
			return documented && doc.TakesValue(), true
		}
	}
	return false, name == "help" || name == "h"
}
