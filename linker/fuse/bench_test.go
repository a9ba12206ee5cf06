package fuse_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/fuse"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// benchGuest is a callee: a realloc that always answers 4096, and a target which
// adds up its parameters. The pair at address 64 is the string of 64 bytes at 128.
func (r *rig) benchGuest(p *canon.Program) api.Module {
	i := core.I32
	b := &core.Builder{}
	realloc := b.Func(b.Type([]core.ValType{i, i, i, i}, []core.ValType{i}))
	realloc.I32(4096)
	b.Export("realloc-callee", core.ExternFunc, realloc.Index)
	b.Export("realloc-caller", core.ExternFunc, realloc.Index)
	params := make([]core.ValType, len(p.Target.Params))
	for j := range params {
		params[j] = i
	}
	var results []core.ValType
	if len(p.Target.Results) > 0 {
		results = append(results, i)
	}
	target := b.Func(b.Type(params, results))
	target.I32(0)
	for j := range params {
		target.LocalGet(uint32(j)).Op(core.OpI32Add)
	}
	if results == nil {
		target.Op(core.OpDrop)
	}
	b.Export("target", core.ExternFunc, target.Index)
	return r.instantiate(b.Encode(), nil)
}

// benchLoop is a caller: run(n) calls its import f n times with constants.
func (r *rig) benchLoop(f api.Module, name string, args []int32, results int) api.Function {
	i := core.I32
	b := &core.Builder{}
	params := make([]core.ValType, len(args))
	for j := range params {
		params[j] = i
	}
	callee := b.ImportFunc("0", name, b.Type(params, []core.ValType{i}[:results]))
	run := b.Func(b.Type([]core.ValType{i}, []core.ValType{i}))
	sum := run.Local(i)
	run.Block(core.OpLoop)
	for _, a := range args {
		run.I32(a)
	}
	run.Call(callee)
	if results > 0 {
		run.LocalGet(sum).Op(core.OpI32Add).LocalSet(sum)
	}
	run.LocalGet(0).I32(1).Op(core.OpI32Sub).LocalTee(0).BrIf(0).End().LocalGet(sum)
	b.Export("run", core.ExternFunc, run.Index)
	return r.instantiate(b.Encode(), []api.Module{f}).ExportedFunction("run")
}

// benchLibcalls are the two of a host's functions that long arguments need, as
// fast as a host can do them.
func (r *rig) benchLibcalls(ts []plan.Trampoline, guest api.Module) api.Module {
	realloc := guest.ExportedFunction("realloc-callee")
	from, to := r.mems[canon.Caller].Memory(), r.mems[canon.Callee].Memory()
	var funcs []hostFunc
	for _, t := range ts {
		p := t.Program
		f := hostFunc{t.Name, valTypes(p.Regs[:p.Params]), nil, nil}
		switch p.Body[0].Code {
		case canon.OpCopy:
			f.fn = func(s []uint64) {
				src, _ := from.Read(uint32(s[1]), uint32(s[2]))
				to.Write(uint32(s[0]), src)
			}
		case canon.OpString:
			f.results = valTypes([]canon.RegType{canon.I32, canon.I32})
			var stack [4]uint64
			f.fn = func(s []uint64) {
				src, _ := from.Read(uint32(s[0]), uint32(s[1]))
				stack = [4]uint64{0, 0, 1, s[1]}
				if !utf8.Valid(src) || realloc.CallWithStack(r.ctx, stack[:]) != nil {
					panic("a benchmark's string")
				}
				to.Write(uint32(stack[0]), src)
				s[0] = stack[0]
			}
		default:
			f.fn = func([]uint64) { panic("a benchmark's trap") }
		}
		funcs = append(funcs, f)
	}
	return r.host(funcs...)
}

// benchCall prepares a call of a function that takes params, given as flat
// arguments: run is the fused call and floor a plain call of the same target.
func benchCall(b *testing.B, ft *wit.FuncType, args ...int32) (run, floor api.Function) {
	r := newRig(b, wazero.NewRuntimeConfigCompiler())
	opts := canon.Options{Memory: true, Realloc: true}
	p, err := canon.Adapter("f", ft, opts, opts)
	if err != nil {
		b.Fatal(err)
	}
	bytes, slots, err := fuse.Module([]fuse.Adapter{{ExportName: "f", Call: rigCall{p}.call()}})
	if err != nil {
		b.Fatal(err)
	}
	guest := r.benchGuest(p)
	memories := r.memories()
	copy(memories[canon.Caller](), strings.Repeat("sixteen letters.", 4096))
	copy(memories[canon.Callee]()[64:], "\x80\x00\x00\x00\x40\x00\x00\x00")
	imports := make([]api.Module, len(slots))
	for i, s := range slots {
		switch {
		case s.Accessor != nil:
			imports[i] = r.accessor
		case s.Libcalls != nil:
			imports[i] = r.benchLibcalls(s.Libcalls, guest)
		case s.Source.Instance == flagsInstance:
			imports[i] = r.flags
		case s.Source == plan.Source{Instance: -1, HostModule: -1}:
			imports[i] = r.funcs
		case s.Source.Instance == calleeMemory:
			imports[i] = r.mems[canon.Callee]
		default:
			imports[i] = guest
		}
	}
	m := r.instantiate(bytes, imports)
	return r.benchLoop(m, "f", args, len(p.Results)), r.benchLoop(guest, "target", args[:p.Params-(len(p.Target.Results)-len(p.Results))], len(p.Target.Results))
}

// measure runs both and reports the fused call, and its ratio to the floor of the
// same run.
func measure(b *testing.B, run, floor api.Function) {
	ctx := b.Context()
	b.ResetTimer()
	if _, err := run.Call(ctx, uint64(b.N)); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	fused := b.Elapsed()
	start := time.Now()
	if _, err := floor.Call(ctx, uint64(b.N)); err != nil {
		b.Fatal(err)
	}
	plain := time.Since(start)
	b.ReportMetric(float64(plain.Nanoseconds())/float64(b.N), "floor-ns/op")
	b.ReportMetric(float64(fused)/float64(plain), "×floor")
}

func fields(ts ...*wit.Type) (fs []wit.Field) {
	for i, t := range ts {
		fs = append(fs, wit.Field{Name: fmt.Sprint("p", i), Type: t})
	}
	return fs
}

func BenchmarkTwoU32(b *testing.B) {
	u32 := wit.Primitive(wit.U32)
	run, floor := benchCall(b, &wit.FuncType{Params: fields(u32, u32), Result: u32}, 1, 2)
	measure(b, run, floor)
}

func BenchmarkString(b *testing.B) {
	for _, n := range []int32{0, 5, 64, 256, 768, 769, 4096, 32768} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			run, floor := benchCall(b, &wit.FuncType{Params: fields(wit.Primitive(wit.String)), Result: wit.Primitive(wit.U32)}, 0, n)
			measure(b, run, floor)
		})
	}
}

func BenchmarkBytes(b *testing.B) {
	for _, n := range []int32{64, 768, 769, 4096, 32768} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			run, floor := benchCall(b, &wit.FuncType{Params: fields(wit.NewList(wit.Primitive(wit.U8))), Result: wit.Primitive(wit.U32)}, 0, n)
			measure(b, run, floor)
		})
	}
}

// BenchmarkStringResult returns the string of 64 bytes.
func BenchmarkStringResult(b *testing.B) {
	run, floor := benchCall(b, &wit.FuncType{Params: fields(wit.Primitive(wit.U32)), Result: wit.Primitive(wit.String)}, 64, 256)
	measure(b, run, floor)
}

// BenchmarkRecords passes 16 records that have padding, so that they go one by one.
func BenchmarkRecords(b *testing.B) {
	rec := wit.NewTuple(wit.Primitive(wit.U8), wit.Primitive(wit.U32), wit.Primitive(wit.U64))
	run, floor := benchCall(b, &wit.FuncType{Params: fields(wit.NewList(rec)), Result: wit.Primitive(wit.U32)}, 0, 16)
	measure(b, run, floor)
}
