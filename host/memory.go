package host

import (
	"bytes"
	"errors"
	"unsafe"

	"github.com/sidecall/sidecall/components/canon"
)

// end is one end of a frame as canon.Allocator: the memory and the realloc of one
// side.
type end struct {
	fr   *frame
	side canon.Side
}

// Bytes implements canon.Allocator.
func (e *end) Bytes() []byte { return e.fr.memory(e.side) }

// Realloc implements canon.Allocator. It does not return errors: a guest that
// traps ends the whole call.
func (e *end) Realloc(old, oldSize, align, newSize uint32) (uint32, error) {
	return e.fr.realloc(e.side, old, oldSize, align, newSize), nil
}

func (fr *frame) realloc(side canon.Side, old, oldSize, align, newSize uint32) uint32 {
	stack := fr.t.regs.push(4)
	stack[0], stack[1], stack[2], stack[3] = uint64(old), uint64(oldSize), uint64(align), uint64(newSize)
	on := fr.to
	if side == canon.Caller {
		on, fr.callers = fr.t, true
	}
	on.callCore(fr.c.Name, fr.c.instance[side], fr.c.realloc[side], stack)
	fr.callers = false
	fr.forget()
	ptr := uint32(stack[0])
	fr.t.regs.pop(4)
	return ptr
}

// allocate calls realloc for new memory and checks what it returns.
func (fr *frame) allocate(side canon.Side, align, size uint32) uint32 {
	ptr := fr.realloc(side, 0, 0, align, size)
	if err := canon.CheckRange(ptr, align, uint64(size), uint64(len(fr.memory(side)))); err != nil {
		fr.trapOf(err, side)
	}
	return ptr
}

// trapOf ends the call with a fault that canon found.
func (fr *frame) trapOf(err error, side canon.Side) {
	var code canon.TrapCode
	if !errors.As(err, &code) {
		panic(err)
	}
	fr.trap(code, side)
}

func (fr *frame) transferString(op *canon.Op) {
	src, enc := fr.memory(op.Src), &fr.c.Encoding
	ptr, units := uint32(fr.regs[op.A]), uint32(fr.regs[op.B])
	if unsafe.SliceData(src) == unsafe.SliceData(fr.memory(op.Side)) {
		src, ptr = setAside(src, ptr, units)
	}
	to, tagged, err := canon.TransferString(&fr.ends[op.Side], enc[op.Side], src, enc[op.Src], ptr, units)
	if err != nil {
		at := op.Src
		var allocation *canon.AllocationError
		if errors.As(err, &allocation) {
			at = op.Side
		}
		fr.trapOf(err, at)
	}
	fr.regs[op.Dst], fr.regs[op.Dst2] = uint64(to), uint64(tagged)
}

// setAside copies as much of a memory as the string at ptr can take, for a
// component that calls itself: its realloc could answer with the string's own
// place.
func setAside(mem []byte, ptr, units uint32) ([]byte, uint32) {
	from := min(uint64(ptr&^1), uint64(len(mem)))
	to := min(uint64(ptr)+2*uint64(units), uint64(len(mem)))
	return bytes.Clone(mem[from:max(from, to)]), ptr & 1
}
