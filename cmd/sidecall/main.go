// Command sidecall links WebAssembly components by their WIT interfaces and runs
// them in one process. See cmd/sidecall/internal/cli for what it does; here it is
// only given its arguments and streams.
package main

import (
	"os"
	"runtime/debug"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/cli"
)

func main() {
	// Linking a small composition needs 5 MB of Go heap, once: a collection in the middle
	// of it is a good part of a millisecond. What a guest has is not Go's to collect.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
