package awstest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// iamActions are the actions of IAM that the server knows.
var iamActions = map[string]queryAction{
	"CreateRole":             {"RoleName AssumeRolePolicyDocument", createRole},
	"GetRole":                {"RoleName", getRole},
	"ListRoles":              {"", listRoles},
	"ListRoleTags":           {"RoleName", listRoleTags},
	"UpdateAssumeRolePolicy": {"RoleName PolicyDocument", updateAssumeRolePolicy},
	"DeleteRole":             {"RoleName", deleteRole},

	"ListOpenIDConnectProviders":              {"", listProviders},
	"GetOpenIDConnectProvider":                {"OpenIDConnectProviderArn", getProvider},
	"CreateOpenIDConnectProvider":             {"Url", createProvider},
	"DeleteOpenIDConnectProvider":             {"OpenIDConnectProviderArn", deleteProvider},
	"AddClientIDToOpenIDConnectProvider":      {"OpenIDConnectProviderArn ClientID", addClientID},
	"RemoveClientIDFromOpenIDConnectProvider": {"OpenIDConnectProviderArn ClientID", removeClientID},
	"UpdateOpenIDConnectProviderThumbprint":   {"OpenIDConnectProviderArn ThumbprintList", updateThumbprint},
	"TagOpenIDConnectProvider":                {"OpenIDConnectProviderArn Tags.member.1.Key", tagProvider},

	"ListAttachedRolePolicies": {"RoleName", listAttached},
	"AttachRolePolicy":         {"RoleName PolicyArn", attach},
	"DetachRolePolicy":         {"RoleName PolicyArn", detach},
	"ListRolePolicies":         {"RoleName", listInline},
	"GetRolePolicy":            {"RoleName PolicyName", getInline},
	"PutRolePolicy":            {"RoleName PolicyName PolicyDocument", putInline},
	"DeleteRolePolicy":         {"RoleName PolicyName", deleteInline},
	"CreatePolicy":             {"PolicyName PolicyDocument", createPolicy},
	"GetPolicy":                {"PolicyArn", getPolicy},
	"GetPolicyVersion":         {"PolicyArn VersionId", getPolicyVersion},
	"ListPolicyVersions":       {"PolicyArn", listPolicyVersions},
}

type xmlBoundary struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

type xmlLastUsed struct {
	LastUsedDate string `xml:",omitempty"`
	Region       string `xml:",omitempty"`
}

type xmlRole struct {
	Path                     string
	RoleName                 string
	RoleID                   string `xml:"RoleId"`
	Arn                      string
	CreateDate               string
	AssumeRolePolicyDocument string
	Description              string `xml:",omitempty"`
	MaxSessionDuration       int
	PermissionsBoundary      *xmlBoundary     `xml:",omitempty"`
	Tags                     *members[xmlTag] `xml:",omitempty"`
	RoleLastUsed             *xmlLastUsed     `xml:",omitempty"`
}

// listed is a role as ListRoles answers it: without PermissionsBoundary, RoleLastUsed and Tags.
func (a *Account) listed(name string) xmlRole {
	r := a.Roles[name]
	return xmlRole{
		Path: r.Path, RoleName: name, RoleID: r.ID, Arn: a.roleARN(name), CreateDate: timestamp(r.CreateDate),
		AssumeRolePolicyDocument: encoded(r.TrustPolicy), Description: r.Description, MaxSessionDuration: r.MaxSessionDuration,
	}
}

// whole is a role as GetRole answers it.
func (a *Account) whole(name string) xmlRole {
	r, x := a.Roles[name], a.listed(name)
	x.Tags, x.RoleLastUsed = xmlTags(r.Tags), &xmlLastUsed{}
	if r.PermissionsBoundary != "" {
		x.PermissionsBoundary = &xmlBoundary{"PermissionsBoundaryPolicy", r.PermissionsBoundary}
	}
	if !r.LastUsed.IsZero() {
		x.RoleLastUsed.LastUsedDate = timestamp(r.LastUsed)
	}
	return x
}

// role is the role that RoleName names. Whether IAM finds a name written in another case is not documented; here it does not.
func (r *request) role() (*Role, string, *problem) {
	name := r.params.Get("RoleName")
	role := r.account.Roles[name]
	if role == nil {
		return nil, "", noSuchEntity("The role with name %s cannot be found.", name)
	}
	return role, name, nil
}

func getRole(r *request) (any, *problem) {
	_, name, p := r.role()
	if p != nil {
		return nil, p
	}
	return struct{ Role xmlRole }{r.account.whole(name)}, nil
}

func listRoles(r *request) (any, *problem) {
	names := slices.DeleteFunc(slices.Collect(maps.Keys(r.account.Roles)), func(name string) bool {
		return !strings.HasPrefix(r.account.Roles[name].Path, r.params.Get("PathPrefix"))
	})
	names, tail, p := r.page(names)
	if p != nil {
		return nil, p
	}
	var roles members[xmlRole]
	for _, name := range names {
		roles.Member = append(roles.Member, r.account.listed(name))
	}
	return struct {
		Roles members[xmlRole]
		page
	}{roles, tail}, nil
}

func listRoleTags(r *request) (any, *problem) {
	role, _, p := r.role()
	if p != nil {
		return nil, p
	}
	keys, tail, p := r.page(slices.Collect(maps.Keys(role.Tags)))
	if p != nil {
		return nil, p
	}
	var tags members[xmlTag]
	for _, k := range keys {
		tags.Member = append(tags.Member, xmlTag{k, role.Tags[k]})
	}
	return struct {
		Tags members[xmlTag]
		page
	}{tags, tail}, nil
}

func createRole(r *request) (any, *problem) {
	name, trust := r.params.Get("RoleName"), Document(r.params.Get("AssumeRolePolicyDocument"))
	for other := range r.account.Roles {
		if strings.EqualFold(other, name) { // "Names are not distinguished by case"
			return nil, conflict("EntityAlreadyExists", "Role with name %s already exists.", name)
		}
	}
	if p := r.checkTrust(trust); p != nil {
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
	r.account.Roles[name] = &Role{
		Path: path, ID: uniqueID("AROA", r.id), TrustPolicy: trust, MaxSessionDuration: r.number("MaxSessionDuration", 3600),
		CreateDate: r.now, Description: r.params.Get("Description"), PermissionsBoundary: r.params.Get("PermissionsBoundary"),
		Inline: map[string]Document{}, Tags: tags,
	}
	created := r.account.whole(name)
	created.RoleLastUsed = nil
	return struct{ Role xmlRole }{created}, nil
}

func updateAssumeRolePolicy(r *request) (any, *problem) {
	role, name, p := r.role()
	if p != nil {
		return nil, p
	}
	if p := r.modifiable(name); p != nil {
		return nil, p
	}
	trust := Document(r.params.Get("PolicyDocument"))
	if p := r.checkTrust(trust); p != nil {
		return nil, p
	}
	role.TrustPolicy = trust
	return nil, nil
}

func deleteRole(r *request) (any, *problem) {
	role, name, p := r.role()
	switch {
	case p != nil:
		return nil, p
	case len(role.Attached) > 0:
		return nil, conflict("DeleteConflict", "Cannot delete entity, must detach all policies first.")
	case len(role.Inline) > 0:
		return nil, conflict("DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	if p := r.modifiable(name); p != nil {
		return nil, p
	}
	delete(r.account.Roles, name)
	return nil, nil
}

// modifiable refuses changes to service-linked roles, which only their service may make.
func (r *request) modifiable(name string) *problem {
	if !strings.HasPrefix(r.account.Roles[name].Path, "/aws-service-role/") {
		return nil
	}
	return &problem{status: http.StatusBadRequest, code: "UnmodifiableEntity", message: "Cannot perform the operation on the protected role '" +
		name + "' - this role is only modifiable by AWS"}
}
