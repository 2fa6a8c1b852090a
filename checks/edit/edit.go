// Package edit is what a remedy changes. An edit prints the command that makes it
// and applies itself to a snapshot, both from the same fields, so that a prognosis
// judges what is printed. Nothing here runs a command.
package edit

import (
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

// An Edit is one change.
type Edit interface {
	// Command makes the change. It is empty when no single command makes it safely.
	Command() Command
	// Apply makes the change in a snapshot, as far as the snapshot holds what it is about.
	Apply(*facts.Snapshot)
}

// RollsOut says whether the edit has the pods of a workload replaced, and of which.
func RollsOut(e Edit) (workload facts.Ref, ok bool) {
	switch e := e.(type) {
	case SetEnv:
		workload = e.Workload
	case SetServiceAccount:
		workload = e.Workload
	case RemovePodLabel:
		workload = e.Workload
	case Restart:
		workload = e.Workload
	}
	return workload, rolls(workload.Kind)
}
