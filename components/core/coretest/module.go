package coretest

import (
	"fmt"

	"github.com/sidecall/sidecall/components/core"
)

// Options say what modules may have.
type Options struct {
	// Imports lets modules import what Environment exports, and functions of the host:
	// HostModule says which.
	Imports bool
	// Exceptions lets modules throw and catch.
	Exceptions bool
	// Atomics lets modules use atomic instructions.
	Atomics bool
}

// Module is a generated module. It exports
//
//	run     (func (param i32) (result i64)), which does one of Runs things, and
//	digest  (func (result i64)), a sum of its globals, tables and the begin of its memory,
//	memory  if HasMemory is set.
type Module struct {
	Bytes     []byte
	Runs      int
	HasMemory bool
	// Throws is set if the module throws or catches exceptions.
	Throws bool
	// Misread is set if the engine is wrong about the module unless it is rewritten: it
	// selects among references to a defined type, or initializes memory from an active
	// segment.
	Misread bool
	// TableElements is more than any of its tables can have.
	TableElements uint32
}

const (
	// EnvironmentModule is the name that modules import from what Environment makes.
	EnvironmentModule = "env"
	// HostModule is the name that modules import functions of the host from: number of
	// type (i32) -> i32, float of type (f32, f64) -> f64, and opaque of type
	// (i32) -> externref.
	HostModule = "host"
	// fuel is how many functions and rounds of loops one run has.
	fuel = 300
	// maxTable is how large a table can grow.
	maxTable = 40
	// usual is how much of the memory most accesses are to, a power of two.
	usual = 1 << 12
)

type global struct {
	index   uint32
	val     core.ValType
	mutable bool
}

type table struct {
	index uint32
	elem  core.ValType
}

type function struct {
	*core.Func // nil for an import
	index      uint32
	typ        uint32
}

type segment struct {
	index uint32
	elem  core.ValType
}

// generator makes one module.
type generator struct {
	*Choices
	opt     Options
	b       core.Builder
	m       Module
	types   []core.FuncType
	tags    []uint32 // their types
	globals []global
	tables  []table
	funcs   []function
	elems   []segment // passive ones, of which indices are known
	datas   uint32    // segments of data
	active  uint32    // those of them that are active, the first
	fuel    uint32    // the global that counts down

	// Of the function that is being written:
	f      *core.Func
	typ    core.FuncType
	locals []core.ValType
	labels []label
	budget int
}

// Generate makes a module. The same choices make the same module.
func Generate(c *Choices, opt Options) *Module {
	g := &generator{Choices: c, opt: opt}
	g.signatures()
	g.imports()
	g.fuel = g.b.Global(core.GlobalType{Val: core.I32, Mutable: true}, new(core.Code).I32(fuel))
	if !g.m.HasMemory && !g.Rarely(8) {
		g.m.HasMemory = true
		g.b.Memory(core.MemoryType{Range: core.Range{Min: uint32(1 + g.N(2)), Max: uint32(2 + g.N(3)), HasMax: true}})
	}
	for range 1 + g.N(4) {
		typ := g.N(len(g.types))
		f := g.b.Func(uint32(typ))
		g.funcs = append(g.funcs, function{f, f.Index, uint32(typ)})
	}
	g.defineTables()
	g.defineGlobals()
	g.segments()
	for _, fn := range g.funcs {
		if fn.Func != nil {
			g.body(fn)
		}
	}
	if g.Rarely(6) {
		g.start()
	}
	if g.m.HasMemory {
		g.b.Export("memory", core.ExternMemory, 0)
	}
	g.runs(g.digest())
	g.m.Bytes, g.m.TableElements = g.b.Encode(), maxTable+1
	return &g.m
}

// numeric are the types that a host can pass.
var numeric = []core.ValType{core.I32, core.I64, core.F32, core.F64}

// value chooses a type. References to defined types are to those that exist already.
func (g *generator) value() core.ValType {
	switch n := g.N(12); {
	case n < 8:
		return numeric[n%4]
	case n == 8:
		return core.V128
	case n == 9:
		return core.FuncRef
	case n == 10:
		return core.ExternRef
	}
	if len(g.types) == 0 {
		return core.I32
	}
	return core.RefTo(uint32(g.N(len(g.types))), true)
}

func (g *generator) values(most int) (list []core.ValType) {
	for range g.N(most + 1) {
		list = append(list, g.value())
	}
	return list
}

// typeIndex adds a type, which later choices may take too.
func (g *generator) typeIndex(params, results []core.ValType) uint32 {
	i := g.b.Type(params, results)
	if int(i) == len(g.types) {
		g.types = append(g.types, core.FuncType{Params: params, Results: results})
	}
	return i
}

func (g *generator) signatures() {
	g.typeIndex([]core.ValType{core.I32}, []core.ValType{core.I32})
	if g.Rarely(8) { // indices of several bytes
		for n := range 60 + g.N(100) {
			var list []core.ValType
			for range 4 {
				list = append(list, numeric[n%4])
				n /= 4
			}
			g.typeIndex(nil, list)
		}
	}
	for range 2 + g.N(4) {
		g.typeIndex(g.values(4), g.values(3))
	}
	if g.opt.Exceptions && g.N(3) > 0 {
		for range 1 + g.N(2) {
			var params []core.ValType
			for range g.N(3) {
				params = append(params, numeric[g.N(4)])
			}
			g.tags = append(g.tags, g.typeIndex(params, nil))
			g.b.Tag(g.tags[len(g.tags)-1])
		}
	}
}

func (g *generator) defineTables() {
	for range g.N(3) {
		t := table{elem: []core.ValType{core.FuncRef, core.ExternRef, core.FuncRef, core.RefTo(0, true)}[g.N(4)]}
		r := core.Range{Min: uint32(g.N(12)), Max: uint32(12 + g.N(maxTable-12)), HasMax: true}
		t.index = g.b.Table(core.TableType{Elem: t.elem, Range: r})
		g.tables = append(g.tables, t)
	}
}

func (g *generator) defineGlobals() {
	for range 2 + g.N(6) {
		v := global{val: g.value(), mutable: g.N(4) > 0}
		v.index = g.b.Global(core.GlobalType{Val: v.val, Mutable: v.mutable}, g.constant(v.val))
		g.globals = append(g.globals, v)
		if g.Rarely(3) {
			g.b.Export(fmt.Sprint("global", v.index), core.ExternGlobal, v.index)
		}
	}
}

// constant is a constant expression.
func (g *generator) constant(t core.ValType) *core.Code {
	c := new(core.Code)
	switch {
	case t == core.I32 && g.Rarely(3):
		c.I32(int32(g.U64())).I32(int32(g.N(9))).Op([]core.Opcode{core.OpI32Add, core.OpI32Sub, core.OpI32Mul}[g.N(3)])
	case t == core.I64 && g.Rarely(3):
		c.I64(int64(g.U64())).I64(int64(g.N(9))).Op([]core.Opcode{core.OpI64Add, core.OpI64Sub, core.OpI64Mul}[g.N(3)])
	case t == core.FuncRef && g.N(2) == 0:
		c.Idx(core.OpRefFunc, g.funcs[g.N(len(g.funcs))].index)
	default:
		g.literal(c, t)
	}
	return c
}

// literal appends a constant instruction.
func (g *generator) literal(c *core.Code, t core.ValType) {
	switch t {
	case core.I32:
		c.I32(int32(g.U64()))
	case core.I64:
		c.I64(int64(g.U64()))
	case core.F32:
		appendFloat(c, core.OpF32Const, g.U64(), 4)
	case core.F64:
		appendFloat(c, core.OpF64Const, g.U64(), 8)
	case core.V128:
		c.V128(g.U64(), g.U64())
	default:
		c.RefNull(t)
	}
}

// appendFloat appends a constant by its bits: signalling NaNs stay what they are.
func appendFloat(c *core.Code, op core.Opcode, bits uint64, n int) {
	b := []byte{byte(op)}
	for range n {
		b = append(b, byte(bits))
		bits >>= 8
	}
	c.Raw(b)
}
