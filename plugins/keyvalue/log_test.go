package keyvalue

import (
	"bytes"
	"testing"
)

// FuzzReplay reads files that are none, or damaged: what comes of it is written and
// read again.
func FuzzReplay(f *testing.F) {
	good := append([]byte(logHeader), encode([]change{{pair: pair{"a", []byte("1")}}, {pair: pair{key: "b"}, deleted: true}})...)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append(bytes.Clone(good), good[len(logHeader):]...))
	f.Add(append([]byte(logHeader), 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 's', 0xff, 0xff, 0xff, 0xff, 0x0f))
	f.Add(append([]byte(logHeader), 0, 0, 0, 0, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		if !bytes.HasPrefix(b, []byte(logHeader)) {
			return
		}
		var changes []change
		end, err := replayAll(b, func(c change) { changes = append(changes, c) })
		if err != nil {
			return
		}
		if end > len(b) {
			t.Fatalf("the file ends at %d of %d bytes", end, len(b))
		}
		var again []change
		if _, err := replayAll(append([]byte(logHeader), encode(changes)...), func(c change) { again = append(again, c) }); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(encode(changes), encode(again)) {
			t.Error("what was read is not what was written")
		}
	})
}
