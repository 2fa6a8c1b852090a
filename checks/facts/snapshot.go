package facts

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"
)

// SchemaVersion is the version of Snapshot that this program writes.
const SchemaVersion = 1

// A Snapshot is one look at one cluster and its accounts. Maps are keyed by
// natural names, so that a fixture can be a small patch on another.
type Snapshot struct {
	Version int       `json:"version"`
	TakenAt time.Time `json:"takenAt"` // the only clock of the checks
	Asked   Asked     `json:"asked"`
	Cluster Cluster   `json:"cluster"`
	Issuer  Issuer    `json:"issuer"`
	AWS     AWS       `json:"aws"`

	// Tokens are the tokens that live proofs looked into, without their signatures.
	Tokens Fact[[]Token] `json:"tokens"`
	// Executions are what running containers were found to hold; see Execution.
	Executions Fact[[]Execution] `json:"executions"`
}

// Asked is what the user wanted looked at. It is kept so that a saved snapshot
// gives the same report as the live run.
type Asked struct {
	Targets   []Ref  `json:"targets,omitempty"`   // none: whatever uses web identity in Namespace
	Namespace string `json:"namespace,omitempty"` // "" means all namespaces
	Selector  string `json:"selector,omitempty"`  // labels that the workloads carry, as in kubectl -l
	ACK       string `json:"ack,omitempty"`       // service of the ACK controller that was asked for
	Error     string `json:"error,omitempty"`     // that the workload logs, without tokens and keys

	EKSCluster string `json:"eksCluster,omitempty"` // as named by the user
	Context    string `json:"context,omitempty"`    // as named by the user; commands repeat it
	Profile    string `json:"profile,omitempty"`    // as named by the user; commands repeat it
	Region     string `json:"region,omitempty"`     // as named by the user; commands repeat it
}

// Parse reads a snapshot that Snapshot's JSON wrote. Fields that it does not know are
// passed over, and those that are not there are facts that nobody looked for.
func Parse(b []byte) (*Snapshot, error) {
	s := new(Snapshot)
	err := json.Unmarshal(b, s)
	wrong, isOther := errors.AsType[*json.UnmarshalTypeError](err)
	switch {
	case isOther:
		return nil, fmt.Errorf("read snapshot: %s is of the JSON type %s; is it a snapshot of irsa-doctor?", cmp.Or(wrong.Field, "the document"), wrong.Value)
	case err != nil:
		return nil, fmt.Errorf("read snapshot: %w", err)
	case s.Version <= 0:
		return nil, errors.New("read snapshot: it carries no version; is it a snapshot of irsa-doctor?")
	case s.foreign(b):
		return nil, errors.New("read snapshot: it holds nothing that a snapshot of irsa-doctor does")
	case s.Version > SchemaVersion:
		return nil, fmt.Errorf("read snapshot: version %d is newer than this program's %d; use a newer irsa-doctor", s.Version, SchemaVersion)
	}
	return s, nil
}

// foreign says whether s was read from a document that shares only its version with a snapshot.
func (s *Snapshot) foreign(doc []byte) bool {
	if !reflect.DeepEqual(*s, Snapshot{Version: s.Version}) {
		return false
	}
	var fields map[string]json.RawMessage
	return json.Unmarshal(doc, &fields) == nil && len(fields) > 1
}
