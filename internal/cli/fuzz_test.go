package cli

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// FuzzSnapshot judges what poses as a saved snapshot: it is refused in one line, or
// there is a report.
func FuzzSnapshot(f *testing.F) {
	healthy, err := os.ReadFile("../../fixtures/healthy.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(healthy))
	for from, to := range map[string]string{
		`"value"`:         `"gap"`,
		`{`:               `[`,
		`us-west-2`:       "\u202e\x1b]0;x",
		`111122223333`:    ``,
		`ack-system`:      `a/b`,
		`system:service`:  `${aws:x}`,
		`"containers": [`: `"containers": [{}, `,
	} {
		f.Add(strings.ReplaceAll(string(healthy), from, to))
	}
	for _, s := range []string{
		`{"version": 1}`, `{"version": 1, "asked": {"targets": ["deployment/a/b", "pod//", ""]}}`,
		`{"version": 1, "cluster": {"pods": {"value": [{"owner": "deployment/a/b"}]}, "workloads": {"deployment": {"value": {"a/b": {}, "a": {}}}}}}`,
		`{"version": 1, "aws": {"accounts": {"1": null, "": {"roles": {"r": {"value": {"trustPolicy": "{\"Statement\": {}}"}}}}}}}`,
		`{"version": 1, "tokens": {"value": [{}]}, "executions": {"value": [{"gap": {}}]}}`,
		`{"version": 99}`, `null`, `[]`, "\xff\xfe{", strings.Repeat(`{"cluster":`, 10000),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o := run(t.Context(), text, "check", "--from", "-", "-o", "json")
		switch {
		case o.code == exitNothing:
			o.refused(t)
		case o.stdout == "" || !json.Valid([]byte(o.stdout)):
			t.Errorf("exit %d, %.300s\n%s", o.code, o.stdout, o.stderr)
		}
		if table := run(t.Context(), text, "check", "--from", "-"); table.code != o.code || strings.Contains(table.stdout, "\x1b") {
			t.Errorf("exit %d, and then %d: %q", o.code, table.code, table.stdout)
		}
	})
}
