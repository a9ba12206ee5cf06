package coretest

import "github.com/sidecall/sidecall/components/core"

// imports imports some of what Environment exports.
func (g *generator) imports() {
	if !g.opt.Imports {
		return
	}
	for _, h := range []struct {
		name            string
		params, results []core.ValType
	}{
		{"number", []core.ValType{core.I32}, []core.ValType{core.I32}},
		{"float", []core.ValType{core.F32, core.F64}, []core.ValType{core.F64}},
		{"opaque", []core.ValType{core.I32}, []core.ValType{core.ExternRef}},
	} {
		if g.N(2) == 0 {
			t := g.typeIndex(h.params, h.results)
			g.funcs = append(g.funcs, function{nil, g.b.ImportFunc(HostModule, h.name, t), t})
		}
	}
	if g.N(2) == 0 {
		t := g.typeIndex([]core.ValType{core.I32}, []core.ValType{core.I32})
		g.funcs = append(g.funcs, function{nil, g.b.ImportFunc(EnvironmentModule, "function", t), t})
	}
	if g.N(3) == 0 {
		g.b.ImportMemory(EnvironmentModule, "memory", core.MemoryType{Range: core.Range{Min: 1}})
		g.m.HasMemory = true
	}
	if g.N(3) == 0 {
		i := g.b.ImportTable(EnvironmentModule, "table", core.TableType{Elem: core.FuncRef, Range: core.Range{Min: 8}})
		g.tables = append(g.tables, table{i, core.FuncRef})
	}
	for i, t := range environmentGlobals {
		if g.N(3) == 0 {
			g.globals = append(g.globals, global{g.b.ImportGlobal(EnvironmentModule, globalName(i), t), t.Val, t.Mutable})
		}
	}
}

var environmentGlobals = []core.GlobalType{
	{Val: core.I32}, {Val: core.I32, Mutable: true}, {Val: core.I64, Mutable: true}, {Val: core.F32, Mutable: true},
	{Val: core.F64, Mutable: true}, {Val: core.V128, Mutable: true}, {Val: core.FuncRef, Mutable: true}, {Val: core.ExternRef, Mutable: true},
}

func globalName(i int) string { return "global" + string('0'+rune(i)) }

// Environment is the module that generated ones import from, as EnvironmentModule.
func Environment() []byte {
	var b core.Builder
	b.Memory(core.MemoryType{Range: core.Range{Min: 2, Max: 4, HasMax: true}})
	b.Table(core.TableType{Elem: core.FuncRef, Range: core.Range{Min: 8, Max: maxTable, HasMax: true}})
	f := b.Func(b.Type([]core.ValType{core.I32}, []core.ValType{core.I32}))
	f.LocalGet(0).I32(3).Op(core.OpI32Rotl)
	b.Elem(0, 2, f.Index, f.Index)
	g := &generator{Choices: NewChoices(0, nil)}
	for i, t := range environmentGlobals {
		c := new(core.Code)
		g.literal(c, t.Val)
		b.Export(globalName(i), core.ExternGlobal, b.Global(t, c))
	}
	b.Export("memory", core.ExternMemory, 0)
	b.Export("table", core.ExternTable, 0)
	b.Export("function", core.ExternFunc, f.Index)
	return b.Encode()
}

// segments fill memory and tables, rarely beyond their ends.
func (g *generator) segments() {
	bytes := func() []byte {
		b := make([]byte, g.N(20))
		for i := range b {
			b[i] = byte(g.N(256))
		}
		return b
	}
	offset := func(most int) *core.Code {
		c := new(core.Code)
		if g.Rarely(30) {
			return c.I32(int32(g.U64()))
		}
		for _, v := range g.globals {
			if v.val == core.I32 && !v.mutable && g.opt.Imports && v.index == 0 && g.N(2) == 0 {
				return c.GlobalGet(v.index).I32(int32(g.N(4))).Op(core.OpI32Add)
			}
		}
		return c.I32(int32(g.N(most)))
	}
	if g.m.HasMemory {
		for range g.N(3) {
			g.b.DataAt(offset(256), bytes())
			g.datas++
			g.active++
		}
		for range g.N(3) {
			g.b.PassiveData(bytes())
			g.datas++
		}
	}
	var all []uint32
	for _, f := range g.funcs {
		all = append(all, f.index)
	}
	g.b.Declare(all...)
	n := uint32(1) // segments of elements so far
	for _, t := range g.tables {
		if t.elem == core.FuncRef && g.N(4) > 0 {
			g.b.ElemAt(t.index, offset(3), all[:min(len(all), 1+g.N(6))]...)
			g.elems = append(g.elems, segment{n, t.elem})
			n++
		}
	}
	for range g.N(3) {
		t := []core.ValType{core.FuncRef, core.ExternRef}[g.N(2)]
		var list []*core.Code
		for range g.N(5) {
			list = append(list, g.constant(t))
		}
		g.elems = append(g.elems, segment{g.b.PassiveElemOf(t, list...), t})
	}
}

// start adds a start function.
func (g *generator) start() {
	f := g.b.Func(g.typeIndex(nil, nil))
	g.body(function{f, f.Index, g.typeIndex(nil, nil)})
	g.b.Start(f.Index)
}

// mix adds an i64 on the stack to a sum in a local.
func mix(f *core.Func, sum uint32) {
	f.LocalGet(sum).I64(9).Op(core.OpI64Rotl).I64(-0x61c8864680b583eb).Op(core.OpI64Mul, core.OpI64Xor).LocalSet(sum)
}

// asI64 turns what is on the stack into an i64; tee is a function's local of its type.
func asI64(f *core.Func, t core.ValType, local func(core.ValType) uint32) {
	switch t {
	case core.I32:
		f.Op(core.OpI64ExtendI32U)
	case core.F32:
		f.Op(core.OpI32ReinterpretF32, core.OpI64ExtendI32U)
	case core.F64:
		f.Op(core.OpI64ReinterpretF64)
	case core.V128:
		v := local(t)
		f.LocalTee(v).Lane(core.OpI64x2ExtractLane, 0).LocalGet(v).Lane(core.OpI64x2ExtractLane, 1)
		f.I64(7).Op(core.OpI64Rotl, core.OpI64Add)
	case core.I64:
	default:
		f.Op(core.OpRefIsNull, core.OpI64ExtendI32U)
	}
}

// digest sums up the state: globals, tables, and the usual part of the memory.
func (g *generator) digest() uint32 {
	f := g.b.Func(g.typeIndex(nil, []core.ValType{core.I64}))
	sum, i := f.Local(core.I64), f.Local(core.I32)
	for _, v := range g.globals {
		f.GlobalGet(v.index)
		asI64(f, v.val, f.Local)
		mix(f, sum)
	}
	for _, t := range g.tables {
		f.I32(0).LocalSet(i).Block(core.OpBlock).Block(core.OpLoop)
		f.LocalGet(i).Idx(core.OpTableSize, t.index).Op(core.OpI32GeU).BrIf(1)
		f.LocalGet(i).Idx(core.OpTableGet, t.index).Op(core.OpRefIsNull, core.OpI64ExtendI32U)
		mix(f, sum)
		f.LocalGet(i).I32(1).Op(core.OpI32Add).LocalSet(i).Br(0).End().End()
	}
	if g.m.HasMemory {
		f.MemoryOp(core.OpMemorySize).Op(core.OpI64ExtendI32U)
		mix(f, sum)
		f.I32(0).LocalSet(i).Block(core.OpLoop)
		f.LocalGet(i).Mem(core.OpI64Load, 3, 0)
		mix(f, sum)
		f.LocalGet(i).I32(8).Op(core.OpI32Add).LocalTee(i).I32(usual).Op(core.OpI32LtU).BrIf(0).End()
	}
	f.LocalGet(sum)
	g.b.Export("digest", core.ExternFunc, f.Index)
	return f.Index
}

// runs adds the function that calls one of the module's with chosen arguments, and sums
// up results and state.
func (g *generator) runs(digest uint32) {
	f := g.b.Func(g.typeIndex([]core.ValType{core.I32}, []core.ValType{core.I64}))
	sum := f.Local(core.I64)
	f.I32(fuel).GlobalSet(g.fuel)
	for range 3 + g.N(4) {
		callee := g.funcs[g.N(len(g.funcs))]
		t := g.types[callee.typ]
		f.LocalGet(0).I32(int32(g.m.Runs)).Op(core.OpI32Eq).Block(core.OpIf)
		for _, p := range t.Params {
			g.literal(&f.Code, p)
		}
		f.Call(callee.index)
		for i := len(t.Results) - 1; i >= 0; i-- {
			asI64(f, t.Results[i], f.Local)
			mix(f, sum)
		}
		f.End()
		g.m.Runs++
	}
	f.Call(digest)
	mix(f, sum)
	f.LocalGet(sum)
	g.b.Export("run", core.ExternFunc, f.Index)
}
