package changes

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// The kinds of facts, beside Changed.
const (
	Created   Kind = "created"
	Deleted   Kind = "deleted"
	Recreated Kind = "recreated" // deleted and created again
	Unread    Kind = "unread"    // known before, and not this time
	Read      Kind = "read"      // not known before, and known now
)

// A Fact is something of the set-up that is different.
type Fact struct {
	Kind   Kind
	Object string      // kind/namespace/name, an ARN, or "cluster"
	Item   string      // what of it; "" is the object itself
	Link   checks.Link // of the chain, that it is at; "" for what is at none
	// Removed and Added are values, or lines of a document.
	Removed, Added []string
	Gap            *facts.Gap // of Unread, why
	// At is when it happened, and zero when nothing tells; By are who may have done it, by
	// the names of managedFields. Of several one did, and At is the last that one of them
	// changed something.
	At time.Time
	By []string
	// Affects are the objects with another verdict that depend on it, and Checks those
	// of the findings that differ about the same link of the same objects.
	Affects []facts.Ref
	Checks  []string

	scope string
}

// everywhere is the scope of what all objects depend on.
const everywhere = "*"

// A place is where a fact is: an object, or a part of it.
type place struct {
	object string
	part   string // "" for the object itself
	link   checks.Link
	scope  string // what those depend on who depend on the fact: "" for the object, or everywhere
	stamp
}

// A stamp is when something was changed, and by whom; see Fact.
type stamp struct {
	at time.Time
	by []string
}

// of is a part of the place.
func (p place) of(part string, link checks.Link) place {
	p.part, p.link = join(p.part, part), link
	return p
}

func join(part, item string) string {
	if part == "" || item == "" {
		return part + item
	}
	return part + ": " + item
}

// Items are what is compared of a place: the values of each, in any order.
type items map[string][]string

// add adds a value, if it is one.
func (i items) add(name, value string) {
	if value != "" {
		i[name] = append(i[name], value)
	}
}

// A ledger collects the facts that differ.
type ledger struct {
	facts []Fact
}

func (l *ledger) write(p place, f Fact) {
	f.Object, f.Item, f.Link, f.At, f.By = p.object, join(p.part, f.Item), p.link, p.at, p.by
	if f.scope = p.scope; f.scope == "" {
		f.scope = p.object
	}
	l.facts = append(l.facts, f)
}

// compare writes the items whose values differ.
func (l *ledger) compare(p place, before, after items) {
	for _, name := range either(before, after) {
		l.values(p, name, before[name], after[name])
	}
}

// either are the keys that one of two maps has, sorted.
func either[T any](x, y map[string]T) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(x)), maps.Keys(y))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// values writes which values of an item were removed and added.
func (l *ledger) values(p place, item string, before, after []string) {
	removed, added := without(before, after), without(after, before)
	if len(removed)+len(added) > 0 {
		l.write(p, Fact{Kind: Changed, Item: item, Removed: removed, Added: added})
	}
}

// without are the texts that others do not hold, each once and sorted.
func without(texts, others []string) []string {
	known := map[string]bool{}
	for _, t := range others {
		known[t] = true
	}
	var left []string
	for _, t := range texts {
		if !known[t] {
			known[t] = true
			left = append(left, t)
		}
	}
	slices.Sort(left)
	return left
}

// single compares one fact. What is absent is known to be so; what could not be had is
// never taken for a change.
func single[T any](l *ledger, p place, before, after facts.Fact[T], each func(before, after T)) {
	was, err1 := before.Get()
	now, err2 := after.Get()
	lost, gone := gapOf(err1), gapOf(err2)
	known := func(g *facts.Gap) bool { return g == nil || g.Kind == facts.Absent }
	switch {
	case lost == nil && gone == nil:
		each(was, now)
	case known(lost) && !known(gone):
		l.write(p, Fact{Kind: Unread, Gap: gone})
	case !known(lost) && known(gone):
		l.write(p, Fact{Kind: Read, Gap: gone})
	case lost == nil:
		l.write(p, Fact{Kind: Deleted})
	case gone == nil:
		l.write(p, Fact{Kind: Created})
	}
}

// gapOf is the gap that an error of Fact.Get is, or nil.
func gapOf(err error) *facts.Gap {
	gap, _ := err.(*facts.Gap)
	return gap
}

// A listing says how to compare objects that are listed by key.
type listing[T any] struct {
	what  string // the listing itself, such as "service accounts"
	link  checks.Link
	place func(key string) place
	meta  func(T) facts.Meta        // nil where the object has none
	in    func(key string) bool     // whether both sides looked there; nil for everywhere
	each  func(p place, was, now T) // compares an object that both have
}

// compare writes which objects came, went and differ.
func (k listing[T]) compare(l *ledger, before, after facts.Fact[map[string]T]) {
	single(l, whole(k.what, k.link), before, after, func(was, now map[string]T) {
		for _, key := range either(was, now) {
			if k.in != nil && !k.in(key) {
				continue
			}
			x, had := was[key]
			y, has := now[key]
			k.one(l, key, x, y, had, has)
		}
	})
}

func (k listing[T]) one(l *ledger, key string, was, now T, had, has bool) {
	p := k.place(key)
	var before, after facts.Meta
	if k.meta != nil {
		before, after = k.meta(was), k.meta(now)
	}
	switch {
	case !has:
		l.write(p, Fact{Kind: Deleted})
		return
	case !had:
		p.at = after.CreatedAt
		l.write(p, Fact{Kind: Created})
		return
	case again(before.CreatedAt, after.CreatedAt):
		p.at = after.CreatedAt
		l.write(p, Fact{Kind: Recreated})
	default:
		p.stamp = stampOf(before, after)
	}
	k.each(p, was, now)
}

// again says whether two times of creation are of two objects.
func again(before, after time.Time) bool {
	return !before.IsZero() && !after.IsZero() && !before.Equal(after)
}

// stampOf tells from managedFields who changed an object, and when. An entry carries the
// time of the last change that its manager made.
func stampOf(before, after facts.Meta) stamp {
	var s stamp
	for _, m := range after.Managers {
		if !m.At.IsZero() && !slices.ContainsFunc(before.Managers, func(o facts.Manager) bool { return o.Name == m.Name && o.At.Equal(m.At) }) {
			s.add(m)
		}
	}
	return s
}

func (s *stamp) add(m facts.Manager) {
	if m.At.After(s.at) {
		s.at = m.At
	}
	if !slices.Contains(s.by, m.Name) {
		s.by = append(s.by, m.Name)
	}
}

// inOrder sorts facts, the oldest first and those without a time last.
func inOrder(all []Fact) {
	slices.SortStableFunc(all, func(x, y Fact) int {
		switch {
		case x.At.IsZero() && !y.At.IsZero():
			return 1
		case !x.At.IsZero() && y.At.IsZero():
			return -1
		}
		return cmp.Or(x.At.Compare(y.At), slices.Index(checks.Links, x.Link)-slices.Index(checks.Links, y.Link), cmp.Compare(x.Object, y.Object))
	})
}
