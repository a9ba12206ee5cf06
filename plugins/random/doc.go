// Package random implements wasi:random.
//
// In: the randomness of the operating system. Out: its WIT interfaces. Next:
// whoever composes a host. Must not import: other plugins.
package random

import (
	"fmt"

	"github.com/sidecall/sidecall/host"
)

// Interfaces returns the interfaces of wasi:random.
func Interfaces() []*host.Interface {
	return []*host.Interface{random(), insecure(), insecureSeed()}
}

// maxBytes is how many bytes one call gives. A guest that asks for more than fits
// any sensible memory is at fault.
const maxBytes = 64 << 20

func checkLength(n uint64) error {
	if n > maxBytes {
		return fmt.Errorf("%d random bytes asked for at once, at most %d are given", n, maxBytes)
	}
	return nil
}
