package wasmtime

// #include <wasmtime.h>
// #include <wasmtime/component.h>
//
// // The functions of callback.go, in whose prototypes Go leaves out const and has a number for data.
// wasmtime_error_t *sidecallCall(uintptr_t, wasmtime_context_t *, wasmtime_component_func_type_t *,
//     wasmtime_component_val_t *, size_t, wasmtime_component_val_t *, size_t);
// wasmtime_error_t *sidecallDrop(uintptr_t, wasmtime_context_t *, uint32_t);
//
// static wasmtime_error_t *add_func(wasmtime_component_linker_instance_t *in, const char *name, size_t len, uintptr_t data) {
//   return wasmtime_component_linker_instance_add_func(in, name, len, (wasmtime_component_func_callback_t)sidecallCall, (void *)data, NULL);
// }
//
// static wasmtime_error_t *add_resource(wasmtime_component_linker_instance_t *in, const char *name, size_t len, uint32_t ty, uintptr_t data) {
//   wasmtime_component_resource_type_t *t = wasmtime_component_resource_type_new_host(ty);
//   wasmtime_error_t *e = wasmtime_component_linker_instance_add_resource(in, name, len, t, (wasmtime_component_resource_destructor_t)sidecallDrop, (void *)data, NULL);
//   wasmtime_component_resource_type_delete(t);
//   return e;
// }
import "C"

import (
	"errors"
	"runtime/cgo"
	"unsafe"
)

// Linker has what components import.
type Linker struct {
	engine  *Engine
	c       *C.wasmtime_component_linker_t
	handles []cgo.Handle
}

// NewLinker makes a linker without anything.
func (e *Engine) NewLinker() *Linker {
	return &Linker{engine: e, c: C.wasmtime_component_linker_new(e.c)}
}

// Close frees the linker.
func (l *Linker) Close() {
	C.wasmtime_component_linker_delete(l.c)
	for _, h := range l.handles {
		h.Delete()
	}
}

// Scope is the root of a linker, or an instance in it, where things are defined.
type Scope struct {
	l *Linker
	c *C.wasmtime_component_linker_instance_t
}

// Define calls f with the root.
func (l *Linker) Define(f func(*Scope) error) error {
	s := &Scope{l, C.wasmtime_component_linker_root(l.c)}
	defer C.wasmtime_component_linker_instance_delete(s.c)
	return f(s)
}

// Instance calls f with a new instance.
func (s *Scope) Instance(name string, f func(*Scope) error) error {
	in := &Scope{l: s.l}
	p, n := chars(name)
	if err := failure(C.wasmtime_component_linker_instance_add_instance(s.c, p, n, &in.c)); err != nil {
		return err
	}
	defer C.wasmtime_component_linker_instance_delete(in.c)
	return f(in)
}

// Module defines a core module.
func (s *Scope) Module(name string, b []byte) error {
	var m *C.wasmtime_module_t
	if err := failure(C.wasmtime_module_new(s.l.engine.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))), C.size_t(len(b)), &m)); err != nil {
		return err
	}
	defer C.wasmtime_module_delete(m)
	p, n := chars(name)
	return failure(C.wasmtime_component_linker_instance_add_module(s.c, p, n, m))
}

// Func defines a function, whose type wasmtime takes from who imports it.
func (s *Scope) Func(name string, f func(*Call) error) error {
	p, n := chars(name)
	return failure(C.add_func(s.c, p, n, s.handle(f)))
}

// Resource defines a resource type; types with the same number are the same. drop
// gets the representation when a guest drops the last handle.
func (s *Scope) Resource(name string, number uint32, drop func(rep uint32)) error {
	p, n := chars(name)
	return failure(C.add_resource(s.c, p, n, C.uint32_t(number), s.handle(drop)))
}

func (s *Scope) handle(v any) C.uintptr_t {
	h := cgo.NewHandle(v)
	s.l.handles = append(s.l.handles, h)
	return C.uintptr_t(h)
}

// Call is a guest's call of a function of the host.
type Call struct {
	ctx           *C.wasmtime_context_t
	args, results []val
}

var errArgs = errors.New("the function of the host has other parameters or results")

// U32 is a parameter.
func (c *Call) U32(i int) (uint32, error) {
	if i >= len(c.args) || c.args[i].kind != C.WASMTIME_COMPONENT_U32 {
		return 0, errArgs
	}
	return *as[uint32](&c.args[i]), nil
}

// Rep is the representation of a parameter that is a handle.
func (c *Call) Rep(i int) (uint32, error) {
	if i >= len(c.args) || c.args[i].kind != C.WASMTIME_COMPONENT_RESOURCE {
		return 0, errArgs
	}
	var h *C.wasmtime_component_resource_host_t
	if err := failure(C.wasmtime_component_resource_any_to_host(c.ctx, *as[*C.wasmtime_component_resource_any_t](&c.args[i]), &h)); err != nil {
		return 0, err
	}
	defer C.wasmtime_component_resource_host_delete(h)
	return uint32(C.wasmtime_component_resource_host_rep(h)), nil
}

// ReturnU32 and the like set the result.
func (c *Call) ReturnU32(x uint32) error {
	if len(c.results) != 1 {
		return errArgs
	}
	c.results[0].kind = C.WASMTIME_COMPONENT_U32
	*as[uint32](&c.results[0]) = x
	return nil
}

func (c *Call) ReturnString(s string) error {
	if len(c.results) != 1 {
		return errArgs
	}
	c.results[0].kind = C.WASMTIME_COMPONENT_STRING
	*as[C.wasm_name_t](&c.results[0]) = name(s)
	return nil
}

func (c *Call) ReturnOwn(number, rep uint32) error {
	if len(c.results) != 1 {
		return errArgs
	}
	h := C.wasmtime_component_resource_host_new(true, C.uint32_t(rep), C.uint32_t(number))
	defer C.wasmtime_component_resource_host_delete(h)
	var any *C.wasmtime_component_resource_any_t
	if err := failure(C.wasmtime_component_resource_host_to_any(c.ctx, h, &any)); err != nil {
		return err
	}
	c.results[0].kind = C.WASMTIME_COMPONENT_RESOURCE
	*as[*C.wasmtime_component_resource_any_t](&c.results[0]) = any
	return nil
}
