package http

import (
	"errors"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/wit"
)

func own(c *host.Call, resource string, obj any) value.Value {
	return c.Own(wit.Resource("wasi:http/types", resource), obj)
}

// headerResult makes the result of changing fields.
func headerResult(err error) (value.Value, error) {
	var h headerError
	switch {
	case err == nil:
		return wire.OkUnit()
	case errors.As(err, &h):
		return wire.Err(value.Variant(int(h), nil))
	}
	return value.Value{}, err
}

func newFields(c *host.Call, _ []value.Value) (value.Value, error) {
	return own(c, "fields", &fields{}), nil
}

func fieldsFromList(c *host.Call, args []value.Value) (value.Value, error) {
	f := &fields{}
	for i := range args[0].Len() {
		e := args[0].At(i)
		if err := f.add(e.At(0).Str(), e.At(1).Bytes()); err != nil {
			return headerResult(err)
		}
	}
	return wire.Ok(own(c, "fields", f))
}

func fieldsGet(_ *host.Call, f *fields, args []value.Value) (value.Value, error) {
	values := f.get(args[0].Str())
	list := make([]value.Value, len(values))
	for i, v := range values {
		list[i] = value.Bytes(v)
	}
	return value.List(list...), nil
}

func fieldsHas(_ *host.Call, f *fields, args []value.Value) (value.Value, error) {
	return value.Bool(len(f.get(args[0].Str())) > 0), nil
}

func fieldsSet(_ *host.Call, f *fields, args []value.Value) (value.Value, error) {
	values := make([][]byte, args[1].Len())
	for i := range values {
		values[i] = args[1].At(i).Bytes()
	}
	return headerResult(f.set(args[0].Str(), values...))
}

func fieldsDelete(_ *host.Call, f *fields, args []value.Value) (value.Value, error) {
	return headerResult(f.delete(args[0].Str()))
}

func fieldsAppend(_ *host.Call, f *fields, args []value.Value) (value.Value, error) {
	return headerResult(f.add(args[0].Str(), args[1].Bytes()))
}

func fieldsEntries(_ *host.Call, f *fields, _ []value.Value) (value.Value, error) {
	list := make([]value.Value, len(f.entries))
	for i, e := range f.entries {
		list[i] = value.Tuple(value.String(e.name), value.Bytes(e.value))
	}
	return value.List(list...), nil
}

func fieldsClone(c *host.Call, f *fields, _ []value.Value) (value.Value, error) {
	return own(c, "fields", f.clone()), nil
}
