package core

import (
	"fmt"
	"time"
)

// effort estimates what the engine's compiler does with one function. The constants were measured with
// functions that are made of one thing only; for what compilers produce, the estimate is too high.
type effort struct {
	blocks int // blocks, and branches that may not be taken
	labels int // of br_table
	loops  int // open
	nested int // the most loops that were open at once
	locals int
}

// see counts an instruction that is written.
func (e *effort) see(op Opcode, labels int) {
	switch op {
	case OpLoop:
		e.loops++
		e.nested = max(e.nested, e.loops)
		e.blocks++
	case OpBlock, OpIf, OpTryTable, OpElse, OpBrIf, OpBrOnNull, OpBrOnNonNull:
		e.blocks++
	case OpBrTable:
		e.blocks++
		e.labels += labels
	}
}

// values is how many values the compiler may have to keep apart.
func (e *effort) values() int { return (e.blocks + e.labels) * e.locals }

// time is how long the compiler may take.
func (e *effort) time() time.Duration {
	square := func(n int) float64 { return float64(n) * float64(n) }
	ns := 60*square(e.blocks) + 1500*float64(e.blocks)*float64(e.locals) +
		600*float64(e.labels)*float64(e.locals) + 64*square(e.nested)*float64(e.locals)
	return time.Duration(min(ns, 1e18))
}

// compilable adds the effort for a function, and fails if it is too much.
func (w *writer) compilable(body *Body, e *effort) error {
	const perByte = 2 * time.Microsecond
	limits := w.m.limits
	w.compileTime += e.time() - min(e.time(), time.Duration(len(body.Insts))*perByte)
	switch {
	case e.values() > limits.CompileValues:
		return w.tooHard(body, "%d locals times %d branches and blocks of a function are above the limit of %d", e.locals, e.blocks+e.labels, limits.CompileValues)
	case w.compileTime > limits.CompileTime:
		return w.tooHard(body, "the compiler would take %v or more, above the limit of %v: functions with %d blocks and similar", w.compileTime.Round(time.Second), limits.CompileTime, e.blocks)
	}
	return nil
}

func (w *writer) tooHard(body *Body, format string, args ...any) error {
	return &Error{Offset: w.m.base + body.pos, Msg: fmt.Sprintf(format, args...)}
}
