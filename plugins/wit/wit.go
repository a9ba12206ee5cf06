package wit

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/sidecall/sidecall/components/witpkg"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

//go:embed host.wasm
var binary []byte

// decoded is the compiled text, by full name.
var decoded = sync.OnceValue(func() map[string]witpkg.Interface {
	all, err := witpkg.Decode(binary)
	if err != nil {
		panic(fmt.Errorf("the embedded WIT cannot be decoded: %w", err))
	}
	m := make(map[string]witpkg.Interface, len(all))
	for _, i := range all {
		m[i.Name] = i
	}
	return m
})

// version is that of WASI, which names need not have.
const version = "@0.2.12"

// Implement makes an interface of the host from its functions. name is without a
// version ("wasi:io/poll"), but for drafts ("wasi:config/store@0.2.0-draft"). It
// panics if the WIT has no interface of that name, or no function of the name of one
// of funcs.
func Implement(name string, funcs map[string]host.Func) *host.Interface {
	i := mustFind(name)
	for fn := range funcs {
		if _, ok := function(i.Type, fn); !ok {
			panic(fmt.Sprintf("the WIT of %s has no function %s", i.Name, fn))
		}
	}
	return &host.Interface{Name: i.Name, Type: i.Type, Funcs: funcs}
}

// Method makes a function of one that works on what a handle stands for: its first
// argument. args are the others.
func Method[T any](f func(c *host.Call, self T, args []value.Value) (value.Value, error)) host.Func {
	return func(c *host.Call, args []value.Value) (value.Value, error) {
		self, err := host.Object[T](args[0])
		if err != nil {
			return value.Value{}, err
		}
		return f(c, self, args[1:])
	}
}

// Resource returns the identity of a resource type of the host; iface is as for
// Implement.
func Resource(iface, name string) *wit.Resource {
	t, _ := mustFind(iface).Type.Export(name)
	if te, ok := t.(*wit.TypeExport); ok {
		if r, ok := te.Def.(*wit.Resource); ok {
			return r
		}
	}
	panic(fmt.Sprintf("the WIT of %s has no resource %s", iface, name))
}

func mustFind(name string) witpkg.Interface {
	if i, ok := decoded()[name+version]; ok {
		return i
	}
	i, ok := decoded()[name]
	if !ok {
		panic("there is no WIT of " + name)
	}
	return i
}

func function(t *wit.InstanceType, name string) (*wit.FuncType, bool) {
	e, _ := t.Export(name)
	f, ok := e.(*wit.FuncType)
	return f, ok
}
