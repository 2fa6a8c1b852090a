package checks_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
)

// TestIncidentList keeps docs/incidents.md in step with the incidents and the checks.
func TestIncidentList(t *testing.T) {
	const file = "../docs/incidents.md"
	want := incidentList(outcomes(t))
	got, err := os.ReadFile(file)
	if err == nil && bytes.Equal(got, want) {
		return
	}
	if !*update {
		t.Fatalf("%s is behind the incidents; run: go test ./checks -run TestIncidentList -update, and then go test . -update", file)
	}
	if err := os.WriteFile(file, want, 0o644); err != nil {
		t.Fatal(err)
	}
}

// incidentList renders the incidents by cause, with the totals that README quotes
// between markers.
func incidentList(all []outcome) []byte {
	var b bytes.Buffer
	b.WriteString("# Real incidents\n\n" +
		"Threads in public about IRSA that did not work, each made into a snapshot in `fixtures/incidents` and diagnosed by\n" +
		"`go test ./checks -run TestIncidents -v`. This page is generated: `make golden`.\n\n" +
		"<!-- incidents: begin -->\n" + totals(all) + "<!-- incidents: end -->\n\n" +
		"A cause is a check, the first that is right for the incident. Where nothing in the cluster and in IAM shows the cause\n" +
		"there is none; what the user met is named instead. Solved means that the check comes first in the diagnosis and says\n" +
		"what the user needed to hear, or that no check fails or warns where nothing shows.\n\n" +
		"| cause | incident | thread | met by | solved |\n| --- | --- | --- | --- | --- |\n")
	for _, o := range byCause(all) {
		met, _, _ := strings.Cut(o.Story, "\n")
		solved := "yes"
		if o.miss != "" {
			why, _, _ := strings.Cut(o.miss, "\n")
			solved = "**no**: " + inTable(strings.TrimSuffix(why, ":"))
		}
		fmt.Fprintf(&b, "| %s | [%s](../fixtures/incidents/%[2]s.txtar) | [%s](%s) | %s | %s |\n",
			causeLink(o), o.ID, inTable(threadName(o.URL)), inLink(o.URL), inTable(met), solved)
	}
	return b.Bytes()
}

// totals says of how many incidents the cause is found, and how many set-ups in which
// nothing shows are taken for broken.
func totals(all []outcome) string {
	var shown, solved, sound, alarms int
	for _, o := range all {
		switch {
		case o.Control() && o.miss != "":
			sound, alarms = sound+1, alarms+1
		case o.Control():
			sound++
		case o.miss != "":
			shown++
		default:
			shown, solved = shown+1, solved+1
		}
	}
	return fmt.Sprintf("Of %d incidents whose cause shows in the cluster or in IAM, irsa-doctor names the cause of %d. In %d more nothing\n"+
		"shows, for the program or its SDK is at fault, or what was not looked at: there it raises %d false alarms.\n", shown, solved, sound, alarms)
}

// byCause sorts incidents by their causes in the order of the chain, those that
// do not show last by what was met.
func byCause(all []outcome) []outcome {
	order := map[string]int{}
	for i, c := range checks.All() {
		order[c.ID] = i
	}
	rank := func(o outcome) int {
		if o.Control() {
			return len(order)
		}
		return order[o.Expect["cause"][0]]
	}
	return slices.SortedStableFunc(slices.Values(all), func(x, y outcome) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(causeLink(x), causeLink(y)), cmp.Compare(x.ID, y.ID))
	})
}

func causeLink(o outcome) string {
	if !o.Control() {
		return fmt.Sprintf("[%s](checks.md#%[1]s)", o.Expect["cause"][0])
	}
	if met := o.Expect["symptom"]; len(met) > 0 && met[0] != "none" {
		return "nothing shows: " + met[0]
	}
	return "nothing shows"
}

// threadName is owner/name#number of a thread on GitHub, else the URL without its scheme.
func threadName(url string) string {
	if name, ok := strings.CutPrefix(url, "https://github.com/"); ok {
		return strings.NewReplacer("/issues/", "#", "/pull/", "#", "/discussions/", "#").Replace(name)
	}
	return strings.TrimPrefix(url, "https://")
}

// inTable makes a text one that a cell of a Markdown table shows as it is.
func inTable(s string) string {
	return strings.NewReplacer(
		`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", "&#124;",
		"~", `\~`, "@", "@&#8203;",
	).Replace(s)
}

// inLink makes a URL one that a Markdown link in a table leads to.
func inLink(url string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "|", "%7C", " ", "%20", `\`, "%5C").Replace(url)
}
