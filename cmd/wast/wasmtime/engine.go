package wasmtime

// #cgo CFLAGS: -I${SRCDIR}/include
// #include <wasmtime.h>
// #include <wasmtime/component.h>
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"

	_ "github.com/bytecodealliance/wasmtime-go/v39" // links the library
)

// Engine compiles components.
type Engine struct {
	c   *C.wasm_engine_t
	opt Options
}

// Options say how an engine is made.
type Options struct {
	// Pooling: instances take their memories from a pool.
	Pooling bool
	// Epochs: guests can be interrupted, as Sidecall's always can. None is here.
	Epochs bool
}

// NewEngine makes an engine that has all features of core WebAssembly which
// Sidecall's engine has.
func NewEngine(opt Options) *Engine {
	cfg := C.wasm_config_new()
	C.wasmtime_config_wasm_component_model_set(cfg, true)
	C.wasmtime_config_wasm_tail_call_set(cfg, true)
	C.wasmtime_config_wasm_function_references_set(cfg, true)
	C.wasmtime_config_wasm_gc_set(cfg, true)
	C.wasmtime_config_wasm_exceptions_set(cfg, true)
	C.wasmtime_config_epoch_interruption_set(cfg, C.bool(opt.Epochs))
	if opt.Pooling {
		pool := C.wasmtime_pooling_allocation_config_new()
		C.wasmtime_pooling_allocation_strategy_set(cfg, pool)
		C.wasmtime_pooling_allocation_config_delete(pool)
	}
	return &Engine{C.wasm_engine_new_with_config(cfg), opt}
}

// Close frees the engine; its components and instances have their own hold on it.
func (e *Engine) Close() { C.wasm_engine_delete(e.c) }

// failure makes a Go error of one of wasmtime's, which it frees.
func failure(e *C.wasmtime_error_t) error {
	if e == nil {
		return nil
	}
	defer C.wasmtime_error_delete(e)
	var m C.wasm_name_t
	C.wasmtime_error_message(e, &m)
	defer C.wasm_byte_vec_delete(&m)
	message, _, _ := strings.Cut(text(m), "\n\nStack backtrace:") // of wasmtime itself
	return errors.New(message)
}

func text(v C.wasm_name_t) string {
	return C.GoStringN((*C.char)(unsafe.Pointer(v.data)), C.int(v.size))
}

// chars is a string as C has it, with its length. The pointer is good for one call.
func chars(s string) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}

// Component is a component that wasmtime validated and compiled.
type Component struct {
	engine *Engine
	c      *C.wasmtime_component_t
}

// Compile validates and compiles a component.
func (e *Engine) Compile(b []byte) (*Component, error) {
	c := &Component{engine: e}
	err := failure(C.wasmtime_component_new(e.c, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))), C.size_t(len(b)), &c.c))
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close frees the component.
func (c *Component) Close() { C.wasmtime_component_delete(c.c) }

// Instance is an instance in a store of its own.
type Instance struct {
	store *C.wasmtime_store_t
	ctx   *C.wasmtime_context_t
	c     C.wasmtime_component_instance_t
}

// Instantiate makes an instance.
func (l *Linker) Instantiate(c *Component) (*Instance, error) {
	i := &Instance{store: C.wasmtime_store_new(c.engine.c, nil, nil)}
	i.ctx = C.wasmtime_store_context(i.store)
	if c.engine.opt.Epochs {
		C.wasmtime_context_set_epoch_deadline(i.ctx, 1<<60)
	}
	if err := failure(C.wasmtime_component_linker_instantiate(l.c, i.ctx, c.c, &i.c)); err != nil {
		i.Close()
		return nil, err
	}
	return i, nil
}

// Close frees the instance.
func (i *Instance) Close() { C.wasmtime_store_delete(i.store) }

// Func is an exported function of an instance.
type Func struct {
	instance *Instance
	c        C.wasmtime_component_func_t
}

// Func finds a function that the component itself exports.
func (i *Instance) Func(name string) (*Func, error) {
	p, n := chars(name)
	index := C.wasmtime_component_instance_get_export_index(&i.c, i.ctx, nil, p, n)
	if index == nil {
		return nil, fmt.Errorf("there is no export %q", name)
	}
	defer C.wasmtime_component_export_index_delete(index)
	f := &Func{instance: i}
	if !C.wasmtime_component_instance_get_func(&i.c, i.ctx, index, &f.c) {
		return nil, fmt.Errorf("the export %q is no function", name)
	}
	return f, nil
}
