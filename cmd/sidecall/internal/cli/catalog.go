package cli

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/plugins"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/keyvalue"
	"github.com/sidecall/sidecall/plugins/otel"
)

// hostInterfaces are what sidecall offers to components. They are made once: linker
// and host must mean the same resource types.
func (a *app) hostInterfaces() []*host.Interface {
	if a.interfaces == nil {
		a.interfaces = plugins.New(plugins.Config{
			Logging:  a.guestLogging(),
			OTel:     otel.Config{To: a.observed.receiver},
			HTTP:     http.Config{Around: a.observed.around()},
			KeyValue: keyvalue.Config{Dir: a.settings.KeyValueDir, Log: a.guestLogger(a.stderr)}, // of a directory that somebody asked for
		}).Interfaces()
	}
	return a.interfaces
}

// catalog tells the linker of them: linker and host do not know each other.
func catalog(interfaces []*host.Interface) resolve.Catalog {
	out := make(resolve.Catalog, 0, len(interfaces))
	for _, i := range interfaces {
		h := resolve.HostInterface{Name: i.Name, Type: i.Type}
		if i.Earlier != nil {
			h.Earlier = &resolve.HostInterface{Name: i.Name, Type: i.Earlier.Type}
		}
		out = append(out, h)
	}
	return out
}
