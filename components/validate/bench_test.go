package validate_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/validate"
)

// BenchmarkGuests measures decoding and validation of the guest components, and
// beside it wazero's decoding and validation of the same core modules: the
// interpreter's CompileModule, which also translates them.
func BenchmarkGuests(b *testing.B) {
	files, _ := filepath.Glob(filepath.Join(shared, "guests/components/*.wasm"))
	if len(files) == 0 {
		b.Skip("the guest components are not here")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if len(data) < 200_000 {
			continue
		}
		name := filepath.Base(file)
		b.Run("sidecall/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decodeAndValidate(data); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("wazero/"+name, func(b *testing.B) { benchmarkWazero(b, data) })
	}
}

func benchmarkWazero(b *testing.B, data []byte) {
	c, err := binary.Decode(data)
	if err != nil {
		b.Fatal(err)
	}
	typed, err := validate.Component(c, validate.Options{})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	var modules [][]byte
	size := 0
	for _, m := range coreModules(typed, nil) {
		// Small modules of imports with empty names are refused; they do not count.
		if cm, err := r.CompileModule(ctx, m); err == nil {
			_ = cm.Close(ctx)
			modules = append(modules, m)
			size += len(m)
		}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, m := range modules {
			cm, err := r.CompileModule(ctx, m)
			if err != nil {
				b.Fatal(err)
			}
			_ = cm.Close(ctx)
		}
	}
}

// coreModules lists the core modules of a component and of those inside it.
func coreModules(t *validate.Typed, out [][]byte) [][]byte {
	for i := range t.CoreModules {
		if t.CoreModules[i].Def != nil {
			out = append(out, t.CoreModules[i].Def.Bytes)
		}
	}
	for _, d := range t.Component.Defs {
		if c, ok := d.Item.(*components.Component); ok {
			out = coreModules(t.Nested[c], out)
		}
	}
	return out
}
