package core

// Builder makes a core module. Imports come before definitions of the same kind: an import that would
// shift an index already given out is a bug of the caller, and panics.
//
// What is built is not validated; the tests of what uses a Builder decode and validate the result.
type Builder struct {
	types   TypeSpace
	imports section
	tables  section
	mems    section
	tags    section
	globals section
	exports section
	elems   section
	datas   section
	funcs   []*Func
	start   *uint32

	count, defined [ExternTag + 1]uint32 // sizes of the index spaces; definitions in them
}

// Func is a function being built. Its instructions are appended to it as to a Code, without the end of
// the function, which Encode adds.
type Func struct {
	Code
	// Index is the function's index.
	Index  uint32
	typ    uint32
	params uint32
	locals []ValType
}

// Local declares a local of type t and returns its index.
func (f *Func) Local(t ValType) uint32 {
	f.locals = append(f.locals, t)
	return f.params + uint32(len(f.locals)) - 1
}

// Type returns the index of a function type, which it adds unless it is there.
func (b *Builder) Type(params, results []ValType) uint32 {
	return b.types.intern(FuncType{Params: params, Results: results})
}

// intern is Add, unless the type is there.
func (s *TypeSpace) intern(t FuncType) uint32 {
	for i := range s.defs {
		if equalVals(s, s.defs[i].Params, s, t.Params) && equalVals(s, s.defs[i].Results, s, t.Results) {
			return uint32(i)
		}
	}
	i, ok := s.Add(t)
	if !ok {
		panic("core: a type refers to a type that is not there yet")
	}
	return i
}

// ImportFunc adds an import and returns the function's index.
func (b *Builder) ImportFunc(module, name string, typeIndex uint32) uint32 {
	i := b.imported(module, name, ExternFunc)
	b.imports.b = appendU32(b.imports.b, typeIndex)
	return i
}

// ImportTable adds an import and returns the table's index.
func (b *Builder) ImportTable(module, name string, t TableType) uint32 {
	i := b.imported(module, name, ExternTable)
	b.imports.b = appendTableType(b.imports.b, t)
	return i
}

// ImportMemory adds an import of the memory, of which a module can have one.
func (b *Builder) ImportMemory(module, name string, t MemoryType) {
	b.imported(module, name, ExternMemory)
	b.imports.b = appendMemoryType(b.imports.b, t)
}

// ImportGlobal adds an import and returns the global's index.
func (b *Builder) ImportGlobal(module, name string, t GlobalType) uint32 {
	i := b.imported(module, name, ExternGlobal)
	b.imports.b = appendGlobalType(b.imports.b, t)
	return i
}

// ImportTag adds an import and returns the tag's index.
func (b *Builder) ImportTag(module, name string, typeIndex uint32) uint32 {
	i := b.imported(module, name, ExternTag)
	b.imports.b = appendU32(append(b.imports.b, 0), typeIndex)
	return i
}

func (b *Builder) imported(module, name string, kind ExternKind) uint32 {
	if b.defined[kind] > 0 {
		panic("core: an import of a " + kind.String() + " after a definition")
	}
	b.imports.n++
	b.imports.b = append(appendName(appendName(b.imports.b, module), name), byte(kind))
	b.count[kind]++
	return b.count[kind] - 1
}

func (b *Builder) define(kind ExternKind) uint32 {
	b.defined[kind]++
	b.count[kind]++
	return b.count[kind] - 1
}

// Func adds a function, whose instructions and locals are added to what is returned, before Encode.
func (b *Builder) Func(typeIndex uint32) *Func {
	f := &Func{Index: b.define(ExternFunc), typ: typeIndex, params: uint32(len(b.types.At(typeIndex).Params))}
	b.funcs = append(b.funcs, f)
	return f
}

// Table adds a table of nulls and returns its index.
func (b *Builder) Table(t TableType) uint32 {
	b.tables.n++
	b.tables.b = appendTableType(b.tables.b, t)
	return b.define(ExternTable)
}

// TableOf is Table with the constant expression of its elements, without end.
func (b *Builder) TableOf(t TableType, init *Code) uint32 {
	b.tables.n++
	b.tables.b = appendExpr(appendTableType(append(b.tables.b, 0x40, 0), t), init)
	return b.define(ExternTable)
}

// Memory adds the memory, of which a module can have one.
func (b *Builder) Memory(t MemoryType) {
	b.mems.n++
	b.mems.b = appendMemoryType(b.mems.b, t)
	b.define(ExternMemory)
}

// Tag adds a tag and returns its index.
func (b *Builder) Tag(typeIndex uint32) uint32 {
	b.tags.n++
	b.tags.b = appendU32(append(b.tags.b, 0), typeIndex)
	return b.define(ExternTag)
}

// Global adds a global with its constant expression, without end, and returns its index.
func (b *Builder) Global(t GlobalType, init *Code) uint32 {
	b.globals.n++
	b.globals.b = appendExpr(appendGlobalType(b.globals.b, t), init)
	return b.define(ExternGlobal)
}

// Export adds an export.
func (b *Builder) Export(name string, kind ExternKind, index uint32) {
	b.exports.n++
	b.exports.b = appendU32(append(appendName(b.exports.b, name), byte(kind)), index)
}

// Start makes f the start function.
func (b *Builder) Start(f uint32) { b.start = &f }

// Elem adds an active element segment of functions at a constant offset.
func (b *Builder) Elem(table, offset uint32, funcs ...uint32) {
	b.elems.b = appendExpr(appendU32(append(b.elems.b, 2), table), new(Code).I32(int32(offset)))
	b.elems.b = append(b.elems.b, 0)
	b.elemFuncs(funcs)
}

// ElemAt is Elem at an offset that a constant expression gives, without end.
func (b *Builder) ElemAt(table uint32, offset *Code, funcs ...uint32) {
	b.elems.b = append(appendExpr(appendU32(append(b.elems.b, 2), table), offset), 0)
	b.elemFuncs(funcs)
}

// PassiveElemOf adds a passive element segment of constant expressions of type t, without
// end, and returns its index.
func (b *Builder) PassiveElemOf(t ValType, elems ...*Code) uint32 {
	b.elems.n++
	b.elems.b = appendU32(appendValType(append(b.elems.b, 5), t), uint32(len(elems)))
	for _, e := range elems {
		b.elems.b = appendExpr(b.elems.b, e)
	}
	return b.elems.n - 1
}

// PassiveElem adds a passive element segment of functions and returns its index.
func (b *Builder) PassiveElem(funcs ...uint32) uint32 {
	b.elems.b = append(b.elems.b, 1, 0)
	b.elemFuncs(funcs)
	return b.elems.n - 1
}

// Declare lets ref.func refer to functions.
func (b *Builder) Declare(funcs ...uint32) {
	b.elems.b = append(b.elems.b, 3, 0)
	b.elemFuncs(funcs)
}

func (b *Builder) elemFuncs(funcs []uint32) {
	b.elems.n++
	b.elems.b = appendU32(b.elems.b, uint32(len(funcs)))
	for _, f := range funcs {
		b.elems.b = appendU32(b.elems.b, f)
	}
}

// Data adds an active data segment at a constant offset.
func (b *Builder) Data(offset uint32, init []byte) {
	b.datas.n++
	b.datas.b = appendExpr(append(b.datas.b, 0), new(Code).I32(int32(offset)))
	b.datas.b = append(appendU32(b.datas.b, uint32(len(init))), init...)
}

// DataAt is Data at an offset that a constant expression gives, without end.
func (b *Builder) DataAt(offset *Code, init []byte) {
	b.datas.n++
	b.datas.b = appendExpr(append(b.datas.b, 0), offset)
	b.datas.b = append(appendU32(b.datas.b, uint32(len(init))), init...)
}

// PassiveData adds a passive data segment and returns its index.
func (b *Builder) PassiveData(init []byte) uint32 {
	b.datas.n++
	b.datas.b = append(appendU32(append(b.datas.b, 1), uint32(len(init))), init...)
	return b.datas.n - 1
}

func appendExpr(b []byte, code *Code) []byte { return append(append(b, code.b...), byte(OpEnd)) }

// Encode is the module's binary. The same calls give the same bytes.
func (b *Builder) Encode() []byte {
	types, funcs, codes := section{n: uint32(len(b.types.defs))}, section{n: uint32(len(b.funcs))}, section{n: uint32(len(b.funcs))}
	for _, t := range b.types.defs {
		types.b = appendFuncType(types.b, t)
	}
	for _, f := range b.funcs {
		funcs.b = appendU32(funcs.b, f.typ)
		body := appendExpr(appendLocals(nil, localRuns(f.locals)), &f.Code)
		codes.b = append(appendU32(codes.b, uint32(len(body))), body...)
	}
	out := []byte(magic + version)
	out = appendSection(out, secType, types)
	out = appendSection(out, secImport, b.imports)
	out = appendSection(out, secFunction, funcs)
	out = appendSection(out, secTable, b.tables)
	out = appendSection(out, secMemory, b.mems)
	out = appendSection(out, secTag, b.tags)
	out = appendSection(out, secGlobal, b.globals)
	out = appendSection(out, secExport, b.exports)
	if b.start != nil {
		out = appendRaw(out, secStart, appendU32(nil, *b.start))
	}
	out = appendSection(out, secElement, b.elems)
	if b.datas.n > 0 {
		out = appendRaw(out, secDataCount, appendU32(nil, b.datas.n))
	}
	out = appendSection(out, secCode, codes)
	return appendSection(out, secData, b.datas)
}

// localRuns groups neighbours of the same type.
func localRuns(types []ValType) []LocalRun {
	var runs []LocalRun
	for _, t := range types {
		if n := len(runs); n > 0 && runs[n-1].Type == t {
			runs[n-1].Count++
		} else {
			runs = append(runs, LocalRun{Count: 1, Type: t})
		}
	}
	return runs
}
