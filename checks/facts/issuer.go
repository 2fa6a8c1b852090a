package facts

// An Issuer is what is published about the issuer of the cluster's tokens.
type Issuer struct {
	// APIServer is the discovery document that the API server serves at its own root.
	APIServer Fact[Discovery] `json:"apiServer"`
	// Keys are the JWKS of the API server.
	Keys Fact[[]Key] `json:"keys"`
	// Public is the discovery document at the issuer's URL, as STS would fetch it. It is
	// not-collected for an issuer of EKS, which AWS serves itself.
	Public     Fact[Discovery] `json:"public"`
	PublicKeys Fact[[]Key]     `json:"publicKeys"`
	// TLS is the certificate chain that the host of the JWKS presents.
	TLS Fact[TLSChain] `json:"tls"`
}

// A Discovery is an OpenID Connect discovery document.
type Discovery struct {
	Issuer        string   `json:"issuer"`
	JWKSURI       string   `json:"jwksUri"`
	ResponseTypes []string `json:"responseTypes,omitempty"` // response_types_supported
	SubjectTypes  []string `json:"subjectTypes,omitempty"`  // subject_types_supported
	Algorithms    []string `json:"algorithms,omitempty"`    // id_token_signing_alg_values_supported
}

// A Key is a public key of a JWKS, without the key itself.
type Key struct {
	ID        string `json:"id,omitempty"` // kid
	Type      string `json:"type"`         // kty
	Algorithm string `json:"algorithm,omitempty"`
	Use       string `json:"use,omitempty"`
}

// A TLSChain is the certificate chain of a host.
type TLSChain struct {
	Public       bool     `json:"public"`       // it chains to a CA that this machine's system roots trust
	Fingerprints []string `json:"fingerprints"` // SHA-1 in hex, leaf first
}
