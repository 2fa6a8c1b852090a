package changes

import (
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// A sight is what one side could see, to say why a finding is on the other side alone.
type sight struct {
	Side
	ran     map[string]bool
	blind   map[string]*checks.Finding // by check: that it could not list what it is about
	objects map[string]bool            // of which some check said something
}

func newSight(s Side) sight {
	v := sight{Side: s, ran: ran(s.Report), blind: map[string]*checks.Finding{}, objects: map[string]bool{}}
	for i := range s.Report.Findings {
		f := &s.Report.Findings[i]
		v.objects[f.Object] = true
		if f.Object == "cluster" && f.Result == checks.Unknown {
			v.blind[f.Check.ID] = f
		}
	}
	return v
}

// whyNotYet says why nothing was said about the finding's object before.
func (v sight) whyNotYet(f *checks.Finding) string {
	switch {
	case !v.ran[f.Check.ID]:
		return "the check did not run before"
	case f.Object == "cluster":
		return ""
	case v.blind[f.Check.ID] != nil:
		return "it could not be told before: " + v.blind[f.Check.ID].Message
	}
	switch there, _ := v.there(f.Object); there {
	case no:
		return "the object was not there before"
	case yes:
		return "it was not asked for before, or the question did not arise"
	case outside:
		return "its namespace was not looked at before"
	}
	if v.objects[f.Object] {
		return ""
	}
	return "the object was not among what was examined before"
}

// whyNoMore says why nothing is said about the object any more: of what could not be read
// nothing is known, and all else is gone.
func (v sight) whyNoMore(f *checks.Finding) (Kind, string) {
	switch {
	case !v.ran[f.Check.ID]:
		return Gone, "the check did not run this time"
	case f.Object == "cluster" && f.Result == checks.Unknown:
		return Answered, "the objects themselves could be examined"
	case f.Object == "cluster":
		return Gone, "each object has a finding of its own now"
	}
	if blind := v.blind[f.Check.ID]; blind != nil {
		return Unclear, "it could not be told this time: " + blind.Message
	}
	switch there, gap := v.there(f.Object); there {
	case no:
		return Gone, "the object is not there any more"
	case yes:
		return Gone, "the object is there, and the question does not arise any more"
	case outside:
		return Gone, "its namespace was not looked at this time"
	case unread:
		return Unclear, "it could not be told this time: " + gap.Error()
	}
	switch {
	case v.Snapshot == nil && !v.Report.Summary.Complete && !v.objects[f.Object]:
		return Unclear, "the object is not among what could be examined this time, and the audit was incomplete"
	case strings.HasPrefix(f.Object, "arn:"):
		return Gone, "nothing that was examined this time needs it"
	}
	return Gone, "it is not among what was examined this time"
}

// A presence says whether an object is there.
type presence int

const (
	hidden  presence = iota // the side can not tell
	yes                     // it is
	no                      // a complete listing is without it
	outside                 // the look was at another namespace
	unread                  // the listing could not be had
)

// there looks an object of Kubernetes up by its text: kind/namespace/name, with a
// container's name or words behind it.
func (v sight) there(object string) (presence, *facts.Gap) {
	if v.Snapshot == nil || strings.HasPrefix(object, "arn:") {
		return hidden, nil
	}
	text, _, _ := strings.Cut(object, " ")
	parts := strings.SplitN(text, "/", 4)
	if len(parts) < 3 {
		return hidden, nil
	}
	ref := facts.Ref{Kind: facts.Kind(parts[0]), Namespace: parts[1], Name: parts[2]}
	c := v.Snapshot.Cluster
	if c.Namespace != "" && ref.Namespace != c.Namespace {
		return outside, nil
	}
	if ref.Kind == facts.ServiceAccountKind {
		return held(c.ServiceAccounts, ref.Key())
	}
	if v.Snapshot.Asked.Selector != "" { // it may hide what is there
		return hidden, nil
	}
	there, gap := held(c.Workloads[ref.Kind], ref.Key())
	if there == yes && len(parts) == 4 { // the container may not be
		there = hidden
	}
	return there, gap
}

func held[T any](listing facts.Fact[map[string]T], key string) (presence, *facts.Gap) {
	all, err := listing.Get()
	if err != nil {
		gap, _ := err.(*facts.Gap)
		return unread, gap
	}
	if _, ok := all[key]; ok {
		return yes, nil
	}
	return no, nil
}
