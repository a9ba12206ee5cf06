package filesystem

import (
	"fmt"
	"os"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/wit"
)

func preopens() *host.Interface {
	return wit.Implement("wasi:filesystem/preopens", map[string]host.Func{
		"get-directories": getDirectories,
	})
}

// getDirectories opens the granted directories. One that cannot be opened is no
// mistake of the guest, which has no way to be told: the call ends.
func getDirectories(c *host.Call, _ []value.Value) (value.Value, error) {
	var dirs []value.Value
	if len(c.Component().Grants.Files) == 0 {
		c.Refused(host.Refusal{Kind: "files", Reason: "its directories, of which it has none", Quiet: true,
			Write: host.Allow(c.Component().Name, "[{ host: ./data, guest: /data }]", "allow", "files")})
	}
	for _, g := range c.Component().Grants.Files {
		d, err := preopen(c, g)
		if err != nil {
			for _, before := range dirs {
				before.At(0).Handle().Object.(*Descriptor).Drop()
			}
			return value.Value{}, fmt.Errorf("granted directory %s cannot be opened: %w", g.Guest, err)
		}
		dirs = append(dirs, value.Tuple(ownDescriptor(c, d), value.String(g.Guest)))
	}
	return value.List(dirs...), nil
}

func preopen(c *host.Call, g plan.FileGrant) (*Descriptor, error) {
	held, err := c.Descriptors().Take()
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(g.Host)
	if err != nil {
		held.Give()
		return nil, err
	}
	return newDirectory(root, !g.ReadOnly, source{grant: g}).holding(held), nil
}

// ownDescriptor makes a handle of the resource descriptor.
func ownDescriptor(c *host.Call, d *Descriptor) value.Value {
	return c.Own(wit.Resource("wasi:filesystem/types", "descriptor"), d)
}
