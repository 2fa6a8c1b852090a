package policy

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// A dice makes documents and requests of a small vocabulary, so that they meet often.
type dice struct{ *rand.Rand }

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

func some[T any](d dice, most int, from ...T) []T {
	var picked []T
	for range d.IntN(most + 1) {
		picked = append(picked, pick(d, from))
	}
	return picked
}

var (
	randomValues = []string{"a", "b", "A", "*", "?", "a*", "${k}", "${u}", "${none}", "${none, 'a'}", "${*}", "true", "false", "1", "2026",
		"10.0.0.1", "10.0.0.0/8", "arn:a:b:c:d:e", "arn:*:b:c:d:*", "YQ==", ""}
	randomHave = []string{"a", "b", "*", "true", "1", "2026", "10.0.0.1", "arn:a:b:c:d:e", ""}
	randomKeys = []string{"k", "K", "u", "v", "none"}
	// u and v are what may not be known.
	openKeys = []string{"u", "v"}
)

func (d dice) document() *Document {
	doc := &Document{Version: pick(d, []string{"", "2008-10-17", "2012-10-17", "2012-10-17"})}
	names := append(slices.Sorted(maps.Keys(operators)), "StringEquals", "StringLike", "StringNotLike", "Null", "Other")
	for range d.IntN(4) {
		s := Statement{
			Effect:     pick(d, []string{"Allow", "Allow", "Allow", "Deny", "Permit"}),
			Principals: []Principal{{Type: pick(d, []string{"Federated", "Federated", "AWS", "Other"}), Value: pick(d, []string{"f", "f", "*", "g"})}},
		}
		if d.IntN(4) > 0 {
			s.Actions = some(d, 2, "x:y", "X:*", "z:z")
		}
		if d.IntN(4) == 0 {
			s.NotActions = some(d, 2, "x:y", "X:*", "z:z")
		}
		for range d.IntN(4) {
			c := Condition{Operator: pick(d, names), Key: pick(d, randomKeys), Values: some(d, 3, randomValues...)}
			same := func(o Condition) bool { return o.Operator == c.Operator && o.Key == c.Key }
			if !slices.ContainsFunc(s.Conditions, same) {
				s.Conditions = append(s.Conditions, c)
			}
		}
		doc.Statements = append(doc.Statements, s)
	}
	return doc
}

func (d dice) request() Request {
	r := Request{Action: "x:y", Federated: "f", Keys: map[string][]string{}}
	if d.IntN(4) > 0 {
		r.Keys["k"] = some(d, 2, randomHave...)
	}
	return r
}

// What is said without knowing a key stays true whatever the key turns out to be.
func TestUnknownIsSound(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(3, 4))}
	decided := map[Decision]int{}
	for range 10_000 {
		doc, r := d.document(), d.request()
		r.Unknown = func(key string) bool { return slices.Contains(openKeys, key) }
		before := doc.Evaluate(r)
		decided[before.Decision]++
		if (before.Decision == Depends) != (len(before.DependsOn)+len(before.Unsure) > 0) {
			t.Fatalf("%v depends on %q, unsure %q: %s", before.Decision, before.DependsOn, before.Unsure, doc.JSON())
		}
		for _, key := range before.DependsOn {
			if !slices.Contains(openKeys, key) {
				t.Fatalf("depends on %q, which is known: %s", key, doc.JSON())
			}
		}
		for range 5 {
			now := Request{Action: r.Action, Federated: r.Federated, Keys: maps.Clone(r.Keys)}
			for _, key := range openKeys {
				if d.IntN(3) > 0 {
					now.Keys[key] = some(d, 2, randomHave...)
				}
			}
			after := doc.Evaluate(now)
			if before.Decision != Depends && after.Decision != before.Decision {
				t.Fatalf("%v without %q, but %v with %q: %s", before.Decision, openKeys, after.Decision, now.Keys, doc.JSON())
			}
			if len(after.DependsOn) > 0 {
				t.Fatalf("depends on %q though all is known: %s", after.DependsOn, doc.JSON())
			}
			for i := range after.Statements {
				if was := before.Statements[i].Result; was != Unknown && after.Statements[i].Result != was {
					t.Fatalf("statement %d was %v and is %v with %q: %s", i, was, after.Statements[i].Result, now.Keys, doc.JSON())
				}
			}
		}
	}
	for _, want := range []Decision{Denied, Depends, Allowed} {
		if decided[want] < 150 {
			t.Errorf("only %d of the documents are %v: the test says little", decided[want], want)
		}
	}
}

// A document means the same after it was rendered and read back.
func TestRenderedMeansTheSame(t *testing.T) {
	d := dice{rand.New(rand.NewPCG(5, 6))}
	for range 2_000 {
		doc, r := d.document(), d.request()
		again := parse(t, doc.JSON())
		checkRoundTrip(t, again)
		was, is := doc.Evaluate(r), again.Evaluate(r)
		if was.Decision != is.Decision {
			t.Fatalf("%v became %v: %s", was.Decision, is.Decision, doc.JSON())
		}
		if len(is.Statements) != len(doc.Statements) {
			t.Fatalf("%d statements became %d", len(doc.Statements), len(is.Statements))
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(expand(eksctl))
	f.Add(`{"Statement": {"effect": "Allow", "Principal": "*", "Resource": [1.5e3, null, {"x": "\ud83d\ude00"}]}}`)
	f.Add(`{"Version": "2012-10-17", "Id": "i", "Statement": [{"NotPrincipal": {"AWS": []}, "NotAction": "a", "Condition": {"Bool": {"k": true}}}]}`)
	f.Add("{\"a\": [[[\"\\u00e9\"]], {}], \"Statement\": []} ")
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		checkRoundTrip(t, d)
		checkRoundTrip(t, d.Clone())
		for _, o := range d.Oddities() {
			if o.Text == "" || o.Pos.Line < 1 || o.Pos.Column < 1 {
				t.Errorf("oddity %+v", o)
			}
		}
	})
}

func FuzzEvaluate(f *testing.F) {
	f.Add(expand(eksctl), sub, "sts.amazonaws.com")
	f.Add(`{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "NotAction": "s*", "Condition":
		{"ForAllValues:StringNotLikeIfExists": {"`+issuerA+`:sub": ["${aws:x, 'y'}*", "${*}"]}, "IpAddress": {"aws:SourceIp": "::/0"}}}]}`, "", "")
	f.Fuzz(func(t *testing.T, text, subject, audience string) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		e := d.Evaluate(WebIdentity(arns+issuerA, "https://"+issuerA, subject, []string{audience}))
		if (e.Decision == Depends) != (len(e.DependsOn)+len(e.Unsure) > 0) {
			t.Errorf("%v depends on %q, unsure %q", e.Decision, e.DependsOn, e.Unsure)
		}
		if e.Decision == Allowed && (e.AllowedBy() == nil || e.DeniedBy() != nil || e.Nearest().Result != True) {
			t.Errorf("allowed by %v, denied by %v", e.AllowedBy(), e.DeniedBy())
		}
		for _, s := range e.Statements {
			if s.Result == Unknown && len(s.Unsure) == 0 && !slices.ContainsFunc(s.Conditions, func(c ConditionResult) bool {
				return len(c.DependsOn)+len(c.Unsure) > 0
			}) {
				t.Errorf("%s is unknown, but why", s.Label())
			}
		}
	})
}
