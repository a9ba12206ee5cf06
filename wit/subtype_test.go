package wit

import (
	"strings"
	"testing"
	"time"
)

func fn(result *Type, params ...Field) *FuncType { return &FuncType{Params: params, Result: result} }

func prim(k Kind) *Type { return Primitive(k) }

func messages(ms []*Mismatch) string {
	var lines []string
	for _, m := range ms {
		lines = append(lines, m.Error())
	}
	return strings.Join(lines, "\n")
}

func TestSubtypeFunctions(t *testing.T) {
	r, q := &Resource{Name: "r"}, &Resource{Name: "q"}
	point := NewRecord(Field{"x", prim(U32)}, Field{"y", prim(U32)})
	for _, tt := range []struct {
		name       string
		sub, super ExternType
		want       string
	}{
		{"equal", fn(NewList(prim(U8)), Field{"a", point}), fn(NewList(prim(U8)), Field{"a", NewRecord(Field{"x", prim(U32)}, Field{"y", prim(U32)})}), ""},
		{"parameter", fn(nil, Field{"a", prim(U8)}, Field{"b", prim(U8)}), fn(nil, Field{"a", prim(U16)}, Field{"b", prim(U16)}),
			"parameter \"a\": expected u16, found u8\nparameter \"b\": expected u16, found u8"},
		{"name", fn(nil, Field{"a", prim(U8)}), fn(nil, Field{"b", prim(U8)}),
			`parameter "b": the parameter is named "a": expected func(b: u8), found func(a: u8)`},
		{"count", fn(nil), fn(nil, Field{"b", prim(U8)}), `expected 1 parameter, found 0: expected func(b: u8), found func()`},
		{"result", fn(nil), fn(prim(U8)), `one function has a result and the other has none: expected func() -> u8, found func()`},
		{"async", &FuncType{Async: true}, fn(nil), `one function is async and the other is not: expected func(), found async func()`},
		{"deep", fn(NewOption(NewTuple(prim(U8), NewResult(point, prim(String))))),
			fn(NewOption(NewTuple(prim(U8), NewResult(NewRecord(Field{"x", prim(U32)}, Field{"y", prim(F32)}), prim(String))))),
			`result: case "some": field "1": case "ok": field "y": expected f32, found u32`},
		{"case", fn(NewVariant(Case{Name: "a"})), fn(NewVariant(Case{"a", prim(U8)})), "result: expected variant { a(u8) }, found variant { a }"},
		{"flags", fn(NewFlags("a", "b")), fn(NewFlags("a", "c")), "result: expected flags { a, c }, found flags { a, b }"},
		{"list length", fn(NewFixedList(prim(U8), 2)), fn(NewFixedList(prim(U8), 3)), "result: expected list<u8, 3>, found list<u8, 2>"},
		{"resource", fn(NewOwn(r)), fn(NewOwn(q)), "result: the resource types are not the same: expected own<q>, found own<r>"},
		{"borrow", fn(NewOwn(r)), fn(NewBorrow(r)), "result: expected borrow<r>, found own<r>"},
		{"sort", fn(nil), NewInstanceType(nil, nil), "expected interface { }, found func()"},
	} {
		if got := messages(Subtype(tt.sub, tt.super)); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// iface is an instance type that exports a resource type, and functions that take
// a handle of it.
func iface(names ...string) *InstanceType {
	r := &Resource{Name: "r"}
	ds := []Decl{{Name: "r", Type: &TypeExport{Def: r, Abstract: true}}}
	for _, n := range names {
		ds = append(ds, Decl{Name: n, Type: fn(nil, Field{"x", NewOwn(r)})})
	}
	return NewInstanceType(ds, []*Resource{r})
}

func TestSubtypeInstances(t *testing.T) {
	if ms := Subtype(iface("f", "g"), iface("g")); ms != nil {
		t.Error(messages(ms))
	}
	if got, want := messages(Subtype(iface("g"), iface("f", "g", "h"))),
		"export \"f\": expected func(x: own<r>), found nothing\nexport \"h\": expected func(x: own<r>), found nothing"; got != want {
		t.Errorf("got %s", got)
	}
	// A handle of another resource type than the one exported beside it.
	other := iface("f")
	other.Exports[1].Type = fn(nil, Field{"x", NewOwn(&Resource{Name: "other"})})
	if got, want := messages(Subtype(other, iface("f"))),
		`export "f": parameter "x": the resource types are not the same: expected own<r>, found own<other>`; got != want {
		t.Errorf("got %s", got)
	}
	value := NewInstanceType([]Decl{{Name: "r", Type: &TypeExport{Def: prim(U8)}}}, nil)
	if got, want := messages(Subtype(value, iface())), `export "r": expected resource, found type u8`; got != want {
		t.Errorf("got %s", got)
	}
}

// comp is a component type that imports an instance i and exports functions on its
// resource type, and a resource type of its own.
func comp(imported []string, exported ...string) *ComponentType {
	i := iface(imported...)
	r, own := i.Resources[0], &Resource{Name: "own"}
	ds := []Decl{{Name: "own", Type: &TypeExport{Def: own, Abstract: true}}, {Name: "r", Type: &TypeExport{Def: r}}}
	for _, n := range exported {
		ds = append(ds, Decl{Name: n, Type: fn(NewOwn(own), Field{"x", NewBorrow(r)})})
	}
	return NewComponentType([]Decl{{Name: "i", Type: i}}, ds, i.Resources, []*Resource{own})
}

func TestSubtypeComponents(t *testing.T) {
	ok := func(sub, super *ComponentType) {
		t.Helper()
		if ms := Subtype(sub, super); ms != nil {
			t.Error(messages(ms))
		}
	}
	ok(comp([]string{"f"}, "a"), comp([]string{"f"}, "a"))
	ok(comp(nil, "a", "b"), comp([]string{"f", "g"}, "a"))
	c := comp([]string{"f"}, "a")
	ok(c, c)
	if got, want := messages(Subtype(comp([]string{"f"}, "a"), comp(nil, "a", "b"))),
		"import \"i\": export \"f\": expected func(x: own<r>), found nothing\nexport \"b\": expected func(x: borrow<r>) -> own<own>, found nothing"; got != want {
		t.Errorf("got %s", got)
	}
	// The resource types that two instances make are not the same.
	super := comp(nil)
	super.Exports = append(super.Exports, Decl{Name: "own2", Type: &TypeExport{Def: super.Resources[0]}})
	sub := comp(nil)
	other := &Resource{Name: "other"}
	sub.Exports = append(sub.Exports, Decl{Name: "own2", Type: &TypeExport{Def: other, Abstract: true}})
	sub.Resources = append(sub.Resources, other)
	sub, super = NewComponentType(sub.Imports, sub.Exports, sub.ImportedResources, sub.Resources), NewComponentType(super.Imports, super.Exports, super.ImportedResources, super.Resources)
	if got, want := messages(Subtype(sub, super)), `export "own2": the resource types are not the same: expected resource own, found resource other`; got != want {
		t.Errorf("got %s", got)
	}
	ok(super, sub) // one that is twice the same may stand in for two
}

func TestInstantiate(t *testing.T) {
	c := comp([]string{"f"}, "a")
	host := iface("f", "unused")
	actual := host.Resources[0]
	one, ms := c.Instantiate(map[string]ExternType{"i": host, "more": fn(nil)})
	if ms != nil {
		t.Fatal(messages(ms))
	}
	two, _ := c.Instantiate(map[string]ExternType{"i": host})
	get := func(i *InstanceType, name string) ExternType { e, _ := i.Export(name); return e }
	if r := get(one, "r").(*TypeExport); r.Def != actual || r.Abstract {
		t.Errorf("r is %v", r.Def)
	}
	own1, own2 := get(one, "own").(*TypeExport).Def, get(two, "own").(*TypeExport).Def
	if own1 == own2 || own1 == c.Resources[0] || len(one.Resources) != 1 || one.Resources[0] != own1 {
		t.Error("each instance must make a resource type of its own")
	}
	a := get(one, "a").(*FuncType)
	if a.Result.Resource != own1 || a.Params[0].Type.Resource != actual {
		t.Errorf("a is %v", a)
	}
	if _, ms := c.Instantiate(nil); messages(ms) != `import "i": expected interface { r: resource; f: func(x: own<r>); }, found nothing` {
		t.Error(messages(ms))
	}
}

// doubled is a type that has 2^n leaves when written out.
func doubled(n int, leaf *Type) *Type {
	for i := range n {
		if i%2 == 0 {
			leaf = NewTuple(leaf, leaf)
		} else {
			leaf = NewList(NewRecord(Field{"a", leaf}, Field{"b", leaf}))
		}
	}
	return leaf
}

// TestSharing checks that types which share parts are compared, copied and printed
// in time proportional to what is there, not to what it stands for.
func TestSharing(t *testing.T) {
	start := time.Now()
	const n = 60
	r, q := &Resource{Name: "r"}, &Resource{Name: "q"}
	if !Equal(doubled(n, NewOwn(r)), doubled(n, NewOwn(r))) || Equal(doubled(n, NewOwn(r)), doubled(n, NewOwn(q))) {
		t.Error("wrong")
	}
	if Equal(doubled(n, prim(U8)), doubled(n, prim(S8))) || !Equal(doubled(n, prim(U8)), doubled(n, prim(U8))) {
		t.Error("wrong")
	}
	ms := Subtype(fn(doubled(n, prim(U8))), fn(doubled(n, prim(S8))))
	if len(ms) != 1 || len(ms[0].Path) < n {
		t.Error(messages(ms))
	}
	inst := NewInstanceType([]Decl{{Name: "r", Type: &TypeExport{Def: r, Abstract: true}}, {Name: "f", Type: fn(doubled(n, NewOwn(r)))}}, []*Resource{r})
	var c Checker
	fresh := c.Fresh(inst)
	if ms := c.Subtype(fresh, inst); ms != nil {
		t.Error(messages(ms))
	}
	if s := doubled(n, prim(U8)).String(); len(s) > 400 || !strings.HasSuffix(s, "…") {
		t.Errorf("printed as %s", s)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestFuel(t *testing.T) {
	c := Checker{Fuel: 10}
	ms := c.Subtype(fn(doubled(40, prim(U8))), fn(doubled(40, prim(U8))))
	if !c.Exhausted() || messages(ms) != "the types are too complex to compare" {
		t.Error(messages(ms))
	}
}

func TestPrint(t *testing.T) {
	r := &Resource{Name: "file"}
	for _, tt := range []struct {
		x    any
		want string
	}{
		{fn(NewResult(prim(U32), prim(String)), Field{"level", prim(U8)}, Field{"msg", prim(String)}), "func(level: u8, msg: string) -> result<u32, string>"},
		{NewResult(nil, prim(String)), "result<_, string>"},
		{NewResult(nil, nil), "result"},
		{NewVariant(Case{Name: "a"}, Case{"b", NewList(prim(Char))}), "variant { a, b(list<char>) }"},
		{NewEnum("a", "b"), "enum { a, b }"},
		{NewFlags("a", "b"), "flags { a, b }"},
		{NewRecord(Field{"x", NewOption(NewBorrow(r))}), "record { x: option<borrow<file>> }"},
		{NewTuple(prim(F64), NewOwn(r)), "tuple<f64, own<file>>"},
		{NewStream(nil), "stream"},
		{NewMap(prim(String), prim(Bool)), "map<string, bool>"},
		{&TypeExport{Def: prim(U8)}, "type u8"},
		{iface("f"), "interface { r: resource; f: func(x: own<r>); }"},
		{NewComponentType([]Decl{{Name: "a", Type: fn(nil)}}, []Decl{{Name: "b", Type: fn(nil)}}, nil, nil), "component { import a: func(); export b: func(); }"},
	} {
		if got := Print(tt.x, 1000); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
	if got := Print(NewEnum("ä-long-label", "b"), 8); got != "enum { …" {
		t.Errorf("got %q", got)
	}
}
