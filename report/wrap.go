package report

import "strings"

// wrap breaks a clean line into lines of at most width columns: at spaces, else after
// the punctuation of ARNs and URLs, else anywhere. It drops only the spaces at which
// it breaks.
func wrap(s string, width int) []string {
	var lines []string
	for s = strings.TrimRight(s, " "); cells.StringWidth(s) > width; {
		line, rest := split(s, width)
		lines = append(lines, line)
		s = rest
	}
	return append(lines, s)
}

// split cuts the first line off a text that is wider than width.
func split(s string, width int) (line, rest string) {
	end, used := 0, 0 // of what fits
	space, mark := 0, 0
	for i, r := range s {
		w := cells.RuneWidth(r)
		if used+w > width && i > 0 {
			if r == ' ' {
				space = i
			}
			break
		}
		used += w
		end = i + len(string(r))
		switch {
		case r == ' ':
			space = i
		case strings.ContainsRune("/:,;&=@", r):
			mark = end
		}
	}
	switch {
	case strings.TrimLeft(s[:space], " ") != "":
		return strings.TrimRight(s[:space], " "), strings.TrimLeft(s[space:], " ")
	case mark > end/2:
		return s[:mark], s[mark:]
	}
	return s[:end], s[end:]
}
