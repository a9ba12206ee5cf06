package linker_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/linker"
)

// TestManyDefinitions: what a definition of three bytes becomes takes some hundred, so their
// number is bounded to what linking has memory for in a small container.
func TestManyDefinitions(t *testing.T) {
	for _, c := range []struct {
		name       string
		section    byte
		definition string
	}{
		{"resource types", 7, "\x3f\x7f\x00"},
		{"core instances", 2, "\x01\x00"},
	} {
		const n = 300_000
		content := append(binary.AppendUvarint(nil, n), strings.Repeat(c.definition, n)...)
		file := append([]byte("\x00asm\x0d\x00\x01\x00"), c.section)
		file = append(binary.AppendUvarint(file, uint64(len(content))), content...)
		_, err := linker.Define("app", file)
		if want := "the file has more than 200000 definitions"; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", c.name, err, want)
		}
	}
}
