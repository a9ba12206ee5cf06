//go:build unix

package keyvalue_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	"github.com/sidecall/sidecall/plugins/keyvalue"
)

// reopened runs f with one Plugin after the other on a directory.
func reopened(t *testing.T, dir string, f ...func(k *kv)) {
	t.Helper()
	for i, f := range f {
		p := keyvalue.New(keyvalue.Config{Dir: dir})
		f(open(t, p, drafts[i%2]))
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func (k *kv) dump() string {
	k.t.Helper()
	var out []string
	for _, key := range strings.Fields(k.list(func(int) {})) {
		out = append(out, key+"="+k.get(key))
	}
	return strings.Join(out, " ")
}

func TestBucketsInFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "if", "need", "be")
	reopened(t, dir, func(k *kv) {
		k.want(k.dump(), "", "a new bucket")
		k.on("set", str("z"), blob("1"))
		k.on("set", str("a"), blob("\x00\xff"))
		k.batch("set-many", value.List(value.Tuple(str("b"), blob("2")), value.Tuple(str("c"), blob("3"))))
		k.on("delete", str("c"))
		k.on("delete", str("nothing"))
		k.atomic("increment", k.bucket, str("n"), value.U64(41))
	}, func(k *kv) {
		k.want(k.dump(), "z=1 a=\x00\xff b=2 n=41", "after it was opened again")
		k.atomic("increment", k.bucket, str("n"), value.S64(1))
		c := k.atomic("[static]cas.new", k.bucket, str("b"))
		k.atomic("swap", c, blob("swapped"))
		k.batch("delete-many", value.List(str("a"), str("z")))
	}, func(k *kv) {
		k.want(k.dump(), "b=swapped n=42", "the third time")
		other := k.Ok("wasi:keyvalue/store"+k.version, "open", str(""))
		if k.Ok("wasi:keyvalue/store"+k.version, "[method]bucket.exists", value.Borrow(other.Handle()), str("b")).Bool() {
			t.Error("buckets share a file")
		}
	})
}

// TestFilesAreWrittenAnew changes one key again and again: the file does not grow
// without end, and nothing is left beside it.
func TestFilesAreWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "cache.bucket")
	reopened(t, dir, func(k *kv) {
		k.on("set", str("first"), blob("kept"))
		big := strings.Repeat("x", 100_000)
		for i := range 100 {
			k.on("set", str("n"), blob(fmt.Sprint(i, big)))
		}
		info, err := os.Stat(path)
		if err != nil || info.Size() > 2<<20 {
			t.Errorf("%v, %v", info.Size(), err)
		}
		k.on("set", str("n"), blob("last"))
	}, func(k *kv) { k.want(k.dump(), "first=kept n=last", "after the file was written anew") })
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		if strings.Contains(e.Name(), "new-") {
			t.Errorf("%s is left", e.Name())
		}
	}
}

// TestCutFiles opens files that end anywhere, as a process that is killed leaves them:
// the steps that were written whole are there.
func TestCutFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "cache.bucket")
	reopened(t, dir, func(k *kv) {
		k.on("set", str("a"), blob("1"))
		k.batch("set-many", value.List(value.Tuple(str("b"), blob("2")), value.Tuple(str("c"), blob("3"))))
		k.on("delete", str("a"))
	})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]bool{"": true, "a=1": true, "a=1 b=2 c=3": true, "b=2 c=3": true}
	last := ""
	for n := range len(whole) + 1 {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		reopened(t, dir, func(k *kv) {
			if last = k.dump(); !states[last] {
				t.Errorf("a file of %d bytes: %s", n, last)
			}
			k.on("set", str("new"), blob("4"))
		}, func(k *kv) { k.want(k.dump(), strings.TrimSpace(last+" new=4"), "after a change") })
	}
	if last != "b=2 c=3" {
		t.Errorf("the whole file: %s", last)
	}
}

// TestDamagedFiles opens files with a byte changed: that is an error, or the last step
// is not there, but nothing else.
func TestDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "cache.bucket")
	reopened(t, dir, func(k *kv) {
		for i := range 3 {
			k.on("set", str(fmt.Sprint(i)), blob("value"))
		}
	})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for n := range whole {
		b := append([]byte(nil), whole...)
		b[n] ^= 0x40
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		p := keyvalue.New(keyvalue.Config{Dir: dir})
		e := env(t, p)
		v := e.Must("wasi:keyvalue/store"+drafts[0], "open", str("cache"))
		opened, _ := v.Payload()
		if v.Case() == 1 {
			refused++
		} else {
			k := &kv{Env: e, t: t, version: drafts[0], bucket: value.Borrow(opened.Handle())}
			if got := k.dump(); !strings.HasPrefix("0=value 1=value 2=value", got) {
				t.Errorf("byte %d: %s", n, got)
			}
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if refused == 0 {
		t.Error("no damage was noticed")
	}
}

// TestOneProcessOnly opens a directory twice.
func TestOneProcessOnly(t *testing.T) {
	dir := t.TempDir()
	p := keyvalue.New(keyvalue.Config{Dir: dir})
	defer p.Close()
	open(t, p, drafts[0])
	second := keyvalue.New(keyvalue.Config{Dir: dir})
	defer second.Close()
	e := env(t, second)
	v := e.Must("wasi:keyvalue/store"+drafts[0], "open", str("cache"))
	code, _ := v.Payload()
	text, _ := code.Payload()
	if want := "opening the bucket: another process has the directory of buckets open"; v.Case() != 1 || text.Str() != want {
		t.Errorf("%s", v)
	}
}

// TestNamesOfFiles has buckets with names that are no names of files.
func TestNamesOfFiles(t *testing.T) {
	dir := t.TempDir()
	names := []string{"", ".", "..", "../up", "/abs", "a/b", "a\x00b", "Ä", strings.Repeat("x", 1000)}
	p := keyvalue.New(keyvalue.Config{Dir: dir})
	e := env(t, p, names...)
	const iface = "wasi:keyvalue/store@0.2.0-draft"
	for i, name := range names {
		b := e.Ok(iface, "open", str(name))
		e.Ok(iface, "[method]bucket.set", value.Borrow(b.Handle()), str("k"), blob(fmt.Sprint(i)))
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != len(names)+1 {
		t.Errorf("%d files, %v", len(files), err)
	}
	up, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(up) != 1 {
		t.Errorf("beside the directory there is %v, %v", up, err)
	}
}

// TestSweep removes what a process left that was killed while it wrote a file anew, and
// no bucket whose name looks like that.
func TestSweep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "[a-")
	const name = "a.bucket.new-1"
	iface := "wasi:keyvalue/store" + drafts[0]
	use := func(f func(e *plugintest.Env, b value.Value)) {
		p := keyvalue.New(keyvalue.Config{Dir: dir})
		e := env(t, p, name)
		f(e, e.Ok(iface, "open", str(name)))
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	use(func(e *plugintest.Env, b value.Value) {
		e.Ok(iface, "[method]bucket.set", value.Borrow(b.Handle()), str("k"), blob("v"))
	})
	left := filepath.Join(dir, "a.bucket=new-1")
	if err := os.WriteFile(left, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	use(func(e *plugintest.Env, b value.Value) {
		if !e.Ok(iface, "[method]bucket.exists", value.Borrow(b.Handle()), str("k")).Bool() {
			t.Error("the bucket is gone")
		}
	})
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("what was left is there: %v", err)
	}
}

// TestFilesOfOthers opens a file that is not one of a bucket, which stays as it is.
func TestFilesOfOthers(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "cache.bucket"), []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := keyvalue.New(keyvalue.Config{Dir: dir})
	defer p.Close()
	e := env(t, p)
	v := e.Must("wasi:keyvalue/store"+drafts[0], "open", str("cache"))
	code, _ := v.Payload()
	if text, _ := code.Payload(); v.Case() != 1 || text.Str() != "opening the bucket: its file is not one of a bucket" {
		t.Errorf("%s", v)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "cache.bucket")); err != nil || string(b) != "something else" {
		t.Errorf("%q, %v", b, err)
	}
}
