package awstest

import (
	_ "embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// managedPolicies holds a few policies that AWS manages. Names, paths and version numbers are AWS's; the documents
// are abridged to what they are known for.
//
//go:embed managed.json
var managedPolicies []byte

// managed are AWS's own policies, which every account sees as arn:PARTITION:iam::aws:policy/….
func managed() *Account {
	aws := &Account{}
	if err := json.Unmarshal(managedPolicies, &aws.Policies); err != nil {
		panic(err) // an embedded file
	}
	(&World{Accounts: map[string]*Account{"aws": aws}}).complete()
	return aws
}

// A named policy is a managed policy with what its ARN says.
type named struct {
	*Policy
	name, arn string
}

// policy is the managed policy that an ARN names, and nil when the caller can not see it.
func (r *request) policy(arn string) *named {
	for _, a := range []*Account{r.account, r.awsPolicies} {
		for name, p := range a.Policies {
			if found := "arn:" + r.account.Partition + ":iam::" + a.id + ":policy" + p.Path + name; found == arn {
				return &named{p, name, arn}
			}
		}
	}
	return nil
}

// wanted is the policy that PolicyArn names.
func (r *request) wanted() (*named, *problem) {
	arn := r.params.Get("PolicyArn")
	if !strings.HasPrefix(arn, "arn:") || !strings.Contains(arn, ":policy/") {
		return nil, bad("InvalidInput", "ARN %s is not valid.", arn)
	}
	p := r.policy(arn)
	if p == nil {
		return nil, noSuchEntity("Policy %s was not found.", arn)
	}
	return p, nil
}

type xmlPolicy struct {
	PolicyName                    string
	PolicyID                      string `xml:"PolicyId"`
	Arn                           string
	Path                          string
	DefaultVersionID              string `xml:"DefaultVersionId"`
	AttachmentCount               int
	PermissionsBoundaryUsageCount int
	IsAttachable                  bool
	Description                   string `xml:",omitempty"`
	CreateDate                    string
	UpdateDate                    string
	Tags                          *members[xmlTag] `xml:",omitempty"`
}

func (r *request) described(p *named) xmlPolicy {
	x := xmlPolicy{
		PolicyName: p.name, PolicyID: p.ID, Arn: p.arn, Path: p.Path, DefaultVersionID: p.Default, IsAttachable: true,
		Description: p.Description, CreateDate: timestamp(p.CreateDate), UpdateDate: timestamp(p.CreateDate), Tags: xmlTags(p.Tags),
	}
	for _, role := range r.account.Roles {
		if slices.Contains(role.Attached, p.arn) {
			x.AttachmentCount++
		}
		if role.PermissionsBoundary == p.arn {
			x.PermissionsBoundaryUsageCount++
		}
	}
	return x
}

type xmlVersion struct {
	Document         string `xml:",omitempty"`
	VersionID        string `xml:"VersionId"`
	IsDefaultVersion bool
	CreateDate       string
}

func getPolicy(r *request) (any, *problem) {
	policy, p := r.wanted()
	if p != nil {
		return nil, p
	}
	return struct{ Policy xmlPolicy }{r.described(policy)}, nil
}

func getPolicyVersion(r *request) (any, *problem) {
	policy, p := r.wanted()
	if p != nil {
		return nil, p
	}
	id := r.params.Get("VersionId")
	document, ok := policy.Versions[id]
	if !ok {
		return nil, noSuchEntity("Policy %s version %s does not exist or is not attachable.", policy.arn, id)
	}
	return struct{ PolicyVersion xmlVersion }{xmlVersion{encoded(document), id, id == policy.Default, timestamp(policy.CreateDate)}}, nil
}

func listPolicyVersions(r *request) (any, *problem) {
	policy, p := r.wanted()
	if p != nil {
		return nil, p
	}
	ids, tail, p := r.page(policy.versions())
	if p != nil {
		return nil, p
	}
	var versions members[xmlVersion]
	for _, id := range ids {
		versions.Member = append(versions.Member, xmlVersion{VersionID: id, IsDefaultVersion: id == policy.Default, CreateDate: timestamp(policy.CreateDate)})
	}
	return struct {
		Versions members[xmlVersion]
		page
	}{versions, tail}, nil
}

func createPolicy(r *request) (any, *problem) {
	name, document := r.params.Get("PolicyName"), Document(r.params.Get("PolicyDocument"))
	for other := range r.account.Policies {
		if strings.EqualFold(other, name) {
			return nil, conflict("EntityAlreadyExists", "A policy called %s already exists. Duplicate names are not allowed.", name)
		}
	}
	if p := checkPermissions(document); p != nil {
		return nil, p
	}
	tags, p := r.tags()
	if p != nil {
		return nil, p
	}
	path := "/"
	if r.params.Has("Path") {
		path = r.params.Get("Path")
	}
	created := &Policy{
		Path: path, ID: uniqueID("ANPA", r.id), Description: r.params.Get("Description"), Default: "v1",
		Versions: map[string]Document{"v1": document}, CreateDate: r.now, Tags: tags,
	}
	r.account.Policies[name] = created
	return struct{ Policy xmlPolicy }{r.described(&named{created, name, r.account.arn("policy" + path + name)})}, nil
}

func listAttached(r *request) (any, *problem) {
	role, _, p := r.role()
	if p != nil {
		return nil, p
	}
	arns := slices.DeleteFunc(slices.Clone(role.Attached), func(arn string) bool {
		_, path, _ := strings.Cut(arn, ":policy")
		return !strings.HasPrefix(path, r.params.Get("PathPrefix"))
	})
	arns, tail, p := r.page(arns)
	if p != nil {
		return nil, p
	}
	type attached struct{ PolicyName, PolicyArn string }
	var list members[attached]
	for _, arn := range arns {
		list.Member = append(list.Member, attached{arn[strings.LastIndex(arn, "/")+1:], arn})
	}
	return struct {
		AttachedPolicies members[attached]
		page
	}{list, tail}, nil
}

func attach(r *request) (any, *problem) {
	role, name, p := r.role()
	if p != nil {
		return nil, p
	}
	if p := r.modifiable(name); p != nil {
		return nil, p
	}
	arn := r.params.Get("PolicyArn")
	switch {
	case !strings.HasPrefix(arn, "arn:"):
		return nil, bad("InvalidInput", "ARN %s is not valid.", arn)
	case r.policy(arn) == nil:
		return nil, noSuchEntity("Policy %s does not exist or is not attachable.", arn)
	case !slices.Contains(role.Attached, arn):
		role.Attached = append(role.Attached, arn)
	}
	return nil, nil
}

func detach(r *request) (any, *problem) {
	role, name, p := r.role()
	if p != nil {
		return nil, p
	}
	if p := r.modifiable(name); p != nil {
		return nil, p
	}
	arn := r.params.Get("PolicyArn")
	if !slices.Contains(role.Attached, arn) {
		return nil, noSuchEntity("Policy %s was not found.", arn)
	}
	role.Attached = slices.DeleteFunc(role.Attached, func(have string) bool { return have == arn })
	return nil, nil
}

func listInline(r *request) (any, *problem) {
	role, _, p := r.role()
	if p != nil {
		return nil, p
	}
	names, tail, p := r.page(slices.Collect(maps.Keys(role.Inline)))
	if p != nil {
		return nil, p
	}
	return struct {
		PolicyNames members[string]
		page
	}{membersOf(names), tail}, nil
}

func getInline(r *request) (any, *problem) {
	role, name, p := r.role()
	if p != nil {
		return nil, p
	}
	policy := r.params.Get("PolicyName")
	document, ok := role.Inline[policy]
	if !ok {
		return nil, noSuchEntity("The role policy with name %s cannot be found.", policy)
	}
	return struct{ RoleName, PolicyName, PolicyDocument string }{name, policy, encoded(document)}, nil
}

func putInline(r *request) (any, *problem) {
	role, name, p := r.role()
	if p != nil {
		return nil, p
	}
	if p := r.modifiable(name); p != nil {
		return nil, p
	}
	document := Document(r.params.Get("PolicyDocument"))
	if p := checkPermissions(document); p != nil {
		return nil, p
	}
	role.Inline[r.params.Get("PolicyName")] = document
	return nil, nil
}

func deleteInline(r *request) (any, *problem) {
	role, _, p := r.role()
	if p != nil {
		return nil, p
	}
	policy := r.params.Get("PolicyName")
	if _, ok := role.Inline[policy]; !ok {
		return nil, noSuchEntity("The role policy with name %s cannot be found.", policy)
	}
	delete(role.Inline, policy)
	return nil, nil
}
