package awstest

import (
	"context"
	"net/http"
	"path"
	"strconv"
	"time"
)

// A Fault spoils the calls that it matches; the first that matches is the one that acts. Fields combine:
// a Delay may precede any answer. Without any of them the call is answered as ever.
type Fault struct {
	Call    string `json:"call"`              // "iam:GetRole"; "*" matches any run of characters: "iam:*"
	Account string `json:"account,omitempty"` // the caller's account; empty for all
	Times   int    `json:"times,omitempty"`   // how many calls it spoils; zero for all

	Delay    time.Duration `json:"delayNanoseconds,omitempty"` // waited first; ends when the client goes away
	Deny     bool          `json:"deny,omitempty"`             // answer as to a principal without the permission
	Status   int           `json:"status,omitempty"`           // of Code's or Body's answer; 400 and 200 when zero
	Code     string        `json:"code,omitempty"`             // answer this error, in the form of the service
	Message  string        `json:"message,omitempty"`          // of Code's answer
	Body     string        `json:"body,omitempty"`             // answer these bytes
	Type     string        `json:"type,omitempty"`             // Content-Type of Body; text/html when empty
	Truncate bool          `json:"truncate,omitempty"`         // send half of the answer, then close the connection
	Close    bool          `json:"close,omitempty"`            // close the connection without an answer
}

// Denied is the lack of a permission.
func Denied(call string) Fault { return Fault{Call: call, Deny: true} }

// Throttled refuses n calls as IAM and STS do when they come too fast; zero refuses all.
func Throttled(call string, n int) Fault {
	return Fault{Call: call, Times: n, Status: http.StatusBadRequest, Code: "Throttling", Message: "Rate exceeded"}
}

// Inject adds faults.
func (s *Server) Inject(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		s.faults = append(s.faults, &f)
	}
}

// Mend removes all faults.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault takes one use of the fault that matches, if there is one.
func (s *Server) fault(r *request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if ok, _ := path.Match(f.Call, r.service+":"+r.action); !ok {
			continue
		}
		if f.Account != "" && (r.account == nil || r.account.id != f.Account) {
			continue
		}
		if f.Times == 1 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		} else if f.Times > 1 {
			f.Times--
		}
		return f
	}
	return nil
}

// wait reports whether there is still somebody to answer, and something to say.
func (f *Fault) wait(ctx context.Context) bool {
	if f == nil {
		return true
	}
	if f.Delay > 0 {
		select {
		case <-time.After(f.Delay):
		case <-ctx.Done():
			return false
		}
	}
	return !f.Close
}

func (f *Fault) answers() bool { return f != nil && (f.Code != "" || f.Body != "" || f.Status != 0) }

// reply is the fault's own answer.
func (f *Fault) reply(r *request) (reply, *problem) {
	if f.Code != "" {
		p := &problem{status: f.Status, code: f.Code, message: f.Message}
		if p.status == 0 {
			p.status = http.StatusBadRequest
		}
		return r.refuse(p), p
	}
	answer := reply{status: f.Status, header: http.Header{"Content-Type": {f.Type}}, body: []byte(f.Body)}
	if f.Status == 0 {
		answer.status = http.StatusOK
	}
	if f.Type == "" {
		answer.header.Set("Content-Type", "text/html")
	}
	return answer, nil
}

// write sends an answer, or half of it.
func (f *Fault) write(w http.ResponseWriter, answer reply) {
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(answer.body)))
	w.WriteHeader(answer.status)
	if f == nil || !f.Truncate {
		w.Write(answer.body)
		return
	}
	w.Write(answer.body[:len(answer.body)/2])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
