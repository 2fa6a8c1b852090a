package report

import (
	"fmt"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// mostCards is how many groups of a family are drawn; mostOpen how many cards of the
// page are unfolded before somebody asks.
const (
	mostCards = 50
	mostOpen  = 3
)

// A card shows a group of diagnoses with one cause.
type card struct {
	Result    checks.Result // whose mark stands for the verdict
	Verdict   checks.Verdict
	Object    string
	Says      string // the cause in one line, or ""
	More      string // how many objects share the card, or ""
	Places    string
	Open      bool
	Chain     []cardStep
	Cause     *cardCause
	Symptoms  []cardSymptom
	Also      []mention
	Remedies  []cardRemedy
	Commands  string
	Prognosis string
	Remaining []mention
	Same      string // objects for which the same holds
	Alike     string // objects with the same cause
	Further   string // commands of those
}

type cardStep struct {
	Result checks.Result
	Name   string
	Text   string
	Known  bool   // something stands there
	Kind   string // what breaks, endangers or leaves open the chain is here; else ""
}

type cardCause struct {
	Kind, Check, Object string
	Details, Error      string
}

type cardSymptom struct {
	ID, Title, Says, RuledOut string
	Remarks                   []string
	Suspects                  []cardSuspect
}

type cardSuspect struct {
	Result checks.Result
	Text   string
}

type cardRemedy struct{ Text, Owner string }

// A mention is a finding in one line.
type mention struct {
	Result              checks.Result
	Check, Object, Says string
}

// draw fills in the cards, and the lines of what is not drawn.
func (p *page) draw(diagnoses []checks.Diagnosis, places places) {
	ill, healthy := families(diagnoses)
	for _, f := range ill {
		for i, g := range f {
			if i < mostCards {
				c := newCard(g, places)
				c.Open = len(p.Cards) < mostOpen
				p.Cards = append(p.Cards, c)
			} else {
				p.Rest = append(p.Rest, newLine(g, places))
			}
		}
	}
	for _, d := range healthy {
		g := group{drawn: d}
		if len(healthy) > mostHealthy {
			p.Healthy = append(p.Healthy, newLine(g, places))
			continue
		}
		c := newCard(g, places)
		c.Open = len(diagnoses) == 1
		p.Cards = append(p.Cards, c)
	}
}

// newLine is a card without what unfolds.
func newLine(g group, places places) card {
	d := g.drawn
	c := card{Result: signs[d.Verdict], Verdict: d.Verdict, Object: Clean(d.Object.String())}
	if d.Cause != nil {
		c.Says = Clean(says(*d.Cause))
	}
	all := g.all()
	if n := len(all) - 1; n > 0 {
		c.More = "and " + count(n, "more object")
	}
	refs := make([]facts.Ref, len(all))
	for i, d := range all {
		refs[i] = d.Object
	}
	c.Places = places.of(refs)
	return c
}

func newCard(g group, places places) card {
	c, d := newLine(g, places), g.drawn
	if f := d.Cause; f != nil {
		c.Cause = &cardCause{kindOf(*f), f.Check.ID, Clean(f.Object), lines(f.Details), lines([]string{f.Error})}
	}
	for _, s := range d.Chain {
		step := cardStep{Result: s.Result, Name: name(s.Link), Text: Clean(stands(s)), Known: s.Text != ""}
		if d.Cause != nil && d.Cause.Check.Link == s.Link {
			step.Kind = kindOf(*d.Cause)
		}
		c.Chain = append(c.Chain, step)
	}
	for _, r := range d.Symptoms {
		c.Symptoms = append(c.Symptoms, newCardSymptom(r))
	}
	for _, r := range d.Remedies {
		c.Remedies = append(c.Remedies, cardRemedy{Clean(r.Text), Clean(r.Owner)})
	}
	c.Also, c.Remaining = newMentions(d.Also), newMentions(d.Remaining)
	c.Commands, c.Prognosis = strings.Join(shell(d.Commands()), "\n"), prognosis(d)
	c.Same, c.Alike = objects(g.same), objects(g.alike)
	c.Further = strings.Join(g.further(), "\n")
	return c
}

func newCardSymptom(r checks.Reading) cardSymptom {
	s := cardSymptom{ID: r.ID, Title: r.Title, Says: Clean(r.Says), RuledOut: Clean(ruledOut(r))}
	for _, remark := range r.Remarks {
		s.Remarks = append(s.Remarks, Clean(remark))
	}
	for _, suspect := range suspects(r) {
		s.Suspects = append(s.Suspects, cardSuspect{resultOf(suspect), Clean(suspicion(suspect))})
	}
	return s
}

func newMentions(findings []checks.Finding) []mention {
	var all []mention
	for _, f := range findings {
		all = append(all, mention{f.Result, f.Check.ID, Clean(f.Object), Clean(says(f))})
	}
	return all
}

// objects names the objects of diagnoses, all of them.
func objects(diagnoses []checks.Diagnosis) string {
	var all []string
	for _, d := range diagnoses {
		all = append(all, Clean(d.Object.String()))
	}
	return strings.Join(all, ", ")
}

// lines are the clean lines of texts, one below the other.
func lines(texts []string) string { return strings.Join(flat(texts), "\n") }

// Title begins a label of the card.
func (c cardCause) Title() string { return title(c.Kind) }

// Break says in words what the picture shows at the link.
func (s cardStep) Break() string { return fmt.Sprintf("%s is here", s.Kind) }
