package report

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const schemaFile = "../docs/report.schema.json"

// TestSchema holds docs/report.schema.json to the types of the document. TestJSON
// validates documents against the file.
func TestSchema(t *testing.T) {
	reflector := jsonschema.Reflector{
		AllowAdditionalProperties: true, // later releases add fields
		ExpandedStruct:            true,
		Anonymous:                 true,
		Namer:                     definition,
		Mapper:                    words,
	}
	schema := reflector.Reflect(document{})
	schema.ID = "https://github.com/irsa-doctor/irsa-doctor/blob/main/docs/report.schema.json"
	schema.Title = "irsa-doctor report, version 1"
	schema.Description = "Fields may be added; none is removed or given another type. Messages are for people and may change."
	got, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("the schema is behind; run go test ./report -update (-want +got):\n%s", d)
	}
}

// definition names a type in the schema.
func definition(t reflect.Type) string {
	names := map[reflect.Type]string{
		reflect.TypeFor[docCluster]():   "Cluster",
		reflect.TypeFor[docSummary]():   "Summary",
		reflect.TypeFor[docDiagnosis](): "Diagnosis",
		reflect.TypeFor[docStep]():      "Step",
		reflect.TypeFor[docMention]():   "Mention",
		reflect.TypeFor[docFinding]():   "Finding",
		reflect.TypeFor[docRemedy]():    "Remedy",
		reflect.TypeFor[docSymptom]():   "Symptom",
		reflect.TypeFor[docSuspect]():   "Suspect",
	}
	if name, ok := names[t]; ok {
		return name
	}
	return t.Name()
}

// words gives the types that are one of a few words their enumeration.
func words(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[checks.Result]():
		return enumeration(checks.Results...)
	case reflect.TypeFor[checks.Link]():
		return enumeration(checks.Links...)
	case reflect.TypeFor[checks.Severity]():
		return enumeration(checks.Error, checks.Warning, checks.Notice)
	case reflect.TypeFor[checks.Verdict]():
		return enumeration(checks.Broken, checks.Undetermined, checks.Risky, checks.Healthy)
	case reflect.TypeFor[checks.Standing]():
		return enumeration(checks.Confirmed, checks.Open, checks.RuledOut)
	case reflect.TypeFor[facts.GapKind]():
		return enumeration(facts.NotCollected, facts.NotAsked, facts.Absent, facts.Forbidden, facts.Throttled,
			facts.Unreachable, facts.Malformed, facts.Elsewhere, facts.Undecidable)
	}
	return nil
}

func enumeration[T ~string](all ...T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, word := range all {
		s.Enum = append(s.Enum, string(word))
	}
	return s
}
