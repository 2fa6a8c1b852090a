package secret

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/fixtures"
	"github.com/irsa-doctor/irsa-doctor/report"
)

const (
	jwt  = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
	held = `correct "horse" <battery> & staple`
	file = "-----BEGIN EC PRIVATE KEY-----\nshort\nTHE+LONGEST+LINE+OF+THE+KEY\n-----END EC PRIVATE KEY-----\n"
)

func pass(text string, step int) (string, *Found) {
	var b bytes.Buffer
	g := NewGate(&b, Held{held, file, "short"})
	var err error
	for len(text) > 0 && err == nil {
		n := min(step, len(text))
		_, err = g.Write([]byte(text[:n]))
		text = text[n:]
	}
	if err == nil {
		err = g.Close()
	}
	found, _ := errors.AsType[*Found](err)
	return b.String(), found
}

func TestGate(t *testing.T) {
	filler := strings.Repeat("nothing to be seen here\n", chunk/24) // one chunk, nearly
	for name, tc := range map[string]struct{ text, what string }{
		"a token":                       {"x\n" + jwt, "a token"},
		"a token over the end of chunk": {filler + jwt, "a token"},
		"a token far behind":            {filler + filler + filler + "\n" + jwt + "\n" + filler, "a token"},
		"what was held":                 {"x\n" + held, "a credential of this run"},
		"what was held, in JSON":        {`{"a": "correct \"horse\" \u003cbattery\u003e \u0026 staple"}`, "a credential of this run"},
		"what was held, in HTML":        {"<b>correct &#34;horse&#34; &lt;battery&gt; &amp; staple</b>", "a credential of this run"},
		"what was held, in Markdown":    {"correct \"horse\" \\<battery\\> &amp; staple", "a credential of this run"},
		"a line of a key":               {"THE+LONGEST+LINE+OF+THE+KEY", "a credential of this run"},
		"a password in HTML":            {"https:&#47;&#47;ada:secret@example.com", "a URL with a password"},
	} {
		for _, step := range []int{1 << 30, 4096} {
			_, found := pass(tc.text, step)
			switch {
			case found == nil || found.What != tc.what:
				t.Errorf("%s: found %+v, want %s", name, found, tc.what)
			case found.Line < strings.Count(tc.text[:found.At], "\n")+1:
				t.Errorf("%s: line %d for byte %d", name, found.Line, found.At)
			case strings.Contains(found.Error(), jwt) || strings.Contains(found.Error(), held):
				t.Errorf("%s: the error tells it: %v", name, found)
			}
		}
	}
	for _, text := range []string{"", filler + filler + "end", "short", `\&"<>`} {
		for _, step := range []int{1 << 30, 4096} {
			if got, found := pass(text, step); got != text || found != nil {
				t.Errorf("%.20q: %d of %d bytes pass, %v", text, len(got), len(text), found)
			}
		}
	}
}

func TestPointer(t *testing.T) {
	doc := `{"a": {"b/c": ["x", {"d": "HERE", "e": 1}], "f": "AFTER"}, "` + jwt + `": ["TOKEN"]}`
	for mark, want := range map[string]string{"HERE": "/a/b~1c/1/d", "AFTER": "/a/f", `"f"`: "/a/f", "TOKEN": "/(token)/0", "{": ""} {
		if got := Pointer([]byte(doc), int64(strings.Index(doc, mark))); got != want {
			t.Errorf("%s: %q, want %q", mark, got, want)
		}
	}
	if got := Pointer([]byte("no JSON"), 3); got != "" {
		t.Errorf("of no document: %q", got)
	}
}

func TestScrub(t *testing.T) {
	s := fixtures.Healthy()
	key := "ack-system/ack-s3-controller"
	a := s.Cluster.ServiceAccounts.Or(nil)[key]
	a.Annotations["eks.amazonaws.com/note"], a.Labels = "see "+jwt, map[string]string{"AKIAIOSFODNN7EXAMPLE": "x"}
	s.Cluster.ServiceAccounts.Or(nil)[key] = a
	s.Cluster.Version = facts.Missing[string](&facts.Gap{Kind: facts.Unreachable, Detail: "password is " + held})
	role := s.AWS.Accounts["111122223333"].Roles["ack-s3-controller"].Or(facts.Role{})
	role.TrustPolicy = `{"Statement": "AKIAIOSFODNN7EXAMPLE"}`
	s.AWS.Accounts["111122223333"].Roles["ack-s3-controller"] = facts.Known(role)

	Scrub(s, Held{held})
	a = s.Cluster.ServiceAccounts.Or(nil)[key]
	if a.Annotations["eks.amazonaws.com/note"] != "see (token)" || a.Labels["(access key)"] != "x" || len(a.Labels) != 1 {
		t.Errorf("%+v", a)
	}
	if got := s.Cluster.Version.Gap.Detail; got != "password is (secret)" {
		t.Errorf("the gap says %q", got)
	}
	_, err := s.AWS.Accounts["111122223333"].Roles["ack-s3-controller"].Get()
	if facts.KindOf(err) != facts.NotCollected || !strings.Contains(err.Error(), "an AWS access key ID") {
		t.Errorf("a role whose policy holds a key: %v", err)
	}
	if _, err := s.AWS.EKS.Get(); err != nil {
		t.Errorf("another fact is gone: %v", err)
	}
}

// TestNothingOfTheFixtures holds that no snapshot of the fixtures is changed and no report
// on it is refused: what is common is not taken for a secret.
func TestNothingOfTheFixtures(t *testing.T) {
	snapshots := 0
	err := filepath.WalkDir("../../fixtures", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txtar" || strings.Contains(path, "fixtures/cli") {
			return err
		}
		ar, err := txtar.ParseFile(path)
		if err != nil {
			return err
		}
		for _, section := range ar.Files {
			s, err := fixtures.Change(section.Data)
			if err != nil {
				continue // a text, or a change to another change
			}
			snapshots++
			before, _ := json.Marshal(s)
			Scrub(s, nil)
			if after, _ := json.Marshal(s); !bytes.Equal(before, after) {
				t.Errorf("%s %s: something is taken for a secret", path, section.Name)
			}
			r := checks.Run(s, checks.All())
			for _, name := range []string{"json", "html"} { // which tell all that the others do
				format, _ := report.Lookup(name)
				gate := NewGate(io.Discard, nil)
				if err := errors.Join(format(gate, r, report.Options{}), gate.Close()); err != nil {
					t.Errorf("%s %s as %s: %v", path, section.Name, name, err)
				}
			}
		}
		return nil
	})
	if err != nil || snapshots < 300 {
		t.Errorf("%v; only %d snapshots", err, snapshots)
	}
}
