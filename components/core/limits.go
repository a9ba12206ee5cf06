package core

import "time"

// Limits bounds what one module may ask for. Each bound is checked while decoding, before memory is
// spent on what it bounds. The zero value of a field means the default.
//
// The defaults are those that browsers agreed on (WebAssembly JavaScript Interface, "Limits") where
// they have one; the others are noted below.
type Limits struct {
	Types         int // entries of the type section; 100,000, a tenth of what browsers allow
	Functions     int // imported and defined functions; 1,000,000
	Imports       int // 1,000,000
	Exports       int // 1,000,000
	Globals       int // 100,000, a tenth of what browsers allow: engines keep about a hundred bytes for each
	Tables        int // 100,000
	Tags          int // 1,000,000
	DataSegments  int // 100,000
	ElemSegments  int // 100,000
	ElemEntries   int // entries of all element segments together; 10,000,000
	Params        int // parameters of a function type; 1,000
	Results       int // results of a function type; 1,000
	Locals        int // parameters and locals of a function; 50,000
	BodySize      int // bytes of a function body; 7,654,321
	BrTableSize   int // labels of one br_table; 65,520
	Nesting       int // nested blocks of a function; 10,000. Ours: compilers recurse on nesting
	LoopNesting   int // nested loops of a function; 256. Ours: what is kept per loop adds up
	TableElements int // initial size of a table; 10,000,000
	NameLength    int // bytes of an import's or export's name; 100,000

	// TotalLocals bounds the declared locals of all functions together; 10,000,000. Ours: a local costs
	// nothing to declare (one byte can declare 127), but an engine keeps a word for each.
	TotalLocals int
	// CompileTime and CompileTimePerByte bound the time that the engine's compiler is estimated to take for the
	// rewritten module: 30 s and 20 µs for each byte of code. Ours: the time grows with the square of some things, so
	// that 30 KB can take minutes. The estimate is an upper bound: for a JavaScript engine of 10 MB it is four times
	// too high, and a third of what is allowed. Only Rewrite looks at it.
	CompileTime, CompileTimePerByte time.Duration
	// CompileMemory bounds the memory that the engine's compiler is estimated to take beyond what is in proportion to
	// the module's size, in bytes; 1 GiB. A JavaScript engine's largest function is estimated at a fifth of it. Only
	// Rewrite looks at it.
	CompileMemory int64
	// Operands bounds the operands and results, beyond 8, of all calls, branches and blocks of a module's functions:
	// two bytes can move 1,000 of each. 10,000,000 and 8 for each byte of code. Ours.
	Operands int
}

func (l Limits) withDefaults() Limits {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	def(&l.Types, 100_000)
	def(&l.Functions, 1_000_000)
	def(&l.Imports, 1_000_000)
	def(&l.Exports, 1_000_000)
	def(&l.Globals, 100_000)
	def(&l.Tables, 100_000)
	def(&l.Tags, 1_000_000)
	def(&l.DataSegments, 100_000)
	def(&l.ElemSegments, 100_000)
	def(&l.ElemEntries, 10_000_000)
	def(&l.Params, 1_000)
	def(&l.Results, 1_000)
	def(&l.Locals, 50_000)
	def(&l.BodySize, 7_654_321)
	def(&l.BrTableSize, 65_520)
	def(&l.Nesting, 10_000)
	def(&l.LoopNesting, 256)
	def(&l.TableElements, 10_000_000)
	def(&l.NameLength, 100_000)
	def(&l.TotalLocals, 10_000_000)
	def(&l.Operands, 10_000_000)
	if l.CompileTime == 0 {
		l.CompileTime = 30 * time.Second
	}
	if l.CompileTimePerByte == 0 {
		l.CompileTimePerByte = 20 * time.Microsecond
	}
	if l.CompileMemory == 0 {
		l.CompileMemory = 1 << 30
	}
	return l
}
