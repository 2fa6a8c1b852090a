package checks

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/policy"
)

// A trust is what a role's trust policy, evaluated as IAM does, says of the call that a
// binding's workloads make. The trust checks attribute this one evaluation to the parts
// of the policy: all of them pass exactly when it allows the call.
type trust struct {
	err  error  // why there is nothing to evaluate
	idle string // why the question does not arise; "" when it does

	audit     *Audit
	binding   *Binding
	arn       facts.RoleARN
	role      facts.Role
	issuer    string   // URL
	audiences []string // of the tokens of the binding's workloads; "" is not known
	document  *policy.Document

	// What follows is about the audience that the policy takes to worst.
	audience string
	result   *policy.Explanation
	// decisive is the statement that allows the call or comes nearest to it; nil when
	// the policy allows nothing.
	decisive *policy.StatementResult
}

// trust evaluates the trust policy of the binding's role, once.
func (a *Audit) trust(b *Binding) *trust {
	t, ok := a.trusts[b]
	if !ok {
		t = a.evaluateTrust(b)
		a.trusts[b] = t
	}
	return t
}

func (a *Audit) evaluateTrust(b *Binding) *trust {
	t := &trust{audit: a, binding: b}
	if t.idle, t.err = a.withoutRole(b); t.idle != "" || t.err != nil {
		return t
	}
	t.arn, _ = facts.ParseRoleARN(b.RoleARN)
	if t.role, t.err = a.role(b.RoleARN); t.err != nil {
		if facts.KindOf(t.err) == facts.Absent {
			t.idle = "the role does not exist: see role-exists"
		}
		return t
	}
	if t.issuer, t.err = a.httpsIssuer(); t.err != nil {
		return t
	}
	document, err := policy.Parse(string(t.role.TrustPolicy))
	if err != nil {
		t.err = &facts.Gap{Kind: facts.Malformed, Detail: "the trust policy of " + t.role.ARN + " can not be read: " + err.Error()}
		return t
	}
	t.document = document
	t.audiences = a.tokenAudiences(b)
	for _, audience := range t.audiences {
		if e := document.Evaluate(t.request(b.Subject(), audience)); t.result == nil || e.Decision < t.result.Decision {
			t.audience, t.result = audience, e
		}
	}
	t.decisive = decisive(t.result)
	return t
}

// withoutRole says why a binding has no role to be had by web identity: as a reason why
// the question does not arise, or as the gap that keeps us from knowing.
func (a *Audit) withoutRole(b *Binding) (idle string, err error) {
	if b.servedByPodIdentity() {
		return "EKS Pod Identity serves the account: see pod-identity-conflict", nil
	}
	if b.RoleARN == "" {
		if _, err := a.serviceAccount(b.Account); err != nil {
			return "", err
		}
		return "the account names no role: see role-annotation", nil
	}
	if _, ok := facts.ParseRoleARN(b.RoleARN); !ok {
		return "the account names no role ARN: see role-arn-format", nil
	}
	return "", nil
}

// request is the call of a subject with a token of the audience. An audience of "" is
// the API server's own, which is not known.
func (t *trust) request(subject, audience string) policy.Request {
	return t.call(caller{t.provider(), t.issuer, subject, audience})
}

// A caller is one who has a token: of an issuer, by its provider's ARN and its URL, with
// a subject and an audience. None needs to exist.
type caller struct{ provider, issuer, subject, audience string }

func (t *trust) call(c caller) policy.Request {
	var audiences []string
	if c.audience != "" {
		audiences = []string{c.audience}
	}
	r := policy.WebIdentity(c.provider, c.issuer, c.subject, audiences)
	if at := t.audit.TakenAt; !at.IsZero() {
		r.Keys["aws:CurrentTime"] = []string{at.UTC().Format(time.RFC3339)}
		r.Keys["aws:EpochTime"] = []string{strconv.FormatInt(at.Unix(), 10)}
	}
	return r
}

// decision is what a policy says to a subject for the audience that it takes to worst.
func (t *trust) decision(d *policy.Document, subject string) policy.Decision {
	worst := policy.Allowed
	for _, audience := range t.audiences {
		worst = min(worst, d.Evaluate(t.request(subject, audience)).Decision)
	}
	return worst
}

// provider is the ARN of the provider that the statement has to name.
func (t *trust) provider() string { return t.arn.ProviderARN(t.issuer) }

// host is the issuer as condition keys begin.
func (t *trust) host() string { return strings.TrimPrefix(t.issuer, "https://") }

// key is the condition key of a claim.
func (t *trust) key(claim string) string { return t.host() + ":" + claim }

// decisive is the statement that makes up the decision to allow: of those that apply the
// first, else of those that may, else the nearest.
func decisive(e *policy.Explanation) *policy.StatementResult {
	if s := e.AllowedBy(); s != nil {
		return s
	}
	i := slices.IndexFunc(e.Statements, func(s policy.StatementResult) bool {
		return s.Statement.Effect != "Deny" && s.Result == policy.Unknown
	})
	if i >= 0 {
		return &e.Statements[i]
	}
	return e.Nearest()
}

// unread says what of the whole policy is not understood, where that leaves everything
// open; else "".
func (t *trust) unread() string {
	if len(t.document.Others) == 0 || t.result.Decision != policy.Depends {
		return ""
	}
	return strings.Join(t.result.Unsure, "; ")
}

// forAnother says whether the decisive statement is about another caller altogether, so
// that its action and conditions do not concern the call.
func (t *trust) forAnother() bool {
	return t.decisive == nil || t.decisive.Principal == policy.False && !t.namesProvider(t.decisive.Statement)
}

// attributed makes the judge of a trust check of one that attributes the evaluation.
func attributed(judge func(*trust) Finding) func(*Audit, *Binding) Finding {
	return func(a *Audit, b *Binding) Finding {
		t := a.trust(b)
		switch {
		case t.idle != "":
			return skip("%s", t.idle)
		case t.err != nil:
			return missing(t.err)
		}
		f := judge(t)
		if f.Result == Fail {
			f = f.seen("%s", logged(notAuthorized, b.Workloads...)).mend(a.remedyFor(t))
		}
		return f
	}
}

// ofStatement makes the judge of a part of the decisive statement that means something
// only where the statement is about the caller.
func ofStatement(judge func(*trust) Finding) func(*Audit, *Binding) Finding {
	return attributed(func(t *trust) Finding {
		switch {
		case t.unread() != "":
			return skip("what the policy's unread part says is not known: see trust-policy-federated")
		case t.forAnother():
			return skip("no statement is about this cluster's provider: see trust-policy-federated")
		}
		return judge(t)
	})
}

// notAuthorized is what STS says to a call that the trust policy does not allow, and of a
// role that does not exist.
const notAuthorized = "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"

// A claim is what a condition is meant to be about.
type claim string

const (
	subjectClaim  claim = "sub"
	audienceClaim claim = "aud"
	noClaim       claim = "" // something else
)

// claimOf says which claim a condition is meant to be about, by its key, well-formed or
// not. A subject that stands under another key is one of the subject.
func claimOf(c policy.ConditionResult) claim {
	name := claimOfKey(c.Key)
	if name != subjectClaim && c.Holds == policy.False && len(c.Values) > 0 &&
		!slices.ContainsFunc(c.Values, func(v string) bool { return !strings.HasPrefix(plainText(v), subjectPrefix) }) {
		return subjectClaim
	}
	return name
}

func claimOfKey(key string) claim {
	_, name, ok := cutLast(strings.ToLower(plainText(key)), ":")
	if c := claim(name); ok && (c == subjectClaim || c == audienceClaim) {
		return c
	}
	return noClaim
}

// on returns the conditions of the decisive statement about a claim, and their answer
// taken together.
func (t *trust) on(about claim) (conditions []policy.ConditionResult, holds policy.Tri) {
	holds = policy.True
	for _, c := range t.decisive.Conditions {
		if claimOf(c) == about {
			conditions = append(conditions, c)
			holds = min(holds, c.Holds)
		}
	}
	return conditions, holds
}

// undecided is the finding for conditions whose answer no look at the cluster gives.
func undecided(s *policy.StatementResult, conditions []policy.ConditionResult) Finding {
	return depends("whether %s holds is open: %s", s.Label(), openly(conditions))
}

// openly says on what conditions hang.
func openly(conditions []policy.ConditionResult) string {
	var keys, reasons []string
	for _, c := range conditions {
		if c.Holds == policy.Unknown {
			keys = append(keys, c.DependsOn...)
			reasons = append(reasons, c.Unsure...)
		}
	}
	slices.Sort(keys)
	if keys = slices.Compact(keys); len(keys) > 0 {
		reasons = append([]string{strings.Join(keys, " and ") + ", which each call brings along"}, reasons...)
	}
	return strings.Join(reasons, "; ")
}
