package awstest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// An Ask is a wish to assume a role, as STS sees it when it comes to the role's trust policy.
type Ask struct {
	Action    string              // "sts:AssumeRole" or "sts:AssumeRoleWithWebIdentity"
	Role      string              // ARN
	Policy    string              // the role's trust policy
	Provider  string              // ARN of the token's OIDC provider; empty for AssumeRole
	Principal string              // the caller's ARN, the role's for a role session; empty for a web identity
	Session   string              // the assumed-role ARN of a role session; empty otherwise
	Keys      map[string][]string // the request's condition keys, in lower case
}

// A statement is one of a policy's, as it stands there.
type statement struct {
	Sid, Effect             string
	Principal, NotPrincipal json.RawMessage
	Action, NotAction       oneOrMore
	Resource, NotResource   oneOrMore
	Condition               map[string]map[string]oneOrMore
}

// oneOrMore is a string or a list of strings; numbers and booleans are taken as text.
type oneOrMore []string

func (m *oneOrMore) UnmarshalJSON(data []byte) error {
	var list []any
	if json.Unmarshal(data, &list) != nil {
		list = []any{nil}
		if err := json.Unmarshal(data, &list[0]); err != nil {
			return err
		}
	}
	*m = oneOrMore{}
	for _, v := range list {
		switch v := v.(type) {
		case string:
			*m = append(*m, v)
		case bool, float64:
			text, _ := json.Marshal(v)
			*m = append(*m, string(text))
		default:
			return &json.UnmarshalTypeError{Value: "policy element"}
		}
	}
	return nil
}

// parsePolicy reads a policy strictly: unknown elements are errors.
func parsePolicy(d Document) (version string, statements []statement, err error) {
	var top struct {
		Version, ID string
		Statement   json.RawMessage
	}
	strict := func(text string, v any) error {
		dec := json.NewDecoder(strings.NewReader(text))
		dec.DisallowUnknownFields()
		return dec.Decode(v)
	}
	if err := strict(string(d), &top); err != nil {
		return "", nil, err
	}
	if err := strict(string(top.Statement), &statements); err != nil {
		statements = make([]statement, 1)
		if strict(string(top.Statement), &statements[0]) != nil {
			return "", nil, err
		}
	}
	return top.Version, statements, nil
}

// principals reads a Principal element: "*" is the type "*".
func principals(raw json.RawMessage) map[string]oneOrMore {
	var byType map[string]oneOrMore
	if string(raw) == `"*"` {
		return map[string]oneOrMore{"*": {"*"}}
	}
	if json.Unmarshal(raw, &byType) != nil {
		return nil
	}
	return byType
}

// operators are the condition operators that the server evaluates; see "Condition operators" in the IAM User Guide.
// The others of IAM are taken when a policy is saved, and never hold when it is evaluated.
var operators = map[string]func(want, have string) bool{
	"StringEquals":           func(want, have string) bool { return want == have },
	"StringEqualsIgnoreCase": strings.EqualFold,
	"StringLike":             like,
	"ArnEquals":              arnLike,
	"ArnLike":                arnLike,
	"Bool":                   strings.EqualFold,
}

var negated = map[string]string{
	"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase", "StringNotLike": "StringLike",
	"ArnNotEquals": "ArnEquals", "ArnNotLike": "ArnLike",
}

var notEvaluated = regexp.MustCompile(`^(Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?|Date(Not)?Equals|Date(Less|Greater)Than(Equals)?|BinaryEquals|(Not)?IpAddress)$`)

// operator takes an operator's name apart.
func operator(name string) (set, base string, ifExists bool) {
	if i := strings.Index(name, ":"); i >= 0 {
		set, name = name[:i], name[i+1:]
	}
	base, ifExists = strings.CutSuffix(name, "IfExists")
	return set, base, ifExists
}

func like(pattern, s string) bool {
	quoted := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
	return regexp.MustCompile(`(?s)^` + quoted + `$`).MatchString(s)
}

// arnLike compares ARNs part by part: "Each of the six colon-delimited components of the ARN is checked separately".
func arnLike(pattern, s string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(s, ":", 6)
	if len(patterns) != 6 || len(parts) != 6 || parts[0] != "arn" {
		return false
	}
	for i, part := range parts {
		if !like(patterns[i], part) {
			return false
		}
	}
	return true
}

func anyLike(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return like(strings.ToLower(p), strings.ToLower(s)) })
}

// evaluate is IAM's decision: an explicit deny wins, and without an allow the answer is no.
func evaluate(ask Ask) bool {
	_, statements, err := parsePolicy(Document(ask.Policy))
	if err != nil {
		return false
	}
	allowed := false
	for _, s := range statements {
		acts := s.Action != nil && anyLike(s.Action, ask.Action) || s.NotAction != nil && !anyLike(s.NotAction, ask.Action)
		if !acts || !ask.is(principals(s.Principal)) || !ask.meets(s.Condition) {
			continue
		}
		if s.Effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

// is reports whether the one who asks is among the principals.
func (a Ask) is(who map[string]oneOrMore) bool {
	if who["*"] != nil {
		return true
	}
	if a.Provider != "" {
		return slices.Contains(who["Federated"], a.Provider)
	}
	account := accountOf(a.Principal)
	partition, _, _ := strings.Cut(strings.TrimPrefix(a.Principal, "arn:"), ":")
	names := []string{"*", account, "arn:" + partition + ":iam::" + account + ":root", a.Principal}
	if a.Session != "" {
		names = append(names, a.Session)
	}
	return slices.ContainsFunc(who["AWS"], func(p string) bool { return slices.Contains(names, p) })
}

// meets reports whether all conditions hold.
func (a Ask) meets(conditions map[string]map[string]oneOrMore) bool {
	for name, keys := range conditions {
		set, base, ifExists := operator(name)
		for key, want := range keys {
			have, present := a.Keys[strings.ToLower(key)]
			if !holds(set, base, ifExists, want, have, present) {
				return false
			}
		}
	}
	return true
}

func holds(set, base string, ifExists bool, want, have []string, present bool) bool {
	if base == "Null" {
		return slices.Contains(want, map[bool]string{true: "false", false: "true"}[present])
	}
	positive, negative := negated[base]
	if !negative {
		positive = base
	}
	compare := operators[positive]
	if compare == nil {
		return ifExists && !present
	}
	matches := func(value string) bool {
		return negative != slices.ContainsFunc(want, func(w string) bool { return compare(w, value) })
	}
	switch {
	case set == "ForAllValues":
		return !slices.ContainsFunc(have, func(v string) bool { return !matches(v) }) // true without values
	case set == "ForAnyValue":
		return slices.ContainsFunc(have, matches) || ifExists && !present
	case !present:
		return negative || ifExists
	}
	return len(have) == 1 && matches(have[0])
}

func malformed(message string) *problem { return bad("MalformedPolicyDocument", "%s", message) }

// checkPermissions refuses an identity-based policy that IAM would not save.
func checkPermissions(d Document) *problem {
	version, statements, err := parsePolicy(d)
	switch {
	case err != nil || len(statements) == 0:
		return malformed("Syntax errors in policy.")
	case version != "2012-10-17":
		return malformed("Policy document must be version 2012-10-17 or greater.")
	}
	for _, s := range statements {
		switch {
		case s.Principal != nil || s.NotPrincipal != nil:
			return malformed("Policy document should not specify a principal.")
		case s.Effect != "Allow" && s.Effect != "Deny", unknownOperator(s) != "":
			return malformed("Syntax errors in policy.")
		case len(s.Action) == 0 && len(s.NotAction) == 0:
			return malformed("Policy statement must contain actions.")
		case len(s.Resource) == 0 && len(s.NotResource) == 0:
			return malformed("Policy statement must contain resources.")
		}
		for _, action := range slices.Concat(s.Action, s.NotAction) {
			if action != "*" && strings.Count(action, ":") != 1 {
				return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
		}
	}
	return nil
}

var (
	domainName   = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`)
	federatedARN = regexp.MustCompile(`^arn:[a-z0-9-]+:iam::\d{12}:(oidc|saml)-provider/\S+$`)
	awsPrincipal = regexp.MustCompile(`^(\*|\d{12}|arn:[a-z0-9-]+:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/\S+))$`)
	trustActions = []string{"sts:assumerole", "sts:assumerolewithwebidentity", "sts:assumerolewithsaml", "sts:tagsession", "sts:setsourceidentity", "sts:setcontext", "sts:*"}
)

// checkTrust refuses a trust policy that IAM would not save.
func (r *request) checkTrust(d Document) *problem {
	_, statements, err := parsePolicy(d)
	if err != nil {
		return malformed("This policy contains invalid Json")
	}
	for _, s := range statements {
		who := principals(s.Principal)
		switch {
		case s.Resource != nil || s.NotResource != nil:
			return malformed("Has prohibited field Resource")
		case s.NotPrincipal != nil:
			return malformed("AssumeRole policy must not contain NotPrincipal field.")
		case s.Effect != "Allow" && s.Effect != "Deny":
			return malformed("Missing required field Effect")
		case len(who) == 0:
			return malformed("Missing required field Principal")
		case len(s.Action) == 0 && len(s.NotAction) == 0:
			return malformed("Missing required field Action")
		case unknownOperator(s) != "":
			return malformed("Invalid Condition type : " + unknownOperator(s))
		}
		for _, action := range slices.Concat(s.Action, s.NotAction) {
			if !slices.Contains(trustActions, strings.ToLower(action)) {
				return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		for _, p := range who["Federated"] {
			if !domainName.MatchString(p) && !federatedARN.MatchString(p) {
				return malformed("Federated principals must be valid domain names or SAML metadata ARNs")
			}
		}
		for _, p := range who["AWS"] {
			if !awsPrincipal.MatchString(p) || r.missingRole(p) {
				return malformed(`Invalid principal in policy: "AWS":"` + p + `"`)
			}
		}
	}
	size := len(strings.Join(strings.FieldsFunc(string(d), unicode.IsSpace), ""))
	if size > 2048 { // the default of the quota "Role trust policy length"
		return conflict("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")
	}
	return nil
}

// missingRole reports whether a principal is a role of one of the world's accounts that does not exist there.
func (r *request) missingRole(principal string) bool {
	account := r.world.Accounts[accountOf(principal)]
	path, isRole := strings.CutPrefix(principal[strings.LastIndex(principal, ":")+1:], "role/")
	if account == nil || !isRole {
		return false
	}
	name := path[strings.LastIndex(path, "/")+1:]
	return account.Roles[name] == nil || account.roleARN(name) != principal
}

// unknownOperator names a condition operator of the statement that IAM does not have.
func unknownOperator(s statement) string {
	for _, name := range slices.Sorted(maps.Keys(s.Condition)) {
		set, base, _ := operator(name)
		known := base == "Null" || operators[base] != nil || negated[base] != "" || notEvaluated.MatchString(base)
		if !known || set != "" && set != "ForAnyValue" && set != "ForAllValues" {
			return name
		}
	}
	return ""
}
