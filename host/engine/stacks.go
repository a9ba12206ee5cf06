package engine

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/tetratelabs/wazero/api"
)

// Stacks are the stacks of the core functions that call each other through the
// host: each such call has one of its own, which wazero lets grow to 100 MB in the
// compiler, and to 2,000 frames of Go's stack in the interpreter. Nothing can be asked
// before they grow, so they are looked at whenever the guest reaches Go (Account), and
// what they have grown by is taken from the budget of whose function was called. A
// Stacks belongs to one task; the zero Stacks is empty.
type Stacks struct {
	running []activation
	bytes   uint64
}

// activation is a function that runs. taken is what its stack has taken of budgets for
// size bytes.
type activation struct {
	fn          api.Function
	budget      *Budget
	size, taken uint64
}

const (
	// maxStacks limits the bytes of all stacks together, whatever budgets have: those of
	// the interpreter are Go's, which ends the process at 1 GB.
	maxStacks = 256 << 20
	// smallStack is what a stack may have before it is counted.
	smallStack = 64 << 10
	// interpreterFrame is what one frame of the interpreter takes of Go's stack, in
	// bytes: 3.5 to 7 KiB were measured.
	interpreterFrame = 8 << 10
	// handlerBytes is what wazero's compiler keeps for each try_table that is entered,
	// beside a copy of the whole stack.
	handlerBytes = 1200
)

// StackError is the fault of a call that finds no room for its stack.
type StackError struct{ Err error }

func (e *StackError) Error() string { return fmt.Sprintf("no memory for the stack: %v", e.Err) }

// Budget reports whether it is a budget's limit, and not one that every call has.
func (e *StackError) Budget() bool { return e.Err != errStacks }

// Unwrap returns why.
func (e *StackError) Unwrap() error { return e.Err }

// errStacks is why a call finds no room in all stacks together.
var errStacks = errors.New("the stacks of nested calls are too large")

// push notes that fn is about to run, called by the one pushed before.
func (s *Stacks) push(e *Engine, fn api.Function, b *Budget) error {
	if err := s.Account(e); err != nil {
		return err
	}
	s.running = append(s.running, activation{fn: fn, budget: b})
	return nil
}

// pop notes that the function pushed last has ended, and reports whether its stack is
// one to keep.
func (s *Stacks) pop() (keep bool) {
	n := len(s.running) - 1
	a := &s.running[n]
	keep = a.taken == 0
	s.drop(a)
	s.running = s.running[:n]
	return keep
}

func (s *Stacks) drop(a *activation) {
	if a.taken > 0 {
		a.budget.Give(a.taken)
		s.bytes -= a.size
	}
	*a = activation{}
}

// Account takes what the stack of the function that runs has grown by. The error, a
// *StackError, is to end it.
func (s *Stacks) Account(e *Engine) error {
	n := len(s.running) - 1
	if n < 0 {
		return nil
	}
	a := &s.running[n]
	size := e.stackSize(a.fn)
	if size <= smallStack || size <= a.size || a.budget == nil {
		return nil
	}
	// Stacks grow by being copied; the old one is there until Go collects it.
	more := size - a.size
	if s.bytes+more > maxStacks {
		return &StackError{errStacks}
	}
	if err := a.budget.Take(more + more/2); err != nil {
		return &StackError{err}
	}
	s.bytes += more
	a.size, a.taken = size, a.taken+more+more/2
	return nil
}

// Reset empties s, after what ran was abandoned.
func (s *Stacks) Reset() {
	for n := range s.running {
		s.drop(&s.running[n])
	}
	s.running, s.bytes = s.running[:0], 0
}

// stackFields say where wazero's call engine has the slices that tell how large its
// stack is: offsets in bytes, one more so that 0 is none. wazero does not tell. (A test fails if they
// are not found.)
type stackFields struct{ frames, stack, handlers uintptr }

// stackSize is the size of a running function's stack in bytes.
func (e *Engine) stackSize(fn api.Function) uint64 {
	v := reflect.ValueOf(fn)
	f := e.stackFields.Load()
	if f == nil {
		f = findStackFields(v.Type())
		e.stackFields.Store(f)
	}
	if f.stack == 0 {
		return 0
	}
	engine := v.UnsafePointer()
	if f.frames != 0 { // the interpreter
		length, _ := sliceAt(engine, f.frames)
		_, stack := sliceAt(engine, f.stack)
		return length*interpreterFrame + stack*8
	}
	stack, _ := sliceAt(engine, f.stack)
	if f.handlers == 0 {
		return stack
	}
	// Handlers that were left are kept too, until others take their place.
	_, handlers := sliceAt(engine, f.handlers)
	return stack + handlers*(stack+handlerBytes)
}

// sliceAt is the length and capacity of the slice at an offset, of whatever it has.
func sliceAt(p unsafe.Pointer, offset uintptr) (length, capacity uint64) {
	s := *(*[]struct{})(unsafe.Add(p, offset-1))
	return uint64(len(s)), uint64(cap(s))
}

func findStackFields(t reflect.Type) *stackFields {
	f := &stackFields{}
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return f
	}
	offset := func(name string, elem reflect.Kind) uintptr {
		field, ok := t.Elem().FieldByName(name)
		if !ok || field.Type.Kind() != reflect.Slice || field.Type.Elem().Kind() != elem {
			return 0
		}
		return field.Offset + 1
	}
	if f.frames = offset("frames", reflect.Pointer); f.frames != 0 {
		f.stack = offset("stack", reflect.Uint64)
	} else {
		f.stack, f.handlers = offset("stack", reflect.Uint8), offset("tryHandlers", reflect.Struct)
	}
	return f
}
