package plugins

import (
	"slices"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/plugins/cli"
	"github.com/sidecall/sidecall/plugins/clocks"
	"github.com/sidecall/sidecall/plugins/denied"
	"github.com/sidecall/sidecall/plugins/filesystem"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/random"
	"github.com/sidecall/sidecall/plugins/sockets"
)

// All returns all interfaces that there are.
func All() []*host.Interface {
	return slices.Concat(
		io.Interfaces(), clocks.Interfaces(), random.Interfaces(), cli.Interfaces(), filesystem.Interfaces(),
		sockets.Interfaces(), denied.Interfaces("wasi:http/types", "wasi:http/outgoing-handler"),
	)
}
