package plugins_test

import (
	"os"
	"testing"

	"github.com/sidecall/sidecall/components/witpkg"
	"github.com/sidecall/sidecall/plugins"
)

// BenchmarkAll is what a program pays for its plugins when it starts, but for the
// decoding of the WIT, which happens once: that is BenchmarkWIT.
func BenchmarkAll(b *testing.B) {
	for b.Loop() {
		plugins.All()
	}
}

func BenchmarkWIT(b *testing.B) {
	wasm, err := os.ReadFile("wit/host.wasm")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := witpkg.Decode(wasm); err != nil {
			b.Fatal(err)
		}
	}
}
