package io

import "github.com/sidecall/sidecall/host"

// Interfaces returns the interfaces of wasi:io.
func Interfaces() []*host.Interface {
	return []*host.Interface{errorInterface(), pollInterface(), streamsInterface()}
}
