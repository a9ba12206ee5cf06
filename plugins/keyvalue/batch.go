package keyvalue

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// getManyOptions is that of the first draft: an option of key and value for each key.
func getManyOptions(_ *host.Call, args []value.Value) (value.Value, error) {
	return getMany(args, func(key value.Value, v []byte, ok bool) value.Value {
		if !ok {
			return value.None()
		}
		return value.Some(value.Tuple(key, value.Bytes(v)))
	})
}

// getManyPairs is that of the second draft: each key with an option of its value. The
// draft changed this one function without another name; this is what it is now, and what it
// was the interface's earlier shape has.
func getManyPairs(_ *host.Call, args []value.Value) (value.Value, error) {
	return getMany(args, func(key value.Value, v []byte, ok bool) value.Value { return value.Tuple(key, option(v, ok)) })
}

func getMany(args []value.Value, entry func(key value.Value, v []byte, ok bool) value.Value) (value.Value, error) {
	b, err := host.Object[*bucket](args[0])
	if err != nil {
		return value.Value{}, err
	}
	list := make([]value.Value, args[1].Len())
	for i := range list {
		key := args[1].At(i)
		v, ok := b.get(key.Str())
		list[i] = entry(key, v, ok)
	}
	return wire.Ok(value.List(list...))
}

func setMany(_ *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	pairs := make([]pair, args[0].Len())
	for i := range pairs {
		p := args[0].At(i)
		pairs[i] = pair{p.At(0).Str(), p.At(1).Bytes()}
	}
	if err := b.set(pairs...); err != nil {
		return other(err)
	}
	return wire.OkUnit()
}

func deleteMany(_ *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	keys := make([]string, args[0].Len())
	for i := range keys {
		keys[i] = args[0].At(i).Str()
	}
	if err := b.delete(keys...); err != nil {
		return other(err)
	}
	return wire.OkUnit()
}
