package core

// module writes the new module. Bodies come first, because they may add types and functions.
func (w *writer) module() ([]byte, error) {
	codes, err := w.codeSection()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(codes.b)+len(codes.b)/4+1<<10)
	out = append(out, magic+version...)
	out = appendSection(out, secType, w.typeSection())
	out = appendSection(out, secImport, w.importSection())
	out = appendSection(out, secFunction, w.functionSection())
	out = appendSection(out, secTable, w.tableSection())
	out = appendSection(out, secMemory, w.memorySection())
	out = appendSection(out, secTag, w.tagSection())
	out = appendSection(out, secGlobal, w.globalSection())
	out = appendSection(out, secExport, w.exportSection())
	if w.m.Start != nil && w.opt.ExportStart == "" {
		out = appendRaw(out, secStart, appendU32(nil, w.fn(*w.m.Start)))
	}
	out = appendSection(out, secElement, w.elementSection())
	if w.m.DataCount != nil {
		count := *w.m.DataCount
		if w.empty {
			count++
		}
		out = appendRaw(out, secDataCount, appendU32(nil, count))
	}
	out = appendSection(out, secCode, codes)
	out = appendSection(out, secData, w.dataSection())
	return w.customSections(out), nil
}

func (w *writer) typeSection() section {
	s := section{n: uint32(w.m.Types.Len() + len(w.added))}
	for _, t := range w.m.Types.defs {
		s.b = appendFuncType(s.b, t)
	}
	for _, t := range w.added {
		s.b = appendFuncType(s.b, t)
	}
	return s
}

func (w *writer) importSection() section {
	m := w.m
	s := section{n: uint32(len(m.Imports))}
	for i, imp := range m.Imports {
		module, name := imp.Module, imp.Name
		if w.opt.RenameImport != nil {
			module, name = w.opt.RenameImport(i, module, name)
		}
		s.b = append(appendName(appendName(s.b, module), name), byte(imp.Kind))
		switch imp.Kind {
		case ExternFunc:
			s.b = appendU32(s.b, m.funcs[imp.Index])
		case ExternTable:
			s.b = appendTableType(s.b, m.tables[imp.Index])
		case ExternMemory:
			s.b = appendMemoryType(s.b, m.mems[imp.Index])
		case ExternGlobal:
			s.b = appendGlobalType(s.b, m.globals[imp.Index])
		case ExternTag:
			s.b = appendU32(append(s.b, 0), m.tags[imp.Index])
		}
	}
	if c := w.opt.Check; c != nil {
		s.n++
		s.b = append(appendName(appendName(s.b, c.Module), c.Name), byte(ExternFunc))
		s.b = appendU32(s.b, w.addType(nil, nil))
		if w.grows {
			s.n++
			s.b = append(appendName(appendName(s.b, c.Module), c.GrowTable), byte(ExternFunc))
			s.b = appendU32(s.b, w.addType([]ValType{I32}, []ValType{I32}))
		}
	}
	return s
}

func (w *writer) functionSection() section {
	s := section{n: uint32(len(w.m.Funcs) + len(w.helpers))}
	for _, t := range w.m.Funcs {
		s.b = appendU32(s.b, t)
	}
	for _, f := range w.helpers {
		s.b = appendU32(s.b, f.typ)
	}
	return s
}

func (w *writer) tableSection() section {
	s := section{n: uint32(len(w.m.Tables))}
	for _, t := range w.m.Tables {
		if len(t.Init.Bytes) == 0 {
			s.b = appendTableType(s.b, t.Type)
			continue
		}
		s.b = w.constExpr(appendTableType(append(s.b, 0x40, 0), t.Type), t.Init)
	}
	return s
}

func (w *writer) memorySection() section {
	s := section{n: uint32(len(w.m.Memories))}
	for _, t := range w.m.Memories {
		s.b = appendMemoryType(s.b, t)
	}
	return s
}

func (w *writer) tagSection() section {
	s := section{n: uint32(len(w.m.Tags))}
	for _, t := range w.m.Tags {
		s.b = appendU32(append(s.b, 0), t)
	}
	return s
}

func (w *writer) globalSection() section {
	s := section{n: uint32(len(w.m.Globals))}
	for _, g := range w.m.Globals {
		s.b = w.constExpr(appendGlobalType(s.b, g.Type), g.Init)
	}
	if w.opt.Check != nil {
		s.n++
		s.b = appendExpr(appendGlobalType(s.b, GlobalType{Val: I32, Mutable: true}), new(Code).I32(w.budget))
	}
	for _, f := range w.refs {
		s.n++
		t := GlobalType{Val: RefTo(w.m.funcs[f], false)}
		s.b = appendExpr(appendGlobalType(s.b, t), new(Code).Idx(OpRefFunc, w.fn(f)))
	}
	return s
}

func (w *writer) exportSection() section {
	s := section{n: uint32(len(w.m.Exports))}
	for _, e := range w.m.Exports {
		index := e.Index
		if e.Kind == ExternFunc {
			index = w.fn(index)
		}
		s.b = appendU32(append(appendName(s.b, e.Name), byte(e.Kind)), index)
	}
	for _, e := range w.info.added {
		s.n++
		s.b = appendU32(append(appendName(s.b, e.Name), byte(e.Kind)), e.Index)
	}
	return s
}

func (w *writer) elementSection() section {
	s := section{n: uint32(len(w.m.Elems))}
	for i := range w.m.Elems {
		s.b = w.elem(s.b, &w.m.Elems[i])
	}
	return s
}

// elem writes a segment in the form it had: see decoder.elem about the flags.
func (w *writer) elem(b []byte, e *Elem) []byte {
	flags, exprs := byte(0), e.Exprs != nil
	if exprs {
		flags = 4
	}
	short := e.Mode == Active && e.Table == 0 && (!exprs || e.Type == FuncRef)
	switch {
	case e.Mode == Passive:
		flags |= 1
	case e.Mode == Declarative:
		flags |= 3
	case !short:
		flags |= 2
	}
	b = append(b, flags)
	if e.Mode == Active {
		if !short {
			b = appendU32(b, e.Table)
		}
		b = w.constExpr(b, e.Offset)
	}
	if !short {
		if exprs {
			b = appendValType(b, e.Type)
		} else {
			b = append(b, 0)
		}
	}
	b = appendU32(b, uint32(e.Len()))
	for _, f := range e.Funcs {
		b = appendU32(b, w.fn(f))
	}
	for _, x := range e.Exprs {
		b = w.constExpr(b, x)
	}
	return b
}

// constExpr writes a constant expression, in which only functions change.
func (w *writer) constExpr(b []byte, x ConstExpr) []byte {
	var r instReader
	r.reset(x.Bytes, 0, w.m.limits)
	for r.left() > 0 && r.next() {
		if r.in.op == OpRefFunc {
			b = appendU32(append(b, byte(OpRefFunc)), w.fn(r.in.a))
		} else {
			b = r.canonical(b)
		}
	}
	return b
}

func (w *writer) codeSection() (section, error) {
	size := 0
	for i := range w.m.Bodies {
		size += len(w.m.Bodies[i].Insts) + 8
	}
	w.codeSize = size
	s := section{n: uint32(len(w.m.Bodies)), b: make([]byte, 0, size+size/4)}
	e := emitter{w: w}
	var locals []byte
	for i := range w.m.Bodies {
		e.function(i)
		if err := w.compilable(i, &e.effort); err != nil {
			return section{}, err
		}
		runs := w.m.Bodies[i].Locals
		if e.usesTmp {
			runs = append(runs[:len(runs):len(runs)], LocalRun{Count: 1, Type: I32})
		}
		locals = appendLocals(locals[:0], runs)
		s.b = appendU32(s.b, uint32(len(locals)+len(e.out)))
		s.b = append(append(s.b, locals...), e.out...)
	}
	if err := w.compilableModule(); err != nil {
		return section{}, err
	}
	for _, f := range w.helpers {
		s.n++
		body := appendExpr(appendLocals(nil, localRuns(f.locals)), &f.Code)
		s.b = append(appendU32(s.b, uint32(len(body))), body...)
	}
	return s, nil
}

func (w *writer) dataSection() section {
	s := section{n: uint32(len(w.m.Datas))}
	if w.info.Image != nil && w.m.DataCount == nil {
		return section{} // no instruction can refer to a segment
	}
	for i := range w.m.Datas {
		d := &w.m.Datas[i]
		switch {
		case d.Mode == Passive:
			s.b = append(s.b, 1)
		case w.info.Image != nil:
			// Its bytes are in the image. It stays, as what a segment is after it was copied, so that the
			// others keep their indices: passive and empty, which costs nothing at instantiation.
			s.b = append(s.b, 1, 0)
			continue
		default:
			s.b = w.constExpr(append(s.b, 0), d.Offset)
		}
		s.b = append(appendU32(s.b, uint32(len(d.Init))), d.Init...)
	}
	if w.empty {
		s.n++
		s.b = append(s.b, 1, 0)
	}
	return s
}

func (w *writer) customSections(out []byte) []byte {
	named := false
	for _, c := range w.m.Customs {
		switch {
		case c.Name == "name":
			if content, ok := w.names(c.Bytes); ok && !named {
				named = true
				out = appendRaw(out, secCustom, append(appendName(nil, c.Name), content...))
			}
		case w.opt.KeepCustom != nil && w.opt.KeepCustom(c.Name):
			out = appendRaw(out, secCustom, append(appendName(nil, c.Name), c.Bytes...))
		}
	}
	return out
}
