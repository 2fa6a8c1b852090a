package cli

import (
	"os"
	"runtime/debug"
)

// frugal has the garbage of a large fleet collected more often from here on, so that the
// program fits where 600 MiB are left for it. A GOMEMLIMIT of the user's counts instead.
func frugal() {
	const bytes = 450 << 20 // the collector oversteps it by 100 MiB when it is hard pressed
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}
