package keyvalue_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	"github.com/sidecall/sidecall/plugins/keyvalue"
)

var drafts = []string{"@0.2.0-draft", "@0.2.0-draft2"}

type kv struct {
	*plugintest.Env
	t       testing.TB
	version string
	bucket  value.Value
}

// env has the buckets "", "cache" and others.
func env(t testing.TB, p *keyvalue.Plugin, others ...string) *plugintest.Env {
	t.Helper()
	return plugintest.New(t, plan.Grants{Buckets: append(others, "", "cache")}, host.Stdio{}, p.Interfaces())
}

func open(t testing.TB, p *keyvalue.Plugin, version string) *kv {
	t.Helper()
	e := env(t, p)
	k := &kv{Env: e, t: t, version: version}
	k.bucket = plugintest.Lend(e.Ok("wasi:keyvalue/store"+version, "open", str("cache")))
	return k
}

func str(s string) value.Value { return value.String(s) }

func blob(s string) value.Value { return value.Bytes([]byte(s)) }

func (k *kv) on(method string, args ...value.Value) value.Value {
	k.t.Helper()
	return k.Ok("wasi:keyvalue/store"+k.version, "[method]bucket."+method, append([]value.Value{k.bucket}, args...)...)
}

func (k *kv) atomic(fn string, args ...value.Value) value.Value {
	k.t.Helper()
	return k.Ok("wasi:keyvalue/atomics"+k.version, fn, args...)
}

func (k *kv) batch(fn string, arg value.Value) value.Value {
	k.t.Helper()
	return k.Ok("wasi:keyvalue/batch"+k.version, fn, k.bucket, arg)
}

func (k *kv) get(key string) string {
	k.t.Helper()
	v, ok := k.on("get", str(key)).Payload()
	if !ok {
		return "none"
	}
	return string(v.Bytes())
}

func (k *kv) want(got, want, what string) {
	k.t.Helper()
	if got != want {
		k.t.Errorf("%s %s: got %q, want %q", k.version, what, got, want)
	}
}

func TestBuckets(t *testing.T) {
	for _, v := range drafts {
		p := keyvalue.New(keyvalue.Config{})
		k := open(t, p, v)
		k.want(k.get("a"), "none", "get of nothing")
		k.on("set", str("a"), blob("1"))
		k.on("set", str("a"), blob("2"))
		k.want(k.get("a"), "2", "get")
		if !k.on("exists", str("a")).Bool() || k.on("exists", str("b")).Bool() {
			t.Error("exists")
		}
		k.want(open(t, p, v).get("a"), "2", "get of another instance")
		other := plugintest.Lend(k.Ok("wasi:keyvalue/store"+v, "open", str("")))
		if k.Ok("wasi:keyvalue/store"+v, "[method]bucket.exists", other, str("a")).Bool() {
			t.Error("buckets share keys")
		}
		k.on("delete", str("a"))
		k.on("delete", str("a"))
		k.want(k.get("a"), "none", "get after delete")
		for _, name := range []string{"other", "Cache", "cache "} {
			k.want(k.Fails("wasi:keyvalue/store"+v, "open", str(name)), "access-denied", "open "+name)
		}
	}
}

func TestListKeys(t *testing.T) {
	for _, v := range drafts {
		k := open(t, keyvalue.New(keyvalue.Config{}), v)
		const n = 2500
		var pairs []value.Value
		for i := range n {
			pairs = append(pairs, value.Tuple(str(fmt.Sprintf("%05d", i)), blob("")))
		}
		k.batch("set-many", value.List(pairs...))
		seen, cursor := 0, value.None()
		for {
			r := k.on("list-keys", cursor)
			for i := range r.At(0).Len() {
				k.want(r.At(0).At(i).Str(), fmt.Sprintf("%05d", seen), "key")
				seen++
			}
			c, more := r.At(1).Payload()
			if !more {
				break
			}
			cursor = value.Some(c)
		}
		if seen != n {
			t.Errorf("%s: %d keys", v, seen)
		}
	}
}

func TestBatch(t *testing.T) {
	for _, v := range drafts {
		k := open(t, keyvalue.New(keyvalue.Config{}), v)
		k.batch("set-many", value.List(value.Tuple(str("a"), blob("1")), value.Tuple(str("b"), blob("2")), value.Tuple(str("a"), blob("3"))))
		got := k.batch("get-many", value.List(str("b"), str("none"), str("a")))
		want := `[some(("b", [50])), none, some(("a", [51]))]`
		if v == drafts[1] {
			want = `[("b", some([50])), ("none", none), ("a", some([51]))]`
		}
		k.want(got.String(), want, "get-many")
		k.batch("delete-many", value.List(str("a"), str("none")))
		k.want(k.get("a")+k.get("b"), "none2", "after delete-many")
	}
}

func TestIncrement(t *testing.T) {
	k := open(t, keyvalue.New(keyvalue.Config{}), drafts[0])
	inc := func(delta uint64) uint64 { return k.atomic("increment", k.bucket, str("n"), value.U64(delta)).U64() }
	if inc(5) != 5 || inc(2) != 7 || k.get("n") != "7" || inc(1<<64-8) != 1<<64-1 {
		t.Error("increment")
	}
	k.want(k.Fails("wasi:keyvalue/atomics"+k.version, "increment", k.bucket, str("n"), value.U64(1)), "other", "overflow")
	k.on("set", str("n"), blob("x"))
	k.want(k.Fails("wasi:keyvalue/atomics"+k.version, "increment", k.bucket, str("n"), value.U64(1)), "other", "no number")

	k = open(t, keyvalue.New(keyvalue.Config{}), drafts[1])
	sinc := func(delta int64) int64 { return k.atomic("increment", k.bucket, str("n"), value.S64(delta)).S64() }
	if sinc(-5) != -5 || sinc(0) != -5 || sinc(7) != 2 || sinc(1<<63-3) != 1<<63-1 {
		t.Error("signed increment")
	}
	k.want(k.Fails("wasi:keyvalue/atomics"+k.version, "increment", k.bucket, str("n"), value.S64(1)), "other", "overflow")
	k.on("set", str("n"), blob("-9223372036854775808"))
	k.want(k.Fails("wasi:keyvalue/atomics"+k.version, "increment", k.bucket, str("n"), value.S64(-1)), "other", "underflow")
}

func TestCompareAndSwap(t *testing.T) {
	k := open(t, keyvalue.New(keyvalue.Config{}), drafts[1])
	const iface = "wasi:keyvalue/atomics@0.2.0-draft2"
	look := func() value.Value { return k.Ok(iface, "[static]cas.new", k.bucket, str("a")) }
	current := func(c value.Value) string {
		v, ok := k.Ok(iface, "[method]cas.current", plugintest.Lend(c)).Payload()
		if !ok {
			return "none"
		}
		return string(v.Bytes())
	}
	first, second := look(), look()
	k.want(current(first), "none", "current of nothing")
	k.Ok(iface, "swap", first, blob("1"))
	k.want(k.get("a"), "1", "after swap")
	v := k.Must(iface, "swap", second, blob("2"))
	p, _ := v.Payload()
	again, ok := p.Payload()
	if v.Case() != 1 || p.Case() != 1 || !ok {
		t.Fatal("a swap of what has changed did not fail")
	}
	k.want(current(again), "1", "current of the cas of a failed swap")
	k.Ok(iface, "swap", again, blob("2"))
	k.want(k.get("a"), "2", "after the second try")

	// Reading is what a swap then relies on.
	c := look()
	k.on("set", str("a"), blob("2"))
	k.want(current(c), "2", "current after a change")
	k.Ok(iface, "swap", c, blob("2"))

	// A value that was deleted, or set to what it was, has changed.
	c = look()
	k.on("set", str("a"), blob("2"))
	k.want(k.Fails(iface, "swap", c, blob("3")), "cas-failed", "swap")
	c = look()
	k.on("delete", str("a"))
	k.want(k.Fails(iface, "swap", c, blob("3")), "cas-failed", "swap of what was deleted")
}

// TestLooksAreBounded: keys that are compared take room, until nobody has them.
func TestLooksAreBounded(t *testing.T) {
	k := open(t, keyvalue.New(keyvalue.Config{BucketBytes: 1000}), drafts[1])
	const iface = "wasi:keyvalue/atomics@0.2.0-draft2"
	long := str(strings.Repeat("k", 400))
	look := func() value.Value { return k.Ok(iface, "[static]cas.new", k.bucket, long) }
	for range 3 { // dropped, swapped, and swapped in vain
		plugintest.Drop(look())
		k.Ok(iface, "swap", look(), blob("1"))
		k.on("delete", long)
		c := look()
		k.on("set", long, blob("2"))
		v, _ := k.Must(iface, "swap", c, blob("3")).Payload()
		again, _ := v.Payload()
		plugintest.Drop(again)
	}
	look()
	k.want(k.Fails(iface, "[static]cas.new", k.bucket, long), "other", "a second look")
}

// TestConcurrent has instances count in one bucket, by both drafts.
func TestConcurrent(t *testing.T) {
	p := keyvalue.New(keyvalue.Config{})
	var wg sync.WaitGroup
	for i := range 8 {
		k := open(t, p, drafts[i%2])
		one := value.U64(1)
		if i%2 == 1 {
			one = value.S64(1)
		}
		wg.Go(func() {
			for j := range 200 {
				k.atomic("increment", k.bucket, str("n"), one)
				k.on("set", str(fmt.Sprint(j%10)), blob("x"))
				k.on("list-keys", value.None())
				k.on("delete", str(fmt.Sprint(j%10)))
			}
		})
	}
	wg.Wait()
	k := open(t, p, drafts[0])
	k.want(k.get("n"), "1600", "counted together")
}

func TestBucketsAreBounded(t *testing.T) {
	k := open(t, keyvalue.New(keyvalue.Config{BucketBytes: 1000}), drafts[0])
	big := blob(strings.Repeat("x", 100)) // with its key and what an entry takes, 229
	for i := range 4 {
		k.on("set", str(fmt.Sprint(i)), big)
	}
	k.on("set", str("0"), big) // which replaces one
	const iface = "wasi:keyvalue/store@0.2.0-draft"
	k.want(k.Fails(iface, "[method]bucket.set", k.bucket, str("4"), big), "other", "set of too much")
	k.want(k.Fails("wasi:keyvalue/atomics@0.2.0-draft", "increment", k.bucket, str("4"), value.U64(1)), "other", "increment of too much")
	k.want(k.get("4"), "none", "after what was refused")
	k.on("delete", str("0"))
	k.on("set", str("4"), big)
}

// list lists all keys, calling between with each page's number after it.
func (k *kv) list(between func(page int)) string {
	k.t.Helper()
	var keys []string
	cursor := value.None()
	for page := 0; ; page++ {
		r := k.on("list-keys", cursor)
		for i := range r.At(0).Len() {
			keys = append(keys, r.At(0).At(i).Str())
		}
		c, more := r.At(1).Payload()
		if !more {
			return strings.Join(keys, " ")
		}
		between(page)
		cursor = value.Some(c)
	}
}

// TestListWhileItChanges deletes and sets keys between the pages of a list: what is
// there all the time is listed once.
func TestListWhileItChanges(t *testing.T) {
	for _, v := range drafts {
		k := open(t, keyvalue.New(keyvalue.Config{}), v)
		for i := range 5000 {
			k.on("set", str(fmt.Sprint(i)), blob(""))
		}
		got := k.list(func(page int) {
			if page > 0 {
				return
			}
			for i := range 5000 { // those of the first page, and of later ones every other
				if i < 1000 || i%2 == 0 && i >= 2000 {
					k.on("delete", str(fmt.Sprint(i)))
				} else {
					k.on("set", str(fmt.Sprint(i)), blob("changed"))
				}
			}
		})
		var kept []string
		for i := range 5000 {
			if i < 2000 || i%2 == 1 {
				kept = append(kept, fmt.Sprint(i))
			}
		}
		k.want(got, strings.Join(kept, " "), "keys")
		k.on("set", str("0"), blob(""))
		if got := k.list(func(int) {}); !strings.HasPrefix(got, "1000 1001 ") || !strings.HasSuffix(got, " 4999 0") {
			t.Errorf("%s: keys after all changes: %.20s … %s", v, got, got[len(got)-20:])
		}
	}
}

// TestCursorOfNobody lists from what is no cursor.
func TestCursorOfNobody(t *testing.T) {
	k := open(t, keyvalue.New(keyvalue.Config{}), drafts[1])
	for _, c := range []string{"", "x", "-1", "1 "} {
		k.want(k.Fails("wasi:keyvalue/store"+k.version, "[method]bucket.list-keys", k.bucket, value.Some(str(c))), "other", "cursor "+c)
	}
	k = open(t, keyvalue.New(keyvalue.Config{}), drafts[0])
	if n := k.on("list-keys", value.Some(value.U64(1<<64-1))).At(0).Len(); n != 0 {
		t.Errorf("%d keys", n)
	}
}

// BenchmarkListKeys lists one page of many keys, one of which is made and deleted each
// time.
func BenchmarkListKeys(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			k := open(b, keyvalue.New(keyvalue.Config{}), drafts[1])
			for i := range n {
				k.on("set", str(fmt.Sprint(i)), blob(""))
			}
			for b.Loop() {
				k.on("set", str("x"), blob(""))
				k.on("list-keys", value.None())
				k.on("delete", str("x"))
			}
		})
	}
}
