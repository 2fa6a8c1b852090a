package symptom

import "github.com/irsa-doctor/irsa-doctor/checks/facts"

// Redact takes tokens and keys out of a text, and what is beyond [Limit]: what is left
// can be kept and shown to others.
func Redact(s string) string { return facts.Redact(clip(s)) }
