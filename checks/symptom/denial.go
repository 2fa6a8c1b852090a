package symptom

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A denial is a sentence of the form: User: CALLER is not authorized to perform:
// ACTION on resource: RESOURCE because REASON.
type denial struct {
	caller   string // ARN, or whatever stands there
	action   string
	resource string
	reason   string // in lower case
}

const verdict = " is not authorized to "

var deniedCall = regexp.MustCompile(`^(?:perform|access)(?: the following action)?:? ?["']?([A-Za-z0-9-]{1,60}:[A-Za-z0-9*]{1,120})?["']?` +
	`(?: on (?:the )?resources?:? ["']?([^\s"']{1,1000}))?`)

// denied finds the denials of the text, of a flood the first.
func (t *text) denied() []denial {
	var all []denial
	for from := 0; len(all) < 50; {
		i := strings.Index(t.lower[from:], verdict)
		if i < 0 {
			break
		}
		i += from
		from = i + len(verdict)
		m := deniedCall.FindStringSubmatchIndex(t.plain[from:])
		if m == nil {
			continue
		}
		part := func(n int) string {
			if m[2*n] < 0 {
				return ""
			}
			return t.plain[from+m[2*n] : from+m[2*n+1]]
		}
		reason := t.lower[from+m[1] : min(len(t.lower), from+m[1]+400)]
		reason, _, _ = strings.Cut(reason, verdict)
		all = append(all, denial{
			caller: lastWord(t.plain[:i]), action: part(1),
			resource: strings.TrimRight(part(2), ".,;)}]"), reason: reason,
		})
	}
	return all
}

// lastWord is the word before the verdict, without what quotes it.
func lastWord(s string) string {
	s = s[max(0, len(s)-2048):]
	return strings.Trim(s[strings.LastIndexByte(s, ' ')+1:], `"'(),;`)
}

var (
	assumedRole  = regexp.MustCompile(`assumed-role/([^/\s"']{1,500})/([^\s"',)\]}]{1,500})`)
	instance     = regexp.MustCompile(`^(?:i-(?:0[0-9A-Za-z*]*|[0-9a-fA-FxX*]{3,}|\.{2,}|…|[<{].*[>}])|[<{](?i:instance).*[>}])$`)
	sdkSession   = regexp.MustCompile(`^(?:\d{13,19}|botocore-session-\d+|aws-sdk-[a-z-]*\d+|AWSCLI-Session|aws-cli-\S+|token-file-web-identity|web-identity-token-\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$`)
	nodeRoleName = regexp.MustCompile(`(?i)node-?_?instance-?_?role|nodegroup|node[-_]groups?|(?:eks|karpenter)[-_]?node|node-?_?role|worker-?_?node|^(?:nodes|masters|control-plane)\.`)
	roleResource = regexp.MustCompile(`^arn:[^:]*:(?:iam|sts)::([^:]*):(?:assumed-)?role/(.+)$`)
)

// session splits the ARN of an assumed role; ok says whether it is one.
func (d denial) session() (role, name string, ok bool) {
	m := assumedRole.FindStringSubmatch(d.caller)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

// Session splits the caller's ARN, where it is the session of a role.
func (m Match) Session() (account, role, session string, ok bool) {
	role, session, ok = denial{caller: m.Caller}.session()
	_, rest, _ := strings.Cut(m.Caller, "::")
	account, _, _ = strings.Cut(rest, ":")
	return account, role, session, ok
}

// byNode says whether the caller is a node: EC2 names the session of an instance's
// role after the instance.
func (d denial) byNode() bool {
	role, name, ok := d.session()
	return ok && (instance.MatchString(name) || nodeRoleName.MatchString(role) && !sdkSession.MatchString(name))
}

// byPerson says whether the caller is an IAM user, the account's root, or somebody
// who signed in through IAM Identity Center.
func (d denial) byPerson() bool {
	for _, part := range []string{":user/", ":root", ":federated-user/", "assumed-role/AWSReservedSSO_"} {
		if strings.Contains(d.caller, part) {
			return true
		}
	}
	return false
}

// byNobody says whether the call was unsigned.
func (d denial) byNobody() bool { return lower(d.caller) == "anonymous" }

// byRole says whether the caller is, as far as one can see, the session of a workload's role.
func (d denial) byRole() bool { return !d.byNode() && !d.byPerson() && !d.byNobody() }

// exchanges says whether a token was to be changed for a session, which is not signed.
func (d denial) exchanges() bool { return lower(d.action) == "sts:assumerolewithwebidentity" }

// assumes says whether a role was to be assumed.
func (d denial) assumes() bool {
	return slices.Contains([]string{"sts:assumerole", "sts:tagsession", "sts:setsourceidentity"}, lower(d.action))
}

// itself says whether the caller's role is the one that it is to assume. The ARN of a
// session leaves out the path of its role.
func (d denial) itself() bool {
	role, _, ok := d.session()
	m := roleResource.FindStringSubmatch(d.resource)
	if !ok || m == nil {
		return false
	}
	_, rest, _ := strings.Cut(d.caller, "::")
	account, _, _ := strings.Cut(rest, ":")
	return account == m[1] && role == m[2][strings.LastIndexByte(m[2], '/')+1:]
}

// policies are the kinds that a denial can name, with what they mean to its reader.
var policies = []struct{ article, name, means string }{
	{"a", "service control policy", "one of the organization's, which no policy of the role outweighs"},
	{"a", "resource control policy", "one of the organization's, for the account of the resource"},
	{"a", "permissions boundary", "the role's boundary, which its policies can not exceed"},
	{"a", "session policy", "one that was passed when the session was made"},
	{"a", "vpc endpoint policy", "that of the endpoint which the call went through"},
	{"a", "resource-based policy", "the resource's own: of the bucket, the key, the queue"},
	{"an", "identity-based policy", "one that is attached to the role"},
}

// remarks say what the sentence tells of the caller and of the reason.
func (d denial) remarks() []string {
	var all []string
	if role, name, ok := d.session(); ok {
		switch {
		case instance.MatchString(name):
			all = append(all, fmt.Sprintf("session %s is named after an EC2 instance: the caller is that node, by its role %s", name, role))
		case d.byNode():
			all = append(all, fmt.Sprintf("role %s is a node's, by its name", role))
		case sdkSession.MatchString(name):
			all = append(all, fmt.Sprintf("session %s has a name that SDKs make up, as they do for web identity: the role is %s", name, role))
		}
	}
	reason := strings.ReplaceAll(d.reason, "policies", "policy")
	for _, p := range policies {
		kind := p.article + " " + p.name
		switch {
		case strings.Contains(reason, "explicit deny in "+kind):
			return append(all, "an explicit deny refuses it, in "+kind+": "+p.means)
		case strings.Contains(reason, "no "+p.name+" allow"):
			return append(all, "what it lacks is an allow in "+kind+": "+p.means)
		}
	}
	return all
}
