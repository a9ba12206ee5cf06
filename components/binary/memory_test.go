package binary_test

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/sidecall/sidecall/components/binary"
)

// TestMemory decodes the densest files there can be: what Decode allocates stays
// within a fixed multiple of their size.
func TestMemory(t *testing.T) {
	section := func(id byte, content []byte) []byte {
		size := len(content)
		b := append(unhex(t, head), id, byte(size&0x7f|0x80), byte(size>>7&0x7f|0x80), byte(size>>14&0x7f|0x80), byte(size>>21))
		return append(b, content...)
	}
	count := func(n int) []byte { return []byte{byte(n&0x7f | 0x80), byte(n>>7&0x7f | 0x80), byte(n >> 14 & 0x7f)} }
	const n = 1 << 19
	for name, file := range map[string][]byte{
		"primitive types": section(7, append(count(n), bytes.Repeat([]byte{0x73}, n)...)),
		"empty types":     section(7, append(count(n/4), bytes.Repeat([]byte{0x42, 0}, n/4)...)),
		"tuple":           section(7, append(append([]byte{1, 0x6f}, count(n)...), bytes.Repeat([]byte{0x73}, n)...)),
		"enum":            section(7, append(append([]byte{1, 0x6d}, count(n)...), bytes.Repeat([]byte{0}, n)...)),
		"canons":          section(8, append(count(n), bytes.Repeat([]byte{0x05}, n)...)),
		"options":         section(8, append(append([]byte{1, 0, 0, 0}, count(n)...), append(bytes.Repeat([]byte{0}, n), 0)...)),
		"core types":      section(3, append(count(n/4), bytes.Repeat([]byte{0x60, 0, 0}, n/4)...)),
		"short":           section(7, append(count(n), 0x73)),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := binary.Decode(file)
		runtime.ReadMemStats(&after)
		if ratio := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(file)); ratio > 400 {
			t.Errorf("%s: allocated %.0f times the file's size (%v)", name, ratio, err)
		} else {
			t.Logf("%s: %.0f × %d bytes (%v)", name, ratio, len(file), err)
		}
	}
}
