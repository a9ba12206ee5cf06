package filesystem_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/filesystem"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	"github.com/sidecall/sidecall/plugins/io"
)

const (
	types   = "wasi:filesystem/types@0.2.12"
	streams = "wasi:io/streams@0.2.12"
)

// fsys is a component with one granted directory.
type fsys struct {
	*plugintest.Env
	t    testing.TB
	path string      // of the directory, on the host
	dir  value.Value // lent
}

func granted(t testing.TB, readOnly bool) *fsys {
	t.Helper()
	plugintest.NoGoroutines(t)
	f := &fsys{t: t, path: t.TempDir()}
	g := plan.Grants{Files: []plan.FileGrant{{Host: f.path, Guest: "/data", ReadOnly: readOnly}}}
	f.Env = plugintest.New(t, g, host.Stdio{}, filesystem.Interfaces(), io.Interfaces())
	dirs := f.Must("wasi:filesystem/preopens@0.2.12", "get-directories")
	if dirs.Len() != 1 || dirs.At(0).At(1).Str() != "/data" {
		t.Fatal("not the granted directories")
	}
	f.dir = plugintest.Lend(dirs.At(0).At(0))
	return f
}

// Shorthands for the types of arguments.

type (
	open  = filesystem.OpenFlags
	flags = filesystem.Flags
)

const (
	r  = filesystem.FlagRead
	w  = filesystem.FlagWrite
	rw = r | w
)

func bits[T ~uint64](f T) value.Value { return value.Flags(uint64(f)) }

func str(s string) value.Value { return value.String(s) }

func u64(n uint64) value.Value { return value.U64(n) }

var follow, noFollow = value.Flags(1), value.Flags(0)

// host returns a path of the host.
func (f *fsys) host(name string) string { return filepath.Join(f.path, name) }

// put makes a file, on the host.
func (f *fsys) put(name, content string) {
	f.t.Helper()
	f.do(os.MkdirAll(filepath.Dir(f.host(name)), 0o777))
	f.do(os.WriteFile(f.host(name), []byte(content), 0o666))
}

func (f *fsys) content(name string) string {
	f.t.Helper()
	b, err := os.ReadFile(f.host(name))
	f.do(err)
	return string(b)
}

func (f *fsys) do(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// code calls a method of a descriptor and returns its error's name, or "ok".
func (f *fsys) code(method string, d value.Value, args ...value.Value) string {
	f.t.Helper()
	method = "[method]descriptor." + method
	v := f.Must(types, method, append([]value.Value{d}, args...)...)
	if v.Case() == 0 {
		if p, ok := v.Payload(); ok && p.Kind().String() == "own" {
			plugintest.Drop(p)
		}
		return "ok"
	}
	return f.Show(types, method, v)
}

// ok calls a method of a descriptor, which must not fail, and returns the payload.
func (f *fsys) ok(method string, d value.Value, args ...value.Value) value.Value {
	f.t.Helper()
	return f.Ok(types, "[method]descriptor."+method, append([]value.Value{d}, args...)...)
}

func (f *fsys) open(path string, o open, fl flags) value.Value {
	f.t.Helper()
	return plugintest.Lend(f.ok("open-at", f.dir, follow, str(path), bits(o), bits(fl)))
}

func (f *fsys) want(got, want, what string, args ...any) {
	f.t.Helper()
	if got != want {
		f.t.Errorf("%s: got %q, want %q", fmt.Sprintf(what, args...), got, want)
	}
}

func (f *fsys) list(d value.Value) (names []string) {
	f.t.Helper()
	s := plugintest.Lend(f.ok("read-directory", d))
	for {
		v := f.Ok(types, "[method]directory-entry-stream.read-directory-entry", s)
		e, more := v.Payload()
		if !more {
			plugintest.Drop(s)
			return names
		}
		names = append(names, e.At(1).Str()+":"+filesystem.DescriptorType(e.At(0).Case()).String())
	}
}

func TestGrantThatIsNotThere(t *testing.T) {
	g := plan.Grants{Files: []plan.FileGrant{{Host: filepath.Join(t.TempDir(), "none"), Guest: "/data"}}}
	e := plugintest.New(t, g, host.Stdio{}, filesystem.Interfaces())
	if err := e.Traps("wasi:filesystem/preopens@0.2.12", "get-directories"); !os.IsNotExist(unwrap(err)) {
		t.Error(err)
	}
}

func unwrap(err error) error {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if _, path := err.(*os.PathError); !ok || path {
			return err
		}
		err = u.Unwrap()
	}
}

func TestNothingIsGranted(t *testing.T) {
	e := plugintest.New(t, plan.Grants{}, host.Stdio{}, filesystem.Interfaces())
	if n := e.Must("wasi:filesystem/preopens@0.2.12", "get-directories").Len(); n != 0 {
		t.Errorf("%d directories", n)
	}
}

func TestOpen(t *testing.T) {
	const (
		create = filesystem.OpenCreate
		excl   = filesystem.OpenExclusive
		trunc  = filesystem.OpenTruncate
		isDir  = filesystem.OpenDirectory
	)
	for _, tt := range []struct {
		path   string
		follow bool
		open   open
		flags  flags
		want   string
	}{
		{"file", true, 0, r, "ok"},
		{"file", true, 0, 0, "ok"},
		{"file", true, create, rw, "ok"},
		{"file", true, create | excl, rw, "exist"},
		{"file", true, isDir, r, "not-directory"},
		{"file/", true, 0, r, "not-directory"},
		{"file/x", true, 0, r, "not-directory"},
		{"new", true, 0, r, "no-entry"},
		{"new", true, create, r, "ok"},
		{"new", true, create | excl, w, "ok"},
		{"new", true, create | trunc, w, "ok"},
		{"dir", true, 0, r, "ok"},
		{"dir/", true, 0, r, "ok"},
		{"dir", true, isDir, r, "ok"},
		{"dir", true, isDir, rw, "is-directory"},
		{"dir", true, 0, w, "is-directory"},
		{"dir", true, create, r, "is-directory"},
		{"dir", true, create | excl, r, "exist"},
		{"dir", true, trunc, w, "is-directory"},
		{"dir", true, isDir | create, r, "invalid"},
		{"new/", true, create, w, "no-entry"},
		{".", true, isDir, r, "ok"},
		{"dir/..", true, isDir, r, "ok"},
		{"dir/../file", true, 0, r, "ok"},
		{"link", true, 0, r, "ok"},
		{"link", false, 0, r, "loop"},
		{"link", false, create | excl, w, "exist"},
		{"dirlink", true, 0, r, "ok"},
		{"dirlink", true, isDir, r, "ok"},
		{"dirlink", false, isDir, r, "not-directory"},
		{"dirlink/", false, isDir, r, "ok"},
		{"dangling", true, 0, r, "no-entry"},
		{"dangling", true, create, w, "ok"},
		{"self", true, 0, r, "loop"},
		{"", true, 0, r, "no-entry"},
		{"a\x00b", true, 0, r, "invalid"},
	} {
		f := granted(t, false)
		f.put("file", "content")
		f.do(os.Mkdir(f.host("dir"), 0o777))
		f.do(os.Symlink("file", f.host("link")))
		f.do(os.Symlink("dir", f.host("dirlink")))
		f.do(os.Symlink("nowhere", f.host("dangling")))
		f.do(os.Symlink("self", f.host("self")))
		flag := noFollow
		if tt.follow {
			flag = follow
		}
		got := f.code("open-at", f.dir, flag, str(tt.path), bits(tt.open), bits(tt.flags))
		f.want(got, tt.want, "open-at %q follow=%v open=%b flags=%b", tt.path, tt.follow, tt.open, tt.flags)
		f.want(f.content("file"), "content", "the file after open-at of %q", tt.path)
	}
}

func TestReadAndWrite(t *testing.T) {
	f := granted(t, false)
	d := f.open("f", filesystem.OpenCreate, rw)
	read := func(n, at uint64) string {
		v := f.ok("read", d, u64(n), u64(at))
		return fmt.Sprintf("%s %v", v.At(0).Bytes(), v.At(1).Bool())
	}
	if n := f.ok("write", d, value.Bytes([]byte("hello")), u64(2)).U64(); n != 5 {
		t.Errorf("wrote %d", n)
	}
	f.want(read(100, 0), "\x00\x00hello true", "read")
	f.want(read(3, 2), "hel false", "read in the middle")
	f.want(read(5, 2), "hello false", "read up to the end")
	f.want(read(1, 7), " true", "read at the end")
	f.want(read(1, 1<<40), " true", "read far behind the end")
	f.want(read(0, 0), " false", "read nothing")
	f.want(read(1<<63, 5), "lo true", "read a lot")
	f.want(f.code("read", d, u64(1), u64(1<<63)), "invalid", "read at an offset that no file has")
	f.want(f.code("write", d, value.Bytes([]byte("x")), u64(1<<63-1)), "file-too-large", "write there")
	f.want(f.code("set-size", d, u64(3)), "ok", "set-size")
	f.want(read(100, 0), "\x00\x00h true", "read after set-size")
	f.want(f.code("set-size", d, u64(1<<63)), "file-too-large", "set-size")
	f.want(f.code("sync", d), "ok", "sync")
	f.want(f.code("sync-data", d), "ok", "sync-data")
	for advice := range 6 {
		f.want(f.code("advise", d, u64(0), u64(10), value.Enum(advice)), "ok", "advise %d", advice)
	}
	f.want(f.code("advise", d, u64(1<<63), u64(10), value.Enum(0)), "invalid", "advise")
}

func TestFlagsAreHeeded(t *testing.T) {
	f := granted(t, false)
	f.put("f", "content")
	for _, tt := range []struct {
		flags flags
		read  string
		write string
	}{{r, "ok", "bad-descriptor"}, {w, "bad-descriptor", "ok"}, {rw, "ok", "ok"}, {0, "bad-descriptor", "bad-descriptor"}} {
		d := f.open("f", 0, tt.flags)
		if got := flags(f.ok("get-flags", d).Flags()); got != tt.flags {
			t.Errorf("get-flags %b, want %b", got, tt.flags)
		}
		f.want(f.code("read", d, u64(1), u64(0)), tt.read, "read with %b", tt.flags)
		f.want(f.code("read-via-stream", d, u64(0)), tt.read, "read-via-stream with %b", tt.flags)
		f.want(f.code("write", d, value.Bytes([]byte("c")), u64(0)), tt.write, "write with %b", tt.flags)
		f.want(f.code("write-via-stream", d, u64(0)), tt.write, "write-via-stream with %b", tt.flags)
		f.want(f.code("append-via-stream", d), tt.write, "append-via-stream with %b", tt.flags)
		f.want(f.code("set-size", d, u64(7)), tt.write, "set-size with %b", tt.flags)
	}
	d := f.open("f", filesystem.OpenTruncate, 0)
	f.want(f.content("f"), "", "content after truncate")
	f.want(f.code("write", d, value.Bytes([]byte("x")), u64(0)), "bad-descriptor", "write of what was only truncated")
	d = f.open("g", filesystem.OpenCreate, rw|filesystem.FlagFileIntegritySync)
	f.want(f.code("write", d, value.Bytes([]byte("x")), u64(0)), "ok", "write with sync")
	d = f.open("g", 0, rw|filesystem.FlagDataIntegritySync)
	f.want(f.code("write", d, value.Bytes([]byte("x")), u64(0)), "ok", "write with data sync")
}

func TestFilesAreNoDirectoriesAndTheOtherWayRound(t *testing.T) {
	f := granted(t, false)
	f.put("f", "x")
	d := f.open("f", 0, rw)
	f.want(f.code("read-directory", d), "not-directory", "read-directory")
	f.want(f.code("open-at", d, follow, str("x"), bits(open(0)), bits(r)), "not-directory", "open-at")
	f.want(f.code("stat-at", d, follow, str("x")), "not-directory", "stat-at")
	f.want(f.code("create-directory-at", d, str("x")), "not-directory", "create-directory-at")
	f.want(f.code("unlink-file-at", d, str("x")), "not-directory", "unlink-file-at")
	f.want(f.code("readlink-at", d, str("x")), "not-directory", "readlink-at")
	f.want(f.code("rename-at", f.dir, str("f"), d, str("x")), "not-directory", "rename-at")
	f.want(f.code("read", f.dir, u64(1), u64(0)), "is-directory", "read")
	f.want(f.code("write", f.dir, value.Bytes(nil), u64(0)), "is-directory", "write")
	f.want(f.code("read-via-stream", f.dir, u64(0)), "is-directory", "read-via-stream")
	f.want(f.code("set-size", f.dir, u64(0)), "is-directory", "set-size")
	f.want(f.code("advise", f.dir, u64(0), u64(0), value.Enum(0)), "bad-descriptor", "advise")
	f.want(f.code("sync", f.dir), "ok", "sync")
	f.want(f.code("sync-data", f.dir), "ok", "sync-data")
}

func TestStreams(t *testing.T) {
	f := granted(t, false)
	d := f.open("f", filesystem.OpenCreate, rw)
	write := func(out value.Value, s string) {
		f.Ok(streams, "[method]output-stream.blocking-write-and-flush", out, value.Bytes([]byte(s)))
	}
	out := plugintest.Lend(f.ok("write-via-stream", d, u64(2)))
	write(out, "abc")
	write(out, "def")
	end := plugintest.Lend(f.ok("append-via-stream", d))
	write(end, "!")
	f.put("f", "XYabcdef!")
	write(end, "?")
	f.want(f.content("f"), "XYabcdef!?", "content")
	in := plugintest.Lend(f.ok("read-via-stream", d, u64(1)))
	plugintest.Drop(d) // streams outlive their descriptor
	if b := f.Ok(streams, "[method]input-stream.read", in, u64(4)).Bytes(); string(b) != "Yabc" {
		t.Errorf("read %q", b)
	}
	if n := f.Ok(streams, "[method]input-stream.skip", in, u64(2)).U64(); n != 2 {
		t.Errorf("skipped %d", n)
	}
	if b := f.Ok(streams, "[method]input-stream.blocking-read", in, u64(1<<40)).Bytes(); string(b) != "f!?" {
		t.Errorf("read %q", b)
	}
	if got := f.Fails(streams, "[method]input-stream.read", in, u64(1)); got != "closed" {
		t.Error(got)
	}
	write(out, "g")
	f.want(f.content("f"), "XYabcdefg?", "content")
	for _, s := range []value.Value{in, out, end} {
		plugintest.Drop(s)
	}
}

// TestErrorsOfStreams looks at the code of what a stream failed with.
func TestErrorsOfStreams(t *testing.T) {
	f := granted(t, false)
	d := f.open("f", filesystem.OpenCreate, rw)
	out := plugintest.Lend(f.ok("write-via-stream", d, u64(1<<63-1)))
	v := f.Must(streams, "[method]output-stream.blocking-write-and-flush", out, value.Bytes([]byte("x")))
	failed, _ := v.Payload()
	h, ok := failed.Payload()
	if !ok {
		t.Fatal("did not fail")
	}
	code := f.Must(types, "filesystem-error-code", plugintest.Lend(h))
	if c, ok := code.Payload(); !ok || filesystem.ErrorCode(c.Case()) != filesystem.FileTooLarge {
		t.Errorf("not file-too-large")
	}
	if got := f.Must("wasi:io/error@0.2.12", "[method]error.to-debug-string", plugintest.Lend(h)).Str(); got != "file-too-large" {
		t.Errorf("got %q", got)
	}
}
