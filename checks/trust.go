package checks

// A trust is what a role's trust policy, evaluated as IAM does, says of the call that a
// binding's workloads make.
type trust struct{}
