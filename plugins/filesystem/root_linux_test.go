package filesystem_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sidecall/sidecall/host/value"
)

// TestPathsToDirectoriesThemselves links, renames and removes directories by paths that end
// in "." or "..": the errors are Linux's own, and a path that leads out of the granted
// directory is not permitted, whatever it is for.
func TestPathsToDirectoriesThemselves(t *testing.T) {
	f := granted(t, false)
	f.put("file", "x")
	f.put("sub/deep/file", "x")
	dir, err := unix.Open(f.path, unix.O_DIRECTORY|unix.O_RDONLY|unix.O_CLOEXEC, 0)
	f.do(err)
	defer unix.Close(dir)
	names := map[error]string{unix.EBUSY: "busy", unix.EINVAL: "invalid", unix.EISDIR: "is-directory", unix.ENOTEMPTY: "not-empty",
		unix.EEXIST: "exist", unix.EPERM: "not-permitted", unix.ENOENT: "no-entry", unix.ENOTDIR: "not-directory", nil: "ok"}
	for _, op := range []struct {
		method string
		args   func(p string) []value.Value
		linux  func(p string) error
	}{
		{"rename-at", func(p string) []value.Value { return []value.Value{str(p), f.dir, str("new")} }, func(p string) error { return unix.Renameat(dir, p, dir, "new") }},
		{"rename-at", func(p string) []value.Value { return []value.Value{str("file"), f.dir, str(p)} }, func(p string) error { return unix.Renameat(dir, "file", dir, p) }},
		{"rename-at", func(p string) []value.Value { return []value.Value{str("sub"), f.dir, str(p)} }, func(p string) error { return unix.Renameat(dir, "sub", dir, p) }},
		{"link-at", func(p string) []value.Value { return []value.Value{noFollow, str(p), f.dir, str("new")} }, func(p string) error { return unix.Linkat(dir, p, dir, "new", 0) }},
		{"link-at", func(p string) []value.Value { return []value.Value{noFollow, str("file"), f.dir, str(p)} }, func(p string) error { return unix.Linkat(dir, "file", dir, p, 0) }},
		{"symlink-at", func(p string) []value.Value { return []value.Value{str("file"), str(p)} }, func(p string) error { return unix.Symlinkat("file", dir, p) }},
		{"create-directory-at", func(p string) []value.Value { return []value.Value{str(p)} }, func(p string) error { return unix.Mkdirat(dir, p, 0o777) }},
		{"remove-directory-at", func(p string) []value.Value { return []value.Value{str(p)} }, func(p string) error { return unix.Unlinkat(dir, p, unix.AT_REMOVEDIR) }},
		{"unlink-file-at", func(p string) []value.Value { return []value.Value{str(p)} }, func(p string) error { return unix.Unlinkat(dir, p, 0) }},
		{"readlink-at", func(p string) []value.Value { return []value.Value{str(p)} }, func(p string) error {
			_, err := unix.Readlinkat(dir, p, make([]byte, 8))
			return err
		}},
	} {
		for _, p := range []string{".", "./", "sub/.", "sub/deep/..", "sub/deep/../", "sub/..", ""} {
			got := f.code(op.method, f.dir, op.args(p)...)
			err := op.linux(p)
			want, known := names[err]
			if !known {
				t.Fatalf("%s %q: Linux says %v", op.method, p, err)
			}
			if got != want {
				t.Errorf("%s %q: got %s, want %s", op.method, p, got, want)
			}
		}
		for _, p := range []string{"..", "../x", "sub/../..", "/", "/."} {
			if got := f.code(op.method, f.dir, op.args(p)...); got != "not-permitted" {
				t.Errorf("%s %q: got %s, want not-permitted", op.method, p, got)
			}
		}
	}
}
