package policy

import "strings"

// An operator is a condition operator, taken apart.
type operator struct {
	operation
	name     string // as IAM spells it
	set      string // "ForAnyValue:", "ForAllValues:" or ""
	ifExists bool
}

// An operation compares one value of the policy with one of the request.
type operation struct {
	base    string
	compare func(want pattern, have string) Tri
	negated bool // holds where no value compares
	// presence says that not the key's value is compared but whether it is missing.
	presence bool
	// variables says that policy variables are put into values
	// (reference_policies_elements_condition_operators).
	variables bool
	// wild says that * and ? in a value are wildcards.
	wild bool
	// valid says whether a value can compare with anything; nil: every value can.
	valid func(value string) bool
}

var operations = []operation{
	{base: "StringEquals", compare: equal, variables: true},
	{base: "StringNotEquals", compare: equal, variables: true, negated: true},
	{base: "StringEqualsIgnoreCase", compare: equalFold, variables: true},
	{base: "StringNotEqualsIgnoreCase", compare: equalFold, variables: true, negated: true},
	{base: "StringLike", compare: alike, variables: true, wild: true},
	{base: "StringNotLike", compare: alike, variables: true, wild: true, negated: true},
	// ArnEquals takes wildcards as ArnLike does, says IAM's guide.
	{base: "ArnEquals", compare: arnAlike, variables: true, wild: true},
	{base: "ArnLike", compare: arnAlike, variables: true, wild: true},
	{base: "ArnNotEquals", compare: arnAlike, variables: true, wild: true, negated: true},
	{base: "ArnNotLike", compare: arnAlike, variables: true, wild: true, negated: true},
	{base: "NumericEquals", compare: numeric(isEqual), valid: isNumber},
	{base: "NumericNotEquals", compare: numeric(isEqual), valid: isNumber, negated: true},
	{base: "NumericLessThan", compare: numeric(isLess), valid: isNumber},
	{base: "NumericLessThanEquals", compare: numeric(isAtMost), valid: isNumber},
	{base: "NumericGreaterThan", compare: numeric(isMore), valid: isNumber},
	{base: "NumericGreaterThanEquals", compare: numeric(isAtLeast), valid: isNumber},
	{base: "DateEquals", compare: date(isEqual), valid: isDate},
	{base: "DateNotEquals", compare: date(isEqual), valid: isDate, negated: true},
	{base: "DateLessThan", compare: date(isLess), valid: isDate},
	{base: "DateLessThanEquals", compare: date(isAtMost), valid: isDate},
	{base: "DateGreaterThan", compare: date(isMore), valid: isDate},
	{base: "DateGreaterThanEquals", compare: date(isAtLeast), valid: isDate},
	{base: "Bool", compare: boolean, variables: true, valid: isBool},
	{base: "BinaryEquals", compare: binary, valid: isBase64},
	{base: "IpAddress", compare: address, valid: isNetwork},
	{base: "NotIpAddress", compare: address, valid: isNetwork, negated: true},
}

// operators are all operators by name.
var operators = func() map[string]operator {
	all := map[string]operator{"Null": {
		operation: operation{base: "Null", compare: boolean, valid: isBool, presence: true}, name: "Null",
	}}
	for _, op := range operations {
		for _, set := range []string{"", forAny, forAll} {
			for _, suffix := range []string{"", "IfExists"} {
				name := set + op.base + suffix
				all[name] = operator{op, name, set, suffix != ""}
			}
		}
	}
	return all
}()

const forAny, forAll = "ForAnyValue:", "ForAllValues:"

// findOperator looks an operator up by name; case does not matter.
func findOperator(name string) (operator, bool) {
	if op, ok := operators[name]; ok {
		return op, true
	}
	for known, op := range operators {
		if strings.EqualFold(name, known) {
			return op, true
		}
	}
	return operator{}, false
}

// whenMissing is the answer for a key that the request does not have
// (reference_policies_elements_condition_operators, …_multi-value-conditions).
func (op *operator) whenMissing() Tri {
	switch {
	case op.ifExists, op.set == forAll:
		return True
	case op.set == forAny:
		return False
	default:
		return tri(op.negated)
	}
}

// holds compares each value that the request has with the wanted ones. One value of
// the policy has to compare, or none for a negated operator; of the request's values
// one has to pass, or all under ForAllValues. Without a prefix a positive operator
// takes one and a negated one wants all: so that it is always the other's opposite
// (AWS leaves several values without a prefix open; a token may have several aud).
func (op *operator) holds(wanted []pattern, have []string) Tri {
	all := op.set == forAll || op.set == "" && op.negated
	result := tri(all)
	for _, h := range have {
		one := False
		for _, w := range wanted {
			one = max(one, op.match(w, h))
		}
		if op.negated {
			one = not(one)
		}
		if all {
			result = min(result, one)
		} else {
			result = max(result, one)
		}
	}
	return result
}

func (op *operator) match(want pattern, have string) Tri {
	switch {
	case want.unresolved != "":
		return False
	case want.unknown != "":
		return Unknown
	default:
		return op.compare(want, have)
	}
}
