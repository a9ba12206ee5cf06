package core_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/sidecall/sidecall/components/core"
)

// catching is a function with two locals of i32 (0 is its parameter, 1 and 2 are 0), and whether
// the compiler loses what it sets. Tag 0 and function 0, which throws it, have no parameters.
var catching = []struct {
	name  string
	build func(f *core.Func)
	stale bool
}{
	{"read behind the catch", func(f *core.Func) {
		f.I32(1).LocalSet(1).Block(core.OpBlock)
		tryAll(f, 0).I32(2).LocalSet(1).Call(0).End()
		f.End().LocalGet(1)
	}, true},
	{"tee, read behind the catch", func(f *core.Func) {
		f.Block(core.OpBlock)
		tryAll(f, 0).I32(2).LocalTee(1).Op(core.OpDrop).Call(0).End()
		f.End().LocalGet(1)
	}, true},
	{"a parameter", func(f *core.Func) {
		f.Block(core.OpBlock)
		tryAll(f, 0).I32(2).LocalSet(0).Call(0).End()
		f.End().LocalGet(0)
	}, true},
	{"set before", func(f *core.Func) {
		f.I32(7).LocalSet(1).Block(core.OpBlock)
		tryAll(f, 0).LocalGet(1).LocalSet(2).Call(0).End()
		f.End().LocalGet(1)
	}, false},
	{"set again behind the catch", func(f *core.Func) {
		f.Block(core.OpBlock)
		tryAll(f, 0).I32(2).LocalSet(1).Call(0).End()
		f.End().I32(3).LocalSet(1).LocalGet(1)
	}, false},
	{"set again on one of two ways", func(f *core.Func) {
		f.Block(core.OpBlock)
		tryAll(f, 0).I32(2).LocalSet(1).Call(0).End()
		f.End().LocalGet(0).Block(core.OpIf).I32(3).LocalSet(1).End().LocalGet(1)
	}, true},
	{"read in the next round of a loop", func(f *core.Func) {
		f.Block(core.OpLoop).Block(core.OpBlock)
		tryAll(f, 0).LocalGet(1).I32(1).Op(core.OpI32Add).LocalSet(1).Call(0).End()
		f.End().LocalGet(2).I32(1).Op(core.OpI32Add).LocalTee(2).I32(3).Op(core.OpI32LtU).BrIf(0).End().LocalGet(2)
	}, true},
	{"set first in each round of a loop", func(f *core.Func) {
		f.Block(core.OpLoop).Block(core.OpBlock)
		tryAll(f, 0).I32(1).LocalSet(1).LocalGet(1).Op(core.OpDrop).Call(0).End()
		f.End().LocalGet(2).I32(1).Op(core.OpI32Add).LocalTee(2).I32(3).Op(core.OpI32LtU).BrIf(0).End().LocalGet(2)
	}, false},
	{"the catch goes to a loop's head", func(f *core.Func) {
		f.Block(core.OpLoop).LocalGet(1).Block(core.OpIf).LocalGet(1).Op(core.OpReturn).End()
		tryAll(f, 0).I32(2).LocalSet(1).Call(0).End().End().LocalGet(1)
	}, true},
	{"caught outside, set in the inner one", func(f *core.Func) {
		f.Block(core.OpBlock)
		tryAll(f, 0).Block(core.OpBlock)
		tryAll(f, 0).I32(2).LocalSet(1).Call(0).End()
		f.End().Call(0).End()
		f.End().LocalGet(1)
	}, true},
	{"set outside of the inner one", func(f *core.Func) {
		f.Block(core.OpBlock).I32(4).LocalSet(1).Block(core.OpBlock)
		tryAll(f, 0).Call(0).End()
		f.End().End().LocalGet(1)
	}, false},
	{"a clause that leaves another try_table", func(f *core.Func) { // the second throw is caught outside
		f.Block(core.OpBlock).Block(core.OpBlock)
		tryAll(f, 0)
		tryAll(f, 1).Call(0).End().End()
		f.I32(1).Op(core.OpReturn).End()
		f.LocalGet(2).I32(1).Op(core.OpI32Add).LocalTee(2).I32(2).Op(core.OpI32GtU).Block(core.OpIf).I32(9).Op(core.OpReturn).End()
		f.End().Call(0).I32(3)
	}, true},
	{"no clauses", func(f *core.Func) {
		f.Block(core.OpBlock).Raw([]byte{0x1f, 0x40, 0}).I32(2).LocalSet(1).End().End().LocalGet(1)
	}, false},
	{"operands below stay", func(f *core.Func) {
		f.I32(5).Block(core.OpBlock)
		tryAll(f, 0).Call(0).End()
		f.End()
	}, false},
}

// tryAll opens a try_table with catch_all.
func tryAll(f *core.Func, label byte) *core.Code { return f.Raw([]byte{0x1f, 0x40, 1, 2, label}) }

// TestCatch: the interpreter is right about functions that catch, and the compiler is wrong about some, which is why
// modules that catch are interpreted (Info.Catches).
//
// When it fails because the compiler is right, wazero's compiler keeps what the body of a try_table set, and forgets
// handlers that a clause leaves. Then let FuzzEngines run everything in both engines, and if that finds nothing either,
// remove Info.Catches, plan.Module.Interpret and what looks at them, and say so in RATIONALE.md.
func TestCatch(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("the engine has no compiler for this architecture")
	}
	engines, err := bothEngines()
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	for _, c := range catching {
		t.Run(c.name, func(t *testing.T) {
			var b core.Builder
			i32 := []core.ValType{core.I32}
			tag := b.Tag(b.Type(nil, nil))
			throws := b.Func(b.Type(nil, nil))
			throws.Idx(core.OpThrow, tag)
			run := b.Func(b.Type(i32, i32))
			run.Local(core.I32)
			run.Local(core.I32)
			c.build(run)
			b.Export("run", core.ExternFunc, run.Index)
			digest := b.Func(b.Type(nil, []core.ValType{core.I64}))
			digest.I64(7)
			b.Export("digest", core.ExternFunc, digest.Index)
			d, err := core.Decode(b.Encode(), 0)
			if err != nil {
				t.Fatal(err)
			}
			out, info, err := core.Rewrite(d, rewritings[1])
			if err != nil {
				t.Fatal(err)
			}
			if catches := info.Catches != ""; catches != (c.name != "no clauses") {
				t.Errorf("it catches: %q", info.Catches)
			}
			compiled, err := engines[0].story(out, nil, 2)
			if err != nil {
				t.Fatal(err)
			}
			interpreted, err := engines[1].story(out, nil, 2)
			if err != nil {
				t.Fatal(err)
			}
			same := slices.Equal(compiled, interpreted)
			if !c.stale && !same {
				t.Errorf("compiled %q, interpreted %q", compiled, interpreted)
			}
			if c.stale && !same {
				wrong++
			}
		})
	}
	if wrong == 0 {
		t.Error("the compiler is right: see this test's comment for what to remove")
	}
}
