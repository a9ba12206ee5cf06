package canontest

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// Instance is a component instance as far as calls concern it.
type Instance struct {
	Name string
	// Memory is the whole linear memory, at this moment.
	Memory func() []byte
	// Realloc calls the guest's.
	Realloc            func(old, oldSize, align, newSize uint32) (uint32, error)
	Encoding           canon.Encoding
	MayLeave, MayEnter bool
	// Handles is the handle table; index 0 is never used.
	Handles []*Handle
	free    []uint32
	// Log is the calls of Realloc: old pointer, old size, alignment, new size, result.
	Log [][5]uint32
}

// Handle is a ResourceHandle.
type Handle struct {
	Resource *wit.Resource
	Rep      uint32
	Own      bool
	// Scope is the task of a borrow.
	Scope *Scope
	Lends int
}

// Scope is what the borrows of one call belong to: the task (Borrows) and the
// subtask (Lenders).
type Scope struct {
	Borrows int
	Lenders []*Handle
}

// World is two instances, and a function that one calls of the other.
type World struct {
	Sides    [2]*Instance
	Entering []*Instance
	// Target and PostReturn are the callee's core functions.
	Target     func(args []uint64) ([]uint64, error)
	PostReturn func(args []uint64) error
	// Host is the function of the host.
	Host func(args []*V) (*V, error)
	// Defines tells which instance defined a resource.
	Defines map[*wit.Resource]*Instance
	Scopes  []*Scope
	// Dropped are the representations that destructors were called with.
	Dropped []uint32
}

// SliceMemory is a memory of size bytes that never grows.
func SliceMemory(size int) func() []byte {
	mem := make([]byte, size)
	return func() []byte { return mem }
}

// NewInstance makes an instance with an allocator that never frees, beginning at
// address 0. It moves what grows, so that stale pointers show.
func NewInstance(name string, enc canon.Encoding, memory func() []byte) *Instance {
	in := &Instance{Name: name, Encoding: enc, MayLeave: true, MayEnter: true, Handles: []*Handle{nil}, Memory: memory}
	last := uint64(0)
	in.Realloc = func(old, oldSize, align, newSize uint32) (ret uint32, err error) {
		mem := memory()
		if in.MayLeave {
			return 0, &GuestError{"realloc of " + name + " was called while may_leave is true"}
		}
		defer func() { in.Log = append(in.Log, [5]uint32{old, oldSize, align, newSize, ret}) }()
		if old != 0 && newSize < oldSize {
			return old, nil
		}
		at := (last + uint64(align) - 1) / uint64(align) * uint64(align)
		if at+uint64(newSize) > uint64(len(mem)) {
			return 0, &GuestError{"out of memory"}
		}
		last = at + uint64(newSize)
		copy(mem[at:last], mem[old:old+oldSize])
		return uint32(at), nil
	}
	return in
}

// Get is Table.get.
func (in *Instance) Get(i uint32) (*Handle, error) {
	if uint64(i) >= uint64(len(in.Handles)) || in.Handles[i] == nil {
		return nil, canon.TrapUnknownHandle
	}
	return in.Handles[i], nil
}

// Add is Table.add.
func (in *Instance) Add(h *Handle) uint32 {
	if n := len(in.free); n > 0 {
		i := in.free[n-1]
		in.free = in.free[:n-1]
		in.Handles[i] = h
		return i
	}
	in.Handles = append(in.Handles, h)
	return uint32(len(in.Handles) - 1)
}

// Remove is Table.remove.
func (in *Instance) Remove(i uint32) (*Handle, error) {
	h, err := in.Get(i)
	if err == nil {
		in.Handles[i] = nil
		in.free = append(in.free, i)
	}
	return h, err
}

// Scope is the innermost scope.
func (w *World) Scope() *Scope { return w.Scopes[len(w.Scopes)-1] }

// LiftOwn is lift_own.
func (w *World) LiftOwn(in *Instance, i uint32, r *wit.Resource) (uint32, error) {
	h, err := in.Remove(i)
	switch {
	case err != nil:
		return 0, err
	case h.Resource != r:
		return 0, canon.TrapHandleType
	case h.Lends != 0:
		return 0, canon.TrapHandleLent
	case !h.Own:
		return 0, canon.TrapHandleNotOwned
	}
	return h.Rep, nil
}

// LiftBorrow is lift_borrow.
func (w *World) LiftBorrow(in *Instance, i uint32, r *wit.Resource) (uint32, error) {
	h, err := in.Get(i)
	switch {
	case err != nil:
		return 0, err
	case h.Resource != r:
		return 0, canon.TrapHandleType
	}
	h.Lends++
	w.Scope().Lenders = append(w.Scope().Lenders, h)
	return h.Rep, nil
}

// LowerOwn is lower_own.
func (w *World) LowerOwn(in *Instance, rep uint32, r *wit.Resource) uint32 {
	return in.Add(&Handle{Resource: r, Rep: rep, Own: true})
}

// LowerBorrow is lower_borrow.
func (w *World) LowerBorrow(in *Instance, rep uint32, r *wit.Resource) uint32 {
	if w.Defines[r] == in {
		return rep
	}
	w.Scope().Borrows++
	return in.Add(&Handle{Resource: r, Rep: rep, Scope: w.Scope()})
}

// Drop is canon_resource_drop without the check of may_leave.
func (w *World) Drop(in *Instance, i uint32, r *wit.Resource) error {
	h, err := in.Remove(i)
	switch {
	case err != nil:
		return err
	case h.Resource != r:
		return canon.TrapHandleType
	case h.Lends != 0:
		return canon.TrapHandleLent
	case h.Own:
		w.Dropped = append(w.Dropped, h.Rep)
	default:
		h.Scope.Borrows--
	}
	return nil
}
