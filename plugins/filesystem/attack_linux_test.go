package filesystem_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/filesystem"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

// outside makes a directory with a secret beside the granted one, and links to it
// in the granted one: "abs" and "rel" to the directory, "file" to the secret.
func outside(t *testing.T, f *fsys) (dir string) {
	t.Helper()
	dir = t.TempDir()
	f.do(os.WriteFile(filepath.Join(dir, "secret"), []byte("secret"), 0o666))
	rel, err := filepath.Rel(f.path, dir)
	f.do(err)
	f.do(os.Symlink(dir, f.host("abs")))
	f.do(os.Symlink(rel, f.host("rel")))
	f.do(os.Symlink(filepath.Join(rel, "secret"), f.host("file")))
	f.do(os.Symlink("..", f.host("up")))
	f.do(os.MkdirAll(f.host("sub/deep"), 0o777))
	f.put("sub/in", "inside")
	return dir
}

// TestNoWayOut tries every method that takes a path with every path that leads out.
func TestNoWayOut(t *testing.T) {
	f := granted(t, false)
	dir := outside(t, f)
	sub := f.open("sub", filesystem.OpenDirectory, r)
	abs := filepath.Join(dir, "secret")
	rel, _ := filepath.Rel(f.path, abs)
	now := value.Variant(1, nil)
	for _, from := range []struct {
		d     value.Value
		paths []string
	}{
		{f.dir, []string{abs, rel, "sub/../" + rel, "sub/deep/../../../x", "./../x", "abs/secret", "rel/secret", "up/x",
			"sub/../rel/secret", "//etc/passwd", "abs/../x", "rel/new"}},
		{sub, []string{"../sub/in", "../rel/secret", "../x", "deep/../../sub/in", "deep/../.."}},
	} {
		for _, p := range from.paths {
			for _, tt := range []struct {
				d      value.Value
				method string
				args   []value.Value
			}{
				{from.d, "open-at", []value.Value{follow, str(p), bits(open(0)), bits(r)}},
				{from.d, "open-at", []value.Value{noFollow, str(p), bits(open(0)), bits(r)}},
				{from.d, "open-at", []value.Value{follow, str(p), bits(filesystem.OpenCreate), bits(rw)}},
				{from.d, "open-at", []value.Value{noFollow, str(p), bits(filesystem.OpenCreate | filesystem.OpenExclusive), bits(rw)}},
				{from.d, "open-at", []value.Value{follow, str(p), bits(filesystem.OpenDirectory), bits(r)}},
				{from.d, "stat-at", []value.Value{follow, str(p)}},
				{from.d, "stat-at", []value.Value{noFollow, str(p)}},
				{from.d, "metadata-hash-at", []value.Value{follow, str(p)}},
				{from.d, "metadata-hash-at", []value.Value{noFollow, str(p)}},
				{from.d, "set-times-at", []value.Value{follow, str(p), now, now}},
				{from.d, "set-times-at", []value.Value{noFollow, str(p), now, now}},
				{from.d, "create-directory-at", []value.Value{str(p)}},
				{from.d, "remove-directory-at", []value.Value{str(p)}},
				{from.d, "unlink-file-at", []value.Value{str(p)}},
				{from.d, "readlink-at", []value.Value{str(p)}},
				{from.d, "symlink-at", []value.Value{str("x"), str(p)}},
				{from.d, "link-at", []value.Value{noFollow, str(p), f.dir, str("got")}},
				{f.dir, "link-at", []value.Value{noFollow, str("sub/in"), from.d, str(p)}},
				{from.d, "rename-at", []value.Value{str(p), f.dir, str("got")}},
				{f.dir, "rename-at", []value.Value{str("sub/in"), from.d, str(p)}},
			} {
				got := f.code(tt.method, tt.d, tt.args...)
				dots := strings.HasSuffix(p, "..") && (got == "invalid" || got == "is-directory")
				if got != "not-permitted" && !dots {
					t.Errorf("%s %q: %s", tt.method, p, got)
				}
			}
		}
	}
	b, err := os.ReadFile(abs)
	if err != nil || string(b) != "secret" {
		t.Errorf("the secret is %q, %v", b, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("outside there is %v, %v", entries, err)
	}
}

// TestFinalLinks works on links that lead out: themselves may be touched, what they
// lead to may not.
func TestFinalLinks(t *testing.T) {
	f := granted(t, false)
	dir := outside(t, f)
	before, err := os.Stat(filepath.Join(dir, "secret"))
	f.do(err)
	now := value.Variant(1, nil)
	for _, l := range []string{"file", "abs", "rel", "up"} {
		f.want(f.code("open-at", f.dir, follow, str(l), bits(open(0)), bits(r)), "not-permitted", "open-at %s", l)
		f.want(f.code("open-at", f.dir, noFollow, str(l), bits(open(0)), bits(r)), "loop", "open-at %s", l)
		f.want(f.code("open-at", f.dir, follow, str(l), bits(filesystem.OpenTruncate), bits(w)), "not-permitted", "truncate %s", l)
		f.want(f.code("stat-at", f.dir, follow, str(l)), "not-permitted", "stat-at %s", l)
		f.want(f.code("stat-at", f.dir, noFollow, str(l)), "ok", "stat-at %s", l)
		f.want(f.code("set-times-at", f.dir, follow, str(l), now, now), "not-permitted", "set-times-at %s", l)
		f.want(f.code("set-times-at", f.dir, noFollow, str(l), now, now), "ok", "set-times-at %s", l)
		if l != "file" {
			f.want(f.code("open-at", f.dir, noFollow, str(l+"/"), bits(filesystem.OpenDirectory), bits(r)), "not-permitted", "open-at %s/", l)
			f.want(f.code("set-times-at", f.dir, noFollow, str(l+"/"), now, now), "not-permitted", "set-times-at %s/", l)
			f.want(f.code("remove-directory-at", f.dir, str(l+"/")), "not-directory", "remove-directory-at %s/", l)
			f.want(f.code("rename-at", f.dir, str(l+"/"), f.dir, str("x")), "not-directory", "rename-at %s/", l)
		}
		f.want(f.code("link-at", f.dir, noFollow, str(l), f.dir, str(l+"2")), "ok", "link-at %s", l)
		f.want(f.code("rename-at", f.dir, str(l), f.dir, str(l+"3")), "ok", "rename-at %s", l)
		f.want(f.code("unlink-file-at", f.dir, str(l+"3")), "ok", "unlink-file-at %s", l)
	}
	after, err := os.Stat(filepath.Join(dir, "secret"))
	f.do(err)
	if !after.ModTime().Equal(before.ModTime()) || after.Size() != before.Size() {
		t.Error("what the links lead to has changed")
	}
}

// TestMovedDirectory moves a directory that the guest has open out of the grant: it
// stays what the guest may use, and no way leads up from it.
func TestMovedDirectory(t *testing.T) {
	f := granted(t, false)
	out := outside(t, f)
	deep := f.open("sub/deep", filesystem.OpenDirectory, r)
	f.do(os.Rename(f.host("sub/deep"), filepath.Join(out, "deep")))
	f.want(f.code("open-at", deep, follow, str("../secret"), bits(open(0)), bits(r)), "not-permitted", "open-at")
	f.want(f.code("create-directory-at", deep, str("x")), "ok", "create-directory-at")
}

// TestRace swaps a directory for a link that leads out, while a guest uses paths
// through it.
func TestRace(t *testing.T) {
	f := granted(t, false)
	out := outside(t, f)
	f.put("a/secret", "harmless")
	f.put("a/inside", "")
	f.put("mine", "")
	f.do(os.Symlink(out, f.host("evil")))
	var stop atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for !stop.Load() {
			_ = unix.Renameat2(unix.AT_FDCWD, f.host("a"), unix.AT_FDCWD, f.host("evil"), unix.RENAME_EXCHANGE)
		}
	})
	n := 3000
	if testing.Short() {
		n = 300
	}
	for range n {
		v := f.Must(types, "[method]descriptor.open-at", f.dir, follow, str("a/secret"), bits(open(0)), bits(r))
		if h, _ := v.Payload(); v.Case() == 0 {
			if got := string(f.ok("read", plugintest.Lend(h), u64(99), u64(0)).At(0).Bytes()); got != "harmless" {
				t.Fatalf("read %q", got)
			}
			plugintest.Drop(h)
		}
		if v := f.Must(types, "[method]descriptor.stat-at", f.dir, follow, str("a/secret")); v.Case() == 0 {
			if st, _ := v.Payload(); st.At(2).U64() != uint64(len("harmless")) {
				t.Fatalf("stat-at tells of %d bytes", st.At(2).U64())
			}
		}
		if f.code("link-at", f.dir, noFollow, str("a/secret"), f.dir, str("got")) == "ok" {
			if b, err := os.ReadFile(f.host("got")); err != nil || string(b) != "harmless" {
				t.Fatalf("linked to %q, %v", b, err)
			}
			f.code("unlink-file-at", f.dir, str("got"))
		}
		v = f.Must(types, "[method]descriptor.open-at", f.dir, follow, str("a"), bits(filesystem.OpenDirectory), bits(r))
		if h, _ := v.Payload(); v.Case() == 0 {
			f.want(f.code("stat-at", plugintest.Lend(h), follow, str("inside")), "ok", "stat-at below an opened directory")
			plugintest.Drop(h)
		}
		f.code("rename-at", f.dir, str("mine"), f.dir, str("a/mine"))
		f.code("rename-at", f.dir, str("a/mine"), f.dir, str("mine"))
		f.code("create-directory-at", f.dir, str("a/new"))
		f.code("remove-directory-at", f.dir, str("a/new"))
		f.code("set-times-at", f.dir, noFollow, str("a/secret"), value.Variant(1, nil), value.Variant(1, nil))
		f.code("symlink-at", f.dir, str("x"), str("a/link"))
		f.code("unlink-file-at", f.dir, str("a/link"))
		f.code("rename-at", f.dir, str("a/secret"), f.dir, str("a/secret2"))
		f.code("rename-at", f.dir, str("a/secret2"), f.dir, str("a/secret"))
	}
	stop.Store(true)
	wg.Wait()
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != 1 || entries[0].Name() != "secret" {
		t.Errorf("outside there is %v, %v", entries, err)
	}
}

// TestFIFO opens a FIFO that nobody writes to: that must not wait.
func TestFIFO(t *testing.T) {
	f := granted(t, false)
	f.do(unix.Mkfifo(f.host("fifo"), 0o666))
	d := f.open("fifo", 0, r)
	if ty := f.ok("get-type", d).Case(); ty != int(filesystem.TypeFIFO) {
		t.Error("not a fifo")
	}
	f.want(f.code("read", d, u64(1), u64(0)), "invalid-seek", "read")
	plugintest.Drop(d)
	f.want(f.code("open-at", f.dir, follow, str("fifo"), bits(open(0)), bits(w)), "no-such-device", "open-at")
	f.want(f.code("open-at", f.dir, follow, str("fifo"), bits(filesystem.OpenDirectory), bits(r)), "not-directory", "open-at")
}

// TestNames lists a directory with a name that is not UTF-8.
func TestNames(t *testing.T) {
	f := granted(t, false)
	if err := os.WriteFile(f.host("bad\xff"), nil, 0o666); err != nil {
		t.Skipf("this file system wants UTF-8: %v", err)
	}
	f.put("good", "")
	s := plugintest.Lend(f.ok("read-directory", f.dir))
	var got []string
	for range 3 {
		v := f.Must(types, "[method]directory-entry-stream.read-directory-entry", s)
		if v.Case() == 1 {
			got = append(got, f.Show(types, "[method]directory-entry-stream.read-directory-entry", v))
		} else if p, _ := v.Payload(); p.Case() == 1 {
			e, _ := p.Payload()
			got = append(got, e.At(1).Str())
		}
	}
	if s := strings.Join(got, " "); s != "good" {
		t.Errorf("got %q", s)
	}
	if told := f.Told(); len(told) != 1 || !strings.HasPrefix(told[0].Reason, `the name of the file "`) || !strings.Contains(told[0].Reason, `bad\xff" in a listing`) {
		t.Errorf("told %+v", told)
	}
}
