package core

import (
	"fmt"
	"strings"
)

// Options says what Rewrite changes. The zero value copies the module without its custom sections,
// except for names.
type Options struct {
	// RenameImport gives import i, which was imported as (module, name), the names to be imported by.
	// Nil keeps all names.
	RenameImport func(i int, module, name string) (newModule, newName string)

	// Check, if set, makes the module call a function of the host at least every Budget units of work.
	Check *Check

	// ExportStart, if it is not empty, is the name under which the start function is
	// exported instead of being run by instantiation: whoever instantiates calls it.
	ExportStart string

	// MaxTableElements, if not zero, makes table.grow yield -1 where a table would become larger.
	MaxTableElements uint32

	// ExportState exports, under the names in Info, the memory and the mutable globals which the module
	// defines and which have no name yet, so that an instance can be put back to its first state.
	ExportState bool

	// LiftData takes the content out of the active data segments and returns it in Info.Image instead, if that can be
	// done: see there.
	LiftData bool

	// RefuseExceptions refuses modules that throw or catch. The engine's compiler copies the whole stack
	// whenever a try_table is entered, so that recursion through one can fill the host's memory, and gives
	// locals that changed inside back their earlier values when an exception is caught.
	RefuseExceptions bool

	// AllowExceptionRefs lets modules keep caught exceptions (catch_ref, catch_all_ref, throw_ref). They are
	// refused otherwise: the engine holds them by addresses that its host's garbage collector does not see,
	// so that throwing one again can read memory that has been used for something else since. It is safe
	// only for guests that are trusted as the host is.
	AllowExceptionRefs bool

	// KeepCustom says which custom sections to keep besides "name". Nil keeps none. Their content is
	// copied: function indices and code offsets in it are not adjusted.
	KeepCustom func(name string) bool
}

// Check is the interruption check; see the package's page on it (interrupt.go).
type Check struct {
	// Module and Name are imported as a function without parameters and results.
	Module, Name string
	// Budget is how many units of work go between two calls; DefaultBudget if 0.
	Budget int
	// GrowTable, if it is not empty, is imported from Module by modules that grow tables,
	// as a function from i32 to i32: it is asked before a table grows by so many elements,
	// and 0 means no, upon which table.grow yields -1. A negative number takes back what
	// was asked for last.
	GrowTable string
}

// ReservedPrefix starts the names of the exports that Rewrite adds. Modules that export such a name
// themselves are refused by Rewrite with ExportState.
const ReservedPrefix = "sidecall:"

// Rewrite makes the binary that is run from a module. It validates the module first, if that has not been
// done. The result is a valid module with the same imports in the same order, then the check and what
// else Check asks for, and the same exports, then those that Options asks for. Function indices behind
// those imports are higher than before by their number; every other index stays.
func Rewrite(m *Module, opt Options) ([]byte, *Info, error) {
	if err := m.Validate(); err != nil {
		return nil, nil, err
	}
	w := &writer{m: m, opt: opt, info: &Info{}}
	if err := w.reserved(); err != nil {
		return nil, nil, err
	}
	if err := w.scan(); err != nil {
		return nil, nil, err
	}
	if opt.Check != nil {
		w.interrupt()
	}
	w.describe()
	out, err := w.module()
	if err != nil {
		return nil, nil, err
	}
	return out, w.info, nil
}

// writer writes one module. An index of the new module differs from the old one only for defined
// functions.
type writer struct {
	m    *Module
	opt  Options
	info *Info

	added   []FuncType         // types behind the module's
	typeOf  map[string]uint32  // their indices, and those of the module's that were asked for
	helpers []*Func            // functions that were added, behind the module's
	scans   []funcScan         // what each defined function does
	plans   []funcPlan         // where its checks go
	bulk    map[bulkKey]uint32 // the functions for instructions on ranges

	shift uint32 // by how much defined functions move
	check uint32 // index of the check function
	slow  uint32 // index of the function that calls it
	grow  uint32 // index of the function that is asked before tables grow, if grows is set
	grows bool   // tables grow, and it is to be asked
	// tablesGrow is set if a table grows.
	tablesGrow bool
	counter    uint32 // index of the global that counts down
	// refs are the functions that bodies refer to by ref.func, in the order in which they are met, and
	// refGlobals the globals that hold the references: see refFunc.
	refs       []uint32
	refGlobals map[uint32]uint32
	// empty is set if a segment of no bytes is added behind the module's: see nothing.
	empty bool

	budget   int32
	cost     compileCost // estimated, of the functions so far
	values   int         // of all functions: see effort
	deepest  int         // the most blocks of a function
	codeSize int         // bytes of function bodies
}

// reserved refuses names that collide with those that are added.
func (w *writer) reserved() error {
	if !w.opt.ExportState {
		return nil
	}
	for i := range w.m.Exports {
		if e := &w.m.Exports[i]; strings.HasPrefix(e.Name, ReservedPrefix) {
			return &Error{Offset: w.m.base + e.pos, Msg: fmt.Sprintf("export name %q is reserved: choose one that does not begin with %q", e.Name, ReservedPrefix)}
		}
	}
	return nil
}

// fn is the new index of function f.
func (w *writer) fn(f uint32) uint32 {
	if int(f) < w.m.importedFuncs {
		return f
	}
	return f + w.shift
}

// refFunc is the index of the global that holds a reference to function f. The engine makes a new object
// for each ref.func that it executes, and keeps it as long as the instance: a loop could fill the host's
// memory. So references are made once, by the initial values of globals.
func (w *writer) refFunc(f uint32) uint32 {
	g, ok := w.refGlobals[f]
	if !ok {
		if w.refGlobals == nil {
			w.refGlobals = map[uint32]uint32{}
		}
		g = uint32(len(w.m.globals) + len(w.refs))
		if w.opt.Check != nil {
			g++
		}
		w.refGlobals[f] = g
		w.refs = append(w.refs, f)
	}
	return g
}

// nothing is the index of a segment of no bytes, which is what is left of an active one
// after instantiation. The engine forgets to drop those: memory.init would find the bytes.
func (w *writer) nothing() uint32 {
	w.empty = true
	return uint32(len(w.m.Datas))
}

// addType returns the index of a type, which it adds unless it is there.
func (w *writer) addType(params, results []ValType) uint32 {
	key := string(appendValTypes(appendValTypes(nil, params), results))
	if i, ok := w.typeOf[key]; ok {
		return i
	}
	i := uint32(0)
	for ; int(i) < w.m.Types.Len(); i++ {
		t := w.m.Types.At(i)
		if equalVals(&w.m.Types, t.Params, &w.m.Types, params) && equalVals(&w.m.Types, t.Results, &w.m.Types, results) {
			break
		}
	}
	if int(i) == w.m.Types.Len() {
		i += uint32(len(w.added))
		w.added = append(w.added, FuncType{Params: params, Results: results})
	}
	if w.typeOf == nil {
		w.typeOf = map[string]uint32{}
	}
	w.typeOf[key] = i
	return i
}

// helper adds a function.
func (w *writer) helper(params, results []ValType) *Func {
	t := w.addType(params, results)
	f := &Func{
		Index:  uint32(len(w.m.funcs)+len(w.helpers)) + w.shift,
		typ:    t,
		params: uint32(len(params)),
	}
	w.helpers = append(w.helpers, f)
	return f
}
