package checks

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// examineRoleARN says what is wrong with a text that should be the ARN of a role, as
// what follows "it", and which ARN was meant, or "" when that can not be told. The
// problem is "" for the ARN of a role.
func examineRoleARN(text string) (problem, meant string) {
	if nestsARN(text) {
		if m := doubledARN.FindStringSubmatch(text); m != nil && !nestsARN(m[1]) {
			meant = m[1]
		}
		return "holds an ARN within an ARN", meant
	}
	if _, ok := facts.ParseRoleARN(text); ok {
		return "", text
	}
	repaired := text
	var found []string
	for _, r := range arnRepairs {
		if after := r.repair(repaired); after != repaired {
			found = append(found, r.problem(repaired))
			repaired = after
		}
		if _, ok := facts.ParseRoleARN(repaired); ok && !nestsARN(repaired) {
			return strings.Join(found, ", and "), repaired
		}
	}
	return noRoleARN(text), ""
}

// doubledARN is the ARN of a role where the name of one belongs.
var doubledARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/(arn:aws[a-z-]*:iam::\d{12}:role(?:/[\x21-\x7e]+)?/[\w+=,.@-]{1,64})$`)

// nestsARN is about what IAM's pattern for a path lets pass, and no one means.
func nestsARN(text string) bool { return strings.Count(text, "arn:aws") > 1 }

// An arnRepair mends one way to write the ARN of a role wrong.
type arnRepair struct {
	problem func(before string) string
	repair  func(string) string
}

func repairBy(problem, pattern, replacement string) arnRepair {
	re := regexp.MustCompile(pattern)
	return arnRepair{func(string) string { return problem }, func(s string) string { return re.ReplaceAllString(s, replacement) }}
}

// arnRepairs are tried one upon the other, until the text is an ARN.
var arnRepairs = []arnRepair{
	{func(s string) string { return "holds characters that are not seen: " + unseen(s) }, plainText},
	repairBy("stands in quotes", "^[\"'`]+|[\"'`]+$", ""),
	repairBy("holds a backslash", `\\`, ""),
	repairBy("repeats the key of the annotation", `^[\w./-]*[rR]ole[-_]?[aA][rR][nN]["']?[:=]["']?`, ""),
	repairBy("is not in lower case up to the account", `(?i)^arn:aws:iam::`, "arn:aws:iam::"),
	repairBy("has hyphens in its account ID", `^(arn:aws[a-z-]*:iam::)(\d{4})-(\d{4})-(\d{4}):`, "${1}${2}${3}${4}:"),
	repairBy("names a region, which IAM's ARNs leave empty", `^(arn:aws[a-z-]*:iam:)[a-z]+(?:-[a-z]+)+-\d:`, "${1}:"),
	repairBy("has a colon too many or too few", `^arn:+(aws[a-z-]*):+iam:+(\d{12}):*(role[:/])`, "arn:${1}:iam::${2}:${3}"),
	repairBy("does not go on with role/ and the name after the account ID", `^(arn:aws[a-z-]*:iam::\d{12}:)(?:[rR]oles?:/*(?:role/+)?|[rR]oles/+|Role/+|role//+)`, "${1}role/"),
}

var (
	placeholderPattern = regexp.MustCompile(`[<>{}$]|%\w+%|(?i)account[-_ ]?(id|number)|:x{6,}:|your[-_]|my[-_]role`)
	bareName           = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
)

// noRoleARN says what a text is instead of the ARN of a role.
func noRoleARN(text string) string {
	if placeholderPattern.MatchString(text) {
		return "still holds a placeholder"
	}
	fields := strings.SplitN(text, ":", 6)
	switch {
	case bareName.MatchString(text):
		return "is a bare name, not an ARN"
	case len(fields) < 6 || fields[0] != "arn":
		return "is no ARN"
	}
	partition, service, account, resource := fields[1], fields[2], fields[4], fields[5]
	kind, name, _ := strings.Cut(resource, "/")
	switch {
	case !strings.HasPrefix(partition, "aws"):
		return fmt.Sprintf("names the partition %q, which is none of AWS", partition)
	case service == "sts" && kind == "assumed-role":
		role, _, _ := strings.Cut(name, "/")
		return fmt.Sprintf("is the ARN of a session of role %s, not of the role", role)
	case service != "iam":
		return fmt.Sprintf("is an ARN of the service %s, not of IAM", service)
	case kind == "instance-profile":
		return "is the ARN of an instance profile, not of the role in it"
	case kind == "policy" || kind == "user" || kind == "group" || kind == "oidc-provider":
		return fmt.Sprintf("is the ARN of a %s, not of a role", strings.ReplaceAll(strings.ReplaceAll(kind, "user", "user of IAM"), "oidc-provider", "provider"))
	case !allDigits(account) || len(account) != 12:
		problem := fmt.Sprintf("has the account ID %q instead of 12 digits", account)
		if allDigits(account) && len(account) > 8 && len(account) < 12 {
			problem += ", perhaps since a leading zero was lost"
		}
		return problem
	case kind != "role":
		return fmt.Sprintf("names the resource %q instead of role/ and a name", resource)
	}
	last := name[strings.LastIndex(name, "/")+1:]
	if len(last) > 64 {
		return fmt.Sprintf("has a role name of %d characters, of which IAM allows 64", len(last))
	}
	return fmt.Sprintf("has the role name %q, which IAM does not allow", last)
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
