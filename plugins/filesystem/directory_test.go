package filesystem_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/clocks"
	"github.com/sidecall/sidecall/plugins/filesystem"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

func TestDirectories(t *testing.T) {
	f := granted(t, false)
	mkdir := func(p string) string { return f.code("create-directory-at", f.dir, str(p)) }
	rmdir := func(p string) string { return f.code("remove-directory-at", f.dir, str(p)) }
	unlink := func(p string) string { return f.code("unlink-file-at", f.dir, str(p)) }
	f.put("file", "x")
	f.do(os.Symlink("dir", f.host("link")))
	for _, tt := range []struct {
		what, got, want string
	}{
		{"mkdir dir", mkdir("dir"), "ok"},
		{"mkdir dir again", mkdir("dir"), "exist"},
		{"mkdir with a slash", mkdir("dir/sub/"), "ok"},
		{"mkdir of a file", mkdir("file"), "exist"},
		{"mkdir below a file", mkdir("file/x"), "not-directory"},
		{"mkdir below nothing", mkdir("none/x"), "no-entry"},
		{"mkdir of nothing", mkdir(""), "no-entry"},
		{"rmdir not empty", rmdir("dir"), "not-empty"},
		{"rmdir with a slash", rmdir("dir/sub/"), "ok"},
		{"rmdir of a file", rmdir("file"), "not-directory"},
		{"rmdir of a file with a slash", rmdir("file/"), "not-directory"},
		{"rmdir of a link", rmdir("link"), "not-directory"},
		{"rmdir of .", rmdir("."), "invalid"},
		{"rmdir of dir/.", rmdir("dir/."), "invalid"},
		{"rmdir of dir/..", rmdir("dir/.."), "not-empty"},
		{"rmdir of nothing", rmdir("none"), "no-entry"},
		{"unlink a directory", unlink("dir"), "is-directory"},
		{"unlink a directory with a slash", unlink("dir/"), "is-directory"},
		{"unlink .", unlink("."), "is-directory"},
		{"unlink a file with a slash", unlink("file/"), "not-directory"},
		{"unlink nothing", unlink("none"), "no-entry"},
		{"unlink a file", unlink("dir/../file"), "ok"},
		{"unlink a link", unlink("link"), "ok"},
		{"rmdir", rmdir("dir"), "ok"},
	} {
		f.want(tt.got, tt.want, "%s", tt.what)
	}
	if left := f.list(f.dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestListing(t *testing.T) {
	f := granted(t, false)
	f.put("file", "x")
	f.do(os.Mkdir(f.host("dir"), 0o777))
	f.do(os.Symlink("x", f.host("link")))
	got := f.list(f.dir)
	slices.Sort(got)
	if want := []string{"dir:directory", "file:regular-file", "link:symbolic-link"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestLargeDirectory(t *testing.T) {
	f := granted(t, false)
	const n = 3000
	for i := range n {
		f.put(fmt.Sprint(i), "")
	}
	got := f.list(f.dir)
	slices.Sort(got)
	if len(slices.Compact(got)) != n {
		t.Errorf("%d entries of %d", len(got), n)
	}
}

func TestRename(t *testing.T) {
	f := granted(t, false)
	f.put("a", "A")
	f.put("b", "B")
	f.do(os.MkdirAll(f.host("dir/sub"), 0o777))
	f.do(os.MkdirAll(f.host("full/sub"), 0o777))
	sub := f.open("dir/sub", filesystem.OpenDirectory, r)
	rename := func(from, to string) string {
		return f.code("rename-at", f.dir, str(from), f.dir, str(to))
	}
	for _, tt := range []struct{ from, to, want string }{
		{"a", "a2", "ok"},
		{"a2", "b", "ok"},
		{"b", "none/x", "no-entry"},
		{"none", "x", "no-entry"},
		{"b", "dir", "is-directory"},
		{"dir", "b", "not-directory"},
		{"b/", "c", "not-directory"},
		{"b", "c/", "not-directory"},
		{"dir", "full", "not-empty"},
		{"dir/", "moved/", "ok"},
		{"moved", "moved/inside", "invalid"},
		{".", "x", "busy"},
		{"moved/..", "x", "busy"},
		{"b", "..", "not-permitted"},
	} {
		f.want(rename(tt.from, tt.to), tt.want, "rename %s to %s", tt.from, tt.to)
	}
	f.want(f.content("b"), "A", "what was renamed over b")
	f.want(f.code("rename-at", f.dir, str("b"), sub, str("c")), "ok", "rename into another descriptor")
	f.want(f.content("moved/sub/c"), "A", "what was moved")
}

func TestLinks(t *testing.T) {
	f := granted(t, false)
	f.put("a", "A")
	f.do(os.Mkdir(f.host("dir"), 0o777))
	dir := f.open("dir", filesystem.OpenDirectory, r)
	f.want(f.code("link-at", f.dir, noFollow, str("a"), dir, str("b")), "ok", "link")
	f.want(f.content("dir/b"), "A", "linked file")
	if n := f.ok("stat-at", f.dir, follow, str("a")).At(1).U64(); n != 2 {
		t.Errorf("%d links", n)
	}
	for _, tt := range []struct {
		flags    value.Value
		from, to string
		want     string
	}{
		{follow, "a", "c", "invalid"},
		{noFollow, "a", "dir/b", "exist"},
		{noFollow, "none", "c", "no-entry"},
		{noFollow, "dir", "c", "not-permitted"},
		{noFollow, "a", "c/", "no-entry"},
		{noFollow, "a", "dir/", "exist"},
		{noFollow, "a/", "c", "not-directory"},
		{noFollow, "s", "c", "ok"}, // the link itself
	} {
		_ = os.Symlink("a", f.host("s"))
		f.want(f.code("link-at", f.dir, tt.flags, str(tt.from), f.dir, str(tt.to)), tt.want, "link %s to %s", tt.from, tt.to)
	}
	if target, err := os.Readlink(f.host("c")); err != nil || target != "a" {
		t.Errorf("c is no link: %q %v", target, err)
	}
}

func TestSymlinks(t *testing.T) {
	f := granted(t, false)
	f.put("a", "A")
	f.do(os.Mkdir(f.host("dir"), 0o777))
	for _, tt := range []struct{ target, path, want string }{
		{"a", "s", "ok"},
		{"a", "s", "exist"},
		{"../a", "dir/s", "ok"},
		{"anything at all", "dangling", "ok"},
		{"/etc/passwd", "abs", "not-permitted"},
		{"a", "x/", "no-entry"},
		{"a", "dir/", "exist"},
		{"a", "", "no-entry"},
		{"../../../../etc/passwd", "out", "ok"}, // it is not followed
	} {
		f.want(f.code("symlink-at", f.dir, str(tt.target), str(tt.path)), tt.want, "symlink %s at %s", tt.target, tt.path)
	}
	f.want(f.ok("readlink-at", f.dir, str("dir/s")).Str(), "../a", "readlink")
	f.want(f.code("readlink-at", f.dir, str("a")), "invalid", "readlink of a file")
	f.do(os.Symlink("/etc", f.host("abs")))
	f.want(f.code("readlink-at", f.dir, str("abs")), "not-permitted", "readlink of an absolute link")
	d := f.open("dir/s", 0, r)
	f.want(string(f.ok("read", d, u64(9), u64(0)).At(0).Bytes()), "A", "content through a link")
}

func TestStat(t *testing.T) {
	f := granted(t, false)
	f.put("a", "12345")
	f.do(os.Symlink("a", f.host("s")))
	st := f.ok("stat-at", f.dir, follow, str("s"))
	if st.At(0).Case() != int(filesystem.TypeRegularFile) || st.At(1).U64() != 1 || st.At(2).U64() != 5 {
		t.Error("stat-at")
	}
	for i := 3; i < 6; i++ {
		p, ok := st.At(i).Payload()
		if !ok {
			t.Fatalf("no time %d", i)
		}
		if tm, ok := clocks.Time(p); !ok || time.Since(tm) > time.Minute {
			t.Errorf("time %d is %v", i, tm)
		}
	}
	if ty := f.ok("stat-at", f.dir, noFollow, str("s")).At(0).Case(); ty != int(filesystem.TypeSymbolicLink) {
		t.Error("stat-at of a link")
	}
	if ty := f.ok("stat", f.dir).At(0).Case(); ty != int(filesystem.TypeDirectory) {
		t.Error("stat of a directory")
	}
	if ty := f.ok("get-type", f.dir).Case(); ty != int(filesystem.TypeDirectory) {
		t.Error("get-type of a directory")
	}
	a := f.open("a", 0, r)
	if f.ok("stat", a).At(2).U64() != 5 || f.ok("get-type", a).Case() != int(filesystem.TypeRegularFile) {
		t.Error("stat of a file")
	}
}

func TestTimes(t *testing.T) {
	f := granted(t, false)
	f.put("a", "")
	f.do(os.Symlink("a", f.host("s")))
	at := func(s int64) value.Value {
		d := clocks.Datetime(time.Unix(s, 5e6))
		return value.Variant(2, &d)
	}
	keep, now := value.Variant(0, nil), value.Variant(1, nil)
	times := func(d value.Value) (a, m int64) {
		x, _ := d.At(3).Payload()
		y, _ := d.At(4).Payload()
		return int64(x.At(0).U64()), int64(y.At(0).U64())
	}
	check := func(what string, st value.Value, a, m int64) {
		t.Helper()
		if x, y := times(st); x != a || y != m {
			t.Errorf("%s: %d %d, want %d %d", what, x, y, a, m)
		}
	}
	stat := func(fl value.Value, p string) value.Value { return f.ok("stat-at", f.dir, fl, str(p)) }
	d := f.open("a", 0, r)
	f.want(f.code("set-times", d, at(100), at(200)), "ok", "set-times")
	check("set-times", f.ok("stat", d), 100, 200)
	f.want(f.code("set-times", d, keep, at(300)), "ok", "set-times")
	check("set-times with no-change", f.ok("stat", d), 100, 300)
	f.want(f.code("set-times-at", f.dir, follow, str("s"), at(400), keep), "ok", "set-times-at")
	check("set-times-at through a link", f.ok("stat", d), 400, 300)
	f.want(f.code("set-times-at", f.dir, noFollow, str("s"), at(500), at(600)), "ok", "set-times-at")
	check("set-times-at of a link", stat(noFollow, "s"), 500, 600)
	check("what a link points to", stat(follow, "s"), 400, 300) // reading a link sets its time
	f.want(f.code("set-times", f.dir, at(1), at(2)), "ok", "set-times of a directory")
	check("set-times of a directory", f.ok("stat", f.dir), 1, 2)
	f.want(f.code("set-times-at", f.dir, noFollow, str("."), at(3), keep), "ok", "set-times-at of .")
	check("set-times-at of .", f.ok("stat", f.dir), 3, 2)
	f.want(f.code("set-times", d, now, now), "ok", "set-times to now")
	if _, m := times(f.ok("stat", d)); time.Now().Unix()-m > 60 {
		t.Error("not now")
	}
	bad := value.Record(value.U64(0), value.U32(1e9))
	f.want(f.code("set-times", d, value.Variant(2, &bad), keep), "invalid", "a time with a second of nanoseconds")
	f.want(f.code("set-times-at", f.dir, noFollow, str("none"), now, now), "no-entry", "set-times-at of nothing")
}

func TestHashAndIdentity(t *testing.T) {
	f := granted(t, false)
	f.put("a", "1")
	f.put("b", "1")
	f.do(os.Link(f.host("a"), f.host("hard")))
	f.do(os.Symlink("a", f.host("s")))
	hash := func(fl value.Value, p string) [2]uint64 {
		v := f.ok("metadata-hash-at", f.dir, fl, str(p))
		return [2]uint64{v.At(0).U64(), v.At(1).U64()}
	}
	a := hash(follow, "a")
	if a != hash(follow, "a") || a != hash(follow, "s") || a != hash(follow, "hard") {
		t.Error("one file has several hashes")
	}
	if a == hash(follow, "b") || a == hash(noFollow, "s") {
		t.Error("several files have one hash")
	}
	da, db, dh := f.open("a", 0, rw), f.open("b", 0, r), f.open("hard", 0, r)
	if v := f.ok("metadata-hash", da); v.At(0).U64() != a[0] || v.At(1).U64() != a[1] {
		t.Error("metadata-hash differs from metadata-hash-at")
	}
	f.ok("write", da, value.Bytes([]byte("longer")), u64(0))
	if b := hash(follow, "a"); b[0] != a[0] || b[1] == a[1] {
		t.Errorf("after a change %x, before %x: only the upper half should change", b, a)
	}
	same := func(x, y value.Value) bool {
		return f.Must(types, "[method]descriptor.is-same-object", x, y).Bool()
	}
	if !same(da, dh) || same(da, db) || !same(f.dir, f.open(".", 0, r)) {
		t.Error("is-same-object")
	}
}

func TestReadOnlyGrants(t *testing.T) {
	f := granted(t, true)
	f.put("dir/a", "A")
	f.do(os.Symlink("a", f.host("dir/s")))
	sub := f.open("dir", filesystem.OpenDirectory, r)
	file := plugintest.Lend(f.ok("open-at", sub, follow, str("a"), bits(open(0)), bits(r)))
	now := value.Variant(1, nil)
	for _, d := range []value.Value{f.dir, sub} {
		if got := flags(f.ok("get-flags", d).Flags()); got != r {
			t.Errorf("flags %b", got)
		}
		for _, tt := range []struct {
			method string
			args   []value.Value
		}{
			{"open-at", []value.Value{follow, str("a"), bits(open(0)), bits(w)}},
			{"open-at", []value.Value{follow, str("a"), bits(open(0)), bits(rw)}},
			{"open-at", []value.Value{follow, str("a"), bits(open(0)), bits(filesystem.FlagMutateDirectory)}},
			{"open-at", []value.Value{follow, str("new"), bits(filesystem.OpenCreate), bits(r)}},
			{"open-at", []value.Value{follow, str("a"), bits(filesystem.OpenTruncate), bits(r)}},
			{"create-directory-at", []value.Value{str("new")}},
			{"remove-directory-at", []value.Value{str("dir")}},
			{"unlink-file-at", []value.Value{str("a")}},
			{"rename-at", []value.Value{str("a"), d, str("b")}},
			{"link-at", []value.Value{noFollow, str("a"), d, str("b")}},
			{"symlink-at", []value.Value{str("a"), str("b")}},
			{"set-times-at", []value.Value{follow, str("a"), now, now}},
			{"set-times", []value.Value{now, now}},
		} {
			f.want(f.code(tt.method, d, tt.args...), "read-only", "%s", tt.method)
		}
	}
	f.want(f.code("set-times", file, now, now), "read-only", "set-times of a file")
	f.want(f.code("write", file, value.Bytes([]byte("x")), u64(0)), "bad-descriptor", "write")
	f.want(string(f.ok("read", file, u64(9), u64(0)).At(0).Bytes()), "A", "content")
	f.want(strings.Join(f.list(f.dir), " "), "dir:directory", "what is there")
}
