package report_test

import (
	"bytes"
	"testing"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/report"
)

func TestManual(t *testing.T) {
	all := []*checks.Check{podInjected, roleExists, trustPolicySubject, trustPolicyScope}
	var page, manual, index bytes.Buffer
	if err := report.Explain(&page, trustPolicySubject, report.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := report.Manual(&manual, all); err != nil {
		t.Fatal(err)
	}
	if err := report.Index(&index, all); err != nil {
		t.Fatal(err)
	}
	golden(t, "explain.txt", page.String())
	golden(t, "manual.md", manual.String())
	golden(t, "index.md", index.String())
	intact(t, index.String())
}
