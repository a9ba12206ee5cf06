// Command sidecall links WebAssembly components by their WIT interfaces and runs
// them in one process. See cmd/sidecall/internal/cli for what it does; here it is
// only given its arguments and streams.
package main

import (
	"os"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
