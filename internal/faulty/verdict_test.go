package faulty

import (
	"strings"
	"testing"
)

const (
	passed  = `{"check":"role-exists","object":"sa as role","result":"pass"}`
	unknown = `{"check":"role-exists","object":"sa as role","result":"unknown"}`
	failed  = `{"check":"role-exists","object":"sa as role","result":"fail"}`
	gapOf   = `{"call":"iam:GetRole","detail":"connection refused"}`
)

// outcome is a run with the numbers that the findings come to.
func outcome(code int, finding, gap, refused string) Outcome {
	count := "0"
	if finding == unknown {
		count = "1"
	}
	complete := "true"
	if code == 3 {
		complete = "false"
	}
	return Outcome{Code: code, Stdout: `{"summary":{"complete":` + complete + `,"unknown":` + count + `,"missingPermissions":[` + refused + `],"gaps":[` + gap +
		`]},"findings":[` + finding + `]}`}
}

// TestJudge has every complaint made, and none where a run is as it should be.
func TestJudge(t *testing.T) {
	role, events := Call{Name: "iam:GetRole"}, Call{Name: "list events"}
	healthy := outcome(0, passed, "", "")
	shows := outcome(3, unknown, gapOf, "")
	shows.Stderr = "proxy: " + Secret
	for name, tc := range map[string]struct {
		call  Call
		fault string
		got   Outcome
		wrong string // a part of the complaint; "" for none
	}{
		"unknown and named":           {role, "connection refused", outcome(3, unknown, gapOf, ""), ""},
		"refused and named":           {role, "403", outcome(3, unknown, gapOf, `"iam:GetRole"`), ""},
		"survived":                    {role, "429 once", healthy, ""},
		"believed":                    {role, "404", outcome(1, failed, "", ""), ""},
		"spare":                       {events, "500", healthy, ""},
		"late":                        {role, "stall", outcome(3, unknown, "", ""), ""},
		"too late for a report":       {role, "stall", Outcome{Code: 3, Stderr: "irsa-doctor: no time"}, ""},
		"a secret":                    {role, "connection refused", shows, "it shows a secret"},
		"a pass out of nothing":       {role, "404", outcome(0, strings.Replace(passed, "role-exists", "role-not-admin", 1), "", ""), "is made up"},
		"a fail out of nothing":       {role, "500", outcome(3, failed, gapOf, ""), "is made up"},
		"nothing lost, and exit 0":    {role, "500", healthy, "want exit 3"},
		"unknown, and exit 0":         {role, "500", outcome(0, unknown, gapOf, ""), "want exit 3"},
		"no gap":                      {role, "500", outcome(3, unknown, "", ""), "no gap names the call"},
		"a gap that says another why": {role, "unknown CA", outcome(3, unknown, gapOf, ""), "no gap names the call"},
		"refused and not named":       {role, "403", outcome(3, unknown, gapOf, ""), "the missing permissions"},
		"named and not refused":       {role, "500", outcome(3, unknown, gapOf, `"iam:GetRole"`), "the missing permissions"},
		"not survived":                {role, "429 once", outcome(3, unknown, gapOf, ""), "the next attempt is answered"},
		"spare, and lost":             {events, "500", outcome(3, unknown, gapOf, ""), "is lost, though"},
		"no report":                   {role, "500", Outcome{Code: 3, Stderr: "irsa-doctor: no"}, "no JSON report"},
		"too late, and exit 2":        {role, "stall", Outcome{Code: 2, Stderr: "irsa-doctor: no"}, "exit 2"},
		"a panic":                     {role, "stall", Outcome{Code: 2, Stderr: "panic: no"}, "exit 2"},
	} {
		wrong := strings.Join(Judge(tc.call, Named(tc.fault), healthy, tc.got), "; ")
		if tc.wrong == "" && wrong != "" || !strings.Contains(wrong, tc.wrong) {
			t.Errorf("%s: %q, want %q", name, wrong, tc.wrong)
		}
	}
}
