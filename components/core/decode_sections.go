package core

func (d *decoder) importSection() {
	m := d.m
	n := d.count("imports", m.limits.Imports)
	m.Imports = make([]Import, 0, room(n))
	for i := 0; i < n && d.err == nil; i++ {
		imp := Import{pos: d.pos}
		imp.Module, imp.Name = d.name(m.limits.NameLength), d.name(m.limits.NameLength)
		pos := d.pos
		imp.Kind = ExternKind(d.byte())
		if d.err != nil {
			return
		}
		switch imp.Kind {
		case ExternFunc:
			m.funcs = append(m.funcs, d.typeIndex("import"))
			m.importedFuncs++
		case ExternTable:
			m.tables = append(m.tables, d.tableType())
			m.importedTables++
		case ExternMemory:
			m.mems = append(m.mems, d.memoryType())
			d.oneMemory()
		case ExternGlobal:
			m.globals = append(m.globals, d.globalType())
			m.importedGlobals++
		case ExternTag:
			m.tags = append(m.tags, d.tagType())
		case 0x7f, 0x7e:
			d.failAt(pos, "%s", unsupported("the compact import section"))
			return
		default:
			d.failAt(pos, "malformed import kind %#x", byte(imp.Kind))
			return
		}
		imp.Index = uint32(m.count(imp.Kind) - 1)
		m.Imports = append(m.Imports, imp)
	}
}

func (d *decoder) functionSection() {
	n := d.count("functions", d.m.limits.Functions-len(d.m.funcs))
	d.m.Funcs = make([]uint32, 0, n)
	for i := 0; i < n && d.err == nil; i++ {
		d.m.Funcs = append(d.m.Funcs, d.typeIndex("function"))
	}
	d.m.funcs = append(d.m.funcs, d.m.Funcs...)
}

func (d *decoder) tableSection() {
	m := d.m
	n := d.count("tables", m.limits.Tables-len(m.tables))
	for i := 0; i < n && d.err == nil; i++ {
		t := Table{pos: d.pos}
		// 0x40 0x00 announces an initial value.
		init := d.pos < len(d.b) && d.b[d.pos] == 0x40
		if init {
			d.pos++
			if pos := d.pos; d.byte() != 0 {
				d.failAt(pos, "malformed table: zero byte expected")
			}
		}
		t.Type = d.tableType()
		if init {
			t.Init = d.constExpr()
		}
		m.Tables = append(m.Tables, t)
		m.tables = append(m.tables, t.Type)
	}
}

func (d *decoder) memorySection() {
	m := d.m
	n := d.count("memories", 1_000)
	for i := 0; i < n && d.err == nil; i++ {
		m.memoryPos = d.pos
		t := d.memoryType()
		m.Memories = append(m.Memories, t)
		m.mems = append(m.mems, t)
	}
	d.oneMemory()
}

func (d *decoder) oneMemory() {
	if len(d.m.mems) > 1 {
		d.fail("%s", unsupported("multi-memory (more than one memory)"))
	}
}

func (d *decoder) tagSection() {
	n := d.count("tags", d.m.limits.Tags-len(d.m.tags))
	for i := 0; i < n && d.err == nil; i++ {
		d.m.tagPos = append(d.m.tagPos, d.pos)
		d.m.Tags = append(d.m.Tags, d.tagType())
	}
	d.m.tags = append(d.m.tags, d.m.Tags...)
}

func (d *decoder) globalSection() {
	m := d.m
	n := d.count("globals", m.limits.Globals-len(m.globals))
	m.Globals = make([]Global, 0, room(n))
	for i := 0; i < n && d.err == nil; i++ {
		g := Global{pos: d.pos}
		g.Type = d.globalType()
		g.Init = d.constExpr()
		m.Globals = append(m.Globals, g)
		m.globals = append(m.globals, g.Type)
	}
}

func (d *decoder) exportSection() {
	m := d.m
	n := d.count("exports", m.limits.Exports)
	m.Exports = make([]Export, 0, room(n))
	for i := 0; i < n && d.err == nil; i++ {
		e := Export{pos: d.pos}
		e.Name = d.name(m.limits.NameLength)
		pos := d.pos
		e.Kind = ExternKind(d.byte())
		if d.err == nil && e.Kind > ExternTag {
			d.failAt(pos, "malformed export kind %#x", byte(e.Kind))
			return
		}
		e.Index = d.u32()
		m.Exports = append(m.Exports, e)
	}
}

func (d *decoder) startSection() {
	d.m.startPos = d.pos
	f := d.u32()
	d.m.Start = &f
}

func (d *decoder) elementSection() {
	m := d.m
	n := d.count("element segments", m.limits.ElemSegments)
	m.Elems = make([]Elem, 0, room(n))
	for i := 0; i < n && d.err == nil; i++ {
		m.Elems = append(m.Elems, d.elem())
	}
}

// elem reads an element segment. Bit 0 of its flags: not active; bit 1: explicit table or declarative;
// bit 2: expressions rather than function indices.
func (d *decoder) elem() Elem {
	e := Elem{pos: d.pos, Type: FuncRef}
	flags := d.u32()
	if flags > 7 {
		d.failAt(e.pos, "malformed elements segment kind %d", flags)
		return e
	}
	switch {
	case flags&1 == 0:
		if flags&2 != 0 {
			e.Table = d.u32()
		}
		e.Offset = d.constExpr()
	case flags&2 == 0:
		e.Mode = Passive
	default:
		e.Mode = Declarative
	}
	exprs := flags&4 != 0
	if flags&3 != 0 {
		pos := d.pos
		if exprs {
			e.Type = d.refType()
			d.defined(e.Type, pos)
		} else if kind := d.byte(); d.err == nil && kind != 0 {
			d.failAt(pos, "malformed element kind %#x", kind)
		} else {
			e.Type = FuncRef.NonNull()
		}
	} else if !exprs {
		e.Type = FuncRef.NonNull()
	}
	n := d.count("elements", d.m.limits.ElemEntries-d.elemEntries)
	d.elemEntries += n
	if exprs {
		e.Exprs = make([]ConstExpr, 0, room(n))
		for i := 0; i < n && d.err == nil; i++ {
			e.Exprs = append(e.Exprs, d.constExpr())
		}
		return e
	}
	e.Funcs = make([]uint32, 0, n)
	for i := 0; i < n && d.err == nil; i++ {
		e.Funcs = append(e.Funcs, d.u32())
	}
	return e
}

func (d *decoder) codeSection() {
	m := d.m
	start := d.pos
	n := d.count("function bodies", m.limits.Functions)
	if d.err == nil && n != len(m.Funcs) {
		d.failAt(start, "function and code section have inconsistent lengths: %d and %d", len(m.Funcs), n)
		return
	}
	m.Bodies = make([]Body, 0, n)
	for i := 0; i < n && d.err == nil; i++ {
		m.Bodies = append(m.Bodies, d.body(i))
	}
}

func (d *decoder) body(i int) Body {
	start := d.pos
	size := d.count("bytes of a function body", d.m.limits.BodySize)
	if d.err != nil {
		return Body{}
	}
	end, whole := d.pos+size, d.b
	d.b = d.b[:end]
	locals := d.locals(len(d.m.Types.At(d.m.Funcs[i]).Params))
	// The position is taken by itself: beside a call it could be read after it.
	c := Body{Locals: locals, pos: d.pos}
	c.Insts = d.bytes(d.left())
	if d.err == nil && (len(c.Insts) == 0 || c.Insts[len(c.Insts)-1] != 0x0b) {
		d.failAt(start, "END opcode expected at the end of a function body")
	}
	if d.err == nil {
		d.b = whole
	}
	return c
}

func (d *decoder) locals(params int) []LocalRun {
	n := d.count("local declarations", d.m.limits.Locals)
	if n == 0 {
		return nil
	}
	runs := make([]LocalRun, 0, room(n))
	total := int64(params)
	for i := 0; i < n && d.err == nil; i++ {
		pos := d.pos
		run := LocalRun{Count: d.u32()}
		typePos := d.pos
		run.Type = d.valType()
		d.defined(run.Type, typePos)
		total += int64(run.Count)
		if total > int64(d.m.limits.Locals) {
			d.failAt(pos, "too many locals: %d are more than the limit of %d", total, d.m.limits.Locals)
		}
		runs = append(runs, run)
	}
	d.totalLocals += int(min(total, int64(d.m.limits.Locals)))
	if d.totalLocals > d.m.limits.TotalLocals {
		d.fail("too many locals: the functions together have more than the limit of %d", d.m.limits.TotalLocals)
	}
	return runs
}

func (d *decoder) dataSection() {
	m := d.m
	n := d.count("data segments", m.limits.DataSegments)
	m.Datas = make([]Data, 0, room(n))
	for i := 0; i < n && d.err == nil; i++ {
		s := Data{pos: d.pos}
		flags := d.u32()
		switch {
		case d.err != nil:
			return
		case flags > 2:
			d.failAt(s.pos, "malformed data segment kind %d", flags)
			return
		case flags == 1:
			s.Mode = Passive
		default:
			pos := d.pos
			if flags == 2 && d.u32() != 0 {
				d.failAt(pos, "%s", unsupported("multi-memory (a data segment of another memory)"))
			}
			s.Offset = d.constExpr()
		}
		s.Init = d.bytes(d.count("bytes of a data segment", len(d.b)))
		m.Datas = append(m.Datas, s)
	}
}

// constExpr finds the end of a constant expression; Validate looks at its instructions.
func (d *decoder) constExpr() ConstExpr {
	start := d.pos
	if d.err != nil {
		return ConstExpr{}
	}
	if d.insts == nil {
		d.insts = &instReader{}
	}
	r := d.insts
	r.reset(d.b, d.base, d.m.limits)
	r.pos = d.pos
	for depth := 1; depth > 0; {
		if !r.next() {
			d.err = r.err
			d.b = d.b[:d.pos]
			return ConstExpr{}
		}
		switch r.in.class {
		case classBlock:
			depth++
		case classEnd:
			depth--
		}
	}
	d.pos = r.pos
	return ConstExpr{Bytes: d.b[start:r.pos:r.pos], pos: start}
}
