package kubetest

import (
	"encoding/json"
	"io"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Failing is a fault: the error as the API puts it, a Status.
func Failing(err *apierrors.StatusError) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { refuse(w, err) }
}

func refuse(w http.ResponseWriter, err *apierrors.StatusError) {
	status := err.Status()
	status.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(status.Code))
	json.NewEncoder(w).Encode(status)
}

// Writing is a fault: an answer with status 200 of these bytes.
func Writing(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, body)
	}
}

// CutOff is a fault: an answer that begins, and a connection that breaks.
func CutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"kind":"List","apiVersion":"v1","items":[`)
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// Hanging is a fault: no answer until the client goes away.
func Hanging(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
