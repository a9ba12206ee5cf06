package core

import "slices"

// funcScan is what one defined function does, as far as other functions need to know it.
type funcScan struct {
	calls   []uint32 // defined functions (their position in Bodies) that it calls by index, repeats included
	leaves  bool     // it calls an import, or by a table or a reference
	escapes bool     // it may be called from elsewhere than by its index
}

// scan reads all bodies once and records calls and what Info needs. It fails at what the engine runs
// unsafely.
func (w *writer) scan() error {
	m := w.m
	w.scans = make([]funcScan, len(m.Bodies))
	var r instReader
	for i := range m.Bodies {
		r.reset(m.Bodies[i].Insts, 0, m.limits)
		catches := false
		for r.left() > 0 && r.next() {
			if feature := w.unsafe(&r); feature != "" {
				return &Error{Offset: m.base + m.Bodies[i].pos + r.in.start, Msg: unsupported(feature)}
			}
			catches = catches || r.in.op == OpTryTable && len(r.catches) > 0
			w.scanInst(&w.scans[i], &r.in)
		}
		if catches && w.info.Catches == "" {
			w.info.Catches = m.nameOfFunction(uint32(i + m.importedFuncs))
		}
	}
	for i := range m.Exports {
		if e := &m.Exports[i]; e.Kind == ExternFunc {
			w.escape(e.Index)
		}
	}
	for i := range m.Elems {
		for _, f := range m.Elems[i].Funcs {
			w.escape(f)
		}
		for _, e := range m.Elems[i].Exprs {
			w.escapeConst(&r, e)
		}
	}
	for i := range m.Globals {
		w.escapeConst(&r, m.Globals[i].Init)
	}
	for i := range m.Tables {
		w.escapeConst(&r, m.Tables[i].Init)
	}
	return nil
}

// unsafe names the feature which the instruction needs and the options refuse; empty if there is none.
func (w *writer) unsafe(r *instReader) string {
	op := r.in.op
	if op != OpThrow && op != OpThrowRef && op != OpTryTable {
		return ""
	}
	refs := op == OpThrowRef
	if op == OpTryTable {
		refs = slices.ContainsFunc(r.catches, func(c catchClause) bool { return c.kind.hasRef() })
	}
	switch {
	case w.opt.RefuseExceptions:
		return "exception handling (" + op.String() + ")"
	case refs && !w.opt.AllowExceptionRefs:
		return "keeping a caught exception (" + op.String() + " with a reference)"
	}
	return ""
}

func (w *writer) scanInst(s *funcScan, in *inst) {
	switch in.op {
	case OpCall, OpReturnCall:
		if int(in.a) < w.m.importedFuncs {
			s.leaves = true
		} else {
			s.calls = append(s.calls, in.a-uint32(w.m.importedFuncs))
		}
	case OpCallIndirect, OpReturnCallIndirect, OpCallRef, OpReturnCallRef:
		s.leaves = true
	case OpRefFunc:
		w.escape(in.a)
	case OpTableSet, OpTableGrow, OpTableFill, OpTableCopy, OpTableInit:
		w.info.TablesMutable, w.info.TablesWritten = true, true
		w.tablesGrow = w.tablesGrow || in.op == OpTableGrow
	case OpDataDrop, OpElemDrop:
		w.info.SegmentsDropped = true
	case OpMemoryGrow:
		w.info.MemoryGrows = true
	}
}

// escape notes that function f may be called by reference or from outside.
func (w *writer) escape(f uint32) {
	if d := int(f) - w.m.importedFuncs; d >= 0 {
		w.scans[d].escapes = true
	}
}

func (w *writer) escapeConst(r *instReader, e ConstExpr) {
	r.reset(e.Bytes, 0, w.m.limits)
	for r.left() > 0 && r.next() {
		if r.in.op == OpRefFunc {
			w.escape(r.in.a)
		}
	}
}

// callGraph orders the defined functions so that callees come before their callers, as far as that is
// possible, and finds those that recursion has to pass.
//
// Beside the functions there is one node for everything outside the module, imports and calls by
// reference included: it calls every function that escapes.
type callGraph struct {
	scans    []funcScan
	escaping []uint32
	// order holds the functions, callees first. If g calls f and f does not come before g, then f is
	// in breaks.
	order []uint32
	// breaks holds, for each function, whether it must have a check at its entry so that no cycle of calls
	// is without one.
	breaks []bool
	// cyclic holds, for each function, whether it may be active more than once.
	cyclic []bool
	// depth is how many functions that are not cyclic may be active at once.
	depth int
}

func newCallGraph(scans []funcScan) *callGraph {
	n := len(scans)
	g := &callGraph{scans: scans, breaks: make([]bool, n), cyclic: make([]bool, n)}
	for i := range scans {
		if scans[i].escapes {
			g.escaping = append(g.escaping, uint32(i))
		}
	}
	g.search()
	return g
}

// callee is the k-th callee of node v; ok is false behind the last. Node len(scans) is the outside.
func (g *callGraph) callee(v uint32, k int) (to uint32, ok bool) {
	outside := uint32(len(g.scans))
	if v == outside {
		if k < len(g.escaping) {
			return g.escaping[k], true
		}
		return 0, false
	}
	s := &g.scans[v]
	if k < len(s.calls) {
		return s.calls[k], true
	}
	return outside, s.leaves && k == len(s.calls)
}

// search is a depth-first search that finds strongly connected components (Tarjan), with its own stack
// because chains of calls may be as long as the module. It starts at the outside, so that of a cycle
// through the outside, the function that the outside calls becomes the one with the check.
func (g *callGraph) search() {
	n := len(g.scans)
	type frame struct {
		v    uint32
		next int
	}
	var (
		index   = make([]int32, n+1) // order of discovery, from 1
		low     = make([]int32, n+1)
		done    = make([]bool, n+1) // left by the search
		grouped = make([]bool, n+1) // its component is known
		depth   = make([]int32, n+1)
		path    []frame
		stack   []uint32
		clock   int32
	)
	enter := func(v uint32) {
		clock++
		index[v], low[v] = clock, clock
		path = append(path, frame{v: v})
		stack = append(stack, v)
	}
	for root := n; root >= 0; root-- {
		if index[root] != 0 {
			continue
		}
		enter(uint32(root))
		for len(path) > 0 {
			top := &path[len(path)-1]
			v := top.v
			if to, ok := g.callee(v, top.next); ok {
				top.next++
				if index[to] == 0 {
					enter(to)
					continue
				}
				if !grouped[to] {
					low[v] = min(low[v], index[to])
					if !done[to] && int(to) < n {
						g.breaks[to] = true
					}
				}
				if to == v && int(v) < n {
					g.cyclic[v] = true
				}
				depth[v] = max(depth[v], depth[to])
				continue
			}
			path = path[:len(path)-1]
			done[v] = true
			if int(v) < n {
				g.order = append(g.order, v)
			}
			if len(path) > 0 {
				u := path[len(path)-1].v
				low[u] = min(low[u], low[v])
				depth[u] = max(depth[u], depth[v])
			}
			if low[v] == index[v] {
				g.group(v, &stack, grouped, depth)
			}
		}
	}
	g.breakOutside()
}

// group takes the component whose first node is v from the stack.
func (g *callGraph) group(v uint32, stack *[]uint32, grouped []bool, depth []int32) {
	s := *stack
	at := len(s) - 1
	for s[at] != v {
		at--
	}
	component := s[at:]
	deepest := int32(0)
	for _, u := range component {
		deepest = max(deepest, depth[u])
	}
	for _, u := range component {
		grouped[u] = true
		depth[u] = deepest + 1
		if len(component) > 1 && int(u) < len(g.scans) {
			g.cyclic[u] = true
		}
	}
	g.depth = max(g.depth, int(deepest)+1)
	*stack = s[:at]
}

// breakOutside gives a check to the functions by which the outside takes part in recursion.
func (g *callGraph) breakOutside() {
	for _, f := range g.escaping {
		if g.cyclic[f] {
			g.breaks[f] = true
		}
	}
}
