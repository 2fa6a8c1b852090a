// Irsa-doctor finds the broken link between a Kubernetes service account and its
// AWS role, and says what mends it.
package main

import (
	"os"

	"github.com/irsa-doctor/irsa-doctor/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args, os.Stdin, os.Stdout, os.Stderr)) }
