package cli

import (
	"os"
	"runtime/debug"
)

// frugal has the garbage of a large fleet collected more often from here on, so that the
// program fits where 600 MiB are left for it. A GOMEMLIMIT of the user's counts instead.
func frugal() {
	const bytes = 480 << 20 // of heap; what is not heap comes to 80 MiB
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}
