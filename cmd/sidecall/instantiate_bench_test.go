package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"

	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/plugins"
)

// BenchmarkInstantiate makes and closes an instance of a whole composition whose
// code is compiled already, beside one small core module in wazero's default
// configuration ("x-small-module"), measured in the same run.
func BenchmarkInstantiate(b *testing.B) {
	guests := filepath.Join("..", "..", "..", "shared", "guests", "components")
	for _, c := range []struct{ name, main, with string }{
		{"hello", filepath.Join("..", "..", "examples", "01-hello", "app.wasm"), filepath.Join("..", "..", "examples", "01-hello", "journal.wasm")},
		{"app-c+sidecar-c", filepath.Join(guests, "app-c.wasm"), filepath.Join(guests, "sidecar-c.wasm")},
		{"app-go+sidecar-go", filepath.Join(guests, "app-go.wasm"), filepath.Join(guests, "sidecar-go.wasm")},
	} {
		b.Run(c.name, func(b *testing.B) {
			if _, err := os.Stat(c.main); err != nil {
				b.Skip("the guest is not here: ", err)
			}
			ctx := context.Background()
			made := compiled(ctx, b, c.main, c.with)
			small := smallModule(ctx, b)
			ours, floor := time.Duration(1<<62), time.Duration(1<<62)
			for b.Loop() {
				start := time.Now()
				i, err := made.Instantiate(ctx, host.InstanceOptions{})
				if err != nil {
					b.Fatal(err)
				}
				if err := i.Close(ctx); err != nil {
					b.Fatal(err)
				}
				ours = min(ours, time.Since(start))
				start = time.Now()
				small()
				floor = min(floor, time.Since(start))
			}
			// The machine is shared: the best of many turns is what the code needs.
			b.ReportMetric(float64(ours.Nanoseconds()), "ns-best")
			b.ReportMetric(float64(floor.Nanoseconds()), "ns-floor")
			b.ReportMetric(float64(ours)/float64(floor), "x-small-module")
		})
	}
}

// compiled links and compiles a main component with a sidecar.
func compiled(ctx context.Context, b *testing.B, main, with string) *host.Composition {
	b.Helper()
	interfaces := plugins.All()
	var catalog resolve.Catalog
	for _, i := range interfaces {
		catalog = append(catalog, resolve.HostInterface{Name: i.Name, Type: i.Type})
	}
	linked := linker.Link(manifest.FromFiles(main, []string{with}, nil), catalog, linker.Options{})
	if linked.Plan == nil {
		b.Fatal(linked.Diagnostics)
	}
	made, err := host.Compile(ctx, linked.Plan, host.Config{Interfaces: interfaces})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = made.Close() })
	return made
}

// smallModule returns a function that instantiates and closes a module with one
// function and one page of memory as wazero does by default.
func smallModule(ctx context.Context, b *testing.B) func() {
	b.Helper()
	m := &core.Builder{}
	m.Memory(core.MemoryType{Range: core.Range{Min: 1}})
	f := m.Func(m.Type(nil, nil))
	m.Export("f", core.ExternFunc, f.Index)
	r := wazero.NewRuntime(ctx)
	b.Cleanup(func() { _ = r.Close(ctx) })
	compiled, err := r.CompileModule(ctx, m.Encode())
	if err != nil {
		b.Fatal(err)
	}
	config := wazero.NewModuleConfig()
	return func() {
		i, err := r.InstantiateModule(ctx, compiled, config)
		if err != nil {
			b.Fatal(err)
		}
		if err := i.Close(ctx); err != nil {
			b.Fatal(err)
		}
	}
}
