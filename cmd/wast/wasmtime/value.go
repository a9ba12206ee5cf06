package wasmtime

// #include <wasmtime.h>
// #include <wasmtime/component.h>
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

type val = C.wasmtime_component_val_t

// as is the member of a value's union that has the type T.
func as[T any](v *val) *T { return (*T)(unsafe.Pointer(&v.of)) }

// name makes a string that wasmtime frees.
func name(s string) (n C.wasm_name_t) {
	p, size := chars(s)
	C.wasm_byte_vec_new(&n, size, (*C.wasm_byte_t)(p))
	return n
}

// kinds are wasmtime's numbers for kinds of types.
func kindOf(k wit.Kind) (C.wasmtime_component_valkind_t, error) {
	switch k {
	case wit.Bool:
		return C.WASMTIME_COMPONENT_BOOL, nil
	case wit.S8:
		return C.WASMTIME_COMPONENT_S8, nil
	case wit.U8:
		return C.WASMTIME_COMPONENT_U8, nil
	case wit.S16:
		return C.WASMTIME_COMPONENT_S16, nil
	case wit.U16:
		return C.WASMTIME_COMPONENT_U16, nil
	case wit.S32:
		return C.WASMTIME_COMPONENT_S32, nil
	case wit.U32:
		return C.WASMTIME_COMPONENT_U32, nil
	case wit.S64:
		return C.WASMTIME_COMPONENT_S64, nil
	case wit.U64:
		return C.WASMTIME_COMPONENT_U64, nil
	case wit.F32:
		return C.WASMTIME_COMPONENT_F32, nil
	case wit.F64:
		return C.WASMTIME_COMPONENT_F64, nil
	case wit.Char:
		return C.WASMTIME_COMPONENT_CHAR, nil
	case wit.String:
		return C.WASMTIME_COMPONENT_STRING, nil
	case wit.List:
		return C.WASMTIME_COMPONENT_LIST, nil
	case wit.Record:
		return C.WASMTIME_COMPONENT_RECORD, nil
	case wit.Tuple:
		return C.WASMTIME_COMPONENT_TUPLE, nil
	case wit.Variant:
		return C.WASMTIME_COMPONENT_VARIANT, nil
	case wit.Enum:
		return C.WASMTIME_COMPONENT_ENUM, nil
	case wit.Option:
		return C.WASMTIME_COMPONENT_OPTION, nil
	case wit.Result:
		return C.WASMTIME_COMPONENT_RESULT, nil
	case wit.Flags:
		return C.WASMTIME_COMPONENT_FLAGS, nil
	}
	return 0, fmt.Errorf("values of type %s are not supported here", k)
}

// set makes dst the value v of type t. What dst owns is wasmtime's to free.
func set(dst *val, t *wit.Type, v value.Value) (err error) {
	kind, err := kindOf(t.Kind)
	if err != nil {
		return err
	}
	*dst = val{} // until it is whole, it is nothing that can be freed
	switch t.Kind {
	case wit.String:
		*as[C.wasm_name_t](dst) = name(v.Str())
	case wit.List:
		list := as[C.wasmtime_component_vallist_t](dst)
		C.wasmtime_component_vallist_new_uninit(list, C.size_t(v.Len()))
		for i := range unsafe.Slice(list.data, v.Len()) {
			err = firstOf(err, set(&unsafe.Slice(list.data, v.Len())[i], t.Elem, v.At(i)))
		}
	case wit.Tuple:
		tuple := as[C.wasmtime_component_valtuple_t](dst)
		C.wasmtime_component_valtuple_new_uninit(tuple, C.size_t(v.Len()))
		for i, f := range t.Fields {
			err = firstOf(err, set(&unsafe.Slice(tuple.data, v.Len())[i], f.Type, v.At(i)))
		}
	case wit.Record:
		record := as[C.wasmtime_component_valrecord_t](dst)
		C.wasmtime_component_valrecord_new_uninit(record, C.size_t(v.Len()))
		for i, f := range t.Fields {
			e := &unsafe.Slice(record.data, v.Len())[i]
			e.name = name(f.Name)
			err = firstOf(err, set(&e.val, f.Type, v.At(i)))
		}
	case wit.Variant, wit.Option, wit.Result:
		var p *val
		if p, err = payload(t, v); err == nil {
			switch t.Kind {
			case wit.Variant:
				*as[C.wasmtime_component_valvariant_t](dst) = C.wasmtime_component_valvariant_t{discriminant: name(t.Cases[v.Case()].Name), val: p}
			case wit.Option:
				*as[*val](dst) = p
			case wit.Result:
				*as[C.wasmtime_component_valresult_t](dst) = C.wasmtime_component_valresult_t{is_ok: v.Case() == 0, val: p}
			}
		}
	case wit.Enum:
		*as[C.wasm_name_t](dst) = name(t.Cases[v.Case()].Name)
	case wit.Flags:
		var set []C.wasm_name_t
		for i, l := range t.Labels {
			if v.Flags()>>i&1 == 1 {
				set = append(set, name(l))
			}
		}
		flags := as[C.wasmtime_component_valflags_t](dst)
		C.wasmtime_component_valflags_new_uninit(flags, C.size_t(len(set)))
		copy(unsafe.Slice(flags.data, len(set)), set)
	default: // all scalars are little-endian bits at the start of the union
		*as[uint64](dst) = v.Bits()
	}
	if err == nil {
		dst.kind = kind
	}
	return err
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func payload(t *wit.Type, v value.Value) (*val, error) {
	p, has := v.Payload()
	if !has {
		return nil, nil
	}
	var tmp val
	if err := set(&tmp, t.Cases[v.Case()].Type, p); err != nil {
		return nil, err
	}
	return C.wasmtime_component_val_new(&tmp), nil
}

// get reads a value of type t.
func get(src *val, t *wit.Type) (value.Value, error) {
	kind, err := kindOf(t.Kind)
	if err != nil {
		return value.Value{}, err
	}
	if src.kind != kind {
		return value.Value{}, fmt.Errorf("wasmtime gives a value of kind %d for a %s", src.kind, t.Kind)
	}
	switch t.Kind {
	case wit.Bool:
		return value.Bool(*as[C.bool](src) == true), nil
	case wit.S8:
		return value.S8(*as[int8](src)), nil
	case wit.U8:
		return value.U8(*as[uint8](src)), nil
	case wit.S16:
		return value.S16(*as[int16](src)), nil
	case wit.U16:
		return value.U16(*as[uint16](src)), nil
	case wit.S32:
		return value.S32(*as[int32](src)), nil
	case wit.U32, wit.F32, wit.Char:
		return value.Scalar(t.Kind, uint64(*as[uint32](src))), nil
	case wit.S64, wit.U64, wit.F64:
		return value.Scalar(t.Kind, *as[uint64](src)), nil
	case wit.String:
		return value.String(text(*as[C.wasm_name_t](src))), nil
	case wit.List:
		l := as[C.wasmtime_component_vallist_t](src)
		vs, err := gather(unsafe.Slice(l.data, l.size), func(int) *wit.Type { return t.Elem })
		return value.List(vs...), err
	case wit.Tuple:
		l := as[C.wasmtime_component_valtuple_t](src)
		vs, err := gather(unsafe.Slice(l.data, l.size), func(i int) *wit.Type { return t.Fields[i].Type })
		return value.Tuple(vs...), err
	case wit.Record:
		l := as[C.wasmtime_component_valrecord_t](src)
		vs := make([]value.Value, len(t.Fields))
		for i := range unsafe.Slice(l.data, l.size) {
			if vs[i], err = get(&unsafe.Slice(l.data, l.size)[i].val, t.Fields[i].Type); err != nil {
				return value.Value{}, err
			}
		}
		return value.Record(vs...), nil
	case wit.Variant:
		v := as[C.wasmtime_component_valvariant_t](src)
		return chosen(t, text(v.discriminant), v.val)
	case wit.Enum:
		return chosen(t, text(*as[C.wasm_name_t](src)), nil)
	case wit.Option:
		if p := *as[*val](src); p != nil {
			return chosen(t, t.Cases[1].Name, p)
		}
		return value.None(), nil
	case wit.Result:
		r := as[C.wasmtime_component_valresult_t](src)
		if r.is_ok {
			return chosen(t, t.Cases[0].Name, r.val)
		}
		return chosen(t, t.Cases[1].Name, r.val)
	}
	return flags(as[C.wasmtime_component_valflags_t](src), t), nil
}

func flags(l *C.wasmtime_component_valflags_t, t *wit.Type) value.Value {
	var bits uint64
	for _, n := range unsafe.Slice(l.data, l.size) {
		for i, label := range t.Labels {
			if label == text(n) {
				bits |= 1 << i
			}
		}
	}
	return value.Flags(bits)
}

func gather(from []val, t func(int) *wit.Type) ([]value.Value, error) {
	vs := make([]value.Value, len(from))
	for i := range from {
		var err error
		if vs[i], err = get(&from[i], t(i)); err != nil {
			return nil, err
		}
	}
	return vs, nil
}

// chosen is the case of that name.
func chosen(t *wit.Type, name string, p *val) (value.Value, error) {
	for i, c := range t.Cases {
		switch {
		case c.Name != name:
		case p == nil || c.Type == nil:
			return value.Choice(t.Kind, i, nil), nil
		default:
			v, err := get(p, c.Type)
			return value.Choice(t.Kind, i, &v), err
		}
	}
	return value.Value{}, fmt.Errorf("wasmtime gives the case %q, which the type has not got", name)
}

// Call calls the function, whose type is t, and its post-return.
func (f *Func) Call(t *wit.FuncType, args ...value.Value) (result value.Value, err error) {
	// What is passed to C must not be in Go's memory where it contains pointers.
	var in C.wasmtime_component_vallist_t
	C.wasmtime_component_vallist_new_uninit(&in, C.size_t(len(args)))
	defer C.wasmtime_component_vallist_delete(&in)
	vals := unsafe.Slice(in.data, len(args))
	for i := range vals {
		vals[i] = val{} // false, should an argument be refused
	}
	for i, a := range args {
		if err := set(&vals[i], t.Params[i].Type, a); err != nil {
			return value.Value{}, &ArgumentError{err}
		}
	}
	var out C.wasmtime_component_vallist_t
	n := C.size_t(0)
	if t.Result != nil {
		n = 1
	}
	C.wasmtime_component_vallist_new_uninit(&out, n)
	defer C.wasmtime_component_vallist_delete(&out)
	for i := range unsafe.Slice(out.data, n) {
		unsafe.Slice(out.data, n)[i] = val{}
	}
	if err := failure(C.wasmtime_component_func_call(&f.c, f.instance.ctx, in.data, in.size, out.data, n)); err != nil {
		return value.Value{}, err
	}
	if err := failure(C.wasmtime_component_func_post_return(&f.c, f.instance.ctx)); err != nil {
		return value.Value{}, err
	}
	if t.Result == nil {
		return value.Value{}, nil
	}
	return get(out.data, t.Result)
}

// ArgumentError tells that this package cannot pass an argument to wasmtime.
type ArgumentError struct{ Err error }

func (e *ArgumentError) Error() string { return "argument: " + e.Err.Error() }

// Unwrap returns why.
func (e *ArgumentError) Unwrap() error { return e.Err }
