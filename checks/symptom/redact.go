package symptom

import "regexp"

var secrets = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`eyJ[\w-]{4,}(?:\.[\w-]*){0,4}`), "(token)"},
	{regexp.MustCompile(`\b(?:AKIA|ASIA)[A-Z0-9]{12,124}`), "(access key)"},
	{regexp.MustCompile(`\b(?:FwoG|IQoJ|FQoG|AQoD)[\w+/=%-]{40,}`), "(session token)"},
	{regexp.MustCompile(`(?i)((?:secret[\w.-]{0,20}key|session[_-]?token|security-token|webidentitytoken|web_identity_token|password|signature|bearer)` +
		`(?:[\\"']{0,4}\s?[=:>]\s?|\s)[\\"']{0,4})[\w+/=%.-]{16,}`), "$1(secret)"},
}

// Redact takes tokens and keys out of a text, and what is beyond [Limit]: what is left
// can be kept and shown to others.
func Redact(s string) string {
	s = clip(s)
	for _, secret := range secrets {
		s = secret.what.ReplaceAllString(s, secret.with)
	}
	return s
}
