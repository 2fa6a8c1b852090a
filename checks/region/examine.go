package region

import (
	"regexp"
	"strings"

	"github.com/agnivade/levenshtein"
)

// A Problem says what a value is that should be a region.
type Problem string

const (
	None        Problem = ""             // a region that the table holds
	Empty       Problem = "empty"        // nothing, or blanks
	Placeholder Problem = "placeholder"  // something that was to be replaced, such as <region> or $(AWS_REGION)
	Decorated   Problem = "decorated"    // a region in quotes, with blanks, in upper case or with underscores
	AccountID   Problem = "account-id"   // the 12 digits of an account
	Zone        Problem = "zone"         // an availability zone, a local zone or a wavelength zone
	DisplayName Problem = "display-name" // what the console calls a region
	Host        Problem = "host"         // the host name or URL of an endpoint
	Pseudo      Problem = "pseudo"       // a name for a whole partition, such as aws-global
	Unknown     Problem = "unknown"      // it looks like a region; the table may be older than the region
	Malformed   Problem = "malformed"    // it can be no region
)

var (
	account     = regexp.MustCompile(`^\d{4}-?\d{4}-?\d{4}$`)
	placeholder = regexp.MustCompile(`^<.*>$|\$[({\w]|\{\{|^%\w+%$|(?i)^(aws[_-]?(default[_-]?)?region|(your|my)[_-].*|region|region[_-]?(name|code|here)|todo|changeme|x{3,}|null|none|undefined)$`)
	zone        = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)+-\d+)(?:[a-z]|-[a-z0-9]+(?:-[a-z0-9]+)*-\d+[a-z]?)$`)
)

// Examine says what a value is that should be a region, and which region was meant,
// or "" when that can not be told. For Unknown and Malformed the suggestion is the
// nearest name, which is a guess.
func Examine(value string) (Problem, string) {
	if _, _, known := Lookup(value); known {
		return None, ""
	}
	plain := strings.ToLower(strings.ReplaceAll(strings.Trim(value, " \t\r\n\"'`"), "_", "-"))
	_, _, plainKnown := Lookup(plain)
	switch {
	case plain == "":
		return Empty, ""
	case placeholder.MatchString(strings.TrimSpace(value)):
		return Placeholder, ""
	case plainKnown:
		return Decorated, plain
	case account.MatchString(plain):
		return AccountID, ""
	}
	for _, p := range partitions {
		for _, pseudo := range p.Pseudo {
			if plain == pseudo {
				return Pseudo, p.Global
			}
		}
	}
	if m := zone.FindStringSubmatch(plain); m != nil {
		if _, _, known := Lookup(m[1]); known {
			return Zone, m[1]
		}
	}
	if name := displayed(plain); name != "" {
		return DisplayName, name
	}
	if strings.ContainsAny(value, "./:") {
		return Host, within(plain)
	}
	if p, _, _ := Lookup(value); p.ID != "" {
		return Unknown, nearest(value)
	}
	return Malformed, nearest(plain)
}

// displayed returns the region with this display name in lower case, with or without
// its brackets, or with this place in them: "n. virginia".
func displayed(text string) string {
	// The brackets of Canada hold a word, and those of GovCloud a part of other regions' names.
	isPlace := text != "central" && !strings.Contains(text, "-")
	for _, name := range names() {
		_, r, _ := Lookup(name)
		display := strings.ToLower(r.Display)
		if text == display || text == strings.NewReplacer("(", "", ")", "").Replace(display) ||
			isPlace && strings.HasSuffix(display, " ("+text+")") {
			return name
		}
	}
	return ""
}

// within returns the region that a host name or URL names between its dots.
func within(text string) string {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("./:", r) }) {
		if _, _, known := Lookup(part); known {
			return part
		}
	}
	return ""
}

// nearest returns the region whose name takes the fewest changes, or "" when each
// takes more than two.
func nearest(text string) string {
	best, least := "", 3
	for _, name := range names() {
		if max(len(text)-len(name), len(name)-len(text)) >= least {
			continue
		}
		if d := levenshtein.ComputeDistance(text, name); d < least {
			best, least = name, d
		}
	}
	return best
}
