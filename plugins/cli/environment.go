package cli

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

func environment() *host.Interface {
	return wit.Implement("wasi:cli/environment", map[string]host.Func{
		"get-environment": getEnvironment,
		"get-arguments":   getArguments,
		"initial-cwd":     initialCwd,
	})
}

func getEnvironment(c *host.Call, _ []value.Value) (value.Value, error) {
	env := c.Component().Grants.Env
	if len(env) == 0 {
		c.Refused(host.Refusal{Kind: "environment", Reason: "its environment, which is empty", Quiet: true,
			Write: host.Allow(c.Component().Name, "VALUE", "env", "NAME")})
	}
	vars := make([]value.Value, len(env))
	for i, e := range env {
		vars[i] = value.Tuple(value.String(e.Name), value.String(e.Value))
	}
	return value.List(vars...), nil
}

func getArguments(c *host.Call, _ []value.Value) (value.Value, error) {
	args := c.Component().Grants.Args
	list := make([]value.Value, len(args))
	for i, a := range args {
		list[i] = value.String(a)
	}
	return value.List(list...), nil
}

// initialCwd is mostly none: a component starts in no directory, it has those that it
// was granted.
func initialCwd(c *host.Call, _ []value.Value) (value.Value, error) {
	if cwd := c.Component().Grants.Cwd; cwd != "" {
		return value.Some(value.String(cwd)), nil
	}
	return value.None(), nil
}
