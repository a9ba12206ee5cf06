package core

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rewritten rewrites a module and decodes the result.
func rewritten(t *testing.T, b []byte, opt Options) (*Module, *Info) {
	t.Helper()
	m, err := Decode(b, 0)
	if err != nil {
		t.Fatal(err)
	}
	out, info, err := Rewrite(m, opt)
	if err != nil {
		t.Fatal(err)
	}
	m, err = Decode(out, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	return m, info
}

// TestRenameImports gives imports new names and adds the check behind them.
func TestRenameImports(t *testing.T) {
	m, _ := rewritten(t, everySection(), Options{
		RenameImport: func(i int, module, name string) (string, string) {
			return fmt.Sprint("from ", i), module + "/" + name
		},
		Check: &Check{Module: "sidecall", Name: "check"},
	})
	var got []string
	for i, imp := range m.Imports {
		got = append(got, imp.Module+" "+imp.Name+" "+m.ImportType(i).String())
	}
	want := []string{
		"from 0 /f func (param i32) (result i32)",
		"from 1 a/t table 1 funcref",
		"from 2 a/g global i32",
		"from 3 a/e tag",
		"sidecall check func",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	// Function indices behind the check are one higher, wherever they occur.
	if m.Exports[0].Index != 2 || *m.Start != 3 || !slices.Equal(m.Elems[0].Funcs, []uint32{2, 0}) {
		t.Errorf("exports %v, start %d, elements %v", m.Exports, *m.Start, m.Elems[0].Funcs)
	}
}

// TestExportState exports what has no name yet.
func TestExportState(t *testing.T) {
	b := new(Builder)
	b.Memory(MemoryType{Range: Range{Min: 1}})
	b.ImportGlobal("m", "g", GlobalType{Val: I32, Mutable: true})
	b.Global(GlobalType{Val: I32, Mutable: true}, new(Code).I32(1))
	b.Global(GlobalType{Val: I64}, new(Code).I64(1))
	b.Export("named", ExternGlobal, b.Global(GlobalType{Val: F32, Mutable: true}, new(Code).F32(1)))
	module := b.Encode()

	m, info := rewritten(t, module, Options{ExportState: true, Check: &Check{Module: "sidecall", Name: "check"}})
	var got []string
	for i, e := range m.Exports {
		got = append(got, e.Name+" "+m.ExportType(i).String())
	}
	if want := []string{"named global (mut f32)", "sidecall:memory memory 1", "sidecall:global:1 global (mut i32)"}; !slices.Equal(got, want) {
		t.Errorf("exports %q", got)
	}
	state := fmt.Sprintf("%s %t %t %d %s %s", info.Memory, info.HasMemory, info.MemoryGrows, len(info.Globals), info.Globals[0].Name, info.Globals[1].Name)
	if state != "sidecall:memory true false 2 sidecall:global:1 named" {
		t.Errorf("info %s", state)
	}

	_, info = rewritten(t, module, Options{})
	if info.Memory != "" || info.Globals[0].Name != "" {
		t.Errorf("exported though it was not asked for: %+v", info)
	}

	b.Export("sidecall:x", ExternMemory, 0)
	decoded, err := Decode(b.Encode(), 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Rewrite(decoded, Options{ExportState: true})
	if want := `at offset 0x37: export name "sidecall:x" is reserved: choose one that does not begin with "sidecall:"`; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestTablesMutable looks for every way to change a table.
func TestTablesMutable(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(b *Builder, f *Func, table uint32)
		want  bool
	}{
		{"nothing", func(*Builder, *Func, uint32) {}, false},
		{"table.get", func(_ *Builder, f *Func, table uint32) { f.I32(0).Idx(OpTableGet, table).Op(OpDrop) }, false},
		{"elem.drop", func(_ *Builder, f *Func, _ uint32) { f.Idx(OpElemDrop, 0) }, false},
		{"table.set", func(_ *Builder, f *Func, table uint32) { f.I32(0).RefNull(FuncRef).Idx(OpTableSet, table) }, true},
		{"table.grow", func(_ *Builder, f *Func, table uint32) { f.RefNull(FuncRef).I32(1).Idx(OpTableGrow, table).Op(OpDrop) }, true},
		{"table.fill", func(_ *Builder, f *Func, table uint32) { f.I32(0).RefNull(FuncRef).I32(1).Idx(OpTableFill, table) }, true},
		{"table.copy", func(_ *Builder, f *Func, table uint32) { f.I32(0).I32(0).I32(1).Idx2(OpTableCopy, table, table) }, true},
		{"table.init", func(_ *Builder, f *Func, table uint32) { f.I32(0).I32(0).I32(1).Idx2(OpTableInit, 0, table) }, true},
		{"export", func(b *Builder, _ *Func, table uint32) { b.Export("t", ExternTable, table) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := new(Builder)
			table := b.Table(TableType{Elem: FuncRef, Range: Range{Min: 1}})
			f := exported(b)
			b.Elem(table, 0, f.Index)
			c.build(b, f, table)
			if _, info := rewritten(t, b.Encode(), Options{Check: &Check{Module: "sidecall", Name: "check"}}); info.TablesMutable != c.want {
				t.Errorf("got %t", info.TablesMutable)
			}
		})
	}
}

// TestLiftData takes data segments out where that makes no difference.
func TestLiftData(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(b *Builder)
		want  string
	}{
		{"segments", func(b *Builder) {
			b.Memory(MemoryType{Range: Range{Min: 1}})
			b.Data(65532, []byte("last"))
			b.PassiveData([]byte("passive"))
			b.Data(0, []byte("first"))
		}, "65532:last 0:first "},
		{"none", func(b *Builder) { b.Memory(MemoryType{Range: Range{Min: 1}}) }, ""},
		{"outside", func(b *Builder) {
			b.Memory(MemoryType{Range: Range{Min: 1}})
			b.Data(65533, []byte("last"))
		}, "kept"},
		{"not constant", func(b *Builder) {
			b.Memory(MemoryType{Range: Range{Min: 1}})
			b.ImportGlobal("m", "g", GlobalType{Val: I32})
			b.datas.n++
			b.datas.b = append(b.datas.b, 0, byte(OpGlobalGet), 0, byte(OpEnd), 1, 'x')
		}, "kept"},
		{"of an imported memory", func(b *Builder) {
			b.ImportMemory("m", "memory", MemoryType{Range: Range{Min: 1}})
			b.Data(0, []byte("x"))
		}, "kept"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := new(Builder)
			c.build(b)
			before, err := Decode(b.Encode(), 0)
			if err != nil {
				t.Fatal(err)
			}
			m, info := rewritten(t, b.Encode(), Options{LiftData: true})
			got := ""
			for _, part := range info.Image {
				got += fmt.Sprintf("%d:%s ", part.Offset, part.Bytes)
			}
			if info.Image == nil {
				got = "kept"
			}
			if got != c.want {
				t.Errorf("got %q", got)
			}
			for i := range m.Datas {
				was, is := &before.Datas[i], &m.Datas[i]
				want := was
				if info.Image != nil && was.Mode == Active {
					want = &Data{Mode: Passive}
				}
				if is.Mode != want.Mode || string(is.Init) != string(want.Init) {
					t.Errorf("segment %d is %+v, and was %+v", i, is, was)
				}
			}
		})
	}
}

// TestNames renumbers names and drops other custom sections.
func TestNames(t *testing.T) {
	sub := func(id byte, content string) string { return string(appendRaw(nil, id, []byte(content))) }
	names := "\x04name" + sub(0, "\x01m") + sub(1, "\x02\x00\x03imp\x01\x03fun") +
		sub(2, "\x01\x01\x01\x00\x01x") + sub(3, "\x01\x01\x01\x00\x01l") + sub(7, "\x01\x00\x01g")
	module := file(1, "\x01\x60\x00\x00", 2, "\x01\x01a\x01b\x00\x00", 3, "\x01\x00", 10, body("\x03\x40\x0b\x0b"),
		0, names, 0, "\x05other12", 0, "\x04kept34", 0, names)
	opt := Options{Check: &Check{Module: "sidecall", Name: "check"}, KeepCustom: func(name string) bool { return name == "kept" }}
	m, _ := rewritten(t, module, opt)
	want := sub(0, "\x01m") + sub(1, "\x02\x00\x03imp\x02\x03fun") + sub(2, "\x01\x02\x01\x00\x01x") + sub(7, "\x01\x00\x01g")
	if len(m.Customs) != 2 || string(m.Customs[0].Bytes) != want || m.Customs[1].Name != "kept" || string(m.Customs[1].Bytes) != "34" {
		t.Errorf("got %q", m.Customs)
	}

	malformed := file(0, "\x04name"+sub(1, "\x05\x00\x03imp"))
	if m, _ := rewritten(t, malformed, opt); len(m.Customs) != 0 {
		t.Errorf("malformed names are kept: %q", m.Customs)
	}
}

// TestChecksPlaced says where checks go in a few functions.
func TestChecksPlaced(t *testing.T) {
	for _, c := range []struct {
		name   string
		build  func(b *Builder)
		checks int
	}{
		{"a leaf", func(b *Builder) { exported(b).I32(1).Op(OpI32Clz, OpDrop) }, 0},
		{"a loop", func(b *Builder) { exported(b).Block(OpLoop).End() }, 1},
		{"a loop that cannot be reached", func(b *Builder) { exported(b).Op(OpUnreachable).Block(OpLoop).End() }, 0},
		{"a caller of a leaf", func(b *Builder) {
			leaf := b.Func(b.Type(nil, nil))
			exported(b).Call(leaf.Index).Call(leaf.Index)
		}, 0},
		// In front of the call, and behind it for the division.
		{"recursion", func(b *Builder) {
			f := exported(b)
			f.Call(f.Index).I32(1).I32(1).Op(OpI32DivU, OpDrop)
		}, 2},
		{"a tail call", func(b *Builder) {
			f := exported(b)
			f.Idx(OpReturnCall, f.Index)
		}, 1},
		{"a path without a call", func(b *Builder) {
			f := b.Func(b.Type([]ValType{I32}, nil))
			f.LocalGet(0).Block(OpIf).LocalGet(0).Call(f.Index).End()
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := new(Builder)
			c.build(b)
			_, info := rewritten(t, b.Encode(), Options{Check: &Check{Module: "sidecall", Name: "check"}})
			if info.Checks != c.checks {
				t.Errorf("got %d checks, want %d", info.Checks, c.checks)
			}
		})
	}
}

// TestLongIntegers writes integers short that are longer than they need to be.
func TestLongIntegers(t *testing.T) {
	module := with(10, body("\x41\x80\x00\x1a\xfd\x8c\x00"+strings.Repeat("\x01", 16)+"\x1a\x43\x00\x00\x00\x00\xfc\x80\x80\x00\x1a\x0b"))
	m, _ := rewritten(t, module, Options{})
	want := "\x41\x00\x1a\xfd\x0c" + strings.Repeat("\x01", 16) + "\x1a\x43\x00\x00\x00\x00\xfc\x00\x1a\x0b"
	if got := string(m.Bodies[0].Insts); got != want {
		t.Errorf("got  % x\nwant % x", got, want)
	}
}

// TestExceptionRefs refuses to keep exceptions unless that is allowed.
func TestExceptionRefs(t *testing.T) {
	b := new(Builder)
	tag := b.Tag(b.Type([]ValType{I32}, nil))
	caught := b.Type(nil, []ValType{I32, ExnRef})
	f := exported(b)
	f.BlockOf(OpBlock, caught)
	f.Raw([]byte{byte(OpTryTable), 0x40, 1, byte(catchTagRef), byte(tag), 0}).End()
	f.Op(OpUnreachable).End().Op(OpThrowRef)
	m, err := Decode(b.Encode(), 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Rewrite(m, Options{})
	if want := "at offset 0x30: keeping a caught exception (try_table with a reference) is not supported"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if _, _, err := Rewrite(m, Options{AllowExceptionRefs: true}); err != nil {
		t.Error(err)
	}
	_, _, err = Rewrite(m, Options{AllowExceptionRefs: true, RefuseExceptions: true})
	if want := "at offset 0x30: exception handling (try_table) is not supported"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
