package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/plugins"
)

// BenchmarkCompileCached makes a composition's code ready that is in the cache on disk,
// as every start of a program does but the first.
func BenchmarkCompileCached(b *testing.B) {
	hello := filepath.Join("..", "..", "examples", "01-hello")
	interfaces := plugins.All()
	var catalog resolve.Catalog
	for _, i := range interfaces {
		catalog = append(catalog, resolve.HostInterface{Name: i.Name, Type: i.Type})
	}
	linked := linker.Link(manifest.FromFiles(filepath.Join(hello, "app.wasm"), []string{filepath.Join(hello, "journal.wasm")}, nil), catalog, linker.Options{})
	if linked.Plan == nil {
		b.Fatal(linked.Diagnostics)
	}
	cfg := host.Config{Interfaces: interfaces, CacheDir: b.TempDir()}
	made, err := host.Compile(context.Background(), linked.Plan, cfg)
	if err != nil {
		b.Fatal(err)
	}
	if err := made.Close(); err != nil {
		b.Fatal(err)
	}
	best := time.Duration(1 << 62)
	for b.Loop() {
		start := time.Now()
		made, err := host.Compile(context.Background(), linked.Plan, cfg)
		best = min(best, time.Since(start))
		if err != nil {
			b.Fatal(err)
		}
		if err := made.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(best.Microseconds()), "µs-best")
}
