package core

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// seeds adds small modules of many kinds.
func seeds(f *testing.F) {
	for _, c := range endless {
		b := new(Builder)
		c.build(b)
		if m := b.Encode(); len(m) < 4096 {
			f.Add(m)
		}
	}
	for i := range uint64(8) {
		f.Add(generate(i, 1))
	}
	f.Add(spectest())
	f.Add(everySection())
}

// FuzzDecode decodes and validates anything. What is decoded has types that can be asked for, and what
// is valid can be rewritten.
func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b, 1000)
		if err != nil {
			offsetWithin(t, b, err)
			return
		}
		for i := range m.Imports {
			_ = m.ImportType(i).String()
		}
		for i := range m.Exports {
			if x := m.ExportType(i); !Matches(x, x) || !x.Equal(x) {
				t.Fatalf("%s does not match itself", x)
			}
		}
		if err := m.Validate(); err != nil {
			offsetWithin(t, b, err)
		}
	})
}

func offsetWithin(t *testing.T, b []byte, err error) {
	t.Helper()
	if e := err.(*Error); e.Offset < 1000 || e.Offset > 1000+len(b) || e.Msg == "" {
		t.Fatalf("bad error %#v", e)
	}
}

// FuzzRewrite compares the verdict on a module with the engine's, and rewrites what is valid.
func FuzzRewrite(f *testing.F) {
	seeds(f)
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(engineFeatures))
	f.Cleanup(func() { r.Close(ctx) })
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := agrees(ctx, r, b); err != nil {
			t.Fatal(err)
		}
	})
}

// compiles asks the engine, which panics on some malformed modules.
func compiles(ctx context.Context, r wazero.Runtime, b []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the engine panics: %v", p)
		}
	}()
	c, err := r.CompileModule(ctx, b)
	if err != nil {
		return err
	}
	return c.Close(ctx)
}

// FuzzGenerated runs generated programs before and after rewriting.
func FuzzGenerated(f *testing.F) {
	for i := range uint64(20) {
		f.Add(i, i)
	}
	f.Fuzz(func(t *testing.T, seed1, seed2 uint64) { sameOutcome(t, seed1, seed2, wazero.NewRuntimeConfig()) })
}

// TestGeneratedPrograms is FuzzGenerated on a fixed set, with both engines.
func TestGeneratedPrograms(t *testing.T) {
	for i := range uint64(60) {
		sameOutcome(t, i, 99, wazero.NewRuntimeConfigCompiler())
		sameOutcome(t, i, 99, wazero.NewRuntimeConfigInterpreter())
	}
}

func sameOutcome(t *testing.T, seed1, seed2 uint64, config wazero.RuntimeConfig) {
	t.Helper()
	b := generate(seed1, seed2)
	m, err := Decode(b, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Validate(); err != nil {
		t.Fatalf("program %d %d: %v", seed1, seed2, err)
	}
	want := outcome(t, b, nil, config)
	for _, opt := range []Options{
		{},
		{Check: &Check{Module: "sidecall", Name: "check", Budget: 1}},
		{Check: &Check{Module: "sidecall", Name: "check"}, LiftData: true, MaxTableElements: 100},
	} {
		out, info, err := Rewrite(m, opt)
		if err != nil {
			t.Fatal(err)
		}
		if got := outcome(t, out, info.Image, config); got != want {
			t.Errorf("program %d %d with %+v: got %s, and %s before rewriting", seed1, seed2, opt.Check, got, want)
		}
	}
}

// outcome runs a generated program a few times and describes results, globals and memory.
func outcome(t *testing.T, b []byte, image []ImagePart, config wazero.RuntimeConfig) string {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(engineFeatures))
	defer r.Close(ctx)
	_, err := r.NewHostModuleBuilder("sidecall").NewFunctionBuilder().
		WithGoFunction(api.GoFunc(func(context.Context, []uint64) {}), nil, nil).Export("check").Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.Instantiate(ctx, b)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range image {
		m.Memory().Write(part.Offset, part.Bytes)
	}
	var s bytes.Buffer
	for arg := range uint64(3) {
		results, err := m.ExportedFunction("run").Call(ctx, arg)
		fmt.Fprint(&s, results, failure(err), " ")
	}
	for i := range 4 {
		fmt.Fprint(&s, m.ExportedGlobal(fmt.Sprint("g", i)).Get(), " ")
	}
	memory, _ := m.Memory().Read(0, m.Memory().Size())
	h := fnv.New64a()
	h.Write(memory)
	fmt.Fprintf(&s, "%x", h.Sum64())
	return s.String()
}

// everySection is a module that has one of everything.
func everySection() []byte {
	b := new(Builder)
	unit, unary := b.Type(nil, nil), b.Type([]ValType{I32}, []ValType{I32})
	b.ImportFunc("", "f", unary)
	b.ImportTable("a", "t", TableType{Elem: FuncRef, Range: Range{Min: 1}})
	b.ImportGlobal("a", "g", GlobalType{Val: I32})
	b.ImportTag("a", "e", unit)
	b.Memory(MemoryType{Range: Range{Min: 1, Max: 2, HasMax: true}, Shared: true})
	b.Table(TableType{Elem: ExternRef, Range: Range{Min: 3}})
	tag := b.Tag(b.Type([]ValType{I64}, nil))
	b.Global(GlobalType{Val: F64, Mutable: true}, new(Code).F64(1.5))
	b.Global(GlobalType{Val: V128}, new(Code).V128(1, 2))
	b.Global(GlobalType{Val: I32}, new(Code).GlobalGet(0).I32(3).Op(OpI32Add))
	f := b.Func(unary)
	x := f.Local(V128)
	f.LocalGet(0).Call(0).Op(OpI8x16Splat).LocalTee(x).Lane(OpI32x4ExtractLane, 2)
	f.I32(64).I32(1).Mem(OpI32AtomicRmwAdd, 2, 4).Op(OpI32Add)
	g := b.Func(unit)
	g.Block(OpBlock).Raw([]byte{byte(OpTryTable), 0x40, 1, 2, 0}).I64(1).Idx(OpThrow, tag).End().End()
	b.TableOf(TableType{Elem: RefTo(unary, false), Range: Range{Min: 2}}, new(Code).Idx(OpRefFunc, f.Index))
	h := b.Func(unit)
	h.I32(1).Idx(OpRefFunc, f.Index).Idx(OpCallRef, unary).Op(OpDrop)
	b.Export("f", ExternFunc, f.Index)
	b.Export("", ExternMemory, 0)
	b.Start(g.Index)
	b.Elem(0, 0, f.Index, 0)
	b.PassiveElem(g.Index)
	b.Declare(h.Index)
	b.Data(8, []byte("data"))
	b.PassiveData([]byte("more"))
	return b.Encode()
}
