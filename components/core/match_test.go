package core

import "testing"

// TestMatches compares types in both directions.
func TestMatches(t *testing.T) {
	// Two modules that declare the same types in different order.
	one, other := new(TypeSpace), new(TypeSpace)
	add := func(s *TypeSpace, f FuncType) uint32 {
		i, ok := s.Add(f)
		if !ok {
			t.Fatal("type refused")
		}
		return i
	}
	unit := FuncType{}
	unary := FuncType{Params: []ValType{I32}}
	a := add(one, unary)
	takesA := one.At(add(one, FuncType{Params: []ValType{RefTo(a, true)}}))
	add(other, unit)
	b := add(other, unary)
	takesB := other.At(add(other, FuncType{Params: []ValType{RefTo(b, true)}}))
	takesUnit := other.At(add(other, FuncType{Params: []ValType{RefTo(0, true)}}))
	refA := GlobalType{Val: RefTo(a, false), space: one}
	nullableB := GlobalType{Val: RefTo(b, true), space: other}

	r := func(sizes ...uint32) Range {
		if len(sizes) == 1 {
			return Range{Min: sizes[0]}
		}
		return Range{Min: sizes[0], Max: sizes[1], HasMax: true}
	}
	for _, c := range []struct {
		name                 string
		x, y                 ExternType
		xMatchesY, yMatchesX bool
	}{
		{"functions", unary, FuncType{Params: []ValType{I32}}, true, true},
		{"functions that differ", unary, unit, false, false},
		{"function and memory", unary, MemoryType{}, false, false},
		{"functions of two modules", takesA, takesB, true, true},
		{"functions of two modules that differ", takesA, takesUnit, false, false},
		{"memory that is larger", MemoryType{Range: r(2)}, MemoryType{Range: r(1)}, true, false},
		{"memory with a maximum", MemoryType{Range: r(1, 2)}, MemoryType{Range: r(1)}, true, false},
		{"memory with a lower maximum", MemoryType{Range: r(1, 2)}, MemoryType{Range: r(1, 3)}, true, false},
		{"shared memory", MemoryType{Range: r(1, 2), Shared: true}, MemoryType{Range: r(1, 2)}, false, false},
		{"table", TableType{Elem: FuncRef, Range: r(5, 9)}, TableType{Elem: FuncRef, Range: r(1)}, true, false},
		{"tables that differ", TableType{Elem: FuncRef}, TableType{Elem: ExternRef}, false, false},
		{"tables of narrower references", TableType{Elem: FuncRef.NonNull()}, TableType{Elem: FuncRef}, false, false},
		{"global", GlobalType{Val: I32}, GlobalType{Val: I32}, true, true},
		{"mutable global", GlobalType{Val: I32, Mutable: true}, GlobalType{Val: I32}, false, false},
		{"global of a narrower reference", GlobalType{Val: FuncRef.NonNull()}, GlobalType{Val: FuncRef}, true, false},
		{"mutable global of a narrower reference", GlobalType{Val: FuncRef.NonNull(), Mutable: true}, GlobalType{Val: FuncRef, Mutable: true}, false, false},
		{"global of a defined reference", refA, GlobalType{Val: FuncRef}, true, false},
		{"globals of two modules", refA, nullableB, true, false},
		{"tags", TagType{unary}, TagType{FuncType{Params: []ValType{I32}}}, true, true},
		{"tag and function", TagType{unary}, unary, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Matches(c.x, c.y); got != c.xMatchesY {
				t.Errorf("%s matches %s: %t", c.x, c.y, got)
			}
			if got := Matches(c.y, c.x); got != c.yMatchesX {
				t.Errorf("%s matches %s: %t", c.y, c.x, got)
			}
			if !c.x.Equal(c.x) || !c.y.Equal(c.y) || c.x.Equal(c.y) != (c.xMatchesY && c.yMatchesX) {
				t.Errorf("Equal does not agree")
			}
		})
	}
}

// TestSameTypes declares a type twice: references to either are one type.
func TestSameTypes(t *testing.T) {
	s := new(TypeSpace)
	s.Add(FuncType{Params: []ValType{I32}})
	s.Add(FuncType{Params: []ValType{I32}})
	s.Add(FuncType{Results: []ValType{RefTo(0, false)}})
	s.Add(FuncType{Results: []ValType{RefTo(1, false)}})
	if !s.same(2, 3) || s.same(0, 2) || !s.matches(RefTo(2, false), RefTo(3, true)) {
		t.Error("types that are written alike are not one type")
	}
	if _, ok := s.Add(FuncType{Params: []ValType{RefTo(4, true)}}); ok {
		t.Error("a type that refers to itself is taken")
	}
}

// TestTypeText writes types.
func TestTypeText(t *testing.T) {
	for _, c := range []struct {
		typ  ExternType
		want string
	}{
		{FuncType{Params: []ValType{I32, RefTo(3, true)}, Results: []ValType{V128, FuncRef.NonNull()}}, "func (param i32 (ref null 3)) (result v128 (ref func))"},
		{FuncType{}, "func"},
		{TableType{Elem: ExternRef, Range: Range{Min: 1, Max: 2, HasMax: true}}, "table 1 2 externref"},
		{MemoryType{Range: Range{Min: 1}}, "memory 1"},
		{MemoryType{Range: Range{Min: 1, Max: 3, HasMax: true}, Shared: true}, "memory 1 3 shared"},
		{GlobalType{Val: F64, Mutable: true}, "global (mut f64)"},
		{GlobalType{Val: ExnRef}, "global exnref"},
		{TagType{FuncType{Params: []ValType{I64}}}, "tag (param i64)"},
	} {
		if got := c.typ.String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
