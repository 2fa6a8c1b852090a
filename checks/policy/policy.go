// Package policy is the IAM policy language of role trust policies: it parses a
// policy, evaluates it as IAM does for a web identity, explains the decision, and
// writes the policy again.
//
// Its law: what can not be decided from what is known is Unknown, never a guess. An
// Unknown that the decision hangs on makes it Depends, and the explanation says on
// what. A policy that IAM took is never refused for its meaning, only for its JSON:
// what can not be read of it is kept, named by Oddities, and Unknown.
//
// Names such as reference_policies_variables are pages of the IAM User Guide.
package policy

import "slices"

// A Document is a trust policy.
type Document struct {
	Version    string // "" means 2008-10-17, which has no policy variables
	ID         string // the element Id
	Statements []Statement
	Others     []Element // elements that could not be read, as written
}

// A Statement allows or denies. Its lists are in the order of the text.
type Statement struct {
	Pos          Position
	Sid          string
	Effect       string // "Allow" or "Deny"; IAM knows no other
	Principals   []Principal
	NotPrincipal []Principal
	Actions      []string
	NotActions   []string
	Conditions   []Condition // no two with the same operator and key
	Others       []Element   // Resource, which means nothing in a trust policy, and what could not be read
}

// A Principal is one that a statement names.
type Principal struct {
	Pos   Position
	Type  string // "Federated", "AWS", "Service", "CanonicalUser"; "*" for "Principal": "*"
	Value string
}

// A Condition is one key under one operator. Several values are alternatives.
type Condition struct {
	Pos      Position // of the key
	Operator string   // with its prefix and suffix, as "ForAnyValue:StringLikeIfExists"
	Key      string
	Values   []string // numbers and booleans as their text
}

// An Element is a part of a policy that is kept but not understood.
type Element struct {
	Pos  Position
	Name string
	JSON string // its value, compact
	// Unread says why its meaning is not known; "" when it is known to have none.
	Unread string
}

// Clone returns a copy that shares nothing with d.
func (d *Document) Clone() *Document {
	c := *d
	c.Others = slices.Clone(d.Others)
	c.Statements = slices.Clone(d.Statements)
	for i := range c.Statements {
		c.Statements[i] = d.Statements[i].Clone()
	}
	return &c
}

// Clone returns a copy that shares nothing with s.
func (s Statement) Clone() Statement {
	s.Principals = slices.Clone(s.Principals)
	s.NotPrincipal = slices.Clone(s.NotPrincipal)
	s.Actions = slices.Clone(s.Actions)
	s.NotActions = slices.Clone(s.NotActions)
	s.Others = slices.Clone(s.Others)
	s.Conditions = slices.Clone(s.Conditions)
	for i := range s.Conditions {
		s.Conditions[i].Values = slices.Clone(s.Conditions[i].Values)
	}
	return s
}

// hasVariables says whether ${…} is a policy variable in this document
// (reference_policies_elements_version).
func (d *Document) hasVariables() bool { return d.Version == "2012-10-17" }
