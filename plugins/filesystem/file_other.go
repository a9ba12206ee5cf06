//go:build !linux

package filesystem

func fdatasync(f *file) error { return f.Sync() }

func fadvise(int, int64, int64, int) error { return nil }

func appendTo(f *file, p []byte) error { return appendAtEnd(f, p) }
