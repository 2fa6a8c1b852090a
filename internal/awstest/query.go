package awstest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A queryService is a service of the AWS query protocol.
type queryService struct {
	version string
	xmlns   string
}

// A queryAction does a call. Its answer becomes the XML element <ActionResult>; nil leaves that out.
type queryAction struct {
	required string // names of parameters, separated by blanks
	do       func(*request) (any, *problem)
}

var queryServices = map[string]queryService{
	"iam": {version: "2010-05-08", xmlns: "https://iam.amazonaws.com/doc/2010-05-08/"},
	"sts": {version: "2011-06-15", xmlns: "https://sts.amazonaws.com/doc/2011-06-15/"},
}

func (r *request) serveQuery(denied bool) (reply, *problem) {
	service := queryServices[r.service]
	actions := map[string]map[string]queryAction{"iam": iamActions, "sts": stsActions}[r.service]
	action, known := actions[r.action]
	var p *problem
	switch version := r.params.Get("Version"); {
	case !known || version != service.version:
		p = bad("InvalidAction", "Could not find operation %s for version %s", r.action, version)
	case denied && r.caller != nil:
		if p = r.validate(action); p == nil {
			p = r.deniedTo("AccessDenied", r.queryResource(), " because no identity-based policy allows the "+r.service+":"+r.action+" action")
		}
	default:
		p = r.validate(action)
	}
	if p != nil {
		return r.queryError(p), p
	}
	result, p := action.do(r)
	if p != nil {
		return r.queryError(p), p
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<%sResponse xmlns=%q>", r.action, service.xmlns)
	if result != nil {
		start := xml.StartElement{Name: xml.Name{Local: r.action + "Result"}}
		if err := xml.NewEncoder(&b).EncodeElement(result, start); err != nil {
			panic(err) // results are structs of strings, numbers and lists
		}
	}
	fmt.Fprintf(&b, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>", r.id, r.action)
	return r.xml(http.StatusOK, b.Bytes()), nil
}

func (r *request) queryError(p *problem) reply {
	type failure struct {
		Type, Code, Message string
	}
	doc := struct {
		XMLName   xml.Name
		Error     failure
		RequestID string `xml:"RequestId"`
	}{xml.Name{Local: "ErrorResponse", Space: queryServices[r.service].xmlns}, failure{"Sender", p.code, p.message}, r.id}
	if p.status >= http.StatusInternalServerError {
		doc.Error.Type = "Receiver"
	}
	b, err := xml.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return r.xml(p.status, b)
}

func (r *request) xml(status int, body []byte) reply {
	return reply{status, http.Header{"Content-Type": {"text/xml"}, "X-Amzn-Requestid": {r.id}}, body}
}

// queryResource names what a call is about, as IAM's and STS's AccessDenied messages do.
func (r *request) queryResource() string {
	get := r.params.Get
	switch {
	case get("RoleArn") != "":
		return get("RoleArn")
	case get("OpenIDConnectProviderArn") != "":
		return get("OpenIDConnectProviderArn")
	case get("RoleName") != "":
		return "role " + get("RoleName")
	case get("PolicyArn") != "":
		return "policy " + get("PolicyArn")
	case get("PolicyName") != "":
		return "policy " + get("PolicyName")
	case get("Url") != "":
		return r.account.arn("oidc-provider/" + withoutScheme(get("Url")))
	case r.action == "ListRoles":
		return r.account.arn("role" + cmp.Or(get("PathPrefix"), "/"))
	case r.action == "ListOpenIDConnectProviders":
		return r.account.arn("oidc-provider/*")
	}
	return "*"
}

// A constraint is what the API model says of a parameter. A number has its bounds as value, a string as length.
type constraint struct {
	number   bool
	min, max int
	pattern  *regexp.Regexp
	message  string // answered when the pattern does not match
}

// constraints hold for the parameter of that name in every action of IAM and STS.
// They are those of the two API references; the messages for patterns are IAM's own.
var constraints = map[string]constraint{
	"AssumeRolePolicyDocument": {min: 1, max: 131072},
	"ClientID":                 {min: 1, max: 255},
	"Description":              {max: 1000},
	"DurationSeconds":          {number: true, min: 900, max: 43200},
	"Marker":                   {min: 1, max: 320},
	"MaxItems":                 {number: true, min: 1, max: 1000},
	"MaxSessionDuration":       {number: true, min: 3600, max: 43200},
	"OpenIDConnectProviderArn": {min: 20, max: 2048},
	"Path":                     {min: 1, max: 512, pattern: regexp.MustCompile(`^/([\x21-\x7e]+/)?$`), message: "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."},
	"PathPrefix":               {min: 1, max: 512, pattern: regexp.MustCompile(`^/[\x21-\x7f]*$`), message: "The specified value for pathPrefix is invalid. It must begin with / and contain only alphanumeric characters and/or / characters."},
	"PermissionsBoundary":      {min: 20, max: 2048},
	"PolicyArn":                {min: 20, max: 2048},
	"PolicyDocument":           {min: 1, max: 131072},
	"PolicyName":               {min: 1, max: 128, pattern: regexp.MustCompile(`^[\w+=,.@-]+$`), message: "The specified value for policyName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
	"RoleArn":                  {min: 20, max: 2048},
	"RoleName":                 {min: 1, max: 64, pattern: regexp.MustCompile(`^[\w+=,.@-]+$`), message: "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"},
	"RoleSessionName":          {min: 2, max: 64, pattern: regexp.MustCompile(`^[\w+=,.@-]*$`)},
	"Url":                      {min: 1, max: 255},
	"VersionId":                {min: 2, max: 64, pattern: regexp.MustCompile(`^v[1-9][0-9]*(\.[A-Za-z0-9-]*)?$`)},
	"WebIdentityToken":         {min: 4, max: 20000},
}

// validate holds the parameters against the API model.
func (r *request) validate(a queryAction) *problem {
	var found []string
	fail := func(name, value, should string) {
		found = append(found, fmt.Sprintf("Value %sat '%s' failed to satisfy constraint: %s", value, lowerFirst(name), should))
	}
	for name := range strings.FieldsSeq(a.required) {
		if !r.params.Has(name) && !r.params.Has(name+".member.1") {
			fail(name, "null ", "Member must not be null")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.params)) {
		c, ok := constraints[name]
		if !ok {
			continue
		}
		value, noun := r.params.Get(name), "length"
		size, quoted := utf8.RuneCountInString(value), "'"+value+"' "
		switch {
		case name == "WebIdentityToken":
			quoted = ""
		case c.number:
			n, err := strconv.Atoi(value)
			if err != nil {
				return bad("MalformedInput", "Invalid integer: %s", value)
			}
			size, noun = n, "value"
		}
		switch {
		case size > c.max:
			fail(name, quoted, fmt.Sprintf("Member must have %s less than or equal to %d", noun, c.max))
		case size < c.min:
			fail(name, quoted, fmt.Sprintf("Member must have %s greater than or equal to %d", noun, c.min))
		case c.pattern != nil && !c.pattern.MatchString(value):
			if c.message != "" {
				return bad("ValidationError", "%s", c.message)
			}
			fail(name, quoted, "Member must satisfy regular expression pattern: "+strings.Trim(c.pattern.String(), "^$"))
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return bad("ValidationError", "1 validation error detected: %s", found[0])
	}
	return bad("ValidationError", "%d validation errors detected: %s", len(found), strings.Join(found, "; "))
}

// list is a list parameter: Name.member.1, Name.member.2, …
func (r *request) list(name string) []string {
	var list []string
	for i := 1; ; i++ {
		key := name + ".member." + strconv.Itoa(i)
		if !r.params.Has(key) {
			return list
		}
		list = append(list, r.params.Get(key))
	}
}

// tags is the parameter Tags.member.1.Key, Tags.member.1.Value, …
func (r *request) tags() (map[string]string, *problem) {
	tags := map[string]string{}
	for i := 1; ; i++ {
		key := "Tags.member." + strconv.Itoa(i) + "."
		if !r.params.Has(key + "Key") {
			break
		}
		k := r.params.Get(key + "Key")
		if _, twice := tags[k]; twice {
			return nil, bad("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		tags[k] = r.params.Get(key + "Value")
	}
	if len(tags) > 50 {
		return nil, bad("ValidationError", "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50")
	}
	return tags, nil
}

func (r *request) number(name string, otherwise int) int {
	n, err := strconv.Atoi(r.params.Get(name))
	if err != nil {
		return otherwise // validate has refused what is not a number
	}
	return n
}

// A page is the tail of every paged answer.
type page struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

// page cuts the page that Marker and MaxItems mean out of sorted names. A marker is opaque to clients:
// here it holds the last name that was answered.
func (r *request) page(names []string) ([]string, page, *problem) {
	names, next, ok := cut(names, r.params.Get("Marker"), r.pageSize(r.number("MaxItems", 0), 100))
	if !ok {
		return nil, page{}, bad("ValidationError", "Invalid Marker.")
	}
	return names, page{IsTruncated: next != "", Marker: next}, nil
}

// cut answers the n names after the one in the token, and the token of the rest; ok is false when the token is none.
func cut(names []string, token string, n int) (part []string, next string, ok bool) {
	after, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || token != "" && len(after) == 0 {
		return nil, "", false
	}
	slices.Sort(names)
	names = slices.DeleteFunc(names, func(name string) bool { return name <= string(after) })
	if len(names) <= n {
		return names, "", true
	}
	return names[:n], base64.RawURLEncoding.EncodeToString([]byte(names[n-1])), true
}

// members is a list as the query protocol writes it: its element is there even when the list is empty.
type members[T any] struct {
	Member []T `xml:"member"`
}

func membersOf[T any](list []T) members[T] { return members[T]{list} }

type xmlTag struct{ Key, Value string }

func xmlTags(tags map[string]string) *members[xmlTag] {
	if len(tags) == 0 {
		return nil
	}
	list := &members[xmlTag]{}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list.Member = append(list.Member, xmlTag{k, tags[k]})
	}
	return list
}

// encoded is a policy as IAM answers it: "URL-encoded compliant with RFC 3986".
func encoded(d Document) string { return strings.ReplaceAll(url.QueryEscape(string(d)), "+", "%20") }

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func bad(code, format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, code: code, message: fmt.Sprintf(format, args...)}
}

func noSuchEntity(format string, args ...any) *problem {
	return &problem{status: http.StatusNotFound, code: "NoSuchEntity", message: fmt.Sprintf(format, args...)}
}

func conflict(code, format string, args ...any) *problem {
	return &problem{status: http.StatusConflict, code: code, message: fmt.Sprintf(format, args...)}
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }
