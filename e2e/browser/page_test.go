package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/irsa-doctor/irsa-doctor/fixtures"
)

const broken = "recreated-cluster"

// TestScenarios opens what the program says of each of its scenarios.
func TestScenarios(t *testing.T) {
	for _, s := range fixtures.Scenarios() {
		t.Run(s.Name, func(t *testing.T) {
			tab := open(t, demo(t, s.Name))
			if n := eval[int](tab, `document.querySelectorAll('.chain > li').length`); n == 0 || n%10 != 0 {
				t.Errorf("the chains have %d links", n)
			}
			here := eval[int](tab, `document.querySelectorAll('.chain > .here').length`)
			if ill := eval[int](tab, `document.querySelectorAll('.card:not([data-r=pass])').length`); here != ill {
				t.Errorf("%d links are marked in %d chains", here, ill)
			}
			if wide := eval[int](tab, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("the page is %d pixels too wide", wide)
			}
		})
	}
}

// TestWithoutScript shows all of a report where scripts do not run.
func TestWithoutScript(t *testing.T) {
	content := demo(t, broken)
	with := open(t, content)
	tab := newTab(t)
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	tab.do(chromedp.Navigate(eval[string](with, "location.href")))
	const text = `Array.from(document.querySelectorAll('header, main, footer'), (e) => e.textContent.replaceAll('Copy', '')).join('')`
	if eval[string](tab, text) != eval[string](with, text) {
		t.Error("the text is not the same with scripts")
	}
	if shown := eval[bool](tab, `getComputedStyle(document.getElementById('filter')).display !== 'none'`); shown {
		t.Error("the filter is shown, and does nothing")
	}
	for _, wrong := range tab.done() {
		t.Error(wrong)
	}
}

// TestKeyboard goes through the page without a mouse.
func TestKeyboard(t *testing.T) {
	tab := open(t, demo(t, broken))
	focus := func() string {
		return eval[string](tab, `(document.activeElement.getAttribute('aria-label') || document.activeElement.name || document.activeElement.textContent || document.activeElement.tagName).slice(0, 40)`)
	}
	tab.do(chromedp.KeyEvent("\t"))
	if got := focus(); got != "Skip to the diagnoses" {
		t.Errorf("the first stop is %q", got)
	}
	if !eval[bool](tab, `document.activeElement.getBoundingClientRect().left >= 0`) {
		t.Error("the link to skip is not seen when it has the focus")
	}
	tab.do(chromedp.KeyEvent("\t"))
	if got := focus(); got != "text" {
		t.Errorf("the second stop is %q", got)
	}
	outline := eval[string](tab, `getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).outlineWidth`)
	if outline != "solid3px" {
		t.Errorf("the outline of what has the focus is %s", outline)
	}
	tab.do(chromedp.KeyEvent("nothing of the kind"))
	tab.await(`document.querySelector('output').textContent.startsWith('0 of 1 diagnoses')`)
	tab.do(chromedp.KeyEvent("\t\t"))
	if got := focus(); got != "Show all" {
		t.Errorf("two stops after the text is %q", got)
	}
	tab.do(chromedp.KeyEvent("\r"))
	tab.await(`document.querySelector('output').textContent.startsWith('1 of 1 diagnoses')`)
	tab.do(chromedp.KeyEvent("\t"))
	if got := focus(); got != "result" {
		t.Errorf("the stop after Show all is %q", got)
	}
	tab.do(chromedp.KeyEvent(" ")) // fail
	tab.await(`document.querySelector('.card').hidden`)
	tab.do(chromedp.KeyEvent(" "))
	tab.await(`!document.querySelector('.card').hidden`)
	tab.do(chromedp.KeyEvent(strings.Repeat("\t", 6)))
	const folded = `!document.activeElement.closest('.card > details').open`
	if eval[bool](tab, folded) {
		t.Error("the first card is folded")
	}
	tab.do(chromedp.KeyEvent("\r"))
	tab.await(folded)
	tab.do(chromedp.KeyEvent("\r"), chromedp.KeyEvent("\t\t"))
	if got := focus(); got != "Copy the commands" {
		t.Errorf("after the link in the first card comes %q", got)
	}
	tab.do(chromedp.KeyEvent("\r"))
	tab.await(`document.querySelector('output').textContent.startsWith('the commands are ')`)
	copied := eval[string](tab, `document.activeElement.textContent`)
	if copied == "Selected" && !strings.HasPrefix(eval[string](tab, `getSelection().toString()`), "aws iam create-open-id-connect-provider") {
		t.Error("the commands are not selected")
	} else if copied != "Copied" && copied != "Selected" {
		t.Errorf("the button says %q", copied)
	}
}

// TestLinks follows the link from a cause to the page of its check.
func TestLinks(t *testing.T) {
	tab := open(t, demo(t, broken))
	tab.do(chromedp.Click(chromedp.CSS(`.card a[href="#check-provider-exists"]`)))
	tab.await(`document.getElementById('check-provider-exists').open`)
	if outside := eval[[]string](tab, `Array.from(document.querySelectorAll('a:not([href^="#"])'), (a) => a.protocol + a.rel)`); len(outside) == 0 ||
		slices.ContainsFunc(outside, func(link string) bool { return link != "https:noreferrer" }) {
		t.Errorf("links that lead outside are %q", outside)
	}
	const dead = `Array.from(document.querySelectorAll('a[href^="#"]')).filter((a) => !document.getElementById(a.hash.slice(1))).length`
	if n := eval[int](tab, dead); n > 0 {
		t.Errorf("%d links lead nowhere", n)
	}
}

// TestAccessibility reads the page as a screen reader does.
func TestAccessibility(t *testing.T) {
	tab := open(t, demo(t, broken))
	var nodes []string
	for _, n := range call(tab, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if n.Ignored || n.Role == nil || n.Name == nil {
			continue
		}
		nodes = append(nodes, strings.Trim(string(n.Role.Value), `"`)+" "+strings.Trim(string(n.Name.Value), `"`))
	}
	for _, want := range []string{
		"banner ", "main ", "contentinfo ", "search Filter the report", "region Diagnoses", "region Findings", "region About the checks",
		"heading 1 broken in prod", "heading Diagnoses", "heading broken deployment/ack-system/ack-s3-controller", "heading Cause", "heading To mend it",
		"searchbox Text", "combobox Namespace", "button Show all", "group Result", "checkbox fail 2", "checkbox unknown 0", "status ",
		"list Chain of deployment/ack-system/ack-s3-controller", "link provider-exists", "button Copy the commands", "StaticText cause is here",
	} {
		if !slices.Contains(nodes, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if t.Failed() {
		t.Log(strings.Join(nodes, "\n"))
	}
	levels := eval[[]int](tab, `Array.from(document.querySelectorAll('h1, h2, h3, h4'), (h) => Number(h.tagName[1]))`)
	for i, level := range levels {
		if i == 0 && level != 1 || i > 0 && (level == 1 || level > levels[i-1]+1) {
			t.Errorf("heading %d is of level %d", i, level)
		}
	}
}

// contrasts returns each text whose contrast is below what WCAG 2.2 asks for at level AA.
const contrasts = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return Array.from(canvas.getImageData(0, 0, 1, 1).data); };
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (el) => { for (; el; el = el.parentElement) { const c = rgb(getComputedStyle(el).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
  const low = new Set();
  for (const el of document.querySelectorAll('body *')) {
    if (!Array.from(el.childNodes).some((n) => n.nodeType === 3 && n.data.trim()) || el.tagName === 'SCRIPT') continue;
    const [a, b] = [light(rgb(getComputedStyle(el).color)), light(behind(el))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.add(el.tagName + '.' + el.className + ' ' + ratio.toFixed(2));
  }
  return Array.from(low);
})()`

// TestContrast measures all texts of a page, in light and in dark.
func TestContrast(t *testing.T) {
	for _, scheme := range []string{"light", "dark"} {
		tab := open(t, render(t, fleet(200)))
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
		call(tab, emulation.SetEmulatedMedia, media)
		if low := eval[[]string](tab, contrasts); len(low) > 0 {
			t.Errorf("in %s: %q", scheme, low)
		}
		if got := eval[string](tab, `getComputedStyle(document.body).backgroundColor`); (got == "rgb(18, 21, 24)") != (scheme == "dark") {
			t.Errorf("in %s the page is %s", scheme, got)
		}
	}
}

// TestNarrow shows the page on a telephone, and for print.
func TestNarrow(t *testing.T) {
	tab := open(t, demo(t, broken), chromedp.EmulateViewport(400, 800))
	if wide := eval[int](tab, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
		t.Errorf("the page is %d pixels too wide", wide)
	}
	if n := eval[int](tab, `new Set(Array.from(document.querySelectorAll('.chain > li'), (li) => li.getBoundingClientRect().left)).size`); n != 1 {
		t.Errorf("the chain has %d columns", n)
	}
	eval[bool](tab, `document.querySelector('.card > details').open = false`)
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	eval[bool](tab, `dispatchEvent(new Event('beforeprint'))`)
	if got := eval[string](tab, fmt.Sprintf("`${%s} ${%s}`", `getComputedStyle(document.getElementById('filter')).display`, `document.querySelector('.card > details').open`)); got != "none true" {
		t.Errorf("in print the filter and the card are %s", got)
	}
	eval[bool](tab, `dispatchEvent(new Event('afterprint'))`)
	if eval[bool](tab, `document.querySelector('.card > details').open`) {
		t.Error("the card stays unfolded")
	}
}
