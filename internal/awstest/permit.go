package awstest

import "slices"

// permitted is IAM's decision on an identity-based policy: an explicit deny wins, and without an allow the
// answer is no. A statement with conditions allows nothing and denies nothing.
//
// Two calls need no permission: "No permissions are required to perform this operation" says the STS API
// reference of GetCallerIdentity, and AssumeRoleWithWebIdentity has no caller.
func (r *request) permitted() bool {
	if r.caller == nil || r.caller.Policies == nil || r.service+":"+r.action == "sts:GetCallerIdentity" {
		return true
	}
	action, target := r.service+":"+r.action, r.target()
	allowed := false
	for _, d := range r.caller.Policies {
		_, statements, err := parsePolicy(d)
		if err != nil {
			continue
		}
		for _, s := range statements {
			acts := s.Action != nil && anyLike(s.Action, action) || s.NotAction != nil && !anyLike(s.NotAction, action)
			covers := func(pattern string) bool { return pattern == "*" || like(pattern, target) }
			on := s.Resource != nil && slices.ContainsFunc(s.Resource, covers) || s.NotResource != nil && !slices.ContainsFunc(s.NotResource, covers)
			switch {
			case !acts || !on || len(s.Condition) > 0:
			case s.Effect == "Deny":
				return false
			default:
				allowed = true
			}
		}
	}
	return allowed
}

// target is the ARN that Resource is held against.
func (r *request) target() string {
	get := r.params.Get
	switch {
	case r.service == "eks":
		return r.eksResource()
	case get("RoleName") != "" && r.account.Roles[get("RoleName")] != nil:
		return r.account.roleARN(get("RoleName"))
	case get("RoleName") != "":
		return r.account.arn("role/" + get("RoleName"))
	case get("PolicyArn") != "":
		return get("PolicyArn")
	case get("PolicyName") != "":
		return r.account.arn("policy/" + get("PolicyName"))
	}
	return r.queryResource()
}
