package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// liveProofs are what the doctor may do beyond reading when its flags ask for it: have a
// token made, and read one in a pod.
var liveProofs = []string{"create serviceaccounts/token", "create pods/exec", "get pods/exec"}

var reads = regexp.MustCompile(`^(get|list) [a-z]*$`)

var awsReads = regexp.MustCompile(`^(iam|eks|sts):(Get|List|Describe)`)

// readOnly proves by what the API server and AWS wrote down that the doctor only reads.
func (l *lab) readOnly(t *testing.T) {
	path := os.Getenv(auditVariable)
	if path == "" {
		t.Skip("the cluster's audit log is not at hand")
	}
	log, err := os.ReadFile(path)
	must(t, err)
	requests := map[string]int{}
	whole := log[:bytes.LastIndexByte(log, '\n')+1] // others go on writing
	for line := range bytes.Lines(whole) {
		var e struct {
			Verb, UserAgent string
			ObjectRef       struct{ Resource, Subresource string }
		}
		must(t, json.Unmarshal(line, &e))
		if strings.HasPrefix(e.UserAgent, "irsa-doctor/") {
			requests[strings.TrimSuffix(e.Verb+" "+e.ObjectRef.Resource+"/"+e.ObjectRef.Subresource, "/")]++
		}
	}
	for request := range requests {
		if !reads.MatchString(request) && !slices.Contains(liveProofs, request) {
			t.Errorf("the doctor asked the API server to %s", request)
		}
	}
	calls := map[string]int{}
	for _, c := range l.aws.Calls() {
		if strings.Contains(c.UserAgent, "app/irsa-doctor") {
			calls[c.Name()]++
		}
	}
	for call := range calls {
		if !awsReads.MatchString(call) {
			t.Errorf("the doctor called %s", call)
		}
	}
	if requests["list pods"] == 0 || calls["iam:GetRole"] == 0 {
		t.Errorf("the logs do not show what the doctor did: %v, %v", requests, calls)
	}
	t.Log(requests, calls)
}
