package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// One cause can break hundreds of workloads. For people it is told once.

const (
	mostDrawn   = 3  // groups of a family that are drawn whole
	mostLines   = 20 // groups of a family that have a line each
	mostHealthy = 10 // healthy objects that have a line each
	mostNames   = 5  // objects that are named of those which are told at once
	mostFurther = 10 // commands of diagnoses that are not drawn
)

// A family holds the diagnoses with one verdict whose causes are findings of one check.
type family []group

// A group holds the diagnoses with one cause.
type group struct {
	drawn checks.Diagnosis   // stands for the group
	same  []checks.Diagnosis // what was drawn holds for them as it is
	alike []checks.Diagnosis // have the same cause, and findings or commands of their own
	told  bool               // how to mend it stands in a group before this one
}

// families sorts diagnoses into families, in the order of their first members. What is
// left are those of which there is nothing to tell but that they are healthy.
func families(diagnoses []checks.Diagnosis) (ill []family, healthy []checks.Diagnosis) {
	var telling []checks.Diagnosis
	for _, d := range diagnoses {
		if d.Cause == nil && len(d.Symptoms) == 0 {
			healthy = append(healthy, d)
		} else {
			telling = append(telling, d)
		}
	}
	for _, members := range gather(telling, familyKey) {
		var f family
		for _, alike := range gather(members, causeKey) {
			f = append(f, newGroup(alike))
		}
		ill = append(ill, f)
	}
	markTold(ill)
	return ill, healthy
}

func familyKey(d checks.Diagnosis) string {
	if d.Cause == nil {
		return string(d.Verdict)
	}
	return string(d.Verdict) + "\x00" + d.Cause.Check.ID
}

// causeKey is the same for the members of a family whose causes a reader would call one:
// the same finding, or what one call would answer.
func causeKey(d checks.Diagnosis) string {
	if d.Cause == nil {
		return outcome(d)
	}
	return cmp.Or(gapKey(*d.Cause), d.Cause.Fingerprint())
}

func newGroup(members []checks.Diagnosis) group {
	g := group{drawn: members[0]}
	for _, d := range members[1:] {
		if outcome(d) == outcome(g.drawn) {
			g.same = append(g.same, d)
		} else {
			g.alike = append(g.alike, d)
		}
	}
	return g
}

// outcome is the same for diagnoses that differ in nothing but the object, if their
// cause is the same.
func outcome(d checks.Diagnosis) string {
	parts := []string{string(d.Prognosis), mending(d)}
	for _, f := range d.Also {
		parts = append(parts, string(f.Result), f.Check.ID)
	}
	for _, s := range d.Symptoms {
		parts = append(parts, s.ID, s.Says)
	}
	return strings.Join(parts, "\x00")
}

// mending is how to mend it: what remedies say, and their commands.
func mending(d checks.Diagnosis) string {
	parts := shell(d.Commands())
	for _, r := range d.Remedies {
		parts = append(parts, r.Text, r.Owner)
	}
	return strings.Join(parts, "\x00")
}

// markTold marks the groups whose mending is drawn in an earlier one.
func markTold(all []family) {
	seen := map[string]bool{}
	for _, f := range all {
		drawn, _ := f.split()
		for i := range drawn {
			if how := mending(drawn[i].drawn); how != "" {
				drawn[i].told = seen[how]
				seen[how] = true
			}
		}
	}
}

// split returns the groups that are drawn whole, and those that are not.
func (f family) split() (drawn, others []group) {
	n := min(len(f), mostDrawn)
	return f[:n], f[n:]
}

// all are the diagnoses of the group.
func (g group) all() []checks.Diagnosis {
	return slices.Concat([]checks.Diagnosis{g.drawn}, g.same, g.alike)
}

// further are the commands of those alike that the drawn one has not, each once.
func (g group) further() []string {
	drawn := shell(g.drawn.Commands())
	var lines []string
	for _, d := range g.alike {
		for _, line := range shell(d.Commands()) {
			if !slices.Contains(drawn, line) && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// told holds the fingerprints of the findings that need not be listed again.
func told(families []family) map[string]bool {
	fingerprints := map[string]bool{}
	for _, f := range families {
		drawn, _ := f.split()
		for _, g := range f {
			for _, d := range g.all() {
				if d.Cause != nil {
					fingerprints[d.Cause.Fingerprint()] = true
				}
			}
		}
		for _, g := range drawn {
			for _, also := range g.drawn.Also {
				fingerprints[also.Fingerprint()] = true
			}
		}
	}
	return fingerprints
}

// names are the objects of diagnoses, of many only a few.
func names(diagnoses []checks.Diagnosis) string {
	var all []string
	for _, d := range diagnoses {
		all = append(all, d.Object.String())
	}
	return few(all, mostNames)
}

// abridged says whether some diagnosis is not drawn.
func abridged(families []family) bool {
	return slices.ContainsFunc(families, func(f family) bool {
		return len(f) > mostDrawn || slices.ContainsFunc(f, func(g group) bool { return len(g.same)+len(g.alike) > 0 })
	})
}

// pointer says how to see what is not drawn.
const pointer = "irsa-doctor check KIND/NAME -n NAMESPACE shows one of them whole"

// sameHolds is said of those for which what was drawn holds.
const sameHolds = "the same holds for"

// alike is said of the diagnoses of a group that differ from the one that is drawn.
const alike = "the same cause, with findings or commands of their own"

// glance is a group in one line.
func glance(g group) string {
	s := g.drawn.Object.String() + ": " + string(g.drawn.Verdict)
	if g.drawn.Cause != nil {
		s += ": " + says(*g.drawn.Cause)
	}
	if n := len(g.same) + len(g.alike); n > 0 {
		s += fmt.Sprintf(" (and %s more)", count(n, "object"))
	}
	return s
}

// crowd is many groups of a family in one line.
func crowd(groups []group) string {
	var all []checks.Diagnosis
	for _, g := range groups {
		all = append(all, g.all()...)
	}
	d := all[0]
	s := fmt.Sprintf("%d more objects: %s", len(all), d.Verdict)
	if d.Cause != nil {
		s += " (" + d.Cause.Check.ID + ")"
	}
	return s + ": " + names(all)
}

// tooMany stands for further commands that are too many to be shown.
func tooMany(further []string) string {
	return count(len(further), "further command") + "; -o json holds them"
}
