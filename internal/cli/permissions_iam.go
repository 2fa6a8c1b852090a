package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/irsa-doctor/irsa-doctor/aws"
)

// writeReasons says what the statements of the policy are for.
func writeReasons(w io.Writer, rights []aws.Right) {
	for _, r := range rights {
		fmt.Fprintf(w, "#   %s: ", r.Sid)
		if r.Optional {
			fmt.Fprint(w, "optional, ")
		}
		fmt.Fprint(w, r.Why)
		if r.Narrow != "" {
			fmt.Fprintf(w, "; Resource may be restricted to the ARNs of %s", r.Narrow)
		}
		fmt.Fprintln(w)
	}
}

// writeInRoles says what the roles that are assumed need.
func writeInRoles(w io.Writer, rights []aws.Right) {
	var sids []string
	for _, r := range rights {
		if r.InRole {
			sids = append(sids, r.Sid)
		}
	}
	fmt.Fprintf(w, "# Each role of --aws-role-arn needs these statements in a policy of its own: %s\n", strings.Join(sids, ", "))
}

// A policy is a document of IAM.
type policy struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid, Effect      string
	Action, Resource []string
}

func writePolicy(w io.Writer, rights []aws.Right) error {
	document := policy{Version: "2012-10-17"}
	for _, r := range rights {
		document.Statement = append(document.Statement, statement{r.Sid, "Allow", r.Actions, r.Resources})
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(document)
}
