package faulty

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Kubernetes is the API server.
type Kubernetes struct{}

// Call tells "list pods" from "get configmaps" by the path.
func (Kubernetes) Call(r *http.Request, _ []byte) Call {
	query := r.URL.Query()
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2:
		parts = parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		parts = parts[3:]
	default:
		return Call{Name: "get " + r.URL.Path}
	}
	var where []string
	if parts[0] == "namespaces" && len(parts) > 2 {
		where, parts = append(where, "in "+parts[1]), parts[2:]
	}
	switch {
	case len(parts) == 3: // such as pods/exec, which a web socket gets and SPDY posts
		where = append(where, query["command"]...)
		return Call{"create " + parts[0] + "/" + parts[2], strings.Join(where, " ")}
	case len(parts) == 2:
		return Call{"get " + parts[0], strings.Join(where, " ")}
	}
	if by := query.Get("fieldSelector"); by != "" {
		where = append(where, "with "+by)
	}
	return Call{"list " + parts[0], strings.Join(where, " ")}
}

// Refuse answers with a Status.
func (Kubernetes) Refuse(w http.ResponseWriter, r *http.Request, status int) {
	reason := map[int]string{
		http.StatusForbidden: "Forbidden", http.StatusNotFound: "NotFound", http.StatusTooManyRequests: "TooManyRequests",
		http.StatusInternalServerError: "InternalError", http.StatusServiceUnavailable: "ServiceUnavailable",
	}[status]
	if status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "0")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{
		"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{}, "status": "Failure", "reason": reason, "code": status,
		"message": fmt.Sprintf("%s: %s, asked with %s", r.URL.Path, reason, Secret),
	})
}

// Empty takes the items out of a list.
func (Kubernetes) Empty(answer []byte) []byte {
	var list map[string]any
	if err := json.Unmarshal(answer, &list); err != nil {
		return answer
	}
	list["items"] = []any{}
	b, _ := json.Marshal(list) // which it was made of
	return b
}
