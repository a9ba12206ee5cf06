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
)

// All returns all interfaces that there are.
func All() []*host.Interface {
	return slices.Concat(
		io.Interfaces(), clocks.Interfaces(), random.Interfaces(), cli.Interfaces(), filesystem.Interfaces(),
		denied.Interfaces(
			"wasi:sockets/instance-network", "wasi:sockets/network", "wasi:sockets/udp", "wasi:sockets/udp-create-socket",
			"wasi:sockets/tcp", "wasi:sockets/tcp-create-socket", "wasi:sockets/ip-name-lookup",
			"wasi:http/types", "wasi:http/outgoing-handler",
		),
	)
}
