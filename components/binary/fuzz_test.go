package binary_test

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/binary"
)

// FuzzDecode looks for input that makes the decoder panic, hang or fail with
// anything but a positioned error.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"07 02 01 73", "03 08 01 4e 02 5f 00 5e 78 01", "08 07 01 00 00 05 01 00 03", "04 08 00 61 73 6d 0d 00 01 00"} {
		b, _ := hex.DecodeString(strings.ReplaceAll(head+s, " ", ""))
		f.Add(b)
	}
	f.Add([]byte("(component)"))
	f.Add([]byte("\x00asm\x01\x00\x00\x00\x02\x1c\x01\x16wasi_snapshot_preview1\x01f\x00\x00"))
	if _, err := os.Stat(filepath.Join(shared, "conformance")); err == nil {
		eachFile(f, func(_ string, _ command, b []byte) {
			if len(b) < 1<<12 {
				f.Add(b)
			}
		})
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := binary.Decode(b)
		var e *binary.Error
		switch {
		case err == nil && c == nil, err != nil && !errors.As(err, &e):
			t.Fatalf("%v, %v", c, err)
		case err != nil && (e.Offset < 0 || e.Offset > len(b)):
			t.Fatalf("offset %d of %d: %v", e.Offset, len(b), err)
		}
	})
}
