package wit

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/sidecall/sidecall/components/witpkg"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/wit"
)

//go:embed host.wasm
var binary []byte

// decoded is the compiled text, by name of the interface without its version.
var decoded = sync.OnceValue(func() map[string]witpkg.Interface {
	all, err := witpkg.Decode(binary)
	if err != nil {
		panic(fmt.Errorf("the embedded WIT cannot be decoded: %w", err))
	}
	m := make(map[string]witpkg.Interface, len(all))
	for _, i := range all {
		m[unversioned(i.Name)] = i
	}
	return m
})

func unversioned(name string) string {
	base, _, _ := strings.Cut(name, "@")
	return base
}

// Names returns the names of all interfaces of the text, without versions, in no
// particular order.
func Names() []string {
	var names []string
	for name := range decoded() {
		names = append(names, name)
	}
	return names
}

// Implement makes an interface of the host from its functions. name is without a
// version ("wasi:io/poll"). It panics if the WIT has no interface of that name, or
// no function of the name of one of funcs.
func Implement(name string, funcs map[string]host.Func) *host.Interface {
	i := mustFind(name)
	for fn := range funcs {
		if _, ok := function(i.Type, fn); !ok {
			panic(fmt.Sprintf("the WIT of %s has no function %s", i.Name, fn))
		}
	}
	return &host.Interface{Name: i.Name, Type: i.Type, Funcs: funcs}
}

// Resource returns the identity of a resource type of the host.
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
