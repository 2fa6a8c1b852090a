package token

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// ParseDiscovery reads an OpenID Connect discovery document. What it should say and
// does not is left empty. The error is a *facts.Gap.
func ParseDiscovery(document []byte) (facts.Discovery, error) {
	var d *struct {
		Issuer        string   `json:"issuer"`
		JWKSURI       string   `json:"jwks_uri"`
		ResponseTypes []string `json:"response_types_supported"`
		SubjectTypes  []string `json:"subject_types_supported"`
		Algorithms    []string `json:"id_token_signing_alg_values_supported"`
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return facts.Discovery{}, malformed("discovery document", jsonProblem(err))
	}
	if d == nil {
		return facts.Discovery{}, malformed("discovery document", "it is null")
	}
	return facts.Discovery(*d), nil
}

func malformed(what, problem string) *facts.Gap {
	return &facts.Gap{Kind: facts.Malformed, Detail: what + ": " + problem}
}

// jsonProblem says what is wrong with JSON, in words that are not Go's.
func jsonProblem(err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if e.Field == "" {
			return "it is a JSON " + e.Value + ", not an object"
		}
		return fmt.Sprintf("its member %s is a %s", e.Field, e.Value)
	}
	return "it is no JSON: " + err.Error()
}
