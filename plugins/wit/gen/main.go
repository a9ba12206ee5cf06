// Command gen compiles a folder of WIT text into a binary WIT package, with a
// digest of the text beside it.
//
// Usage: gen DIR FILE.wasm
package main

import (
	"fmt"
	"os"

	"github.com/sidecall/sidecall/plugins/wit/compile"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: gen DIR FILE.wasm")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir, out string) error {
	b, err := compile.WIT(dir)
	if err != nil {
		return err
	}
	sum, err := compile.Digest(os.DirFS(dir))
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, b, 0o644); err != nil {
		return err
	}
	return os.WriteFile(out+".sum", []byte(sum+"\n"), 0o644)
}
