package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host/budget"
)

// Fault returns why core WebAssembly trapped, ok false if err is something else.
func (e *Engine) Fault(err error) (code canon.TrapCode, ok bool) {
	var full *MemoryError
	var used *budget.Error
	var stack *StackError
	switch {
	case errors.As(err, &stack):
		return canon.TrapStackOverflow, true
	case errors.As(err, &full), errors.As(err, &used):
		return canon.TrapMemoryFull, true
	}
	for _, k := range e.faults.known() {
		if errors.Is(err, k.err) {
			return k.code, true
		}
	}
	return canon.TrapUnknown, false
}

// faults tells wazero's run-time errors apart. They are values of an internal
// package, so they are learnt by provoking each of them once, when the first
// fault is to be explained.
type faults struct {
	once   sync.Once
	learnt []knownFault
}

type knownFault struct {
	err  error
	code canon.TrapCode
}

func (f *faults) known() []knownFault {
	f.once.Do(f.learn)
	return f.learnt
}

// learn runs the interpreter, because it starts without compiling and overflows
// its stack soon; both engines share the error values.
func (f *faults) learn() {
	ctx := context.Background()
	rt := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features))
	defer rt.Close(ctx)
	m, err := rt.InstantiateWithConfig(ctx, provoker(), moduleConfig())
	if err != nil {
		return // then every fault is reported with wazero's own words
	}
	for _, p := range provocations {
		_, err := m.ExportedFunction(p.name).Call(ctx)
		for err != nil {
			inner := errors.Unwrap(err)
			if inner == nil {
				break
			}
			err = inner
		}
		if err != nil {
			f.learnt = append(f.learnt, knownFault{err, p.code})
		}
	}
}

// provocations are functions of type () -> () that trap.
var provocations = [...]struct {
	name string
	code canon.TrapCode
	body string
}{
	{"unreachable", canon.TrapUnreachable, "\x00"},
	{"memory", canon.TrapMemoryAccess, "\x41\x7f\x28\x02\x00\x1a"},                      // i32.load (-1)
	{"table", canon.TrapTableAccess, "\x41\x7f\x11\x00\x00"},                            // call_indirect (-1)
	{"type", canon.TrapIndirectCallType, "\x41\x00\x11\x01\x00\x1a"},                    // call_indirect of another type
	{"zero", canon.TrapIntegerDivideByZero, "\x41\x01\x41\x00\x6d\x1a"},                 // 1 / 0
	{"overflow", canon.TrapIntegerOverflow, "\x41\x80\x80\x80\x80\x78\x41\x7f\x6d\x1a"}, // min / -1
	{"nan", canon.TrapInvalidConversion, "\x43\x00\x00\xc0\x7f\xa8\x1a"},                // i32.trunc_f32_s nan
	{"null", canon.TrapNullReference, "\xd0\x00\x14\x00"},                               // call_ref of a null (ref null 0)
	{"throw", canon.TrapUncaughtException, "\x08\x00"},
	{"stack", canon.TrapStackOverflow, "\x10\x09"}, // calls itself: it is function 9
}

// provoker encodes a module that exports the provocations.
func provoker() []byte {
	var names, bodies []byte
	for i, p := range provocations {
		names = append(names, byte(len(p.name)))
		names = append(names, p.name...)
		names = append(names, 0, byte(i))
		bodies = append(bodies, byte(len(p.body)+2), 0)
		bodies = append(bodies, p.body...)
		bodies = append(bodies, 0x0b)
	}
	n := byte(len(provocations))
	m := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id, count byte, items ...byte) {
		m = append(m, id)
		m = binary.AppendUvarint(m, uint64(len(items))+1)
		m = append(append(m, count), items...)
	}
	section(1, 2, 0x60, 0, 0, 0x60, 0, 1, 0x7f) // types: () -> (), () -> i32
	section(3, n, make([]byte, n)...)           // functions of type 0
	section(4, 1, 0x70, 0, 1)                   // table: 1 funcref
	section(5, 1, 0, 1)                         // memory: 1 page
	section(13, 1, 0, 0)                        // tag of type 0
	section(7, n, names...)
	section(9, 1, 0, 0x41, 0, 0x0b, 1, 0) // table element 0 is function 0
	section(10, n, bodies...)
	return m
}

// Stack returns the core functions that were running when err happened,
// innermost first, without those of the error that err wraps from a nested call.
// It is for people to read.
func Stack(err error) []string {
	text := err.Error()
	if inner := errors.Unwrap(err); inner != nil {
		_, text, _ = strings.Cut(text, inner.Error())
	}
	_, text, ok := strings.Cut(text, "wasm stack trace:\n\t")
	if !ok {
		return nil
	}
	text, _, _ = strings.Cut(text, "\n\n") // the Go stack follows
	return strings.Split(text, "\n\t")
}
