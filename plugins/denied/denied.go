// Package denied answers for interfaces that this host does not have yet: each
// function with the error code of its interface that says so. Functions without
// such a code trap with their name.
//
// In: the WIT. Out: interfaces. Next: package plugins. Must not import: other
// plugins.
package denied

import (
	"slices"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/wit"
	types "github.com/sidecall/sidecall/wit"
)

// codes are the cases that say that something is not permitted.
var codes = []string{"access-denied", "not-permitted", "HTTP-request-denied"}

// Interfaces returns the named interfaces, denied.
func Interfaces(names ...string) []*host.Interface {
	var all []*host.Interface
	for _, n := range names {
		i := wit.Implement(n, nil)
		i.Funcs = map[string]host.Func{}
		for _, e := range i.Type.Exports {
			if f, ok := e.Type.(*types.FuncType); ok {
				if answer, ok := denial(f); ok {
					i.Funcs[e.Name] = func(*host.Call, []value.Value) (value.Value, error) { return wire.Err(answer) }
				}
			}
		}
		all = append(all, i)
	}
	return all
}

// denial returns the error of f that says not permitted, if it has one.
func denial(f *types.FuncType) (value.Value, bool) {
	if f.Result == nil || f.Result.Kind != types.Result || f.Result.Cases[1].Type == nil {
		return value.Value{}, false
	}
	t := f.Result.Cases[1].Type
	n := slices.IndexFunc(t.Cases, func(c types.Case) bool { return slices.Contains(codes, c.Name) })
	if n < 0 {
		return value.Value{}, false
	}
	return value.Choice(t.Kind, n, nil), true
}
