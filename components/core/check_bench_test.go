package core_test

import (
	"context"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/sidecall/sidecall/components/core"
)

// BenchmarkCheck is what the interruption check costs: the same module with it and
// without, in turns, best of many ("x-unchecked").
func BenchmarkCheck(b *testing.B) {
	for _, c := range []struct {
		name  string
		build func(*core.Func)
		n     uint64
	}{
		{"tightest-loop", tightestLoop, 1_000_000},
		{"work", sieve, 200_000},
	} {
		b.Run(c.name, func(b *testing.B) {
			ctx := context.Background()
			r := wazero.NewRuntime(ctx)
			b.Cleanup(func() { _ = r.Close(ctx) })
			if _, err := r.NewHostModuleBuilder("host").NewFunctionBuilder().WithFunc(func() {}).Export("check").Instantiate(ctx); err != nil {
				b.Fatal(err)
			}
			m := &core.Builder{}
			m.Memory(core.MemoryType{Range: core.Range{Min: 16}})
			f := m.Func(m.Type([]core.ValType{core.I32}, []core.ValType{core.I32}))
			c.build(f)
			m.Export("f", core.ExternFunc, f.Index)
			plain := m.Encode()
			decoded, err := core.Decode(plain, 0)
			if err != nil {
				b.Fatal(err)
			}
			checked, _, err := core.Rewrite(decoded, core.Options{Check: &core.Check{Module: "host", Name: "check"}})
			if err != nil {
				b.Fatal(err)
			}
			without, with := function(ctx, b, r, plain), function(ctx, b, r, checked)
			run := func(f api.Function) time.Duration {
				stack := [1]uint64{c.n}
				start := time.Now()
				if err := f.CallWithStack(ctx, stack[:]); err != nil {
					b.Fatal(err)
				}
				return time.Since(start)
			}
			best := [2]time.Duration{1 << 62, 1 << 62}
			for b.Loop() {
				best[0] = min(best[0], run(without))
				best[1] = min(best[1], run(with))
			}
			b.ReportMetric(float64(best[0].Nanoseconds()), "ns-unchecked")
			b.ReportMetric(float64(best[1])/float64(best[0]), "x-unchecked")
		})
	}
}

func function(ctx context.Context, b *testing.B, r wazero.Runtime, bytes []byte) api.Function {
	b.Helper()
	i, err := r.InstantiateWithConfig(ctx, bytes, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		b.Fatal(err)
	}
	return i.ExportedFunction("f")
}

// tightestLoop counts its parameter down.
func tightestLoop(f *core.Func) {
	f.Block(core.OpLoop)
	f.LocalGet(0).I32(1).Op(core.OpI32Sub).LocalTee(0).BrIf(0)
	f.End().LocalGet(0)
}

// sieve strikes out multiples in a table of bytes, n long: nested loops over memory.
func sieve(f *core.Func) {
	i, j := f.Local(core.I32), f.Local(core.I32)
	f.I32(2).LocalSet(i)
	f.Block(core.OpLoop)
	f.LocalGet(i).LocalSet(j)
	f.Block(core.OpLoop)
	f.LocalGet(j).LocalGet(j).Mem(core.OpI32Load8U, 0, 0).I32(1).Op(core.OpI32Add).Mem(core.OpI32Store8, 0, 0)
	f.LocalGet(j).LocalGet(i).Op(core.OpI32Add).LocalTee(j).LocalGet(0).Op(core.OpI32LtU).BrIf(0)
	f.End()
	f.LocalGet(i).I32(1).Op(core.OpI32Add).LocalTee(i).I32(40).Op(core.OpI32LtU).BrIf(0)
	f.End().LocalGet(j)
}
