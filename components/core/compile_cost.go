package core

import (
	"fmt"
	"time"
)

// compileCost is an estimate of what the engine's compiler takes for a function, or for all of a module. It is an
// upper bound, up to twice for code that was made to be hard and four times for what real compilers produce.
type compileCost struct {
	time   float64 // ns, on one core of 2025
	memory float64 // bytes
}

// costTerm is one count of effort and what each of it costs. The prices were measured with modules made of one
// thing only: see bombs_test.go.
type costTerm struct {
	n         float64
	ns, bytes float64
	what      string // for messages, %.0f is n
}

func (e *effort) terms() []costTerm {
	return []costTerm{
		{float64(e.values), 1700, 220, "its instructions, the operands and results of calls, branches and blocks, and the globals behind each call are %.0f values"},
		{float64(e.blocks), 3000, 2500, "it has %.0f branches and blocks"},
		{float64(e.blocks) * float64(e.used), 2000, 100, "its locals times its branches and blocks are %.0f"},
		{float64(e.stacked), 600, 60, "its operands that wait, times the branches and blocks they wait across, are %.0f"},
		{e.bounds, 150, 60, "the addresses it uses, times the branches and blocks behind them, are %.0f"},
		{e.params * float64(1+e.nested), 6, 0, "the squares of the values that meet at its blocks add up to %.0f"},
		{e.steps, 30, 0, "its branches times the depth of its blocks are %.0f"},
		{e.searches, 25, 0, "the uses of locals times the branches and blocks since they were set are %.0f"},
		{e.meets, 8, 0, "the squares of the branches to one place add up to %.0f"},
		{float64(e.imports), 2, 0, "its calls of imports times the imports are %.0f"},
	}
}

// moduleTerms is what each function costs because of what else the module has.
func (w *writer) moduleTerms(deepest int) []costTerm {
	functions, params := float64(len(w.m.Bodies)+len(w.helpers)), 0
	for i := range w.m.Types.Len() {
		t := w.m.Types.At(uint32(i))
		params += len(t.Params) + len(t.Results)
	}
	return []costTerm{
		{functions * float64(len(w.m.globals)+len(w.refs)+len(w.m.Imports)), 8, 0, "its functions times its globals and imports are %.0f"},
		{functions * float64(w.m.Types.Len()+len(w.added)), 30, 0, "its functions times its types are %.0f"},
		{functions * float64(deepest), 10, 0, "its functions times the branches and blocks of the largest are %.0f"},
		{functions, 3000, 400, "it has %.0f functions"},
		{float64(params), 300, 100, "its types have %.0f parameters and results"},
		{float64(w.m.Types.Len()), 5000, 1000, "it has %.0f types"},
	}
}

func costOf(terms []costTerm) (c compileCost) {
	for _, t := range terms {
		c.time += t.n * t.ns
		c.memory += t.n * t.bytes
	}
	return c
}

// codePerValue is how many bytes of machine code, with the tables beside it, become of a value of effort until the
// module is done: measured with modules of many small functions, which cost nothing else.
const codePerValue = 12

// compilable adds the effort for a function, whose position among those defined is i, and fails if it is too much.
func (w *writer) compilable(i int, e *effort) error {
	terms := e.terms()
	c := costOf(terms)
	w.cost.time += c.time
	w.cost.memory = max(w.cost.memory, c.memory)
	w.values += e.values
	w.deepest = max(w.deepest, e.blocks)
	return w.affordable(terms, func() (int, string) {
		return w.m.Bodies[i].pos, w.m.nameOfFunction(uint32(i + w.m.importedFuncs))
	})
}

// compilableModule adds what the module's functions cost because of what else it has.
func (w *writer) compilableModule() error {
	terms := w.moduleTerms(w.deepest)
	c := costOf(terms)
	w.cost.time += c.time
	w.cost.memory += c.memory
	w.info.CompileMemory = uint64(w.cost.memory + codePerValue*float64(w.values))
	return w.affordable(terms, func() (int, string) { return 0, "the module" })
}

// affordable fails if the module has become too expensive by what the terms tell of.
func (w *writer) affordable(terms []costTerm, where func() (pos int, what string)) error {
	limits := w.m.limits
	allowed := limits.CompileTime + time.Duration(w.codeSize)*limits.CompileTimePerByte
	var worst costTerm
	var takes string
	switch cost := func(t costTerm, price float64) float64 { return t.n * price }; {
	case w.cost.memory > float64(limits.CompileMemory):
		for _, t := range terms {
			if cost(t, t.bytes) > cost(worst, worst.bytes) {
				worst = t
			}
		}
		takes = fmt.Sprintf("up to %d MiB of memory, above the limit of %d MiB", int64(w.cost.memory)>>20, limits.CompileMemory>>20)
	case w.cost.time > float64(allowed):
		for _, t := range terms {
			if cost(t, t.ns) > cost(worst, worst.ns) {
				worst = t
			}
		}
		takes = fmt.Sprintf("up to %v, above the limit of %v", time.Duration(min(w.cost.time, 1e18)).Round(time.Second), allowed.Round(time.Second))
	default:
		return nil
	}
	pos, what := where()
	return &Error{Offset: w.m.base + pos, Msg: fmt.Sprintf("%s is too much for the compiler: with it, compiling the module would take %s: %s; "+
		"split it into smaller functions, or optimise it less (inlining, unrolling)", what, takes, fmt.Sprintf(worst.what, worst.n))}
}

// nameOfFunction says which function it is, for messages.
func (m *Module) nameOfFunction(f uint32) string {
	if name := m.functionName(f); name != "" {
		return fmt.Sprintf("function %d (%s)", f, name)
	}
	return fmt.Sprintf("function %d", f)
}

// functionName is the name of a function for messages, from the name section, else that of an export; empty if it has
// none.
func (m *Module) functionName(f uint32) string {
	for _, c := range m.Customs {
		if c.Name == "name" {
			if name := nameInSection(c.Bytes, f); name != "" {
				return name
			}
		}
	}
	for i := range m.Exports {
		if e := &m.Exports[i]; e.Kind == ExternFunc && e.Index == f {
			return e.Name
		}
	}
	return ""
}

func nameInSection(content []byte, f uint32) string {
	r := reader{b: content}
	for r.left() > 0 {
		id := r.byte()
		body := r.sub(int(r.u32()))
		if r.err != nil {
			return ""
		}
		if id != namesOfFunctions {
			continue
		}
		for n := body.count("names", len(body.b)); n > 0 && body.err == nil; n-- {
			if i, name := body.u32(), body.name(len(body.b)); i == f && body.err == nil {
				return name
			}
		}
	}
	return ""
}
