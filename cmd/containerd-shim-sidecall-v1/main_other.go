//go:build !linux

// Command containerd-shim-sidecall-v1 is started by containerd, which is on Linux.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "containerd-shim-sidecall-v1 runs on Linux only")
	os.Exit(1)
}
