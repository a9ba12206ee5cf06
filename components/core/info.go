package core

import (
	"fmt"
)

// Info is what later stages want to know about a rewritten module.
type Info struct {
	// TablesMutable is set if elements of a table may differ from what instantiation put there: an
	// instruction writes to a table, or a table is imported or exported.
	TablesMutable bool
	// TablesWritten is set if an instruction of the module writes to a table.
	TablesWritten bool
	// SegmentsDropped is set if an instruction drops a segment, so that memory.init or table.init may
	// find less in it than at first.
	SegmentsDropped bool

	// MemoryGrows is set if an instruction grows the memory, or if the memory is imported or exported.
	MemoryGrows bool

	// Memory is the name under which the defined memory is exported, empty if there is none. With several
	// names it is the first.
	Memory string
	// HasMemory is set if the module defines its memory, exported or not.
	HasMemory bool

	// Globals are the mutable globals which the module defines, with the names under which they are
	// exported, without the counter of the check.
	Globals []StateGlobal

	// Image is what the active data segments put into the memory, in order, if Options.LiftData was set
	// and it could be done: the module defines the memory, and every segment lies, at a constant offset,
	// within its initial size. Otherwise it is nil, and the segments are still in the module. A module
	// without active segments has an image that is empty but not nil.
	Image []ImagePart

	// Catches names the first function that catches exceptions; empty if there is none. The engine's compiler is
	// wrong about such modules, its interpreter is right: see RATIONALE.md.
	Catches string

	// CompileMemory is an estimate, from above, of the memory that the engine's compiler takes for the module, in
	// bytes: what its largest function takes, and the machine code of all.
	CompileMemory uint64

	// Checks is the number of places at which the check may be called.
	Checks int

	added []Export
}

// StateGlobal is a mutable global. Name is empty if it is not exported.
type StateGlobal struct {
	Index uint32
	Type  GlobalType
	Name  string
}

// ImagePart is a piece of a memory's initial content.
type ImagePart struct {
	Offset uint32
	Bytes  []byte
}

// describe fills in what does not depend on function bodies.
func (w *writer) describe() {
	m, info := w.m, w.info
	names := w.exportedNames()
	info.HasMemory = len(m.Memories) > 0
	info.MemoryGrows = info.MemoryGrows || len(m.mems) > 0 && !info.HasMemory
	if info.HasMemory {
		info.Memory = names.memory
		info.MemoryGrows = info.MemoryGrows || names.memory != ""
		if w.opt.ExportState && names.memory == "" {
			info.Memory = w.export("memory", ExternMemory, 0)
		}
	}
	if w.opt.ExportStart != "" && m.Start != nil {
		info.added = append(info.added, Export{Name: w.opt.ExportStart, Kind: ExternFunc, Index: w.fn(*m.Start)})
	}
	info.TablesMutable = info.TablesMutable || m.importedTables > 0 || names.table
	for i := range m.Globals {
		index := uint32(m.importedGlobals + i)
		if !m.Globals[i].Type.Mutable {
			continue
		}
		g := StateGlobal{Index: index, Type: m.Globals[i].Type, Name: names.globals[index]}
		if w.opt.ExportState && g.Name == "" {
			g.Name = w.export(fmt.Sprint("global:", index), ExternGlobal, index)
		}
		info.Globals = append(info.Globals, g)
	}
	if w.opt.LiftData {
		info.Image = w.image()
	}
	info.countChecks(w.plans)
}

// export adds an export under a reserved name.
func (w *writer) export(name string, kind ExternKind, index uint32) string {
	name = ReservedPrefix + name
	w.info.added = append(w.info.added, Export{Name: name, Kind: kind, Index: index})
	return name
}

type exportNames struct {
	memory  string
	table   bool
	globals map[uint32]string
}

// exportedNames finds the first name of what is exported. An empty name is of no use to hosts that take
// it for the lack of one.
func (w *writer) exportedNames() exportNames {
	n := exportNames{globals: map[uint32]string{}}
	for _, e := range w.m.Exports {
		switch {
		case e.Kind == ExternTable:
			n.table = true
		case e.Name == "":
		case e.Kind == ExternMemory && n.memory == "":
			n.memory = e.Name
		case e.Kind == ExternGlobal && n.globals[e.Index] == "":
			n.globals[e.Index] = e.Name
		}
	}
	return n
}

// image lifts the active data segments, or returns nil if that cannot be done.
func (w *writer) image() []ImagePart {
	m := w.m
	parts := []ImagePart{}
	for i := range m.Datas {
		d := &m.Datas[i]
		if d.Mode != Active {
			continue
		}
		offset, ok := constI32(d.Offset, m.limits)
		if !ok || len(m.Memories) == 0 || uint64(offset)+uint64(len(d.Init)) > uint64(m.Memories[0].Min)<<16 {
			return nil
		}
		parts = append(parts, ImagePart{Offset: offset, Bytes: d.Init})
	}
	return parts
}

// constI32 is the value of an expression that is a single i32.const.
func constI32(x ConstExpr, limits Limits) (uint32, bool) {
	var r instReader
	r.reset(x.Bytes, 0, limits)
	if !r.next() || r.in.op != OpI32Const {
		return 0, false
	}
	v := uint32(r.in.v)
	return v, r.next() && r.in.op == OpEnd
}

func (info *Info) countChecks(plans []funcPlan) {
	for i := range plans {
		p := &plans[i]
		info.Checks += len(p.inserts)
		for _, l := range p.loops {
			if l.weight > 0 {
				info.Checks++
			}
		}
	}
}
