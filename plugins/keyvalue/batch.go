package keyvalue

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// getMany returns for each key the key and its value, none for a key that is not
// there.
func getMany(_ *host.Call, args []value.Value) (value.Value, error) {
	b, err := host.Object[*bucket](args[0])
	if err != nil {
		return value.Value{}, err
	}
	list := make([]value.Value, args[1].Len())
	for i := range list {
		key := args[1].At(i)
		list[i] = value.None()
		if v, ok := b.get(key.Str()); ok {
			list[i] = value.Some(value.Tuple(key, value.Bytes(v)))
		}
	}
	return wire.Ok(value.List(list...))
}

func setMany(_ *host.Call, args []value.Value) (value.Value, error) {
	b, err := host.Object[*bucket](args[0])
	if err != nil {
		return value.Value{}, err
	}
	pairs := make([]pair, args[1].Len())
	for i := range pairs {
		p := args[1].At(i)
		pairs[i] = pair{p.At(0).Str(), p.At(1).Bytes()}
	}
	if err := b.set(pairs...); err != nil {
		return other(err)
	}
	return wire.OkUnit()
}

func deleteMany(_ *host.Call, args []value.Value) (value.Value, error) {
	b, err := host.Object[*bucket](args[0])
	if err != nil {
		return value.Value{}, err
	}
	keys := make([]string, args[1].Len())
	for i := range keys {
		keys[i] = args[1].At(i).Str()
	}
	b.delete(keys...)
	return wire.OkUnit()
}
