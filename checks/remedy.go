package checks

import (
	"github.com/irsa-doctor/irsa-doctor/checks/edit"
)

// A Remedy mends one finding. It is shown, never run.
type Remedy struct {
	Text string // a verb phrase: what to do
	// Edits change what is wrong, in their order. They are empty when a value that
	// they need is not known.
	Edits []edit.Edit
	// Owner says which tool will revert the edits and where to change it instead, or "".
	Owner string
}

// Commands are what to type. An edit whose command could do harm when pasted, or
// that no single command makes, has none.
func (r Remedy) Commands() []edit.Command {
	var commands []edit.Command
	for _, e := range r.Edits {
		if c := e.Command(); len(c) > 0 && c.Safe() {
			commands = append(commands, c)
		}
	}
	return commands
}
