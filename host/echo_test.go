package host

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// coreTypes are the types of core values.
func coreTypes(ts []canon.RegType) []core.ValType {
	vs := make([]core.ValType, len(ts))
	for i, t := range ts {
		vs[i] = [...]core.ValType{canon.I32: core.I32, canon.I64: core.I64, canon.F32: core.F32, canon.F64: core.F64}[t]
	}
	return vs
}

// echo is a component that exports "echo" of type T → T, which calls the host's
// function of that type and passes on what comes and goes.
func echo(t testing.TB, ty *wit.Type, enc canon.Encoding) *kit {
	k := newKit(t, "app")
	ft := fn(ty, ty)
	opts := allOptions
	opts.Encoding = enc
	memStep := k.module(1, newGuest(nil).Builder)
	m := k.hostImport(side(1, memStep), "test:host/id", "id", ft, opts)
	lower, lift := canon.FlattenFuncType(ft, canon.Lower), canon.FlattenFuncType(ft, canon.Lift)
	app := &core.Builder{}
	id := app.ImportFunc("0", "f", app.Type(coreTypes(lower.Params), coreTypes(lower.Results)))
	f := app.Func(app.Type(coreTypes(lift.Params), coreTypes(lift.Results)))
	for n := range lift.Params {
		f.LocalGet(uint32(n))
	}
	if len(lower.Params) > len(lift.Params) { // a place for the result
		f.I32(16).Call(id).I32(16)
	} else {
		f.Call(id)
	}
	app.Export("echo", core.ExternFunc, f.Index)
	step := k.module(1, app, fromHost(m))
	k.exportAs(1, step, memStep, "echo", ft, opts)
	return k
}

// host is a catalog of one interface with functions.
func hostWith(name string, funcs map[string]Func) []*Interface {
	return []*Interface{{Name: name, Type: &wit.InstanceType{}, Funcs: funcs}}
}

// TestEcho sends values of all kinds of types through a component to the host and
// back.
func TestEcho(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var tys []*wit.Type
	for k := wit.Bool; k <= wit.String; k++ {
		tys = append(tys, prim(k), wit.NewList(prim(k)), wit.NewOption(prim(k)), wit.NewTuple(prim(wit.U8), prim(k), prim(wit.U8)))
	}
	for range 60 {
		tys = append(tys, randomType(r, 4))
	}
	engines(t, func(t *testing.T, cfg Config) {
		for n, ty := range tys {
			enc := canon.Encoding(n % 3)
			var seen value.Value
			cfg.Interfaces = hostWith("test:host/id", map[string]Func{"id": func(_ *Call, args []value.Value) (value.Value, error) {
				seen = args[0]
				return args[0], nil
			}})
			c := echo(t, ty, enc).compile(cfg)
			i, err := c.Instantiate(context.Background(), InstanceOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for range 5 {
				v := randomValue(r, ty)
				got, err := i.Call(context.Background(), "", "echo", v)
				if err != nil {
					t.Fatalf("type %d %s: %v: %s", n, ty.Kind, v, err)
				}
				if !same(v, got) || !same(v, seen) {
					t.Fatalf("type %d: gave %v, the host saw %v, got %v", n, v, seen, got)
				}
			}
			if err := i.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// same is value.Equal, but all NaNs are the same.
func same(a, b value.Value) bool {
	if nan(a) && nan(b) {
		return true
	}
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case wit.List, wit.Record, wit.Tuple:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.At(i), b.At(i)) {
				return false
			}
		}
		return true
	case wit.Variant, wit.Option, wit.Result:
		p, ok1 := a.Payload()
		q, ok2 := b.Payload()
		return a.Case() == b.Case() && ok1 == ok2 && (!ok1 || same(p, q))
	}
	return value.Equal(a, b)
}

func nan(v value.Value) bool {
	return v.Kind() == wit.F32 && math.IsNaN(float64(v.F32())) || v.Kind() == wit.F64 && math.IsNaN(v.F64())
}

func randomType(r *rand.Rand, depth int) *wit.Type {
	if depth == 0 {
		return prim(wit.Kind(r.IntN(int(wit.String) + 1)))
	}
	sub := func() *wit.Type { return randomType(r, depth-1) }
	some := func() []*wit.Type {
		ts := make([]*wit.Type, 1+r.IntN(4))
		for i := range ts {
			ts[i] = sub()
		}
		return ts
	}
	switch r.IntN(9) {
	case 0:
		var fs []wit.Field
		for i, t := range some() {
			fs = append(fs, wit.Field{Name: fmt.Sprint("f", i), Type: t})
		}
		return wit.NewRecord(fs...)
	case 1:
		return wit.NewTuple(some()...)
	case 2:
		var cs []wit.Case
		for i, t := range some() {
			c := wit.Case{Name: fmt.Sprint("c", i), Type: t}
			if r.IntN(3) == 0 {
				c.Type = nil
			}
			cs = append(cs, c)
		}
		return wit.NewVariant(cs...)
	case 3:
		return wit.NewList(sub())
	case 4:
		return wit.NewOption(sub())
	case 5:
		ts := []*wit.Type{nil, sub()}
		return wit.NewResult(ts[r.IntN(2)], ts[r.IntN(2)])
	case 6:
		return wit.NewEnum(strings.Split("a b c d e", " ")[:1+r.IntN(5)]...)
	case 7:
		return wit.NewFlags(strings.Split(strings.Repeat("x ", 1+r.IntN(32)), " ")[1:]...)
	}
	return randomType(r, 0)
}

func randomValue(r *rand.Rand, t *wit.Type) value.Value {
	bits := r.Uint64()
	if r.IntN(4) == 0 {
		bits = [...]uint64{0, 1, 0x7f, 0x80, 0xff, 1<<31 - 1, 1 << 31, 1<<63 - 1, 1 << 63, math.MaxUint64}[r.IntN(10)]
	}
	parts := func(fs []wit.Field) []value.Value {
		vs := make([]value.Value, len(fs))
		for i, f := range fs {
			vs[i] = randomValue(r, f.Type)
		}
		return vs
	}
	switch t.Kind {
	case wit.Bool:
		return value.Bool(bits&1 != 0)
	case wit.S8:
		return value.S8(int8(bits))
	case wit.U8:
		return value.U8(uint8(bits))
	case wit.S16:
		return value.S16(int16(bits))
	case wit.U16:
		return value.U16(uint16(bits))
	case wit.S32:
		return value.S32(int32(bits))
	case wit.U32:
		return value.U32(uint32(bits))
	case wit.S64:
		return value.S64(int64(bits))
	case wit.U64:
		return value.U64(bits)
	case wit.F32:
		return value.F32(math.Float32frombits(uint32(bits)))
	case wit.F64:
		return value.F64(math.Float64frombits(bits))
	case wit.Char:
		return value.Char(randomRune(r))
	case wit.String:
		var b strings.Builder
		for range r.IntN(40) {
			if r.IntN(3) == 0 {
				b.WriteRune(randomRune(r))
			} else {
				b.WriteByte('a')
			}
		}
		return value.String(b.String())
	case wit.Record:
		return value.Record(parts(t.Fields)...)
	case wit.Tuple:
		return value.Tuple(parts(t.Fields)...)
	case wit.List:
		vs := make([]value.Value, r.IntN(5))
		for i := range vs {
			vs[i] = randomValue(r, t.Elem)
		}
		return value.List(vs...)
	case wit.Flags:
		return value.Flags(bits & (1<<len(t.Labels) - 1))
	}
	n := r.IntN(len(t.Cases))
	if p := t.Cases[n].Type; p != nil {
		v := randomValue(r, p)
		return value.Choice(t.Kind, n, &v)
	}
	return value.Choice(t.Kind, n, nil)
}

func randomRune(r *rand.Rand) rune {
	for {
		c := rune(r.IntN([...]int{0x80, 0x100, 0x10000, 0x110000}[r.IntN(4)]))
		if isScalarValue(uint64(c)) {
			return c
		}
	}
}

// TestTranscode sends a string from a component to another with another encoding.
// (All pairs of encodings are tested where the transcoding is.)
func TestTranscode(t *testing.T) {
	for to := range canon.Encoding(3) {
		for _, text := range []string{"", "plain", "é", "latin é, then €", "€uro", "pair 😀 of surrogates"} {
			i := stringPair(t, text, canon.UTF8, to).start(Config{})
			got := call1(t, i, "run", value.U32(1)).U32()
			if want := units(text, to); got != want {
				t.Errorf("%q to %d: %#x code units, want %#x", text, to, got, want)
			}
		}
	}
}

// units are the tagged code units of a text.
func units(text string, enc canon.Encoding) uint32 {
	n16, latin1 := uint32(0), true
	for _, r := range text {
		n16++
		if r >= 0x10000 {
			n16++
		}
		latin1 = latin1 && r < 0x100
	}
	switch {
	case enc == canon.UTF8:
		return uint32(len(text))
	case enc == canon.UTF16:
		return n16
	case latin1:
		return n16
	}
	return n16 | canon.UTF16Tag
}
