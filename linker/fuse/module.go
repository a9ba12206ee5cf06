package fuse

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
)

// module is a module being made.
type module struct {
	b       *core.Builder
	mems    Memories
	imports *imports
	// copies are the functions that copy between the memories, by the side of the
	// destination, nil before they are needed.
	copies [2]*core.Func
}

// newModule begins a module with imports that are known already.
func newModule(mems Memories, im *imports) *module {
	m := &module{b: &core.Builder{}, mems: mems, imports: im}
	if mem := mems[canon.Callee]; mem != nil {
		at := im.ref(mem)
		im.memory = &at
	}
	im.declare(m.b)
	return m
}

func (m *module) emit(adapters []Adapter) {
	for i := range adapters {
		a := &adapters[i]
		p := a.Call.Program
		f := m.b.Func(m.b.Type(valTypes(p.Regs[:p.Params]), resultTypes(p)))
		e := &emitter{Func: f, m: m, p: p, call: &a.Call, adapter: i}
		for _, t := range valTypes(p.Regs[p.Params:]) {
			f.Local(t)
		}
		e.ops(p.Body)
		for _, r := range p.Results {
			f.LocalGet(uint32(r))
		}
		m.b.Export(a.ExportName, core.ExternFunc, f.Index)
	}
}
