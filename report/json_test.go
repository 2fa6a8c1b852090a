package report_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/report"
)

func TestJSON(t *testing.T) {
	for _, r := range samples() {
		out := render(t, "json", r, report.Options{Tool: tool})
		validate(t, out)
		if strings.Contains(out, "null") {
			t.Error("a list is null")
		}
	}
	validate(t, render(t, "json", &checks.Report{}, report.Options{}))
}

// TestSchemaRefuses proves that the schema says something.
func TestSchemaRefuses(t *testing.T) {
	out := render(t, "json", broken(), report.Options{Tool: tool})
	for _, change := range [][2]string{
		{`"result": "fail"`, `"result": "bad"`},
		{`"verdict": "broken"`, `"verdict": "ill"`},
		{`"also": [`, `"not": [`},
		{`"kind": "Report"`, `"kind": "Pod"`},
		{`"complete": true`, `"complete": "yes"`},
	} {
		changed := strings.Replace(out, change[0], change[1], 1)
		if changed == out {
			t.Errorf("no %s in the document", change[0])
		}
		if check(t, changed) == nil {
			t.Errorf("%s is admitted", change[1])
		}
	}
}

// validate holds a document to the published schema.
func validate(t *testing.T, doc string) {
	t.Helper()
	if err := check(t, doc); err != nil {
		t.Error(err)
	}
}

func check(t *testing.T, doc string) error {
	t.Helper()
	schema, err := published()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(value)
}

var published = sync.OnceValues(func() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c.Compile("../docs/report.schema.json")
})
