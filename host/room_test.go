package host

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// withMemories has component app define n memories of a page each, and export a function.
func withMemories(t *testing.T, n int) *kit {
	k := newKit(t, "app")
	b := &core.Builder{}
	b.Memory(core.MemoryType{Range: core.Range{Min: 1}})
	for range n {
		k.module(1, b)
		k.p.Modules[len(k.p.Modules)-1].Needs.Memory = &plan.MemoryNeeds{Min: 1, Max: 1 << 16}
	}
	g := newGuest(nil)
	g.fn("ask", nil, types(i32), func(f *core.Func) { f.I32(7) })
	k.export(1, k.module(1, g.Builder), "ask", fn(prim(wit.U32)), canon.Options{})
	return k
}

// TestMemoriesOfManyInstances: when the process has no room for the memories of one
// more instance, that fails, says of what there is too little, and waits do help; those
// that are there go on, and what other compositions only keep for later is given back.
func TestMemoriesOfManyInstances(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits budget.Limits
		says   string
	}{
		{"mappings", budget.Limits{Mappings: 500}, "mappings of memory"},
		{"address space", budget.Limits{AddressSpace: 450 << 20}, "address space"},
		{"memory", budget.Limits{Memory: 30 << 20}, "memory for guests"},
	} {
		t.Run(c.name, func(t *testing.T) {
			process := budget.NewProcess(c.limits)
			cfg := Config{MaxMemory: 8 << 20, Budget: process, Engine: "interpreter"}
			comp, neighbour := withMemories(t, 50).compile(cfg), withMemories(t, 1).compile(cfg)
			quiet := open(t, neighbour)
			var mu sync.Mutex
			there := []*Instance{open(t, comp)}
			var refused []error
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					i, err := comp.Instantiate(context.Background(), InstanceOptions{})
					mu.Lock()
					defer mu.Unlock()
					if err != nil {
						refused = append(refused, err)
						return
					}
					there = append(there, i)
				})
			}
			wg.Wait()
			if len(there) == 0 || len(refused) == 0 {
				t.Fatalf("%d instances were made, %d refused", len(there), len(refused))
			}
			for _, err := range refused {
				if !NoRoom(err) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "component app") {
					t.Errorf("got %v", err)
				}
			}
			for _, i := range append(there, quiet) {
				if got := call1(t, i, "ask").U32(); got != 7 {
					t.Error(got)
				}
				if err := i.Close(context.Background()); err != nil {
					t.Error(err)
				}
			}
			// What was closed is kept for this composition, but others come first.
			others := withMemories(t, 50).compile(cfg)
			defer open(t, others).Close(context.Background())
			for _, c := range []*Composition{comp, neighbour} {
				if err := c.Trim(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func open(t *testing.T, c *Composition) *Instance {
	t.Helper()
	i, err := c.Instantiate(context.Background(), InstanceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// TestQuotasAreGivenBack: after all is closed, nothing of the process is used.
func TestQuotasAreGivenBack(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		process := budget.NewProcess(budget.Limits{})
		cfg.Budget = process
		k := withMemories(t, 10)
		c, err := Compile(context.Background(), k.plan(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // made, remembered, used again
			i, j := open(t, c), open(t, c)
			call1(t, i, "ask")
			_, _ = i.Close(context.Background()), j.Close(context.Background())
		}
		if process.Mappings.Used() == 0 || process.AddressSpace.Used() == 0 || process.Memory.Used() == 0 {
			t.Error("what is kept does not count")
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		for _, q := range []*budget.Quota{process.Memory, process.AddressSpace, process.Mappings, process.Descriptors} {
			if q.Used() != 0 {
				t.Errorf("%d are still used of: %v", q.Used(), q.Take(budget.Unlimited+1))
			}
		}
	})
}

// TestCompositionThatNeverFits: it is refused before anything is made of it, by name.
func TestCompositionThatNeverFits(t *testing.T) {
	for _, c := range []struct {
		name, want string
		max        uint64
		limits     budget.Limits
	}{
		{"mappings", "component app has 50 linear memories: composition test may have 40 mappings of memory: 50 are needed", 1 << 30, budget.Limits{Mappings: 40}},
		{"address space", "component app has 50 linear memories: composition test may have 1GiB of address space for memories: 50GiB are needed", 1 << 30,
			budget.Limits{AddressSpace: 1 << 30}},
		{"component", "component app may have 3MiB of memory in one instance: 3.1MiB are needed; the limit is set by --max-memory", 3 << 20, budget.Limits{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compile(context.Background(), withMemories(t, 50).plan(), Config{MaxMemory: c.max, Budget: budget.NewProcess(c.limits)})
			if err == nil || !strings.Contains(err.Error(), "can never be instantiated") || !strings.Contains(err.Error(), c.want) || NoRoom(err) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestObjectsWithoutRetained: objects of the host that say nothing of what they keep
// count nevertheless, to the instance and to the process.
func TestObjectsWithoutRetained(t *testing.T) {
	h := &wit.Resource{Name: "h"}
	iface := &Interface{Name: "test:host/things@1.0.0", Type: &wit.InstanceType{Exports: []wit.Decl{{Name: "h", Type: &wit.TypeExport{Def: h, Abstract: true}}}}}
	iface.Funcs = map[string]Func{"new": func(c *Call, _ []value.Value) (value.Value, error) { return c.Own(h, new(int)), nil }}
	for _, c := range []struct {
		name string
		cfg  Config
		says string
	}{
		{"instance", Config{MaxObjectBytes: 1 << 20}, "resources of the host keep"},
		{"process", Config{Budget: budget.NewProcess(budget.Limits{Memory: 1 << 20})}, "memory for guests"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.Interfaces = []*Interface{iface}
			k := newKit(t, "app")
			k.p.Resources = []plan.Resource{{Name: "h", Instance: -1, Interface: iface.Name, HostName: "h"}}
			mem := k.module(1, newGuest(nil).Builder)
			mk := k.hostImport(side(1, mem), iface.Name, "new", fn(wit.NewOwn(h)), canon.Options{}, 0)
			var n uint32
			g := newGuest(func(b *core.Builder) { n = b.ImportFunc("0", "f", b.Type(nil, types(i32))) })
			g.fn("many", types(i32), nil, func(f *core.Func) {
				f.Block(core.OpLoop).Call(n).Op(core.OpDrop).LocalGet(0).I32(1).Op(core.OpI32Sub).LocalTee(0).BrIf(0).End()
			})
			k.export(1, k.module(1, g.Builder, fromHost(mk)), "many", fn(nil, prim(wit.U32)), canon.Options{})
			i := k.start(c.cfg)
			_, err := i.Call(context.Background(), "", "many", value.U32(100))
			if err != nil {
				t.Fatal(err)
			}
			_, err = i.Call(context.Background(), "", "many", value.U32(10_000))
			var trap *Trap
			if !errors.As(err, &trap) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %s", err, c.says)
			}
		})
	}
}
