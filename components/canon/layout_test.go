package canon_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/canon/canontest"
	"github.com/sidecall/sidecall/wit"
)

// TestLayoutAgainstSpecification compares layouts and flat types of random types.
func TestLayoutAgainstSpecification(t *testing.T) {
	g := canontest.NewGen(1)
	for range 5000 {
		typ := g.Type(1+g.IntN(5), true)
		align, size := canontest.Layout(typ)
		if a, s := canon.Alignment(typ, canon.PtrI32), canon.ElemSize(typ, canon.PtrI32); a != align || s != uint64(size) {
			t.Fatalf("alignment %d and size %d, want %d and %d, of %+v", a, s, align, size, typ)
		}
		flat := canontest.Flatten(typ)
		ft := &wit.FuncType{Params: []wit.Field{{Type: typ}}, Result: typ}
		lift, lower := canon.FlattenFuncType(ft, canon.Lift), canon.FlattenFuncType(ft, canon.Lower)
		params := flat
		if len(flat) > canon.MaxFlatParams {
			params = []canon.RegType{canon.I32}
		}
		results, outParam := flat, []canon.RegType(nil)
		if len(flat) > canon.MaxFlatResults {
			results, outParam = []canon.RegType{canon.I32}, []canon.RegType{canon.I32}
		}
		if !slices.Equal(lift.Params, params) || !slices.Equal(lift.Results, results) {
			t.Fatalf("canon lift of %v is %v", flat, lift)
		}
		if !slices.Equal(lower.Params, slices.Concat(params, outParam)) || outParam == nil && !slices.Equal(lower.Results, results) || outParam != nil && lower.Results != nil {
			t.Fatalf("canon lower of %v is %v", flat, lower)
		}
	}
}

func TestLayout64(t *testing.T) {
	str, u8 := wit.Primitive(wit.String), wit.Primitive(wit.U8)
	for _, c := range []struct {
		t     *wit.Type
		align uint32
		size  uint64
	}{
		{str, 8, 16}, {wit.NewList(u8), 8, 16}, {wit.NewTuple(u8, str), 8, 24}, {wit.NewOption(str), 8, 24},
		{wit.NewFixedList(wit.NewTuple(str, u8), 1000), 8, 24000}, {wit.NewMap(u8, u8), 8, 16},
	} {
		if a, s := canon.Alignment(c.t, canon.PtrI64), canon.ElemSize(c.t, canon.PtrI64); a != c.align || s != c.size {
			t.Errorf("alignment %d and size %d, want %d and %d", a, s, c.align, c.size)
		}
	}
}

// TestHugeTypes computes with types that are exponentially large as trees.
func TestHugeTypes(t *testing.T) {
	start := time.Now()
	record, variant, list := wit.Primitive(wit.U64), wit.Primitive(wit.F32), wit.Primitive(wit.U8)
	for range 60 {
		record = wit.NewTuple(record, record)
		variant = wit.NewVariant(wit.Case{Name: "a", Type: variant}, wit.Case{Name: "b", Type: variant}, wit.Case{Name: "c"})
		list = wit.NewFixedList(list, 1<<31)
	}
	if s := canon.ElemSize(record, canon.PtrI64); s <= canon.MaxElemSize {
		t.Errorf("a record of 2^60 numbers has size %d", s)
	}
	if s := canon.ElemSize(variant, canon.PtrI64); s != 4*61 {
		t.Errorf("a variant of depth 60 has size %d", s)
	}
	if s := canon.ElemSize(list, canon.PtrI64); s <= canon.MaxElemSize {
		t.Errorf("a fixed list of 2^1860 bytes has size %d", s)
	}
	for _, typ := range []*wit.Type{record, variant, list} {
		ft := &wit.FuncType{Params: []wit.Field{{Name: "p", Type: typ}}}
		if f := canon.FlattenFuncType(ft, canon.Lift); len(f.Params) != 1 || f.Params[0] != canon.I32 {
			t.Errorf("flattened to %v", f)
		}
	}
	ft := &wit.FuncType{Params: []wit.Field{{Name: "p", Type: record}}}
	options := canon.Options{Memory: true, Realloc: true}
	if _, err := canon.Adapter("big", ft, options, options); err == nil || err.Error() != "function big: its size of types is beyond the limit of 10000: use smaller types" {
		t.Errorf("an adapter: %v", err)
	}
	deep := wit.Primitive(wit.U8)
	for range 101 {
		deep = wit.NewList(deep)
	}
	ft = &wit.FuncType{Result: deep}
	if _, err := canon.HostImport("deep", ft, options); err == nil || err.Error() != "function deep: its depth of types is beyond the limit of 100: use smaller types" {
		t.Errorf("a host import: %v", err)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
}

// TestLargestTypes makes Programs of the largest types that are not refused.
func TestLargestTypes(t *testing.T) {
	var cases []wit.Case
	wide := wit.NewTuple(wit.Primitive(wit.U64), wit.Primitive(wit.F32), wit.Primitive(wit.F64), wit.Primitive(wit.U8))
	for range 1600 {
		cases = append(cases, wit.Case{Name: "c", Type: wide})
	}
	ft := &wit.FuncType{Params: []wit.Field{{Name: "p", Type: wit.NewVariant(cases...)}}}
	options := canon.Options{Memory: true, Realloc: true}
	p, err := canon.Adapter("large", ft, options, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := canon.Check(p); err != nil {
		t.Fatal(err)
	}
	if len(p.Regs) > 50 {
		t.Errorf("%d registers: those of one case are not used again by the next", len(p.Regs))
	}
}
