//go:build linux

package shim

import (
	"context"
	"fmt"
	"os"

	"github.com/containerd/containerd/v2/pkg/shim"

	"github.com/sidecall/sidecall/shim/confine"
	"github.com/sidecall/sidecall/shim/settle"
)

// Main runs the shim with the process's arguments, environment and streams. It ends the
// process where containerd's package does.
func Main() {
	confine.Main() // what preparing a composition starts
	ctx := context.Background()
	c, err := parseCall(os.Args[1:])
	if err != nil {
		fail(err)
	}
	switch c.action {
	case "start":
		if err := start(ctx, c, os.Stdin, os.Stdout); err != nil {
			fail(err)
		}
		return
	case "delete":
		bundle := c.bundle
		if bundle == "" {
			bundle = "." // where containerd starts the shim
		}
		if r, err := readRecord(bundle); err == nil && r.Node != "" {
			forgetIn(r.Node, c.namespace, c.id) // what this container used of the node's cache
		}
		endSiblings(c.namespace, bundle, c.id)
	case "prewarm", "prune":
		if err := keepHouse(ctx, c); err != nil {
			fail(err)
		}
		return
	}
	defer settle.WhenIdle(nil)()
	register()
	shim.RunShim(ctx, newManager())
}

func fail(err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", Name, err)
	os.Exit(1)
}
