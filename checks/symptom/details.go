package symptom

import (
	"regexp"
	"strings"
)

// otherCodes are codes that tell no symptom by themselves.
var otherCodes = []string{"InvalidIdentityToken", "AccessDenied", "UnauthorizedOperation", "ValidationError", "SerializationError", "NoSuchVersion", "MethodNotAllowed"}

// code is the error code that the text names: the symptom's own, else the first known.
func (t *text) code(s *Symptom) string {
	for _, c := range s.codes {
		if t.hasCode(c) {
			return c
		}
	}
	first, code := len(t.lower), ""
	for _, c := range otherCodes {
		if i := t.codeAt(c); i >= 0 && i < first {
			first, code = i, c
		}
	}
	return code
}

var (
	requestID   = regexp.MustCompile(`(?i)request[ _-]?id["']?[>:=\s"']{1,4}([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Z0-9]{16}\b)`)
	namedIssuer = regexp.MustCompile(`(?i)in (?:your )?account(?: for)? (https://[^\s"'<>,;)\]}]{1,300})`)
	eksIssuer   = regexp.MustCompile(`(?i)https://oidc[.-]eks[^\s"'<>,;)\]}]{1,300}`)
	stsHost     = regexp.MustCompile(`(?i)\b(?:vpce-[a-z0-9-]{1,60}\.)?sts(?:-fips)?\.([^\s/:"'<>,;()]{0,100}?)\.?(?:vpce\.)?(?:amazonaws\.(?:com\.cn|com|eu)|api\.aws)\b`)
	anyHost     = regexp.MustCompile(`(?i)\bhttps?://([a-z0-9._-]{1,255})`)
	looked      = regexp.MustCompile(`(?i)\b(?:lookup|enotfound|eai_again|resolve host:?|unknownhostexception:|connect to) ([a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,10})`)
	badRegions  = regexp.MustCompile(`(?i)(?:invalid (?:input )?region:? |region not accepted: region=|provided region_name |invalid region[^'"]{0,20})["']?([^\s"',;]{1,64})`)
)

func (t *text) requestID() string { return submatch(requestID, t.plain) }

// findIssuer returns the one that the text names, without the punctuation that follows it.
func (t *text) findIssuer() string {
	url := submatch(namedIssuer, t.plain)
	if url == "" {
		url = eksIssuer.FindString(t.plain)
	}
	url, _, _ = strings.Cut(url, "/.well-known/")
	return strings.TrimRight(url, ".")
}

// findHost returns the one that was called, STS before others, and its region where it is STS's.
func (t *text) findHost() (host, region string) {
	if m := stsHost.FindStringSubmatch(t.plain); m != nil {
		return m[0], strings.Trim(m[1], ".")
	}
	if h := submatch(looked, t.plain); h != "" {
		return h, ""
	}
	for _, m := range anyHost.FindAllStringSubmatch(t.plain, 50) {
		if !strings.Contains(t.issuer, m[1]) {
			return m[1], ""
		}
	}
	return "", ""
}

// refusedRegion is what an SDK did not take for a region.
func (t *text) refusedRegion() string { return submatch(badRegions, t.plain) }

func submatch(r *regexp.Regexp, s string) string {
	if m := r.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}
