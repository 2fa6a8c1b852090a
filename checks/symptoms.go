package checks

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/checks/region"
	"github.com/irsa-doctor/irsa-doctor/checks/symptom"
)

// A Reading is what the error that the user gave means for one workload.
type Reading struct {
	symptom.Match
	Says     string    // which cause the snapshot confirms, or that it confirms none
	Suspects []Suspect // the confirmed first and the ruled out last, else the likeliest first
}

// A Suspect is a cause of the error, held against the snapshot.
type Suspect struct {
	symptom.Cause
	Standing Standing
	Finding  *Finding // what the cause's check says of the workload; nil when it says nothing
}

// A Standing says whether the snapshot shows a cause of the error.
type Standing string

const (
	Confirmed Standing = "confirmed" // its check fails or warns
	Open      Standing = "unknown"   // no check can show it, or its check does not tell
	RuledOut  Standing = "ruled-out" // its check passes
)

var standings = []Standing{Confirmed, Open, RuledOut}

// With returns the suspects of that standing.
func (r Reading) With(s Standing) []Suspect {
	var some []Suspect
	for _, suspect := range r.Suspects {
		if suspect.Standing == s {
			some = append(some, suspect)
		}
	}
	return some
}

// readings hold what the given error can mean against what was found about d's object.
func (a *Audit) readings(matches []symptom.Match, d Diagnosis, findings []Finding) []Reading {
	var all []Reading
	for _, m := range matches {
		r := Reading{Match: m}
		r.Remarks = append(slices.Clip(m.Remarks), a.compare(m, d.Object)...)
		for _, c := range m.Causes {
			r.Suspects = append(r.Suspects, suspect(c, d.Object, findings))
		}
		slices.SortStableFunc(r.Suspects, func(x, y Suspect) int {
			return slices.Index(standings, x.Standing) - slices.Index(standings, y.Standing)
		})
		r.Says = r.verdict(d)
		all = append(all, r)
	}
	return all
}

func suspect(c symptom.Cause, object facts.Ref, findings []Finding) Suspect {
	s := Suspect{Cause: c, Standing: Open}
	rank := []Result{Fail, Warn, Unknown, Note, Pass, Skip}
	for _, f := range findings {
		if f.Check.ID != c.Check || !slices.Contains(f.Affects, object) {
			continue
		}
		if s.Finding == nil || slices.Index(rank, f.Result) < slices.Index(rank, s.Finding.Result) {
			s.Finding = &f
		}
	}
	if s.Finding == nil {
		return s
	}
	switch s.Finding.Result {
	case Fail, Warn:
		s.Standing = Confirmed
	case Pass:
		s.Standing = RuledOut
	}
	return s
}

// verdict holds the error against the diagnosis.
func (r Reading) verdict(d Diagnosis) string {
	confirmed := r.With(Confirmed)
	isCause := func(s Suspect) bool { return d.Cause != nil && s.Check == d.Cause.Check.ID }
	switch {
	case slices.ContainsFunc(confirmed, isCause):
		return "the cause that was found ends in this error: " + d.Cause.Check.ID
	case len(confirmed) > 0 && d.Verdict == Broken:
		return fmt.Sprintf("a cause of this error was found, %s; an SDK meets %s before it, so the text may be from another time or another container",
			confirmed[0].Check, d.Cause.Check.ID)
	case len(confirmed) > 0:
		return "a cause of this error was found: " + confirmed[0].Check
	case d.Verdict == Broken:
		return fmt.Sprintf("this error and what was found do not belong together: %s shows itself otherwise. The error has a cause that can not "+
			"be seen here, or the text is from another time or another workload", d.Cause.Check.ID)
	case d.Verdict == Undetermined:
		return "whether a cause of this error is here is not known, as something could not be read"
	}
	if d.Verdict == Risky {
		return fmt.Sprintf("no cause of this error was found: %s warns, and shows itself otherwise; what else ends in it:", d.Cause.Check.ID)
	}
	return "the IRSA set-up is sound as far as it can be seen; what else ends in this error:"
}

// wholeIssuer matches the issuer of an EKS cluster that nobody masked.
var wholeIssuer = regexp.MustCompile(`(?i)^https://oidc\.eks\..+/id/[0-9a-f]{32}$`)

// compare says where the text agrees with the snapshot about who called whom, and
// where it does not.
func (a *Audit) compare(m symptom.Match, object facts.Ref) []string {
	var all []string
	if b := a.bindingOf(object); b != nil {
		all = append(all, compareRole(m, b.RoleARN)...)
	}
	issuer, err := a.issuer()
	if err == nil && !strings.EqualFold(m.Issuer, issuer) && wholeIssuer.MatchString(m.Issuer) {
		all = append(all, fmt.Sprintf("the text is about a token of issuer %s, and this cluster's is %s: the text is of another cluster, or the token is", m.Issuer, issuer))
	}
	if p, _, _ := region.Lookup(m.Region); p.ID != "" && a.region() != "" && m.Region != a.region() {
		all = append(all, fmt.Sprintf("the STS of %s was asked, and the cluster is in %s", m.Region, a.region()))
	}
	return all
}

// compareRole says whether the caller is the role that the service account names.
func compareRole(m symptom.Match, named string) []string {
	account, role, _, ok := m.Session()
	arn, known := facts.ParseRoleARN(named)
	if !ok || !known {
		return nil
	}
	masked := strings.Trim(account, "0123456789") != "" || account == ""
	if role == arn.Name && (masked || account == arn.Account) {
		return []string{"the caller is the role that the service account names, " + named + ": web identity did its work for this call"}
	}
	return []string{fmt.Sprintf("the caller is role %s of account %s, and the service account names %s", role, cmp.Or(account, "…"), named)}
}
