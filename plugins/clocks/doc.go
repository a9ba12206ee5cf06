// Package clocks implements wasi:clocks: the time, time that has passed, and
// waiting for it.
//
// In: the clocks of Go. Out: their WIT interfaces. Next: whoever composes a host;
// filesystem uses its datetime. Must not import: other plugins but io.
package clocks

import "github.com/sidecall/sidecall/host"

// Interfaces returns the interfaces of wasi:clocks.
func Interfaces() []*host.Interface {
	return []*host.Interface{wallClock(), monotonicClock(), timezone()}
}
