package core

// Validate checks the module, function bodies included, by the rules of the core specification
// ("Validation"). The error is of type *Error. A module that has passed is not checked again.
func (m *Module) Validate() error {
	if m.validated.Load() {
		return nil
	}
	v := &validator{m: m}
	v.module()
	if v.err != nil {
		return v.err
	}
	m.validated.Store(true)
	return nil
}

// validator checks what is outside of function bodies. Its methods are in the order of the sections.
type validator struct {
	m    *Module
	code codeValidator
	err  *Error
}

// failAt reports a fault at a position in the module.
func (v *validator) failAt(pos int, format string, args ...any) {
	if v.err == nil {
		r := reader{base: v.m.base}
		r.failAt(pos, format, args...)
		v.err = r.err
	}
}

func (v *validator) module() {
	m := v.m
	v.code.init(m)
	v.declare()
	for _, imp := range m.Imports {
		v.imported(imp)
	}
	for _, t := range m.Tables {
		v.table(t)
	}
	for _, t := range m.Memories {
		v.memory(m.memoryPos, t)
	}
	for i, t := range m.Tags {
		v.tag(m.tagPos[i], t)
	}
	for _, g := range m.Globals {
		v.constExpr(g.Init, g.Type.Val)
	}
	v.exports()
	v.start()
	for i := range m.Elems {
		v.elem(&m.Elems[i])
	}
	for i := range m.Datas {
		v.data(&m.Datas[i])
	}
	for i := 0; i < len(m.Bodies) && v.err == nil; i++ {
		v.err = v.code.function(i)
	}
}

// declare collects the functions that ref.func may refer to: those that occur outside of bodies.
func (v *validator) declare() {
	m, c := v.m, &v.code
	c.declared = make([]bool, len(m.funcs))
	declare := func(f uint32) {
		if int64(f) < int64(len(c.declared)) {
			c.declared[f] = true
		}
	}
	expr := func(x ConstExpr) {
		c.r.reset(x.Bytes, 0, m.limits)
		for c.r.left() > 0 && c.r.next() {
			if c.r.in.op == OpRefFunc {
				declare(c.r.in.a)
			}
		}
	}
	for _, e := range m.Exports {
		if e.Kind == ExternFunc {
			declare(e.Index)
		}
	}
	for _, g := range m.Globals {
		expr(g.Init)
	}
	for _, t := range m.Tables {
		expr(t.Init)
	}
	for i := range m.Elems {
		for _, f := range m.Elems[i].Funcs {
			declare(f)
		}
		for _, x := range m.Elems[i].Exprs {
			expr(x)
		}
	}
}

func (v *validator) imported(imp Import) {
	m := v.m
	switch imp.Kind {
	case ExternTable:
		v.tableType(imp.pos, m.tables[imp.Index])
	case ExternMemory:
		v.memory(imp.pos, m.mems[imp.Index])
	case ExternTag:
		v.tag(imp.pos, m.tags[imp.Index])
	}
}

func (v *validator) tableType(pos int, t TableType) {
	if t.HasMax && t.Min > t.Max {
		v.failAt(pos, "size minimum must not be greater than maximum: table %d %d", t.Min, t.Max)
	}
}

func (v *validator) table(t Table) {
	v.tableType(t.pos, t.Type)
	switch {
	case len(t.Init.Bytes) > 0:
		v.constExpr(t.Init, t.Type.Elem)
	case !t.Type.Elem.Nullable():
		v.failAt(t.pos, "type mismatch: a table of %s needs an initial value", t.Type.Elem)
	}
}

func (v *validator) memory(pos int, t MemoryType) {
	const most = 1 << 16
	switch {
	case t.Min > most || t.HasMax && t.Max > most:
		v.failAt(pos, "memory size must be at most 65536 pages (4 GiB)")
	case t.HasMax && t.Min > t.Max:
		v.failAt(pos, "size minimum must not be greater than maximum: memory %d %d", t.Min, t.Max)
	case t.Shared && !t.HasMax:
		v.failAt(pos, "shared memory must have a maximum")
	}
}

func (v *validator) tag(pos int, typeIndex uint32) {
	if t := v.m.Types.At(typeIndex); len(t.Results) > 0 {
		v.failAt(pos, "non-empty tag result type: %s", TagType{t})
	}
}

func (v *validator) exports() {
	seen := make(map[string]struct{}, len(v.m.Exports))
	for _, e := range v.m.Exports {
		if _, twice := seen[e.Name]; twice {
			v.failAt(e.pos, "duplicate export name %q", e.Name)
			return
		}
		seen[e.Name] = struct{}{}
	}
}

func (v *validator) start() {
	m := v.m
	if m.Start == nil {
		return
	}
	if int64(*m.Start) >= int64(len(m.funcs)) {
		v.failAt(m.startPos, "unknown function %d as start function", *m.Start)
	} else if t := m.FuncType(*m.Start); len(t.Params)+len(t.Results) > 0 {
		v.failAt(m.startPos, "start function must have no parameters and no results: %s", t)
	}
}

func (v *validator) elem(e *Elem) {
	m := v.m
	if e.Mode == Active {
		if int64(e.Table) >= int64(len(m.tables)) {
			v.failAt(e.pos, "unknown table %d in element segment", e.Table)
			return
		}
		if t := m.tables[e.Table].Elem; !m.Types.matches(e.Type, t) {
			v.failAt(e.pos, "type mismatch: element segment of %s for a table of %s", e.Type, t)
		}
		v.constExpr(e.Offset, I32)
	}
	for _, f := range e.Funcs {
		if int64(f) >= int64(len(m.funcs)) {
			v.failAt(e.pos, "unknown function %d in element segment", f)
			return
		}
	}
	for _, x := range e.Exprs {
		v.constExpr(x, e.Type)
	}
}

func (v *validator) data(d *Data) {
	if d.Mode != Active {
		return
	}
	if len(v.m.mems) == 0 {
		v.failAt(d.pos, "unknown memory 0 in data segment")
	}
	v.constExpr(d.Offset, I32)
}

func (v *validator) constExpr(x ConstExpr, want ValType) {
	if v.err == nil {
		v.err = v.code.constExpr(x, want)
	}
}
