package vectors

import (
	"cmp"
	"context"

	jsonvalue "github.com/sidecall/sidecall/cmd/wast/internal/value"
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// roundtrip checks that a value is the same after it was the argument and then the result
// of calls: of the host to one guest, of that to another, and of that to the host, which
// answers with what it is given.
func (v *vector) roundtrip(ctx context.Context, cfg host.Config, o *Outcome) {
	t, err := jsonvalue.ParseType(v.Type)
	if err != nil {
		o.fail("a type", "%v", err)
		return
	}
	val, err := jsonvalue.Parse(v.Value, t)
	if err != nil {
		o.fail("a value", "%v", err)
		return
	}
	callee := cmp.Or(v.TargetEncoding, v.Encoding)
	caller := cmp.Or(v.SourceEncoding, callee)
	got, err := roundtrip(ctx, cfg, t, val, encoding(caller), encoding(callee))
	switch {
	case v.Trap && isTrap(err):
	case v.Trap:
		o.fail("a trap", "%s %v", jsonvalue.Format(t, got), err)
	case err != nil:
		o.fail(jsonvalue.Format(t, val), "%v", err)
	case !jsonvalue.Equal(t, val, got):
		o.fail(jsonvalue.Format(t, val), "%s", jsonvalue.Format(t, got))
	}
}

// roundtrip sends a value through two guests with these encodings of strings and back.
func roundtrip(ctx context.Context, cfg host.Config, t *wit.Type, v value.Value, caller, callee canon.Encoding) (got value.Value, err error) {
	ft := function(t)
	ft.Result = t
	toHost, err := canon.HostImport("f", ft, options(callee))
	if err != nil {
		return got, err
	}
	toGuest, err := canon.Adapter("f", ft, options(caller), options(callee))
	if err != nil {
		return got, err
	}
	p := newPlan(2)
	p.HostFuncs = []plan.HostFunc{{Interface: "vectors", Name: "f", Type: ft}}
	// The guest that is called is instantiated first, so it is number 1.
	add(p, forwarder(ft, t), trampoline(p, 1, plan.Call{Program: toHost, Side: [2]plan.Side{side(1), hostSide}}))
	add(p, forwarder(ft, t), trampoline(p, 2, plan.Call{Program: toGuest, Side: [2]plan.Side{side(2), side(1)},
		Target: &plan.CoreRef{Instance: 1, Name: "f"}, HostFunc: -1, Entering: []int{1}}))
	if err := export(p, 2, "f", ft, caller); err != nil {
		return got, err
	}
	cfg.Interfaces = []*host.Interface{{Name: "vectors", Type: wit.NewInstanceType([]wit.Decl{{Name: "f", Type: ft}}, nil),
		Funcs: map[string]host.Func{"f": func(_ *host.Call, args []value.Value) (value.Value, error) { return args[0], nil }}}}
	i, stop, err := start(ctx, p, cfg)
	if err != nil {
		return got, err
	}
	got, err = i.Call(ctx, "", "f2", v)
	if bad := stop(); err == nil {
		err = bad
	}
	return got, err
}

// forwarder is a guest whose function "f" calls function 0 with what it is given, and
// returns what that returns: in memory that it allocates, if it is no single core value.
func forwarder(ft *wit.FuncType, result *wit.Type) *guest {
	inner, outer := canon.FlattenFuncType(ft, canon.Lower), canon.FlattenFuncType(ft, canon.Lift)
	g := newGuest(nil, &inner)
	f := g.Func(g.Type(types(outer.Params), types(outer.Results)))
	g.Export("f", core.ExternFunc, f.Index)
	for i := range outer.Params {
		f.LocalGet(uint32(i))
	}
	if len(inner.Params) == len(outer.Params) {
		f.Call(0)
		return g
	}
	at := f.Local(core.I32)
	f.I32(0).I32(0).I32(int32(canon.Alignment(result, canon.PtrI32))).I32(int32(canon.ElemSize(result, canon.PtrI32)))
	f.Call(g.allocator).LocalTee(at).Call(0).LocalGet(at)
	return g
}
