package core_test

import (
	"slices"
	"testing"

	"github.com/sidecall/sidecall/components/core"
)

// TestReachable follows calls from an import and four functions: 1 calls the import and 2,
// 2 calls itself, 3 refers to 1, 4 calls by a table.
func TestReachable(t *testing.T) {
	b := &core.Builder{}
	none := b.Type(nil, nil)
	imported := b.ImportFunc("m", "f", none)
	table := b.Table(core.TableType{Elem: core.FuncRef})
	var f [5]*core.Func
	for i := 1; i < 5; i++ {
		f[i] = b.Func(none)
	}
	f[1].Call(imported).Call(2)
	f[2].Call(2)
	f[3].Idx(core.OpRefFunc, 1).Op(core.OpDrop)
	f[4].I32(0).Idx2(core.OpCallIndirect, none, table)
	b.Declare(1)
	m, err := core.Decode(b.Encode(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		from, want []uint32
	}{
		{nil, nil},
		{[]uint32{0}, []uint32{0}},
		{[]uint32{1}, []uint32{0, 1, 2}},
		{[]uint32{2}, []uint32{2}},
		{[]uint32{3}, []uint32{0, 1, 2, 3}},
		{[]uint32{2, 0}, []uint32{0, 2}},
		{[]uint32{4}, []uint32{0, 1, 2, 3, 4}},
	} {
		var got []uint32
		for i, ok := range m.Reachable(tt.from...) {
			if ok {
				got = append(got, uint32(i))
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("from %v: %v, want %v", tt.from, got, tt.want)
		}
	}
}

// TestImportOffset finds an import in the file that its module is part of.
func TestImportOffset(t *testing.T) {
	b := &core.Builder{}
	none := b.Type(nil, nil)
	b.ImportFunc("first", "f", none)
	b.ImportFunc("second", "g", none)
	file := append([]byte("before it"), b.Encode()...)
	m, err := core.Decode(file[9:], 9)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"\x05first", "\x06second"} {
		if at := m.ImportOffset(i); string(file[at:at+len(want)]) != want {
			t.Errorf("import %d is at %d: %q", i, at, file[at:])
		}
	}
}
