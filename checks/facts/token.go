package facts

import "time"

// A Token is a projected token that a live proof looked into, without its
// signature. Times are zero for claims that it does not carry.
type Token struct {
	Source    string    `json:"source"`            // "mint", "exec" or "file"
	Account   string    `json:"account,omitempty"` // namespace/name that it was got for; "" for a file
	Workload  Ref       `json:"workload,omitzero"` // whose pod held it, for "exec"
	Audience  []string  `json:"audience"`
	Issuer    string    `json:"issuer"`
	Subject   string    `json:"subject"`
	Expires   time.Time `json:"expires,omitzero"`
	Issued    time.Time `json:"issued,omitzero"`
	NotBefore time.Time `json:"notBefore,omitzero"`
	Algorithm string    `json:"algorithm"`
	KeyID     string    `json:"keyId,omitempty"`
	// Verified says whether a key of the issuer's JWKS verifies the signature.
	Verified Fact[bool] `json:"verified"`
	// Problem says why it is no JSON Web Token, and Gap why it could not be got at all;
	// then only Source, Account and Workload are set beside it.
	Problem string `json:"problem,omitempty"`
	Gap     *Gap   `json:"gap,omitempty"`
}

// An Execution is what a command inside a running container saw.
type Execution struct {
	Workload  Ref               `json:"workload"`
	Pod       string            `json:"pod"`
	Container string            `json:"container"`
	Env       map[string]string `json:"env,omitempty"` // the variables that KeepValue keeps, and the names of key variables with the value ""
	Gap       *Gap              `json:"gap,omitempty"` // why nothing was seen
}
