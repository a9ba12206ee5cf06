package wasmtime

// #include <stdlib.h>
// #include <wasmtime.h>
// #include <wasmtime/component.h>
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

//export sidecallCall
func sidecallCall(data C.uintptr_t, ctx *C.wasmtime_context_t, _ *C.wasmtime_component_func_type_t,
	args *C.wasmtime_component_val_t, n C.size_t, results *C.wasmtime_component_val_t, m C.size_t) *C.wasmtime_error_t {
	f := cgo.Handle(data).Value().(func(*Call) error)
	return passOn(f(&Call{ctx, unsafe.Slice(args, n), unsafe.Slice(results, m)}))
}

//export sidecallDrop
func sidecallDrop(data C.uintptr_t, _ *C.wasmtime_context_t, rep C.uint32_t) *C.wasmtime_error_t {
	cgo.Handle(data).Value().(func(uint32))(uint32(rep))
	return nil
}

// passOn makes one of wasmtime's errors of a Go error.
func passOn(err error) *C.wasmtime_error_t {
	if err == nil {
		return nil
	}
	text := C.CString(err.Error())
	defer C.free(unsafe.Pointer(text))
	return C.wasmtime_error_new(text)
}
