package preview1

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

//go:embed adapter.wasm
var adapterBytes []byte

//go:embed world.wasm
var worldBytes []byte

// The names of modules from which the adapter imports (adapter/main.h, adapter/wasi.h).
const (
	importMemory = "env"
	importMain   = "main"
	importArena  = "arena"
	importHas    = "has"
	importWASI   = "wasi:"
	dropPrefix   = "[resource-drop]"
	heapName     = "__heap_base"
	filesystem   = "wasi:filesystem/"
)

// wrap makes a component of a core module.
func wrap(b []byte) (*components.Component, error) {
	adapter, err := core.Decode(adapterBytes, 0)
	if err != nil {
		panic(fmt.Sprintf("preview1: adapter.wasm: %v", err))
	}
	p, err := check(b, adapter)
	if err != nil {
		return nil, err
	}
	starts := []string{startName}
	if p.module.Start != nil {
		if err := p.moveStart(); err != nil {
			return nil, err
		}
		starts = []string{movedStart, startName}
	}
	l := newLinking(adapter, p)
	if len(l.slots) > 0 && !p.memory {
		return nil, fail(0, "the core module does not export its memory as %q, which %s's functions need", memoryName, Module)
	}
	return l.component(p, starts), nil
}

// linking says what each function that the adapter imports is.
type linking struct {
	adapter *core.Module
	files   bool
	imports []linked
	slots   []slot
	stubs   []core.FuncType
	used    map[string]map[string]bool
}

// linked is an import of the adapter.
type linked struct {
	core.Import
	// from is the interface that a function is of, empty if it is of none.
	from string
	// stub is the index of its stub, -1 if it is used.
	stub int
	// slot is its index among those that need the program, -1 if it is none.
	slot int
}

func newLinking(adapter *core.Module, p *program) *linking {
	l := &linking{adapter: adapter, files: p.files(), used: map[string]map[string]bool{}}
	var called []uint32
	for _, e := range adapter.Exports {
		if e.Kind == core.ExternFunc && p.functions[e.Name] > 0 {
			called = append(called, e.Index)
		}
	}
	reached := adapter.Reachable(called...)
	for i, im := range adapter.Imports {
		if im.Kind == core.ExternFunc {
			l.function(im, adapter.ImportType(i).(core.FuncType), reached[im.Index])
		}
	}
	return l
}

func (l *linking) function(im core.Import, t core.FuncType, reached bool) {
	f := linked{Import: im, stub: -1, slot: -1}
	inMain := im.Module == importMain
	if rest, ok := strings.CutPrefix(im.Module, importMain+" "); ok {
		inMain, f.from = true, rest
	} else if strings.HasPrefix(im.Module, importWASI) {
		f.from = im.Module
	}
	switch {
	case !reached, strings.HasPrefix(f.from, filesystem) && !l.files:
		f.stub = l.stub(t)
		l.imports = append(l.imports, f)
		return
	case inMain:
		f.slot = len(l.slots)
		l.slots = append(l.slots, slot{im.Module + " " + im.Name, t})
	}
	if f.from != "" {
		if l.used[f.from] == nil {
			l.used[f.from] = map[string]bool{}
		}
		l.used[f.from][im.Name] = true
	}
	l.imports = append(l.imports, f)
}

func (l *linking) stub(t core.FuncType) int {
	for i, other := range l.stubs {
		if t.Equal(other) {
			return i
		}
	}
	l.stubs = append(l.stubs, t)
	return len(l.stubs) - 1
}

// component puts everything together. What is defined refers only to what is before it.
func (l *linking) component(p *program, starts []string) *components.Component {
	w, err := decodeWorld(worldBytes)
	if err != nil {
		panic(fmt.Sprintf("preview1: world.wasm: %v", err))
	}
	c := &builder{imports: map[string]uint32{}}
	c.component.Size = 0
	mainModule := c.module(p.bytes)
	pages, heap := l.memory()
	adapterModule, memModule := c.module(adapterBytes), c.module(memoryModule(pages, heap, l.slots, l.files))
	stubModule := c.module(stubs(l.stubs))
	memory, _ := p.module.Memory()
	finish := c.module(finishModule(l.slots, memory, starts))

	w.declare(c, l.used)
	mem, stub := c.instantiate(memModule), c.instantiate(stubModule)
	own := c.export(wit.SortCoreMemory, mem.Index, memoryName)
	realloc := c.export(wit.SortCoreFunc, mem.Index, arenaRealloc)
	adapter := c.instantiate(adapterModule, l.arguments(c, mem, stub, own, realloc)...)
	main := c.instantiate(mainModule, l.programArguments(p, adapter)...)

	given := []named{{fromMain, main}}
	if len(l.slots) > 0 {
		given = append(given, named{fromMemory, mem}, named{fromLower, c.inline(l.lowered(c, mem, main))})
	}
	last := c.instantiate(finish, given...)
	c.exportRun(w.run, c.export(wit.SortCoreFunc, last.Index, runName))
	return &c.component
}

// memory says how many pages the adapter's memory has at least, and where its data ends.
func (l *linking) memory() (pages, heap uint32) {
	m, _ := l.adapter.Memory()
	return m.Min, constant(l.adapter, heapName)
}

func (l *linking) programArguments(p *program, adapter components.Ref) []named {
	if len(p.module.Imports) == 0 {
		return nil
	}
	out := []named{{Module, adapter}}
	for _, name := range p.again {
		out = append(out, named{name, adapter})
	}
	return out
}

// arguments are what the adapter imports, by module, in its order.
func (l *linking) arguments(c *builder, mem, stub, memory, realloc components.Ref) []named {
	var order []string
	exports := map[string][]named{importMemory: {{memoryName, memory}}}
	order = append(order, importMemory)
	for _, f := range l.imports {
		if exports[f.Module] == nil {
			order = append(order, f.Module)
		}
		exports[f.Module] = append(exports[f.Module], named{f.Name, l.provide(c, f, mem, stub, memory, realloc)})
	}
	out := make([]named, len(order))
	for i, name := range order {
		out[i] = named{name, c.inline(exports[name])}
	}
	return out
}

// provide is the function that the adapter gets for an import.
func (l *linking) provide(c *builder, f linked, mem, stub, memory, realloc components.Ref) components.Ref {
	switch {
	case f.stub >= 0:
		return c.export(wit.SortCoreFunc, stub.Index, stubName(f.stub))
	case f.slot >= 0:
		return c.export(wit.SortCoreFunc, mem.Index, l.slots[f.slot].name)
	case f.from == "":
		return c.export(wit.SortCoreFunc, mem.Index, f.Name)
	}
	if resource, ok := strings.CutPrefix(f.Name, dropPrefix); ok {
		return c.drop(c.imports[f.from], resource)
	}
	return c.lower(c.imports[f.from], f.Name, memory, realloc)
}

// lowered are the functions that read or write the program's memory.
func (l *linking) lowered(c *builder, mem, main components.Ref) []named {
	memory := c.export(wit.SortCoreMemory, main.Index, memoryName)
	realloc := c.export(wit.SortCoreFunc, mem.Index, mainRealloc)
	var out []named
	for _, f := range l.imports {
		if f.slot >= 0 && f.from != "" {
			out = append(out, named{l.slots[f.slot].name, c.lower(c.imports[f.from], f.Name, memory, realloc)})
		}
	}
	return out
}
