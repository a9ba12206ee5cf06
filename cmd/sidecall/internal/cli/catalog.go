package cli

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/plugins"
)

// hostInterfaces are what sidecall offers to components.
func hostInterfaces() []*host.Interface { return plugins.All() }

// catalog tells the linker of them: linker and host do not know each other.
func catalog(interfaces []*host.Interface) resolve.Catalog {
	out := make(resolve.Catalog, 0, len(interfaces))
	for _, i := range interfaces {
		out = append(out, resolve.HostInterface{Name: i.Name, Type: i.Type})
	}
	return out
}
