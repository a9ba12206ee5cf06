package keyvalue

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/wit"
	witTypes "github.com/sidecall/sidecall/wit"
)

// The cases of error.
const (
	caseNoSuchStore = iota
	caseAccessDenied
	caseOther
)

// draft and draft2 are the interfaces of the drafts of those names. They differ in
// cursors, in the numbers of increment, in what get-many returns, and draft2 has
// compare and swap.
func (p *Plugin) draft() []*host.Interface {
	return p.interfaces("@0.2.0-draft", wit.Method(listKeysByNumber), getManyOptions, map[string]host.Func{
		"increment": wit.Method(incrementU64),
	})
}

func (p *Plugin) draft2() []*host.Interface {
	all := p.interfaces("@0.2.0-draft2", wit.Method(listKeysByText), getManyPairs, map[string]host.Func{
		"[static]cas.new":     wit.Method(casNew),
		"[method]cas.current": wit.Method(casCurrent),
		"increment":           wit.Method(incrementS64),
		"swap":                wit.Method(swap),
	})
	batch := all[len(all)-1]
	batch.Earlier = withOptions(batch)
	return all
}

// withOptions is batch of draft2 as it was first: get-many returned what it does in the
// first draft.
func withOptions(batch *host.Interface) *host.Interface {
	const name = "get-many"
	was := *batch
	was.Funcs = maps.Clone(batch.Funcs)
	was.Funcs[name] = getManyOptions
	exports := slices.Clone(batch.Type.Exports)
	for i, d := range exports {
		if f, ok := d.Type.(*witTypes.FuncType); ok && d.Name == name {
			text, bytes := witTypes.Primitive(witTypes.String), witTypes.NewList(witTypes.Primitive(witTypes.U8))
			earlier := *f
			earlier.Result = witTypes.NewResult(witTypes.NewList(witTypes.NewOption(witTypes.NewTuple(text, bytes))), f.Result.Cases[1].Type)
			exports[i].Type = &earlier
		}
	}
	was.Type = witTypes.NewInstanceType(exports, batch.Type.Resources)
	return &was
}

func (p *Plugin) interfaces(version string, listKeys, getMany host.Func, atomics map[string]host.Func) []*host.Interface {
	return []*host.Interface{
		wit.Implement("wasi:keyvalue/store"+version, map[string]host.Func{
			"open": func(c *host.Call, args []value.Value) (value.Value, error) {
				return p.open(c, args, "wasi:keyvalue/store"+version)
			},
			"[method]bucket.get":       wit.Method(bucketGet),
			"[method]bucket.set":       wit.Method(bucketSet),
			"[method]bucket.delete":    wit.Method(bucketDelete),
			"[method]bucket.exists":    wit.Method(bucketExists),
			"[method]bucket.list-keys": listKeys,
		}),
		wit.Implement("wasi:keyvalue/atomics"+version, atomics),
		wit.Implement("wasi:keyvalue/batch"+version, map[string]host.Func{
			"get-many":    getMany,
			"set-many":    wit.Method(setMany),
			"delete-many": wit.Method(deleteMany),
		}),
	}
}

// other makes the error other of err.
func other(err error) (value.Value, error) {
	return wire.Err(wire.Case(caseOther, value.String(err.Error())))
}

func (p *Plugin) open(c *host.Call, args []value.Value, iface string) (value.Value, error) {
	name := args[0].Str()
	if !slices.Contains(c.Component().Grants.Buckets, name) {
		c.Refused(host.Refusal{Kind: "keyvalue", Target: name, Reason: fmt.Sprintf("the bucket %q", name),
			Write: host.Allow(c.Component().Name, "["+host.Scalar(name)+"]", "allow", "keyvalue")})
		return wire.Err(value.Variant(caseAccessDenied, nil))
	}
	b, err := p.bucket(name)
	if err != nil {
		return other(err)
	}
	return wire.Ok(c.Own(wit.Resource(iface, "bucket"), b))
}

// option makes an option<list<u8>>.
func option(b []byte, ok bool) value.Value {
	if !ok {
		return value.None()
	}
	return value.Some(value.Bytes(b))
}

func bucketGet(_ *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	return wire.Ok(option(b.get(args[0].Str())))
}

func bucketSet(_ *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	if err := b.set(pair{args[0].Str(), args[1].Bytes()}); err != nil {
		return other(err)
	}
	return wire.OkUnit()
}

func bucketDelete(_ *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	if err := b.delete(args[0].Str()); err != nil {
		return other(err)
	}
	return wire.OkUnit()
}

func bucketExists(_ *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	_, ok := b.get(args[0].Str())
	return wire.Ok(value.Bool(ok))
}

// A cursor is the same number in both drafts; the second has it as text.

func listKeysByNumber(_ *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	var after uint64
	if c, ok := wire.Option(args[0]); ok {
		after = c.U64()
	}
	return listKeys(b, after, value.U64)
}

func listKeysByText(_ *host.Call, b *bucket, args []value.Value) (value.Value, error) {
	var after uint64
	if c, ok := wire.Option(args[0]); ok {
		var err error
		if after, err = strconv.ParseUint(c.Str(), 10, 64); err != nil {
			return other(fmt.Errorf("%q is no cursor that list-keys returned", c.Str()))
		}
	}
	return listKeys(b, after, func(n uint64) value.Value { return value.String(strconv.FormatUint(n, 10)) })
}

func listKeys(b *bucket, after uint64, cursor func(uint64) value.Value) (value.Value, error) {
	keys, next := b.keys(after)
	list := make([]value.Value, len(keys))
	for i, k := range keys {
		list[i] = value.String(k)
	}
	more := value.None()
	if next != 0 {
		more = value.Some(cursor(next))
	}
	return wire.Ok(value.Record(value.List(list...), more))
}
