package keyvalue

import (
	"fmt"
	"testing"
)

// TestGoneKeys: keys that are gone take no memory, as nothing else bounds them.
func TestGoneKeys(t *testing.T) {
	b := &bucket{limit: 1 << 20, entries: map[string]entry{}}
	for i := range 3 * pageSize {
		key := fmt.Sprintf("%01000d", i)
		if err := b.set(pair{key: key}, pair{key: "stays"}); err != nil {
			t.Fatal(err)
		}
		if err := b.delete(key); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for _, m := range b.order.made {
		kept += len(m.key)
	}
	if kept != len("stays") {
		t.Errorf("%d bytes of keys are kept", kept)
	}
	if keys, next := b.keys(0); len(keys) != 1 || keys[0] != "stays" || next != 0 {
		t.Errorf("there are %q, then %d", keys, next)
	}
}
