package engine

import (
	"errors"
	"reflect"

	"github.com/tetratelabs/wazero/api"
)

// Stacks are the stacks of the core functions that call each other through the
// host: each such call has one of its own, which wazero lets grow to 100 MB in the
// compiler, and to 2,000 frames of Go's stack in the interpreter. Together they
// could exhaust the memory, or Go's stack, which ends the process. So they are
// added up. A Stacks belongs to one task; the zero Stacks is empty.
type Stacks struct {
	running []api.Function
	bytes   uint64
}

const (
	// maxStacks limits the bytes of all stacks together.
	maxStacks = 256 << 20
	// uncounted is how many nested calls are made before stacks are counted, which
	// takes longer than a short call does.
	uncounted = 4
	// interpreterFrame is what one frame of the interpreter takes of Go's stack, in
	// bytes: 3.5 to 7 KiB were measured.
	interpreterFrame = 8 << 10
)

// errStacks is the fault of a call that finds no room for its stack.
var errStacks = errors.New("the stacks of nested calls are too large")

// push notes that fn is about to run, called by the one pushed before, and returns
// the size of that one's stack for pop.
func (s *Stacks) push(e *Engine, fn api.Function) (size uint64, ok bool) {
	if n := len(s.running); n >= uncounted {
		size = e.stackSize(s.running[n-1])
		if s.bytes+size > maxStacks {
			return 0, false
		}
		s.bytes += size
	}
	s.running = append(s.running, fn)
	return size, true
}

func (s *Stacks) pop(size uint64) {
	s.running = s.running[:len(s.running)-1]
	s.bytes -= size
}

// Reset empties s, after what ran was abandoned.
func (s *Stacks) Reset() {
	clear(s.running)
	s.running, s.bytes = s.running[:0], 0
}

// stackField says which field of wazero's call engine tells how large its stack
// is, and how many bytes one element of it stands for.
type stackField struct {
	index []int
	unit  uint64
}

// stackSize is the size of a running function's stack in bytes. wazero does not
// tell; the length of a field of its type does. (A test fails if there is none.)
func (e *Engine) stackSize(fn api.Function) uint64 {
	v := reflect.ValueOf(fn)
	f := e.stackField.Load()
	if f == nil {
		f = findStackField(v.Type())
		e.stackField.Store(f)
	}
	if f.unit == 0 {
		return 0
	}
	return uint64(v.Elem().FieldByIndex(f.index).Len()) * f.unit
}

func findStackField(t reflect.Type) *stackField {
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return &stackField{}
	}
	for _, f := range []struct {
		name string
		kind reflect.Kind
		unit uint64
	}{
		{"frames", reflect.Pointer, interpreterFrame}, // interpreter
		{"stack", reflect.Uint8, 1},                   // compiler
	} {
		field, ok := t.Elem().FieldByName(f.name)
		if ok && field.Type.Kind() == reflect.Slice && field.Type.Elem().Kind() == f.kind {
			return &stackField{field.Index, f.unit}
		}
	}
	return &stackField{}
}
