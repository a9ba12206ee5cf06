package validate

import (
	"testing"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// coreTypesForTest has a function type, a struct type that may have subtypes, one
// of them, an array type, and a function type that refers to itself.
func coreTypesForTest(t *testing.T) (*validator, *coreSpace) {
	t.Helper()
	v := &validator{coreTypes: &coreTypes{groups: map[string]coreID{}}, opt: Options{Limits: Limits{}.withDefaults()}}
	space := &coreSpace{}
	i32 := components.CoreValType{Code: 0x7f}
	field := components.CoreFieldType{Type: i32}
	for _, item := range []any{
		components.CoreFuncType{Params: []components.CoreValType{i32}},
		components.CoreRecType{Types: []components.CoreSubType{{Comp: components.CoreStructType{Fields: []components.CoreFieldType{field}}}}},
		components.CoreRecType{Types: []components.CoreSubType{{Final: true, Supers: []uint32{1}, Comp: components.CoreStructType{Fields: []components.CoreFieldType{field, field}}}}},
		components.CoreRecType{Types: []components.CoreSubType{{Final: true, Comp: components.CoreArrayType{Elem: field}}}},
		components.CoreFuncType{Results: []components.CoreValType{{Code: 0x64, HeapType: 4}}},
		components.CoreFuncType{Params: []components.CoreValType{i32}},
		components.CoreFuncType{Results: []components.CoreValType{{Code: 0x64, HeapType: 6}}},
	} {
		if err := v.recType(space, item); err != nil {
			t.Fatal(err)
		}
	}
	return v, space
}

func TestCoreTypeIdentity(t *testing.T) {
	v, space := coreTypesForTest(t)
	if space.ids[0] != space.ids[5] || space.ids[4] != space.ids[6] {
		t.Error("types that are written alike are one type")
	}
	if len(v.coreTypes.defs) != 5 {
		t.Errorf("%d types", len(v.coreTypes.defs))
	}
	if f, ok := v.coreTypes.simpleFunc(space.ids[0]); !ok || f.String() != "func (param i32)" {
		t.Errorf("%v, %v", f, ok)
	}
	if _, ok := v.coreTypes.simpleFunc(space.ids[4]); ok {
		t.Error("a recursive type is not simple")
	}
}

// TestCoreSubtyping checks the order of reference types: the first of each row is
// below all others of it, and nothing else is related.
func TestCoreSubtyping(t *testing.T) {
	v, space := coreTypesForTest(t)
	def := func(i int) coreVal { return coreVal{code: codeDefined, id: space.ids[i]} }
	abs := func(code byte) coreVal { return coreVal{code: code} }
	fn, structs, sub, array := def(0), def(1), def(2), def(3)
	all := []coreVal{fn, structs, sub, array, abs(codeFunc), abs(codeNoFunc), abs(codeExtern), abs(codeNoExtern), abs(codeExn), abs(codeNoExn),
		abs(codeAny), abs(codeEq), abs(codeI31), abs(codeStruct), abs(codeArray), abs(codeNone)}
	above := map[coreVal][]coreVal{
		fn:                {abs(codeFunc)},
		structs:           {abs(codeStruct), abs(codeEq), abs(codeAny)},
		sub:               {structs, abs(codeStruct), abs(codeEq), abs(codeAny)},
		array:             {abs(codeArray), abs(codeEq), abs(codeAny)},
		abs(codeNoFunc):   {fn, abs(codeFunc)},
		abs(codeNoExtern): {abs(codeExtern)},
		abs(codeNoExn):    {abs(codeExn)},
		abs(codeEq):       {abs(codeAny)},
		abs(codeI31):      {abs(codeEq), abs(codeAny)},
		abs(codeStruct):   {abs(codeEq), abs(codeAny)},
		abs(codeArray):    {abs(codeEq), abs(codeAny)},
		abs(codeNone):     {structs, sub, array, abs(codeI31), abs(codeStruct), abs(codeArray), abs(codeEq), abs(codeAny)},
	}
	for _, a := range all {
		for _, b := range all {
			want := a == b
			for _, up := range above[a] {
				want = want || up == b
			}
			null := func(x coreVal) coreVal { x.null = true; return x }
			if got := v.coreTypes.valMatches(a, b); got != want {
				t.Errorf("%+v <: %+v is %v", a, b, got)
			}
			if got := v.coreTypes.valMatches(a, null(b)); got != want {
				t.Errorf("%+v <: nullable %+v is %v", a, b, got)
			}
			if got := v.coreTypes.valMatches(null(a), null(b)); got != want {
				t.Errorf("nullable %+v <: nullable %+v is %v", a, b, got)
			}
			if v.coreTypes.valMatches(null(a), b) {
				t.Errorf("nullable %+v <: %+v", a, b)
			}
		}
	}
	if v.coreTypes.valMatches(coreVal{code: 0x7f}, coreVal{code: 0x7e}) || v.coreTypes.valMatches(coreVal{code: 0x7f}, abs(codeAny)) {
		t.Error("numbers have no subtypes")
	}
}

// TestCoreExterns checks matching of what no module that can be run has.
func TestCoreExterns(t *testing.T) {
	v, space := coreTypesForTest(t)
	extern := func(d components.CoreExtern) core.ExternType {
		t.Helper()
		et, err := v.coreExtern(&d, space)
		if err != nil {
			t.Fatal(err)
		}
		return et
	}
	ref := func(i int64) components.CoreValType { return components.CoreValType{Code: 0x63, HeapType: i} }
	global := func(i int64, mutable bool) core.ExternType {
		return extern(components.CoreExtern{Sort: wit.SortCoreGlobal, Elem: ref(i), Mutable: mutable})
	}
	memory := func(min, max uint64, is64 bool) core.ExternType {
		return extern(components.CoreExtern{Sort: wit.SortCoreMemory, Limits: components.CoreLimits{Min: min, Max: max, HasMax: max > 0, Is64: is64}})
	}
	table := func(i int64, min uint64) core.ExternType {
		return extern(components.CoreExtern{Sort: wit.SortCoreTable, Elem: ref(i), Limits: components.CoreLimits{Min: min}})
	}
	function := func(i uint32) core.ExternType {
		return extern(components.CoreExtern{Sort: wit.SortCoreFunc, Index: i})
	}
	const heapFunc = -0x10
	for _, tt := range []struct {
		name       string
		sub, super core.ExternType
		want       bool
	}{
		{"subtype of a constant global", global(2, false), global(1, false), true},
		{"supertype", global(1, false), global(2, false), false},
		{"mutable globals are equal", global(2, true), global(1, true), false},
		{"the same mutable global", global(1, true), global(1, true), true},
		{"function reference where funcref is", global(0, false), global(heapFunc, false), true},
		{"funcref where a function reference is", global(heapFunc, false), global(0, false), false},
		{"64-bit memory", memory(2, 3, true), memory(1, 4, true), true},
		{"smaller memory", memory(1, 0, true), memory(2, 0, true), false},
		{"without a maximum", memory(1, 0, true), memory(1, 2, true), false},
		{"another address type", memory(1, 0, true), memory(1, 0, false), false},
		{"tables are equal", table(2, 1), table(1, 1), false},
		{"the same table", table(1, 2), table(1, 1), true},
		{"recursive function", function(4), function(6), true},
		{"another function", function(4), function(0), false},
		{"another sort", function(4), memory(1, 0, true), false},
	} {
		if got := coreMatches(tt.sub, tt.super); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if !memory(1, 0, true).Equal(memory(1, 0, true)) || memory(1, 0, true).Equal(function(0)) {
		t.Error("equality")
	}
	if got := memory(1, 0, true).String(); got != "memory with 64-bit addresses, from 1" {
		t.Error(got)
	}
}
