package core

import (
	"context"
	"runtime"
	"sort"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// largeModules are the core modules of the guests, the largest first.
func largeModules(b *testing.B) []namedModule {
	list := sharedModules(b, "guests/components")
	sort.Slice(list, func(i, k int) bool { return len(list[i].b) > len(list[k].b) })
	return list[:min(len(list), 6)]
}

// BenchmarkValidate decodes and validates the guests' modules. "ratio" is the engine's time to decode,
// validate and translate for its interpreter, divided by ours.
func BenchmarkValidate(b *testing.B) {
	ctx := context.Background()
	for _, m := range largeModules(b) {
		b.Run(m.name, func(b *testing.B) {
			engine := shortest(3, func() {
				r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(engineFeatures))
				defer r.Close(ctx)
				if _, err := r.CompileModule(ctx, m.b); err != nil {
					b.Skip(err)
				}
			})
			b.SetBytes(int64(len(m.b)))
			b.ReportAllocs()
			b.ResetTimer()
			best := time.Hour
			for b.Loop() {
				best = min(best, shortest(1, func() {
					if err := check(m.b); err != nil {
						b.Fatal(err)
					}
				}))
			}
			b.ReportMetric(float64(engine)/float64(best), "ratio")
		})
	}
}

// BenchmarkRewrite rewrites modules that are validated already.
func BenchmarkRewrite(b *testing.B) {
	for _, m := range largeModules(b) {
		b.Run(m.name, func(b *testing.B) {
			decoded, err := Decode(m.b, 0)
			if err != nil {
				b.Fatal(err)
			}
			if err := decoded.Validate(); err != nil {
				b.Skip(err)
			}
			b.SetBytes(int64(len(m.b)))
			size := 0
			for b.Loop() {
				out, _, err := Rewrite(decoded, Options{Check: &Check{Module: "m", Name: "check"}})
				if err != nil {
					b.Fatal(err)
				}
				size = len(out)
			}
			b.ReportMetric(float64(size)/float64(len(m.b)), "size-ratio")
		})
	}
}

// shortest is the least processor time of n runs.
func shortest(n int, run func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	best := time.Hour
	for range n {
		began := processorTime()
		run()
		best = min(best, processorTime()-began)
	}
	return best
}

// work are guests' inner loops and calls, each of which does n rounds.
var work = []struct {
	name  string
	build func(b *Builder, f *Func)
}{
	{"countdown", func(_ *Builder, f *Func) {
		f.Block(OpLoop).LocalGet(0).I32(1).Op(OpI32Sub).LocalTee(0).BrIf(0).End()
	}},
	{"sum of a memory", func(_ *Builder, f *Func) {
		sum, p := f.Local(I64), f.Local(I32)
		f.Block(OpLoop).LocalGet(sum).LocalGet(p).Mem(OpI64Load, 3, 0).Op(OpI64Add).LocalSet(sum)
		f.LocalGet(p).I32(8).Op(OpI32Add).I32(0xfff8).Op(OpI32And).LocalSet(p)
		f.LocalGet(0).I32(1).Op(OpI32Sub).LocalTee(0).BrIf(0).End()
		f.I32(0).LocalGet(sum).Mem(OpI64Store, 3, 0)
	}},
	{"floating point", func(_ *Builder, f *Func) {
		x, y, t := f.Local(F64), f.Local(F64), f.Local(F64)
		f.Block(OpLoop)
		f.LocalGet(x).LocalGet(x).Op(OpF64Mul).LocalGet(y).LocalGet(y).Op(OpF64Mul, OpF64Sub).F64(0.1).Op(OpF64Add).LocalSet(t)
		f.LocalGet(x).LocalGet(y).Op(OpF64Mul).F64(2).Op(OpF64Mul).F64(0.2).Op(OpF64Add).LocalSet(y)
		f.LocalGet(t).LocalSet(x)
		f.LocalGet(0).I32(1).Op(OpI32Sub).LocalTee(0).BrIf(0).End()
		f.I32(0).LocalGet(x).Mem(OpF64Store, 3, 0)
	}},
	{"short inner loops", func(_ *Builder, f *Func) {
		n, a := f.Local(I32), f.Local(I32)
		f.Block(OpLoop).I32(4).LocalSet(n)
		f.Block(OpLoop).LocalGet(a).LocalGet(n).Op(OpI32Xor).I32(5).Op(OpI32Rotl).LocalSet(a)
		f.LocalGet(n).I32(1).Op(OpI32Sub).LocalTee(n).BrIf(0).End()
		f.LocalGet(0).I32(1).Op(OpI32Sub).LocalTee(0).BrIf(0).End()
		f.I32(0).LocalGet(a).Mem(OpI32Store, 2, 0)
	}},
	{"calls of a leaf", func(b *Builder, f *Func) {
		leaf := b.Func(b.Type([]ValType{I32}, []ValType{I32}))
		leaf.LocalGet(0).I32(3).Op(OpI32Mul).I32(1).Op(OpI32Add)
		a := f.Local(I32)
		f.Block(OpLoop).LocalGet(a).Call(leaf.Index).LocalSet(a)
		f.LocalGet(0).I32(1).Op(OpI32Sub).LocalTee(0).BrIf(0).End()
		f.I32(0).LocalGet(a).Mem(OpI32Store, 2, 0)
	}},
	{"recursion", func(b *Builder, f *Func) {
		fib := b.Func(b.Type([]ValType{I32}, []ValType{I32}))
		fib.LocalGet(0).I32(2).Op(OpI32LtU).Block(OpIf).LocalGet(0).Op(OpReturn).End()
		fib.LocalGet(0).I32(1).Op(OpI32Sub).Call(fib.Index)
		fib.LocalGet(0).I32(2).Op(OpI32Sub).Call(fib.Index).Op(OpI32Add)
		f.Block(OpLoop).I32(10).Call(fib.Index).Op(OpDrop)
		f.LocalGet(0).I32(1).Op(OpI32Sub).LocalTee(0).BrIf(0).End()
	}},
	{"small copies", func(_ *Builder, f *Func) {
		f.Block(OpLoop).I32(64).I32(256).LocalGet(0).I32(63).Op(OpI32And).MemoryOp(OpMemoryCopy)
		f.LocalGet(0).I32(1).Op(OpI32Sub).LocalTee(0).BrIf(0).End()
	}},
}

// BenchmarkCheckedWork runs the work with and without checks. "ratio" is what the checks cost.
func BenchmarkCheckedWork(b *testing.B) {
	ctx := context.Background()
	for _, w := range work {
		b.Run(w.name, func(b *testing.B) {
			builder := new(Builder)
			builder.Memory(MemoryType{Range: Range{Min: 2}})
			f := builder.Func(builder.Type([]ValType{I32}, nil))
			builder.Export("run", ExternFunc, f.Index)
			w.build(builder, f)
			original := builder.Encode()
			m, err := Decode(original, 0)
			if err != nil {
				b.Fatal(err)
			}
			checked, _, err := Rewrite(m, Options{Check: &Check{Module: "sidecall", Name: "check"}})
			if err != nil {
				b.Fatal(err)
			}
			const rounds = 2_000_000
			run := func(module []byte) func() {
				r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(engineFeatures))
				b.Cleanup(func() { r.Close(ctx) })
				if _, err := r.NewHostModuleBuilder("sidecall").NewFunctionBuilder().
					WithGoFunction(api.GoFunc(func(context.Context, []uint64) {}), nil, nil).Export("check").Instantiate(ctx); err != nil {
					b.Fatal(err)
				}
				inst, err := r.Instantiate(ctx, module)
				if err != nil {
					b.Fatal(err)
				}
				f := inst.ExportedFunction("run")
				return func() {
					if _, err := f.Call(ctx, rounds); err != nil {
						b.Fatal(err)
					}
				}
			}
			without, with := run(original), run(checked)
			base, best := time.Hour, time.Hour
			for b.Loop() {
				base = min(base, shortest(1, without))
				best = min(best, shortest(1, with))
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(base)/rounds, "ns/round-without")
			b.ReportMetric(float64(best)/rounds, "ns/round-with")
			b.ReportMetric(float64(best)/float64(base), "ratio")
		})
	}
}
