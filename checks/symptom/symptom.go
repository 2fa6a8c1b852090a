// Package symptom knows the errors that IRSA ends in: it recognises them in whatever
// was pasted, and says what they mean and what causes them. It is pure, takes text of
// any size and encoding, and looks at nothing but the text: what a snapshot shows of
// the causes is for package checks to say.
package symptom

import (
	"slices"
	"strings"
)

// A Symptom is a kind of error, and its documentation.
type Symptom struct {
	ID      string
	Title   string  // what it means, in one line without a period
	Meaning string  // paragraphs, a line each
	Causes  []Cause // the likeliest first
	Refs    []string

	codes   []string          // error codes that tell it, whatever the text says beside
	phrases []string          // in lower case; parts of texts that tell it
	shows   func(*text) bool  // what codes and phrases can not express; or nil
	general bool              // holds only where nothing more telling is recognised
	denial  func(denial) bool // tells it of a denied call; or nil
}

// A Cause is one of the things that end in a symptom.
type Cause struct {
	Check string // ID of the check that shows it in a snapshot; "" when none can
	Text  string
}

// A Match is a symptom that a text shows, with what the text tells besides. What it
// does not tell is "".
type Match struct {
	*Symptom
	Code      string   // the error's, such as InvalidIdentityToken
	Action    string   // that was denied, such as s3:ListBucket
	Caller    string   // ARN of who was denied, or what stands for it
	Target    string   // ARN of what the action is about
	Issuer    string   // URL of the token's issuer
	Host      string   // that was called
	Region    string   // of the host, or the one that was refused
	RequestID string   // what AWS support asks for
	Remarks   []string // what this text says beyond what its symptom always means
}

// all are the symptoms, the more telling before the more general.
var all = []*Symptom{
	sdkTooOld, javaSTSModule,
	nodeRole, otherIdentity, selfAssume, assumeDenied,
	customEndpoint,
	noProvider, wrongAudience, thumbprint, noVerificationKey, missingClaim,
	notAuthorized, roleARNInvalid, regionDisabled, idpCommunication, tokenExpired,
	podIdentity,
	profileMissing, roleARNMissing, tokenUnreadable, tokenMissing,
	missingRegion, badRegion, stsUnreachable,
	permissionMissing, ownChain, staticKeyInvalid, quota,
	podRejected, tokenNotMounted, webhookFailed, notMutated, kubernetesRBAC, apiTokenMissing, kubernetesUnauthorized,
	folkloreTokenPermission, folkloreAutomount,
	tokenInvalid, webIdentityFailed, noCredentials, accessDenied,
}

// All returns every symptom, the more telling first.
func All() []*Symptom { return slices.Clone(all) }

// ByID returns the symptom of that ID, or nil.
func ByID(id string) *Symptom {
	if i := slices.IndexFunc(all, func(s *Symptom) bool { return s.ID == id }); i >= 0 {
		return all[i]
	}
	return nil
}

// Recognise returns what the text shows, the likeliest first and each symptom once;
// nothing when it is not known. Of a text longer than [Limit] it reads the ends.
func Recognise(s string) []Match {
	t := read(s)
	var matches []Match
	for _, symptom := range all {
		if symptom.general && len(matches) > 0 {
			continue
		}
		if i := slices.IndexFunc(t.denials, func(d denial) bool { return symptom.denial != nil && symptom.denial(d) }); i >= 0 {
			matches = append(matches, t.match(symptom, &t.denials[i]))
		} else if symptom.meets(t) {
			matches = append(matches, t.match(symptom, nil))
		}
	}
	return matches
}

// meets says whether the text shows the symptom, apart from its denials.
func (s *Symptom) meets(t *text) bool {
	return slices.ContainsFunc(s.codes, t.hasCode) || t.says(s.phrases...) || s.shows != nil && s.shows(t)
}

// match fills in what the text tells.
func (t *text) match(s *Symptom, d *denial) Match {
	m := Match{Symptom: s, Code: t.code(s), Issuer: t.issuer, Host: t.host, Region: t.region, RequestID: t.requestID()}
	if r := t.refusedRegion(); r != "" {
		m.Region = r
	}
	if d != nil {
		m.Action, m.Caller, m.Target = d.action, d.caller, d.resource
		m.Remarks = append(m.Remarks, d.remarks()...)
	}
	if s == tokenExpired {
		m.Remarks = append(m.Remarks, t.whatExpired())
	}
	if t.oldSDK != "" {
		m.Remarks = append(m.Remarks, t.oldSDK)
	}
	return m
}

// whatExpired tells the token from the session.
func (t *text) whatExpired() string {
	if t.says("assumerolewithwebidentity", "webidentityerr") {
		return "it is the service account token that expired: the answer is to AssumeRoleWithWebIdentity"
	}
	return "unless the answer was to AssumeRoleWithWebIdentity, it is the session that expired, not the service account token"
}

func (t *text) says(phrases ...string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(t.lower, p) })
}
