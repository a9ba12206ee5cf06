package fuse_test

import (
	"errors"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/canon/canontest"
	"github.com/sidecall/sidecall/linker/fuse"
)

// TestFusedAgainstProgram makes random calls, some of them damaged, once with the
// plain executor of Programs and once fused, in both engines: results and traps
// must be alike.
func TestFusedAgainstProgram(t *testing.T) {
	for _, engine := range []struct {
		name string
		cfg  wazero.RuntimeConfig
		n    uint64
	}{{"compiler", wazero.NewRuntimeConfigCompiler(), 1000}, {"interpreter", wazero.NewRuntimeConfigInterpreter(), 500}} {
		t.Run(engine.name, func(t *testing.T) {
			n := engine.n
			if testing.Short() {
				n /= 10
			}
			var r *rig
			trapped := 0
			for seed := range n {
				if seed%200 == 0 { // let go of the modules of earlier seeds
					r = newRig(t, engine.cfg)
				}
				if r.differential(seed) {
					trapped++
				}
			}
			t.Logf("%d of %d calls trapped", trapped, n)
		})
	}
}

func FuzzFusedAgainstProgram(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { newRig(t, wazero.NewRuntimeConfigInterpreter()).differential(seed) })
}

func (r *rig) differential(seed uint64) (trapped bool) {
	t := r.tb
	t.Helper()
	want := canontest.NewScenario(seed, [2]func() []byte{canontest.SliceMemory(canontest.MemorySize), canontest.SliceMemory(canontest.MemorySize)})
	p := adapter(t, want)
	a := r.finish(seed, want)(run(p, want))

	r.scenario = canontest.NewScenario(seed, r.memories())
	p = adapter(t, r.scenario)
	call := rigCall{p}.call()
	bytes, slots, err := fuse.Module([]fuse.Adapter{{ExportName: "f", Call: call}})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	m := r.link(bytes, slots, p)
	r.push()
	results, err := m.ExportedFunction("f").Call(r.ctx, r.scenario.Args...)
	r.pull()
	for i, t := range canon.FlattenFuncType(r.scenario.Type, canon.Lower).Results {
		if err == nil && (t == canon.I32 || t == canon.F32) {
			results[i] = uint64(uint32(results[i])) // the engine leaves the high half undefined
		}
	}
	b := r.finish(seed, r.scenario)(results, guestErr(err))
	if err := canontest.Compare(want, a, r.scenario, b, true); err != nil {
		t.Fatalf("seed %d: Program and fused: %v\n%s", seed, err, canon.Print(p))
	}
	return a.Err != nil
}

func adapter(t testing.TB, s *canontest.Scenario) *canon.Program {
	t.Helper()
	p, err := canon.Adapter("f", s.Type, s.Options[0], s.Options[1])
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (r *rig) finish(seed uint64, s *canontest.Scenario) func([]uint64, error) *canontest.Outcome {
	return func(results []uint64, err error) *canontest.Outcome {
		r.tb.Helper()
		o, err := s.Finish(results, err)
		if err != nil {
			r.tb.Fatalf("seed %d: %v", seed, err)
		}
		return o
	}
}

// guestErr is what a host function panicked with, without the engine's wrapping.
func guestErr(err error) error {
	var code canon.TrapCode
	var guest *canontest.GuestError
	switch {
	case errors.As(err, &code):
		return code
	case errors.As(err, &guest):
		return guest
	}
	return err
}

func run(p *canon.Program, s *canontest.Scenario) ([]uint64, error) {
	results, _, err := canontest.Run(p, s.World, s.Args, nil)
	return results, err
}
