package anonymous

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// each puts for every run of a text what f makes of it.
func each(text string, f func(run string) string) string {
	var b strings.Builder
	for p := range pieces(text) {
		if p.run {
			p.text = f(p.text)
		}
		b.WriteString(p.text)
	}
	return b.String()
}

var literal = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// eachInDocument is as each for the text of a policy, which is JSON or was to be: what a
// string escapes counts as what it means.
func eachInDocument(text string, f func(run string) string) string {
	var b strings.Builder
	from := 0
	for _, at := range literal.FindAllStringIndex(text, -1) {
		b.WriteString(each(text[from:at[0]], f))
		b.WriteString(eachInLiteral(text[at[0]:at[1]], f))
		from = at[1]
	}
	return b.String() + each(text[from:], f)
}

func eachInLiteral(quoted string, f func(run string) string) string {
	var plain string
	if !strings.Contains(quoted, `\`) || json.Unmarshal([]byte(quoted), &plain) != nil {
		return each(quoted, f)
	}
	changed := each(plain, f)
	if changed == plain {
		return quoted
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range changed {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r >= ' ' && r < utf8.RuneSelf:
			b.WriteRune(r)
		case r >= 0x10000:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String() + `"`
}

// chunk is what prose separates by blanks, quotes and brackets.
var chunk = regexp.MustCompile("[^\\s\"'`,;(){}\\[\\]<>=]+")

// eachInProse is as each for a text for people, of which the words that the doctor itself
// uses stay. A word that is a name of the snapshot, too, gives way where it is a part of
// something, as of a name with hyphens, or quoted.
func eachInProse(text string, named map[string]bool, f func(run string) string) string {
	var b strings.Builder
	from := 0
	for _, at := range chunk.FindAllStringIndex(text, -1) {
		b.WriteString(text[from:at[0]])
		from = at[1]
		part := text[at[0]:at[1]]
		quoted := at[0] > 0 && at[1] < len(text) && text[at[0]-1] == text[at[1]] && strings.ContainsRune("\"'`", rune(text[at[1]]))
		alone := !quoted && isOneRun(strings.Trim(part, ".:!?…"))
		b.WriteString(eachInChunk(part, alone, named, f))
	}
	return b.String() + text[from:]
}

// formal matches what is no prose: an ARN, a URL, the name of a service account.
var formal = regexp.MustCompile(`(?:^|[^a-z])arn:|://|serviceaccount:`)

func isOneRun(text string) bool {
	n, run := next(text+" ", 0)
	return run && n == len(text)
}

// eachInChunk does the same for a part without blanks; alone says that it is one word.
func eachInChunk(part string, alone bool, named map[string]bool, f func(run string) string) string {
	formal := formal.MatchString(part)
	var b strings.Builder
	before := ""
	for p := range pieces(part) {
		if p.run {
			escaped := ""
			if strings.HasSuffix(before, `\`) && strings.ContainsRune("nrt", rune(p.text[0])) && !speaks(p.text) {
				escaped, p.text = p.text[:1], p.text[1:]
			}
			if p.text != "" && (formal || !speaks(p.text) || named[folded(p.text)] && !alone) {
				p.text = f(p.text)
			}
			p.text = escaped + p.text
		}
		before = p.text
		b.WriteString(p.text)
	}
	return b.String()
}

// speaks says whether a run is made of the doctor's own words.
func speaks(run string) bool {
	if phrasebook[folded(run)] {
		return true
	}
	for w := range byHumps(run) {
		if !phrasebook[w] && !vocabulary[w] {
			return false
		}
	}
	return true
}
