package awstest

import (
	"maps"
	"net/url"
	"slices"
	"time"
)

// A Call is what a client asked, and how it was answered.
type Call struct {
	Time      time.Time  `json:"time"`
	Service   string     `json:"service"` // "iam", "sts" or "eks"
	Action    string     `json:"action"`
	Account   string     `json:"account,omitempty"` // the caller's; empty when it was not recognised
	Caller    string     `json:"caller,omitempty"`  // ARN
	AccessKey string     `json:"accessKey,omitempty"`
	Region    string     `json:"region,omitempty"` // of the signature
	UserAgent string     `json:"userAgent,omitempty"`
	Params    url.Values `json:"params,omitempty"` // without Action, Version and the web identity token
	Status    int        `json:"status"`           // zero when there was no answer
	Code      string     `json:"code,omitempty"`   // of an error answer
}

// Name is the call as IAM names it: "iam:GetRole".
func (c Call) Name() string { return c.Service + ":" + c.Action }

// Calls answers all calls so far, in the order of their answers.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Count is the number of calls so far with this name: "iam:GetRole".
func (s *Server) Count(name string) int {
	n := 0
	for _, c := range s.Calls() {
		if c.Name() == name {
			n++
		}
	}
	return n
}

func (s *Server) record(r *request, status int, code string) {
	c := Call{
		Time: r.now, Service: r.service, Action: r.action, AccessKey: r.accessKey, Region: r.region,
		UserAgent: r.http.UserAgent(), Params: maps.Clone(r.params), Status: status, Code: code,
	}
	for _, name := range []string{"Action", "Version", "WebIdentityToken"} {
		c.Params.Del(name)
	}
	if r.caller != nil {
		c.Caller, c.Account = r.caller.ARN, r.account.id
	}
	s.mu.Lock()
	s.calls = append(s.calls, c)
	s.mu.Unlock()
	if s.OnCall != nil {
		s.OnCall(c)
	}
}
