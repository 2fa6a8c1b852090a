// Package faulty spoils calls of the doctor, one at a time, for the matrices of faults in
// internal/cli and in e2e: every call that a healthy run makes, with every [Fault].
package faulty

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
)

// A Fault is how a call is spoilt.
type Fault struct {
	Name   string
	Effect Effect
	Says   string // a word of the gap's

	serve func(http.ResponseWriter, *http.Request, *Gate)
	of    func(call string) bool // the calls that can be spoilt so; nil for all
}

// An Effect is what a fault means for the fact that the call was to give.
type Effect int

const (
	Missing  Effect = iota // there is no fact
	Survived               // only the first attempt is spoilt, and another gives it
	Late                   // it does not come before the look ends, which may end other calls too
	Absent                 // the answer says, untruly and believably, that the thing is not there
)

// Secret is in the bodies of faults, where a careless proxy might repeat the request: it has the form of a
// token, and must be shown nowhere.
const Secret = "eyJhbGciOiJSUzI1NiJ9.eyJDQU5BUlkiOjF9.Q0FOQVJZ"

const page = "<!DOCTYPE html>\n<html><body>log in <input name=token value=" + Secret + "></body></html>\n"

// Faults are all faults.
func Faults() []Fault {
	refusing := func(status int) func(http.ResponseWriter, *http.Request, *Gate) {
		return func(w http.ResponseWriter, r *http.Request, g *Gate) { g.Service.Refuse(w, r, status) }
	}
	ofList := func(call string) bool { return strings.HasPrefix(call, "list ") || strings.Contains(call, ":List") }
	// A web socket follows no redirect, and what refuses it is not asked again but in another protocol.
	noSocket := func(call string) bool { return call != "create pods/exec" }
	return []Fault{
		{Name: "403", serve: refusing(http.StatusForbidden)},
		{Name: "404", serve: refusing(http.StatusNotFound), Effect: Absent},
		{Name: "404 of another server", serve: text(http.StatusNotFound, "text/plain", "404 page not found\n")},
		{Name: "429 once", serve: refusing(http.StatusTooManyRequests), Effect: Survived, of: noSocket},
		{Name: "429 for ever", serve: refusing(http.StatusTooManyRequests)},
		{Name: "500", serve: refusing(http.StatusInternalServerError)},
		{Name: "503", serve: refusing(http.StatusServiceUnavailable)},
		{Name: "connection refused", serve: refused, of: noSocket, Says: "connection refused"},
		{Name: "unknown CA", serve: stranger, of: noSocket, Says: "certificate signed by unknown authority"},
		{Name: "closed", serve: func(http.ResponseWriter, *http.Request, *Gate) { panic(http.ErrAbortHandler) }},
		{Name: "reset in the middle", serve: half(abort)},
		{Name: "stall", serve: stall, Effect: Late},
		{Name: "stall in the middle", serve: half(stall), Effect: Late},
		{Name: "truncated", serve: half(nil)},
		{Name: "HTML", serve: text(http.StatusOK, "text/html", page)},
		{Name: "another object", serve: text(http.StatusOK, "application/json", `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success"}`)},
		{Name: "empty list", serve: empty, Effect: Absent, of: ofList},
		{Name: "10 MB", serve: large},
	}
}

// Named is the fault of the name.
func Named(name string) Fault {
	for _, f := range Faults() {
		if f.Name == name {
			return f
		}
	}
	panic("there is no fault " + name)
}

// Of says whether a call can be spoilt so.
func (f Fault) Of(call string) bool { return f.of == nil || f.of(call) }

func text(status int, media, body string) func(http.ResponseWriter, *http.Request, *Gate) {
	return func(w http.ResponseWriter, _ *http.Request, _ *Gate) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// large gives 10 MB of what is neither JSON nor XML.
func large(w http.ResponseWriter, _ *http.Request, _ *Gate) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, "<")
	kilobyte := strings.Repeat(Secret+" ", 1024/len(Secret)+1)[:1024]
	for range 10 << 10 {
		io.WriteString(w, kilobyte)
	}
}

// refused sends the client to where nobody listens.
func refused(w http.ResponseWriter, r *http.Request, _ *Gate) {
	http.Redirect(w, r, "https://127.0.0.1:1/", http.StatusTemporaryRedirect)
}

// stranger sends the client to a server whose certificate nobody it trusts has signed.
func stranger(w http.ResponseWriter, r *http.Request, g *Gate) {
	http.Redirect(w, r, g.stranger(), http.StatusTemporaryRedirect)
}

// stall gives no answer until the client goes away.
func stall(_ http.ResponseWriter, r *http.Request, _ *Gate) { <-r.Context().Done() }

func abort(http.ResponseWriter, *http.Request, *Gate) { panic(http.ErrAbortHandler) }

// half gives half of the true answer. Then comes the end, which is a clean one when then is nil.
func half(then func(http.ResponseWriter, *http.Request, *Gate)) func(http.ResponseWriter, *http.Request, *Gate) {
	return func(w http.ResponseWriter, r *http.Request, g *Gate) {
		answer := g.answer(r)
		copyHeader(w, answer)
		w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
		if then != nil {
			http.NewResponseController(w).Flush()
			then(w, r, g)
		}
	}
}

// empty gives the true answer with an empty list in it.
func empty(w http.ResponseWriter, r *http.Request, g *Gate) {
	r.Header.Set("Accept", "application/json")
	answer := g.answer(r)
	copyHeader(w, answer)
	w.Write(g.Service.Empty(answer.Body.Bytes()))
}

// answer is the true answer.
func (g *Gate) answer(r *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	answer.Body = new(bytes.Buffer)
	g.next.ServeHTTP(answer, r)
	return answer
}

func copyHeader(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(answer.Code)
}
