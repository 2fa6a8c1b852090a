package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
	"github.com/irsa-doctor/irsa-doctor/report"
)

var (
	codeOf   = regexp.MustCompile(`(?s)<(style|script)>(.*?)</`)
	policyOf = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`)
)

// outward is what a style or a script reaches out with, or makes markup of text with.
var outward = regexp.MustCompile(`https?:|url\(|@import|fetch|XMLHttp|WebSocket|sendBeacon|\.src\b|\beval\b|Function\(|innerHTML|outerHTML|insertAdjacent|document\.write`)

// withoutCode is a page without its style, its script and the policy that names them.
func withoutCode(page string) string {
	return policyOf.ReplaceAllString(codeOf.ReplaceAllString(page, "<$1></"), "")
}

// TestPolicy lets a page run its own style and script, to the byte, and nothing else.
func TestPolicy(t *testing.T) {
	page := render(t, "html", many(), report.Options{Tool: tool})
	want := []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"}
	for _, m := range codeOf.FindAllStringSubmatch(page, -1) {
		sum := sha256.Sum256([]byte(m[2]))
		if bad := outward.FindString(m[2]); bad != "" {
			t.Errorf("the %s has %s", m[1], bad)
		}
		want = append(want, fmt.Sprintf("%s-src 'sha256-%s'", m[1], base64.StdEncoding.EncodeToString(sum[:])))
	}
	got := policyOf.FindStringSubmatch(page)
	if got == nil || !slices.Equal(strings.Split(html.UnescapeString(got[1]), "; "), want) {
		t.Errorf("the policy is %q, want %q", got, want)
	}
}

// ownElements are all elements of a page, and ownAttributes all their attributes: none
// runs, loads or sends anything.
var (
	ownElements = strings.Fields("html head meta title style body header footer main section article form fieldset legend label " +
		"input select option button output h1 h2 h3 h4 p dl dt dd div ul ol li a b i span strong code pre details summary script")
	ownAttributes = strings.Fields("lang charset http-equiv content name class id href role aria-label aria-labelledby aria-live " +
		"hidden type value checked autocomplete spellcheck tabindex open data-r data-n rel")
)

// harmless holds a page to its own elements, of which each is closed, and to links that
// stay in it or lead to the documentation of a check.
func harmless(t *testing.T, page string) {
	t.Helper()
	page = withoutCode(page)
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "input"}, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		name := start.Name.Local
		if !slices.Contains(ownElements, name) {
			t.Errorf("the page has an element %s", name)
		}
		for _, a := range start.Attr {
			if !slices.Contains(ownAttributes, a.Name.Local) {
				t.Errorf("%s has an attribute %s", name, a.Name.Local)
			}
			if a.Name.Local == "href" && !strings.HasPrefix(a.Value, "#") && !documented(a.Value) {
				t.Errorf("a link leads to %s", a.Value)
			}
		}
	}
	for _, name := range ownElements {
		opened := len(regexp.MustCompile("<"+name+"[ >]").FindAllString(page, -1))
		if closed := strings.Count(page, "</"+name+">"); opened != closed && name != "meta" && name != "input" {
			t.Errorf("%s is opened %d times and closed %d times", name, opened, closed)
		}
	}
	if bad := regexp.MustCompile(`ZgotmplZ|<!--|srcset|url\(|@import`).FindString(page); bad != "" {
		t.Errorf("the page has %s", bad)
	}
}

func documented(address string) bool {
	known := append(checks.All(), trustPolicySubject)
	return slices.ContainsFunc(known, func(c *checks.Check) bool { return slices.Contains(c.Refs, address) })
}

// TestHTMLTellsAll finds on the page all that Markdown tells of random reports.
func TestHTMLTellsAll(t *testing.T) {
	mark := regexp.MustCompile(`mark\d+end`)
	for seed := range int64(40) {
		random, n := rand.New(rand.NewSource(seed)), 0
		r := filled(func() string { n++; return fmt.Sprintf("mark%dend", n) }, random)
		page := render(t, "html", r, report.Options{})
		told := mark.FindAllString(render(t, "markdown", r, report.Options{}), -1)
		if len(told) < 8 {
			t.Fatalf("Markdown tells %d texts", len(told))
		}
		for _, text := range told {
			if !strings.Contains(page, text) {
				t.Errorf("with seed %d the page lacks %s", seed, text)
			}
		}
	}
}

// TestHTMLFleet draws the first groups of a family, and has a line for every other object.
func TestHTMLFleet(t *testing.T) {
	r := fleet(400)
	everywhere := checks.Finding{Check: issuerReachable, Result: checks.Fail, Object: "cluster", Affects: []facts.Ref{api}}
	for _, d := range r.Diagnoses {
		everywhere.Affects = append(everywhere.Affects, d.Object)
	}
	r.Findings = append(r.Findings, everywhere)
	page := render(t, "html", r, report.Options{})
	for part, want := range map[string]int{
		`<li data-n="*"><details><summary><code>cluster</code>`: 1,
		`<ol class="chain"`:                           1 + 1 + 50 + 5, // the shared causes, cron, web
		`and 359 more objects`:                        0,
		`and 399 more objects</span>`:                 2,
		`<li data-r="warn"`:                           350,
		`<li data-r="pass"`:                           400,
		`<details class="kind" data-r="fail" open>`:   1,
		`<details class="kind" data-r="fail">`:        1,
		`<details class="kind" data-r="note">`:        1,
		`<details open>`:                              3,
		`>team-399</option>`:                          1,
		`kubectl rollout restart deployment/api -n t`: 2 * 40, // in the card and with the finding
	} {
		if got := strings.Count(page, part); got != want {
			t.Errorf("the page has %s %d times, want %d", part, got, want)
		}
	}
}
