// Command containerd-shim-sidecall-v1 is started by containerd for containers of the
// runtime type io.containerd.sidecall.v1. See package shim.
package main

import "github.com/sidecall/sidecall/shim"

func main() { shim.Main() }
