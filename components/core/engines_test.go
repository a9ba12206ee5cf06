package core_test

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/components/core/coretest"
)

const engineFeatures = api.CoreFeaturesV2 | experimental.CoreFeaturesThreads | experimental.CoreFeaturesTailCall |
	experimental.CoreFeaturesExtendedConst | experimental.CoreFeaturesExceptionHandling |
	experimental.CoreFeaturesTypedFunctionReferences

// machine is an engine with what generated modules import, used for many of them.
type machine struct {
	name  string
	r     wazero.Runtime
	env   wazero.CompiledModule
	calls []uint64 // what guests told the host
	// checks counts the calls of the interruption check.
	checks int
}

// check ends what does not end: modules that were made smaller by hand, say.
func (m *machine) check(context.Context, []uint64) {
	if m.checks++; m.checks > 20_000 {
		panic(errors.New("it does not end"))
	}
}

func newMachine(name string, config wazero.RuntimeConfig) (*machine, error) {
	ctx := context.Background()
	m := &machine{name: name, r: wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(engineFeatures))}
	const i32, f32, f64, ref = api.ValueTypeI32, api.ValueTypeF32, api.ValueTypeF64, api.ValueTypeExternref
	low := func(v uint64) uint64 { return uint64(uint32(v)) } // what is above belongs to nobody
	b := m.r.NewHostModuleBuilder(coretest.HostModule)
	export := func(name string, params, results []api.ValueType, f func(s []uint64)) {
		b.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(_ context.Context, s []uint64) { f(s) }), params, results).Export(name)
	}
	export("number", []api.ValueType{i32}, []api.ValueType{i32}, func(s []uint64) {
		m.calls = append(m.calls, low(s[0]))
		s[0] = low(s[0]*31 + 7)
	})
	export("float", []api.ValueType{f32, f64}, []api.ValueType{f64}, func(s []uint64) {
		m.calls = append(m.calls, low(s[0]), s[1])
		s[0] = s[1]
	})
	export("opaque", []api.ValueType{i32}, []api.ValueType{ref}, func(s []uint64) {
		m.calls = append(m.calls, low(s[0]))
		s[0] = low(s[0])
	})
	_, err := b.Instantiate(ctx)
	if err != nil {
		return nil, err
	}
	if _, err = m.r.NewHostModuleBuilder("sidecall").NewFunctionBuilder().
		WithGoFunction(api.GoFunc(m.check), nil, nil).Export("check").Instantiate(ctx); err != nil {
		return nil, err
	}
	m.env, err = m.r.CompileModule(ctx, coretest.Environment())
	return m, err
}

// story is all that can be seen of a module's life: what came of each call, and the state
// after it.
func (m *machine) story(b []byte, image []core.ImagePart, runs int) (out []string, err error) {
	ctx := context.Background()
	m.calls, m.checks = nil, 0
	env, err := m.r.InstantiateModule(ctx, m.env, wazero.NewModuleConfig().WithName(coretest.EnvironmentModule))
	if err != nil {
		return nil, err
	}
	defer env.Close(ctx)
	c, err := m.r.CompileModule(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.name, err)
	}
	defer c.Close(ctx)
	i, err := m.r.InstantiateModule(ctx, c, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		return []string{"instantiation: " + kind(err)}, nil
	}
	defer i.Close(ctx)
	for _, part := range image {
		i.Memory().Write(part.Offset, part.Bytes)
	}
	for n := range runs {
		v, err := i.ExportedFunction("run").Call(ctx, uint64(n))
		step := fmt.Sprint(v, kind(err))
		v, err = i.ExportedFunction("digest").Call(ctx)
		step += fmt.Sprint(" state ", v, kind(err), " calls ", len(m.calls))
		if mem := i.ExportedMemory("memory"); mem != nil {
			all, _ := mem.Read(0, mem.Size())
			step += fmt.Sprintf(" memory %d:%x", mem.Size(), maphash.Bytes(hashSeed, all))
		}
		out = append(out, step)
	}
	return append(out, fmt.Sprint(m.calls)), nil
}

var hashSeed = maphash.MakeSeed()

// kind is an error without what differs from engine to engine, where it happened.
func kind(err error) string {
	for err != nil {
		inner := errors.Unwrap(err)
		if inner == nil {
			s, _, _ := strings.Cut(err.Error(), "\n")
			return s
		}
		err = inner
	}
	return ""
}

// rewritings are the ways in which components/core changes modules for the host.
var rewritings = []core.Options{
	{},
	{Check: &core.Check{Module: "sidecall", Name: "check", Budget: 1}, ExportState: true},
	{Check: &core.Check{Module: "sidecall", Name: "check"}, ExportState: true, LiftData: true, MaxTableElements: 1000},
}

// FuzzEngines runs random modules of everything that is accepted in the compiler and in
// the interpreter, as they are and rewritten: all must tell the same story. Modules that
// catch exceptions are run by the interpreter alone, as by the host.
func FuzzEngines(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed, []byte{})
	}
	f.Add(uint64(66), []byte("020"))
	f.Add(uint64(50), []byte("h\xe2\x06+(\xb7B\xf2D|\xb0cV\x90\xa2\xe3\xbap\xb3\x04\xc0\x86\xc8#\x11\xad"))
	engines, err := bothEngines()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		m := coretest.Generate(coretest.NewChoices(seed, data), coretest.Options{Imports: true, Exceptions: seed%4 == 0, Atomics: seed%2 == 0})
		d, err := core.Decode(m.Bytes, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Validate(); err != nil {
			t.Fatal(err)
		}
		// One of the rewritings: the next inputs have others.
		n := int(seed % uint64(len(rewritings)))
		opt := rewritings[n]
		if d.Start != nil {
			opt.LiftData = false // here, the image is written after the start function has run
		}
		out, info, err := core.Rewrite(d, opt)
		if err != nil {
			t.Fatal(err)
		}
		on := engines
		if info.Catches != "" {
			on = engines[1:]
		}
		var want []string
		compare := func(on *machine, name string, b []byte, image []core.ImagePart) {
			got, err := on.story(b, image, m.Runs)
			if err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got
			}
			for i := range max(len(want), len(got)) {
				if i >= len(got) || i >= len(want) || got[i] != want[i] {
					t.Fatalf("%s, %s: step %d:\n%.1000q, at first\n%.1000q", on.name, name, i, got[min(i, len(got)):], want[min(i, len(want)):])
				}
			}
		}
		for _, e := range on {
			if !m.Misread && seed%3 == 0 { // the rewritten ones say most
				compare(e, "as it is", m.Bytes, nil)
			}
		}
		for _, e := range on {
			compare(e, fmt.Sprint("rewriting ", n), out, info.Image)
		}
	})
}

// bothEngines are the compiler and the interpreter.
func bothEngines() (list []*machine, err error) {
	for _, e := range []struct {
		name   string
		config wazero.RuntimeConfig
	}{{"compiler", wazero.NewRuntimeConfigCompiler()}, {"interpreter", wazero.NewRuntimeConfigInterpreter()}} {
		m, err := newMachine(e.name, e.config)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}

// TestSelectOfReferences: the engine takes one byte for the type of a select, and what
// follows in that of a reference, as the index of a type, for instructions.
func TestSelectOfReferences(t *testing.T) {
	engines, err := bothEngines()
	if err != nil {
		t.Fatal(err)
	}
	for index := range uint32(140) {
		for _, reachable := range []bool{true, false} {
			var b core.Builder
			for i := range index {
				b.Type(nil, distinct(i)) // so that the next has the index
			}
			typ := b.Type([]core.ValType{core.F32}, nil)
			ref := core.RefTo(typ, true)
			f := b.Func(typ)
			b.Declare(f.Index)
			run := b.Func(b.Type([]core.ValType{core.I32}, []core.ValType{core.I64}))
			if !reachable {
				run.I32(1).Block(core.OpIf).I64(5).Op(core.OpReturn)
			}
			run.Idx(core.OpRefFunc, f.Index).RefNull(ref).LocalGet(0).Select(ref)
			run.Op(core.OpRefIsNull, core.OpI64ExtendI32U)
			if !reachable {
				run.Op(core.OpDrop).End().I64(6)
			}
			b.Export("run", core.ExternFunc, run.Index)
			digest := b.Func(b.Type(nil, []core.ValType{core.I64}))
			digest.I64(7)
			b.Export("digest", core.ExternFunc, digest.Index)
			d, err := core.Decode(b.Encode(), 0)
			if err != nil {
				t.Fatal(err)
			}
			out, _, err := core.Rewrite(d, core.Options{})
			if err != nil {
				t.Fatal(err)
			}
			want := "[[1] state [7] calls 0 [0] state [7] calls 0 []]"
			if !reachable {
				want = "[[5] state [7] calls 0 [5] state [7] calls 0 []]"
			}
			for _, e := range engines {
				if got, err := e.story(out, nil, 2); fmt.Sprint(got) != want || err != nil {
					t.Fatalf("%s, type %d, reachable %v: got %v %v, want %s", e.name, index, reachable, got, err, want)
				}
			}
		}
	}
}

// distinct is a list of types that no other number has.
func distinct(n uint32) (list []core.ValType) {
	for range 6 {
		list = append(list, []core.ValType{core.I32, core.I64, core.F32, core.F64}[n%4])
		n /= 4
	}
	return list
}

// TestInitFromActiveSegment: an active segment is empty after instantiation (core
// specification, "Instantiation"), which the engine forgets.
func TestInitFromActiveSegment(t *testing.T) {
	engines, err := bothEngines()
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"[7] state [7] calls 0", "[]out of bounds memory access state [7] calls 0"} {
		for _, size := range []int{5, 100_000} {
			var b core.Builder
			b.Memory(core.MemoryType{Range: core.Range{Min: 2}})
			b.DataAt(new(core.Code).I32(2).I32(2).Op(core.OpI32Add), make([]byte, size)) // no constant
			b.PassiveData([]byte("passive"))
			run := b.Func(b.Type([]core.ValType{core.I32}, []core.ValType{core.I64}))
			run.I32(0).I32(0).I32(int32(n)).Idx2(core.OpMemoryInit, 0, 0)
			run.I32(0).I32(0).I32(7).Idx2(core.OpMemoryInit, 1, 0).I64(7)
			digest := b.Func(b.Type(nil, []core.ValType{core.I64}))
			digest.I64(7)
			b.Export("run", core.ExternFunc, run.Index)
			b.Export("digest", core.ExternFunc, digest.Index)
			d, err := core.Decode(b.Encode(), 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, opt := range rewritings {
				out, _, err := core.Rewrite(d, opt)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range engines {
					if got, err := e.story(out, nil, 1); err != nil || got[0] != want {
						t.Errorf("%s, %d of %d bytes: got %v %v, want %s", e.name, n, size, got, err, want)
					}
				}
			}
		}
	}
}
