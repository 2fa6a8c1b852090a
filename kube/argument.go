package kube

import "strings"

// argument returns the value of a flag in a command line: "-name V", "--name=V" and
// their like. The last one counts, as it does for flag packages; the value is "" when
// the line ends before it.
func argument(args []string, name string) (value string, ok bool) {
	for i, arg := range args {
		flag, given, joined := cutFlag(arg)
		switch {
		case flag != name:
		case joined:
			value, ok = given, true
		case i+1 < len(args):
			value, ok = args[i+1], true
		default:
			value, ok = "", true
		}
	}
	return value, ok
}

// cutFlag reads an argument that may be a flag: its name without dashes, "" when it is
// none, and the value that is joined to it.
func cutFlag(arg string) (name, value string, joined bool) {
	text, ok := strings.CutPrefix(arg, "-")
	if !ok {
		return "", "", false
	}
	return strings.Cut(strings.TrimPrefix(text, "-"), "=")
}

// switched is argument for a flag that stands alone or with "=", and never takes the
// argument after it.
func switched(args []string, name string) (value string, ok bool) {
	for _, arg := range args {
		if flag, given, _ := cutFlag(arg); flag == name {
			value, ok = given, true
		}
	}
	return value, ok
}
