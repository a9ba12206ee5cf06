//go:build !linux

package engine

// reserve reserves nothing: memories live on the heap, and move when they grow.
func reserve(uint64) (buf []byte, movable bool, err error) { return nil, true, nil }

func discard([]byte) bool { return false }

func release([]byte) {}
