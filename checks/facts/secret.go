package facts

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// A secretForm is how a kind of secret looks, whatever stands around it.
type secretForm struct {
	name  string
	marks []string       // one of them is in every such secret: to look for them is fast
	found *regexp.Regexp // what Redact replaces: rather too much than too little
	with  string
	// certain are what FindSecret takes for one: what no other text can be. Each begins
	// with a literal, for which regexp looks fast.
	certain []*regexp.Regexp
}

var secretForms = []secretForm{
	form("a token", "(token)", `eyJ[\w-]{4,}(?:\.[\w-]*){0,4}`, `eyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]{8,}`).marked("eyJ"),
	form("a token for an EKS cluster", "(token)", `k8s-aws-v1\.[\w-]{16,}`, `k8s-aws-v1\.[\w-]{16,}`).marked("k8s-aws-v1."),
	form("an AWS access key ID", "(access key)", `\b(?:AKIA|ASIA)[A-Z0-9]{12,124}`,
		`AKIA[A-Z0-9]{16}\b`, `ASIA[A-Z0-9]{16}\b`).marked("AKIA", "ASIA"),
	form("an AWS session token", "(session token)", `\b(?:FwoG|IQoJ|FQoG|AQoD)[\w+/=%-]{40,}`,
		`FwoG[\w+/=%-]{100,}`, `IQoJ[\w+/=%-]{100,}`, `FQoG[\w+/=%-]{100,}`, `AQoD[\w+/=%-]{100,}`).marked("FwoG", "IQoJ", "FQoG", "AQoD"),
	form("a private key", "(private key)", `-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z0-9 ]*PRIVATE KEY-----)?`,
		`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----`).marked(" PRIVATE KEY-----"),
	// in base64: "-----BEGIN " and what begins neither CERTIFICATE nor PUBLIC
	form("a private key", "(private key)", `LS0tLS1CRUdJTiB(?:QUklW|[SFP])[\w+/=]*`,
		`LS0tLS1CRUdJTiB(?:QUklW|[SFP])`).marked("LS0tLS1CRUdJTiB"),
	form("a URL with a password", "$1", `(\w://)[^\s/?#"'<>]+@`, `://[^\s/?#"'<>:@]*:[^\s/?#"'<>]+@`).marked("://"),
	form("a secret", "$1(secret)", `(?i)((?:secret[\w.-]{0,20}key|session[_-]?token|security-token|webidentitytoken|web_identity_token|password|signature|bearer)`+assigned+`)[\w+/=%.-]{16,}`,
		assignments("ecret", `[\w.-]{0,20}(?i:key)`, "ession", `[_-]?(?i:token)`, "ecurity-", `(?i:token)`, "assword", "", "earer", "")...).
		marked("ecret", "ession", "ecurity-", "dentity", "assword", "ignature", "earer", "ECRET", "ESSION", "ECURITY-", "DENTITY", "ASSWORD", "IGNATURE", "EARER"),
}

// assigned is what stands between the name of a secret and the secret.
const assigned = `(?:[\\"']{0,4}\s?[=:>]\s?|\s)[\\"']{0,4}`

func form(name, with, found string, certain ...string) secretForm {
	f := secretForm{name: name, with: with, found: regexp.MustCompile(found)}
	for _, c := range certain {
		f.certain = append(f.certain, regexp.MustCompile(c))
	}
	return f
}

func (f secretForm) marked(marks ...string) secretForm {
	f.marks = marks
	return f
}

// assignments are forms of the names, each a word and what follows it, with the word in
// small letters and in capitals and with a value as long as an AWS secret access key.
func assignments(names ...string) (forms []string) {
	for pair := range slices.Chunk(names, 2) {
		for _, word := range []string{pair[0], strings.ToUpper(pair[0])} {
			forms = append(forms, word+pair[1]+assigned+`[\w+/=%.-]{40,}`)
		}
	}
	return forms
}

// Redact takes secrets out of a text that is free of form: tokens, keys, passwords in
// URLs. What is left can be kept and shown to others.
func Redact(s string) string {
	for _, f := range secretForms {
		for _, mark := range f.marks {
			if strings.Contains(s, mark) {
				s = f.found.ReplaceAllString(s, f.with)
				break
			}
		}
	}
	return redactSecretKeys(s)
}

// FindSecret returns the first secret in a text in words, and where it begins; "" when
// there is none. Unlike Redact it takes nothing for a secret that may well be none.
func FindSecret(b []byte) (name string, at int) {
	for _, f := range secretForms {
		for _, certain := range f.certain {
			if loc := certain.FindIndex(b); loc != nil && (name == "" || loc[0] < at) {
				name, at = f.name, loc[0]
			}
		}
	}
	return name, at
}

// secretKeyLength is that of an AWS secret access key: 30 random bytes in base64.
const secretKeyLength = 40

// redactSecretKeys replaces runs that look like AWS secret access keys. Nothing but
// their randomness tells them from other text.
func redactSecretKeys(s string) string {
	if len(s) < secretKeyLength {
		return s
	}
	var b strings.Builder
	kept := 0 // of s, up to where b has it
	for start := 0; start < len(s); {
		run := start
		for run < len(s) && isBase64(s[run]) {
			run++
		}
		end := start + secretKeyLength
		switch {
		case end <= run && (end == run || s[end] == '/') && random(s[start:end]):
			b.WriteString(s[kept:start] + "(secret key)")
			kept, start = end, end
		case strings.Contains(s[start:run], "/"): // which a path may have before the key
			start += strings.Index(s[start:run], "/") + 1
		default:
			start = run + 1
		}
	}
	return b.String() + s[kept:]
}

// isBase64 takes the characters of both alphabets, so that a run in the other one is
// not taken for two.
func isBase64(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}

// random says whether a run of base64 is a mixture that only chance makes: it changes
// between capitals, small letters and digits 25 times and has 16 of both kinds of letters
// on average. One key in a hundred has less than what is asked here; words, paths and
// hexadecimal numbers do.
func random(s string) bool {
	if strings.ContainsAny(s, "-_") {
		return false
	}
	var changes, small, capital, beyondHex, digits int
	var before func(rune) bool
	for i, r := range s {
		class := unicode.IsDigit
		switch {
		case unicode.IsUpper(r):
			class = unicode.IsUpper
			capital++
			if r > 'F' {
				beyondHex++
			}
		case unicode.IsLower(r):
			class = unicode.IsLower
			small++
		case unicode.IsDigit(r):
			digits++
		}
		if i > 0 && !before(r) {
			changes++
		}
		before = class
	}
	return changes >= 16 && small >= 8 && capital >= 8 && beyondHex >= 4 && digits > 0
}
