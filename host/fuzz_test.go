package host

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// liar is a component whose export "f" of type T → T returns whatever: its memory
// is data, its realloc returns what data says, and so does f.
func liar(t testing.TB, ty *wit.Type, enc canon.Encoding, data []byte) *kit {
	k := newKit(t, "app")
	opts := allOptions
	opts.Encoding, opts.PostReturn = enc, true
	ft := fn(ty, ty)
	lift := canon.FlattenFuncType(ft, canon.Lift)
	g := &core.Builder{}
	g.Memory(core.MemoryType{Range: core.Range{Min: 1}})
	g.Export("memory", core.ExternMemory, 0)
	next := g.Global(core.GlobalType{Val: i32, Mutable: true}, new(core.Code).I32(0))
	f := g.Func(g.Type(types(i32, i32, i32, i32), types(i32)))
	// One word after the other of the data is what realloc returns.
	f.GlobalGet(next).I32(4).Op(core.OpI32Add).I32(0xffc).Op(core.OpI32And).GlobalSet(next)
	f.GlobalGet(next).Mem(core.OpI32Load, 2, 0)
	g.Export("realloc", core.ExternFunc, f.Index)
	f = g.Func(g.Type(coreTypes(lift.Params), coreTypes(lift.Results)))
	for _, r := range lift.Results {
		f.I32(0).Mem([...]core.Opcode{canon.I32: core.OpI32Load, canon.I64: core.OpI64Load, canon.F32: core.OpF32Load, canon.F64: core.OpF64Load}[r], 0, 0)
	}
	g.Export("f", core.ExternFunc, f.Index)
	f = g.Func(g.Type(coreTypes(lift.Results), nil))
	g.Export("post-f", core.ExternFunc, f.Index)
	g.Data(0, data)
	step := k.module(1, g)
	k.export(1, step, "f", ft, opts)
	return k
}

// FuzzLyingGuest: whatever a guest answers, a call ends with a value of the right
// type or with a trap: no bug of the host, no hang, no endless memory.
func FuzzLyingGuest(f *testing.F) {
	f.Add(uint64(1), []byte("\x00\x00\x00\x00\x10\x00\x00\x00"))
	f.Add(uint64(2), []byte("\x08\x00\x00\x00\xff\xff\xff\xff\x10\x00\x00\x00\x02\x00\x00\x00\x00\xd8\x00\xdc"))
	f.Add(uint64(3), []byte("\xfc\xff\x00\x00\xff\xff\x00\x00"))
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		r := rand.New(rand.NewPCG(seed, 0))
		ty := randomType(r, 4)
		if len(data) > 1<<15 {
			return
		}
		c, err := Compile(context.Background(), liar(t, ty, canon.Encoding(seed%3), data).plan(), Config{Engine: "interpreter", MaxValueBytes: 16 << 20})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		i, err := c.Instantiate(ctx, InstanceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := i.Call(ctx, "", "f", randomValue(r, ty))
		var trap *Trap
		switch {
		case err == nil:
			if why := fits(v, ty); why != "" {
				t.Errorf("%v does not fit its type: %s", v, why)
			}
		case !errors.As(err, &trap):
			t.Errorf("the call ended with %v", err)
		case trap.Component != "app" || trap.Function != "f":
			t.Errorf("%v does not name the component and its function", err)
		}
		if err := errors.Join(i.Close(ctx), c.Close()); err != nil {
			t.Error(err)
		}
	})
}

// fits says why v is no value of type t, empty if it is one.
func fits(v value.Value, t *wit.Type) string {
	if v.Kind() != t.Kind {
		return v.Kind().String() + " for a " + t.Kind.String()
	}
	switch t.Kind {
	case wit.Char:
		if !isScalarValue(v.Bits()) {
			return "no scalar value"
		}
	case wit.Bool:
		if v.Bits() > 1 {
			return "no bool"
		}
	case wit.Flags:
		if v.Flags()>>len(t.Labels) != 0 {
			return "too many flags"
		}
	case wit.Record, wit.Tuple:
		if v.Len() != len(t.Fields) {
			return "wrong number of fields"
		}
		for i, f := range t.Fields {
			if why := fits(v.At(i), f.Type); why != "" {
				return why
			}
		}
	case wit.List:
		for i := range v.Len() {
			if why := fits(v.At(i), t.Elem); why != "" {
				return why
			}
		}
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		p, some := v.Payload()
		if v.Case() >= len(t.Cases) || some != (t.Cases[v.Case()].Type != nil) {
			return "wrong case"
		}
		if some {
			return fits(p, t.Cases[v.Case()].Type)
		}
	}
	return ""
}
