package report

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/changes"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// TestSchema holds the schemas in docs to the types of the documents. TestJSON and
// TestDiffGolden validate documents against the files.
func TestSchema(t *testing.T) {
	published(t, document{}, "report")
	published(t, diffDocument{}, "diff")
}

func published(t *testing.T, doc any, name string) {
	t.Helper()
	file := "../docs/" + name + ".schema.json"
	reflector := jsonschema.Reflector{
		AllowAdditionalProperties: true, // later releases add fields
		ExpandedStruct:            true,
		Anonymous:                 true,
		Namer:                     definition,
		Mapper:                    words,
	}
	schema := reflector.Reflect(doc)
	schema.ID = jsonschema.ID("https://github.com/irsa-doctor/irsa-doctor/blob/main/docs/" + name + ".schema.json")
	schema.Title = "irsa-doctor " + name + ", version 1"
	schema.Description = "Fields may be added; none is removed or given another type. Messages are for people and may change."
	got, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
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
		reflect.TypeFor[diffLook]():     "Look",
		reflect.TypeFor[diffSums]():     "Sums",
		reflect.TypeFor[diffVerdict]():  "VerdictChange",
		reflect.TypeFor[diffFinding]():  "FindingChange",
		reflect.TypeFor[diffStanding](): "Standing",
		reflect.TypeFor[diffFact]():     "Fact",
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
	case reflect.TypeFor[changes.Kind]():
		return enumeration(append(slices.Clone(changes.Kinds), changes.Created, changes.Deleted, changes.Recreated, changes.Unread, changes.Read)...)
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
