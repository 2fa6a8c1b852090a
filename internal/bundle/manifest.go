package bundle

import (
	"encoding/json"
	"time"

	"github.com/irsa-doctor/irsa-doctor/report"
)

// Schema is the version of the manifest that this program writes.
const Schema = 1

// A Manifest tells what a bundle holds. It says nothing of how the bundle was made that
// the snapshot does not say: a live run and its saved snapshot give the same bundle.
type Manifest struct {
	Kind    string      `json:"kind"` // "irsa-doctor/bundle"
	Schema  int         `json:"schemaVersion"`
	Tool    report.Tool `json:"tool"`
	TakenAt time.Time   `json:"takenAt"`
	Asked   string      `json:"asked"`   // as a command line
	Files   []File      `json:"files"`   // but for the manifest itself
	LeftOut []LeftOut   `json:"leftOut"` // never null
}

const kind = "irsa-doctor/bundle"

// A File is one of the bundle.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// LeftOut is a file that the bundle does not hold.
type LeftOut struct {
	Name string `json:"name"`
	Size int64  `json:"size,omitempty"` // bytes; 0 when it was given up half-way
	Why  string `json:"why"`
}

func encode(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	return append(b, '\n'), err
}
