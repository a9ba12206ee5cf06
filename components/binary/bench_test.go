package binary_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/sidecall/sidecall/components/binary"
)

// BenchmarkDecode decodes a synthetic component of types and aliases alone, since
// core modules are passed by and would make any figure look good.
func BenchmarkDecode(b *testing.B) {
	var section []byte
	for range 1000 {
		section = append(section, unhex(b, "72 02 05 'first' 7d 06 'second' 01 40 01 04 'self' 02 00 73")...)
	}
	n := len(section) + 2
	file := unhex(b, head+"07")
	file = append(file, byte(n&0x7f|0x80), byte(n>>7&0x7f|0x80), byte(n>>14), 0xd0, 0x0f) // 2000 types
	file = append(file, section...)
	b.Run("types", func(b *testing.B) { decode(b, file) })
	for _, name := range []string{"http-server-go", "sidecar-rust"} {
		guest, err := os.ReadFile(filepath.Join(shared, "guests/components", name+".wasm"))
		if err != nil {
			continue
		}
		b.Run(name, func(b *testing.B) { decode(b, guest) })
	}
}

func decode(b *testing.B, file []byte) {
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := binary.Decode(file); err != nil {
			b.Fatal(err)
		}
	}
}
