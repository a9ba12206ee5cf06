package fuse

import (
	"fmt"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/linker/plan"
)

// Adapter is one call between two components, to be a function of a module.
type Adapter struct {
	// ExportName is the function's name in the module.
	ExportName string
	// Call is the Program (canon.Adapter) and what it refers to. A CoreRef to a
	// trampoline has the trampoline's name as its Name.
	Call plan.Call
}

// Slot is what one import module name stands for: slot i is imported as the
// decimal number i. Exactly one of the fields but Source is set, or Source counts.
type Slot struct {
	// Source is an instance or host module that the plan has already, the flags
	// module and the host's own functions among them.
	Source plan.Source
	// Accessor asks for an instance of Accessor over this memory.
	Accessor *plan.CoreRef
	// Libcalls asks for a host module with these trampolines, in this order.
	Libcalls []plan.Trampoline
}

// NotFusableError says that a Program cannot become WebAssembly, and has to be a
// trampoline.
type NotFusableError struct{ Name, Reason string }

func (e *NotFusableError) Error() string {
	return fmt.Sprintf("function %s cannot be fused: %s", e.Name, e.Reason)
}

// Limits of what is fused; what is larger takes the engine too long to compile
// for what it gains.
const (
	maxOps       = 2000
	maxRegisters = 2000
	maxCases     = 500
)

// Fusable reports nil if an adapter can be part of a module, and otherwise a
// *NotFusableError.
func Fusable(call *plan.Call) error {
	p := call.Program
	no := func(reason string) error { return &NotFusableError{p.Name, reason} }
	if len(p.Regs) > maxRegisters {
		return no("it has too many registers")
	}
	for _, t := range p.Regs {
		if t == canon.Value {
			return no("it has values of the host")
		}
	}
	for side, s := range call.Side {
		switch {
		case s.Instance < 0:
			return no("one side is the host")
		case p.UsesMemory[side] && s.Memory == nil || p.UsesRealloc[side] && s.Realloc == nil:
			return no("a memory or realloc is missing")
		}
	}
	switch {
	case p.Target == nil || call.Target == nil:
		return no("it calls no core function")
	case p.PostReturn != nil && call.PostReturn == nil:
		return no("its post-return is missing")
	case count(p.Body) > maxOps:
		return no("it has too many operations")
	}
	return nil
}

// count counts operations; a switch of too many cases counts as too many.
func count(ops []canon.Op) int {
	n := len(ops)
	for i := range ops {
		o := &ops[i]
		n += count(o.Body) + count(o.Else)
		full := 0
		for _, c := range o.Cases {
			n += count(c)
			if len(c) > 0 {
				full++
			}
		}
		if full > maxCases {
			n += maxOps
		}
	}
	return n
}

// Memories are the memories that adapters use on both sides, nil where none.
type Memories [2]*plan.CoreRef

// Join returns the memories of a module which is to have an adapter in addition;
// ok is false if it cannot, because its memories are others.
func (m Memories) Join(call *plan.Call) (joined Memories, ok bool) {
	for side, s := range call.Side {
		switch {
		case !call.Program.UsesMemory[side]:
		case m[side] == nil:
			m[side] = s.Memory
		case *m[side] != *s.Memory:
			return m, false
		}
	}
	return m, true
}

// Module makes the module of some adapters, which must all be Fusable and have
// memories that can be joined (Memories.Join). The same input makes the same bytes.
func Module(adapters []Adapter) (bytes []byte, slots []Slot, err error) {
	var mems Memories
	for i := range adapters {
		call := &adapters[i].Call
		if err := Fusable(call); err != nil {
			return nil, nil, err
		}
		var ok bool
		if mems, ok = mems.Join(call); !ok {
			return nil, nil, &NotFusableError{call.Program.Name, "its memories are not those of the module"}
		}
	}
	// The first pass finds the imports, the second knows how many there are.
	m := newModule(mems, &imports{})
	m.emit(adapters)
	m = newModule(mems, m.imports)
	m.emit(adapters)
	return m.b.Encode(), m.imports.slots, nil
}
