package fuse

import (
	"fmt"
	"strconv"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/plan"
)

// imports are what a module imports, in order of first use.
type imports struct {
	slots   []Slot
	funcs   []funcImport
	globals []globalImport
	memory  *slotName
	// libcalls are the names of the trampolines asked for, by what they do.
	libcalls map[string]int
}

// slotName is an import's two names.
type slotName struct {
	slot int
	name string
}

type funcImport struct {
	slotName
	sig core.FuncType
}

type globalImport struct{ slotName }

// slot returns the slot of an import, which it adds unless it is there.
func (im *imports) slot(same func(*Slot) bool, s Slot) int {
	for i := range im.slots {
		if same(&im.slots[i]) {
			return i
		}
	}
	im.slots = append(im.slots, s)
	return len(im.slots) - 1
}

func (im *imports) source(src plan.Source) int {
	return im.slot(func(s *Slot) bool {
		return s.Accessor == nil && s.Libcalls == nil && s.Source == src
	}, Slot{Source: src})
}

func (im *imports) ref(r *plan.CoreRef) slotName {
	src := plan.Source{Instance: r.Instance, HostModule: r.HostModule}
	if r.Instance >= 0 {
		src.HostModule = -1
	}
	return slotName{im.source(src), r.Name}
}

// fn returns the index of an imported function.
func (im *imports) fn(at slotName, params, results []core.ValType) uint32 {
	for i := range im.funcs {
		if im.funcs[i].slotName == at {
			return uint32(i)
		}
	}
	im.funcs = append(im.funcs, funcImport{at, core.FuncType{Params: params, Results: results}})
	return uint32(len(im.funcs) - 1)
}

// global returns the index of an instance's flag.
func (im *imports) global(f plan.Flag, instance int) uint32 {
	at := slotName{im.source(plan.Source{Instance: 0, HostModule: -1}), plan.FlagName(f, instance)}
	for i := range im.globals {
		if im.globals[i].slotName == at {
			return uint32(i)
		}
	}
	im.globals = append(im.globals, globalImport{at})
	return uint32(len(im.globals) - 1)
}

// accessor returns the index of a function of the accessor of a memory.
func (im *imports) accessor(mem *plan.CoreRef, name string) uint32 {
	slot := im.slot(func(s *Slot) bool { return s.Accessor != nil && *s.Accessor == *mem }, Slot{Accessor: mem})
	sig := accessorType(name)
	return im.fn(slotName{slot, name}, sig.Params, sig.Results)
}

// check returns the index of the host's interruption check.
func (im *imports) check() uint32 {
	return im.fn(slotName{im.source(plan.Source{Instance: -1, HostModule: -1}), plan.CheckName}, nil, nil)
}

// libcall returns the index of the function of the host that does one operation
// of an adapter. Operations that are alike have one.
func (im *imports) libcall(adapter int, call *plan.Call, o *canon.Op) uint32 {
	p := canon.Outline(call.Program, o)
	key := fmt.Sprint(adapter, o.Side, o.Src, canon.Print(p))
	if i, ok := im.libcalls[key]; ok {
		return uint32(i)
	}
	// There is one slot of libcalls, which is never without one.
	name := "libcall" + strconv.Itoa(len(im.libcalls))
	slot := im.slot(func(s *Slot) bool { return s.Libcalls != nil }, Slot{Libcalls: []plan.Trampoline{}})
	im.slots[slot].Libcalls = append(im.slots[slot].Libcalls, plan.Trampoline{Name: name, Call: outlined(call, p)})
	i := im.fn(slotName{slot, name}, valTypes(p.Regs[:p.Params]), resultTypes(p))
	if im.libcalls == nil {
		im.libcalls = map[string]int{}
	}
	im.libcalls[key] = int(i)
	return i
}

// trapCall returns the index of the function of the host that traps with the code
// that it is given.
func (im *imports) trapCall(adapter int, call *plan.Call, side canon.Side) uint32 {
	code := canon.Program{Regs: []canon.RegType{canon.I32}}
	c := *call
	code.Name, code.Type, code.Resources, code.Encoding = call.Program.Name, call.Program.Type, call.Program.Resources, call.Program.Encoding
	c.Program = &code
	return im.libcall(adapter, &c, &canon.Op{Code: canon.OpTrap, Side: side, Src: side})
}

// outlined is an adapter's call with the Program of one of its operations.
func outlined(call *plan.Call, p *canon.Program) plan.Call {
	c := *call
	c.Program, c.Target, c.PostReturn, c.Entering, c.HostFunc = p, nil, nil, nil, -1
	return c
}

func resultTypes(p *canon.Program) []core.ValType {
	var ts []canon.RegType
	for _, r := range p.Results {
		ts = append(ts, p.Regs[r])
	}
	return valTypes(ts)
}

// valTypes are core types in the binary's form.
func valTypes(ts []canon.RegType) []core.ValType {
	vs := make([]core.ValType, len(ts))
	for i, t := range ts {
		switch t {
		case canon.I32:
			vs[i] = core.I32
		case canon.I64:
			vs[i] = core.I64
		case canon.F32:
			vs[i] = core.F32
		case canon.F64:
			vs[i] = core.F64
		default:
			panic(fmt.Sprintf("fuse: %v is no core type", t))
		}
	}
	return vs
}

// declare adds the imports to a module, function i with index i.
func (im *imports) declare(b *core.Builder) {
	for _, f := range im.funcs {
		b.ImportFunc(strconv.Itoa(f.slot), f.name, b.Type(f.sig.Params, f.sig.Results))
	}
	for _, g := range im.globals {
		b.ImportGlobal(strconv.Itoa(g.slot), g.name, core.GlobalType{Val: core.I32, Mutable: true})
	}
	if im.memory != nil {
		b.ImportMemory(strconv.Itoa(im.memory.slot), im.memory.name, core.MemoryType{})
	}
}
