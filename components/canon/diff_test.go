package canon_test

import (
	"errors"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/canon/canontest"
)

func sliceMemories() [2]func() []byte {
	return [2]func() []byte{canontest.SliceMemory(canontest.MemorySize), canontest.SliceMemory(canontest.MemorySize)}
}

// TestAdapterAgainstSpecification makes random calls, some of them damaged, once
// as the specification's text has it and once as a Program.
func TestAdapterAgainstSpecification(t *testing.T) {
	traps := 0
	n := uint64(3000)
	if testing.Short() {
		n = 1000
	}
	for seed := range n {
		if adapterDifferential(t, seed) {
			traps++
		}
	}
	t.Logf("%d of %d calls trapped", traps, n)
	if traps < int(n/20) || traps > int(n/2) {
		t.Errorf("%d of %d calls trapped, which tests too little", traps, n)
	}
}

func FuzzAdapterAgainstSpecification(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { adapterDifferential(t, seed) })
}

func adapterDifferential(t *testing.T, seed uint64) (trapped bool) {
	t.Helper()
	s := canontest.NewScenario(seed, sliceMemories())
	want := finish(t, seed, s)(canontest.CallSpec(s.World, s.Type, s.Args))
	var full *canontest.GuestError
	if s.Undamaged && want.Err != nil && want.Err != canon.TrapBorrowsLeft && !errors.As(want.Err, &full) {
		t.Fatalf("seed %d: an undamaged call ended with %v", seed, want.Err)
	}

	r := canontest.NewScenario(seed, sliceMemories())
	p, err := canon.Adapter("f", r.Type, r.Options[0], r.Options[1])
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if err := canon.Check(p); err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, canon.Print(p))
	}
	results, _, err := canontest.Run(p, r.World, r.Args, nil)
	have := finish(t, seed, r)(results, err)
	if err := canontest.Compare(s, want, r, have, false); err != nil {
		t.Fatalf("seed %d: specification and Program: %v\n%s", seed, err, canon.Print(p))
	}
	return want.Err != nil
}

// TestHostAgainstSpecification is the same for calls of which the host is an end.
func TestHostAgainstSpecification(t *testing.T) {
	n := uint64(1500)
	if testing.Short() {
		n = 1000
	}
	for seed := range n {
		exportDifferential(t, seed)
		importDifferential(t, seed)
	}
}

func FuzzHostAgainstSpecification(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		exportDifferential(t, seed)
		importDifferential(t, seed)
	})
}

func exportDifferential(t *testing.T, seed uint64) {
	t.Helper()
	s, r := canontest.NewScenario(seed, sliceMemories()), canontest.NewScenario(seed, sliceMemories())
	v, err := canontest.ExportSpec(s.World, s.Type, s.ArgValues)
	want, bad := s.FinishExport(v, err)
	if bad != nil {
		t.Fatalf("seed %d: %v", seed, bad)
	}
	p, err := canon.HostExport("f", r.Type, r.Options[canon.Callee])
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if err := canon.Check(p); err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, canon.Print(p))
	}
	_, values, err := canontest.Run(p, r.World, nil, r.ArgValues)
	have, bad := r.FinishExport(append(values, nil)[0], err)
	if bad == nil {
		bad = canontest.Compare(s, want, r, have, false)
	}
	if bad != nil {
		t.Fatalf("seed %d: specification and Program of an export: %v\n%s", seed, bad, canon.Print(p))
	}
}

func importDifferential(t *testing.T, seed uint64) {
	t.Helper()
	s, r := canontest.NewScenario(seed, sliceMemories()), canontest.NewScenario(seed, sliceMemories())
	want, bad := s.FinishImport(canontest.ImportSpec(s.World, s.Type, s.Args))
	if bad != nil {
		t.Fatalf("seed %d: %v", seed, bad)
	}
	p, err := canon.HostImport("f", r.Type, r.Options[canon.Caller])
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	if err := canon.Check(p); err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, canon.Print(p))
	}
	results, _, err := canontest.Run(p, r.World, r.Args, nil)
	have, bad := r.FinishImport(results, err)
	if bad == nil {
		bad = canontest.Compare(s, want, r, have, false)
	}
	if bad != nil {
		t.Fatalf("seed %d: specification and Program of an import: %v\n%s", seed, bad, canon.Print(p))
	}
}

func finish(t *testing.T, seed uint64, s *canontest.Scenario) func([]uint64, error) *canontest.Outcome {
	return func(results []uint64, err error) *canontest.Outcome {
		t.Helper()
		o, err := s.Finish(results, err)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		return o
	}
}
