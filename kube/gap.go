package kube

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// gapOf says why a call gave no fact. Call is a verb and a resource, as in "list pods".
func gapOf(call string, err error) *facts.Gap {
	if gap, ok := errors.AsType[*facts.Gap](err); ok {
		gap.Call = cmp.Or(gap.Call, call)
		return gap
	}
	kind, detail := facts.Malformed, err.Error()
	switch status, ok := errors.AsType[*apierrors.StatusError](err); {
	case ok:
		kind, detail = kindOf(int(status.ErrStatus.Code)), status.ErrStatus.Message
		switch {
		case kind == facts.Absent && (strings.HasPrefix(call, "list ") || call == "get /version"):
			kind = facts.Unreachable // every API server has these: something else answers
		case status.ErrStatus.Code == http.StatusUnauthorized:
			detail = "the API server does not accept the credentials; log in again, and try kubectl auth whoami"
		}
	case errors.Is(err, context.Canceled):
		kind, detail = facts.Unreachable, "interrupted before the API server answered"
	case unanswered(err):
		kind, detail = facts.Unreachable, reason(err)
	}
	return &facts.Gap{Kind: kind, Call: call, Detail: oneLine(detail)}
}

// kindOf classifies an HTTP status that is an error. 404 and 405 come from a server
// that lacks the resource, or for an object that is not there.
func kindOf(code int) facts.GapKind {
	switch code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return facts.Forbidden
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return facts.Absent
	case http.StatusTooManyRequests:
		return facts.Throttled
	}
	return facts.Unreachable
}

// unanswered says whether the answer did not come, or not to its end. What is left
// beside that is an answer that can not be decoded.
func unanswered(err error) bool {
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "when reading response body") // client-go's words
}

// reason is what an error of the transport comes down to, without the request's path.
func reason(err error) string {
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	if send, ok := errors.AsType[*url.Error](err); ok {
		host := "the API server"
		if u, err := url.Parse(send.URL); err == nil {
			host = u.Host
		}
		return "no answer from " + host + ": " + send.Err.Error()
	}
	return err.Error()
}

// oneLine bounds a text that somebody else wrote, and takes secrets out of it: a proxy
// may repeat the request in its error, with the token in it.
func oneLine(s string) string {
	const most = 1000
	s = strings.Join(strings.Fields(facts.Redact(s[:min(len(s), 4*most)])), " ")
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}
