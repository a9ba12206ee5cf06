package fuse_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/canon/canontest"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/fuse"
	"github.com/sidecall/sidecall/linker/plan"
)

// program makes the adapter Program of a function type.
func program(t testing.TB, typ string) *canon.Program {
	t.Helper()
	ft, err := canontest.ParseFunc(typ)
	if err != nil {
		t.Fatal(err)
	}
	opts := canon.Options{Memory: true, Realloc: true, PostReturn: true}
	p, err := canon.Adapter("f", ft, opts, opts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSlots says what modules import.
func TestSlots(t *testing.T) {
	for _, c := range []struct {
		typ  string
		want string
	}{
		{"func(u32) -> u32", "core 0; libcalls trap, trap; core 4"},
		{"func(string)", "core 2; core 0; libcalls trap, trap, string, check_utf8; accessor of 1; core 3; core 4"},
		{"func(list<bool>)", "core 2; core 0; libcalls trap, trap; accessor of 1; core 3; host; core 4"},
		{"func(borrow<r>)", "core 0; libcalls trap, trap, begin_call, lift_borrow, lower_borrow, check_borrows, end_call; core 4"},
	} {
		bytes, slots, err := fuse.Module([]fuse.Adapter{{ExportName: "f", Call: rigCall{program(t, c.typ)}.call()}})
		if err != nil {
			t.Errorf("%s: %v", c.typ, err)
			continue
		}
		if have := describe(slots); have != c.want {
			t.Errorf("%s: slots %s\nwant %s", c.typ, have, c.want)
		}
		checkImports(t, bytes, slots)
	}
}

func describe(slots []fuse.Slot) string {
	var ss []string
	for _, s := range slots {
		switch {
		case s.Accessor != nil:
			ss = append(ss, fmt.Sprintf("accessor of %d", s.Accessor.Instance))
		case s.Libcalls != nil:
			var names []string
			for _, l := range s.Libcalls {
				names = append(names, l.Program.Body[0].Code.String())
			}
			ss = append(ss, "libcalls "+strings.Join(names, ", "))
		case s.Source == plan.Source{Instance: -1, HostModule: -1}:
			ss = append(ss, "host")
		default:
			ss = append(ss, fmt.Sprintf("core %d", s.Source.Instance))
		}
	}
	return strings.Join(ss, "; ")
}

// checkImports checks that every slot is imported from, and nothing else.
func checkImports(t *testing.T, bytes []byte, slots []fuse.Slot) {
	t.Helper()
	m, err := core.Decode(bytes, 0)
	if err == nil {
		err = m.Validate()
	}
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, i := range m.Imports {
		used[i.Module] = true
	}
	if len(used) != len(slots) {
		t.Errorf("%d slots, and imports from %v", len(slots), used)
	}
	for i := range slots {
		if !used[fmt.Sprint(i)] {
			t.Errorf("nothing is imported from slot %d", i)
		}
	}
}

// TestSeveral puts adapters of several types into one module, twice.
func TestSeveral(t *testing.T) {
	var adapters []fuse.Adapter
	for i, typ := range []string{"func(u32) -> u32", "func(string) -> string", "func(list<string>) -> list<u8>", "func() -> own<r>", "func(string) -> string"} {
		call := rigCall{program(t, typ)}.call()
		call.Target = &plan.CoreRef{Instance: 4, Name: fmt.Sprint("target", i)}
		call.PostReturn = &plan.CoreRef{Instance: 4, Name: fmt.Sprint("post-return", i)}
		adapters = append(adapters, fuse.Adapter{ExportName: fmt.Sprint("f", i), Call: call})
	}
	first, slots, err := fuse.Module(adapters)
	if err != nil {
		t.Fatal(err)
	}
	checkImports(t, first, slots)
	second, _, err := fuse.Module(adapters)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("the same adapters make another module (%v)", err)
	}
	names := map[string]bool{}
	for _, s := range slots {
		for _, l := range s.Libcalls {
			if names[l.Name] {
				t.Errorf("two libcalls are named %s", l.Name)
			}
			names[l.Name] = true
			if err := canon.Check(l.Program); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestNotFusable says what stays a trampoline, and why.
func TestNotFusable(t *testing.T) {
	good := func() plan.Call { return rigCall{program(t, "func(string) -> string")}.call() }
	ft, _ := canontest.ParseFunc("func(u8)")
	export, err := canon.HostExport("f", ft, canon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*plan.Call)
		want   string
	}{
		{func(c *plan.Call) {}, ""},
		{func(c *plan.Call) { c.Program = export }, "it has values of the host"},
		{func(c *plan.Call) { c.Side[0].Instance = -1 }, "one side is the host"},
		{func(c *plan.Call) { c.Side[1].Memory = nil }, "a memory or realloc is missing"},
		{func(c *plan.Call) { c.Side[1].Realloc = nil }, "a memory or realloc is missing"},
		{func(c *plan.Call) { c.Target = nil }, "it calls no core function"},
		{func(c *plan.Call) { c.PostReturn = nil }, "its post-return is missing"},
		{func(c *plan.Call) {
			c.Program = program(t, "func(list<tuple<"+strings.Repeat("u8, bool, ", 1400)+"u8>>)")
		}, "it has too many operations"},
	} {
		call := good()
		c.change(&call)
		have := ""
		err := fuse.Fusable(&call)
		if err != nil {
			have = err.Error()
			var not *fuse.NotFusableError
			if !errors.As(err, &not) {
				t.Errorf("%v is no NotFusableError", err)
			}
			if _, _, err := fuse.Module([]fuse.Adapter{{ExportName: "f", Call: call}}); err == nil {
				t.Errorf("a module was made although %v", have)
			}
		}
		want := c.want
		if want != "" {
			want = "function f cannot be fused: " + want
		}
		if have != want {
			t.Errorf("%q, want %q", have, want)
		}
	}
	other := good()
	other.Side[canon.Caller].Memory = &plan.CoreRef{Instance: 7, Name: "mem"}
	if _, _, err := fuse.Module([]fuse.Adapter{{ExportName: "f", Call: good()}, {ExportName: "g", Call: other}}); err == nil || err.Error() != "function f cannot be fused: its memories are not those of the module" {
		t.Errorf("two memories on one side: %v", err)
	}
}

// TestInterruptible lets a long list of bools cross, and counts how often the host
// is asked whether to go on.
func TestInterruptible(t *testing.T) {
	r := newRig(t, wazero.NewRuntimeConfigCompiler())
	p := program(t, "func(list<bool>)")
	bytes, slots, err := fuse.Module([]fuse.Adapter{{ExportName: "f", Call: rigCall{p}.call()}})
	if err != nil {
		t.Fatal(err)
	}
	in := canontest.NewInstance("callee", canon.UTF8, r.memories()[canon.Callee])
	r.scenario = &canontest.Scenario{World: &canontest.World{
		Sides:      [2]*canontest.Instance{canontest.NewInstance("caller", canon.UTF8, r.memories()[canon.Caller]), in},
		Target:     func([]uint64) ([]uint64, error) { return nil, nil },
		PostReturn: func([]uint64) error { return nil },
	}}
	m := r.link(bytes, slots, p)
	r.push()
	if _, err := m.ExportedFunction("f").Call(r.ctx, 0, 100_000); err != nil {
		t.Fatal(err)
	}
	if r.checks < 20 {
		t.Errorf("the host was asked %d times in 100,000 iterations", r.checks)
	}
}
