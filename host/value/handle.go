package value

import (
	"unsafe"

	"github.com/sidecall/sidecall/wit"
)

// Handle is a resource as the host holds it.
type Handle struct {
	// Rep is the representation: for a resource of a component the number its
	// resource.new gave, for a resource of the host the index of Object.
	Rep uint32
	// Type identifies the resource type among those of one plan.
	Type int
	// Object is the host's own object, nil for a resource that a component defined.
	Object any
	// Owner is for package host: what an own handle in Go's hands stands for.
	Owner any
}

// Own makes an owning handle: whoever receives it takes the resource over.
func Own(h *Handle) Value { return Value{kind: wit.Own, ptr: unsafe.Pointer(h)} }

// Borrow makes a handle that is lent for one call.
func Borrow(h *Handle) Value { return Value{kind: wit.Borrow, ptr: unsafe.Pointer(h)} }

// Handle returns the handle of an own or borrow.
func (v Value) Handle() *Handle {
	if v.kind != wit.Own && v.kind != wit.Borrow {
		panic(&KindError{v.kind, wit.Own})
	}
	return (*Handle)(v.ptr)
}
