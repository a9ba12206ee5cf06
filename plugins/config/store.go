package config

import (
	"fmt"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Interfaces returns the drafts of wasi:config. They differ in their names alone.
func Interfaces() []*host.Interface {
	var all []*host.Interface
	for _, name := range []string{
		"wasi:config/store@0.2.0-draft", "wasi:config/runtime@0.2.0-draft",
		"wasi:config/store@0.2.0-draft-2024-09-27", "wasi:config/store@0.2.0-rc.1",
	} {
		all = append(all, wit.Implement(name, map[string]host.Func{"get": get, "get-all": getAll}))
	}
	return all
}

func get(c *host.Call, args []value.Value) (value.Value, error) {
	key := args[0].Str()
	for _, v := range c.Component().Grants.Config {
		if v.Name == key {
			return wire.Ok(value.Some(value.String(v.Value)))
		}
	}
	c.Refused(host.Refusal{Kind: "config", Target: key, Reason: fmt.Sprintf("the value %q of its configuration, of which there is none", key),
		Write: host.Allow(c.Component().Name, "VALUE", "config", key)})
	return wire.Ok(value.None())
}

func getAll(c *host.Call, _ []value.Value) (value.Value, error) {
	all := c.Component().Grants.Config
	list := make([]value.Value, len(all))
	for i, v := range all {
		list[i] = value.Tuple(value.String(v.Name), value.String(v.Value))
	}
	return wire.Ok(value.List(list...))
}
