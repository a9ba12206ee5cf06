package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// counter is a composition of app, made for each instance, and lib, a singleton
// with a resource (resourceLib), a count and functions that go wrong:
//
//	add: func(n: u32) -> u32       the sum of all
//	boom: func()                   traps
//	nap: func()                    calls the host's nap
//	loop: func()                   does not end, but for interruption
//	echo: func(s: string) -> string
//
// app exports each under the same name, with core values. So do its make, get, take
// and drop; big-echo gives no room for the result.
func counter(t testing.TB, cfg Config) *Composition { return counterKit(t).compile(cfg) }

func counterKit(t testing.TB) *kit {
	k := newKit(t, "lib", "app")
	k.p.Components[0].Store = 1
	l := k.resourceLib(1)
	k.resourceApp(l)

	napHost := k.hostImport(plan.Side{Instance: 1}, "test:host/nap", "nap", fn(nil), canon.Options{})
	var nap, check uint32
	g := newGuest(func(b *core.Builder) {
		nap = b.ImportFunc("0", "f", b.Type(nil, nil))
		check = b.ImportFunc("1", plan.CheckName, b.Type(nil, nil))
	})
	sum := g.Global(core.GlobalType{Val: i32, Mutable: true}, new(core.Code).I32(0))
	freed := g.Global(core.GlobalType{Val: i32, Mutable: true}, new(core.Code).I32(0))
	g.fn("add", types(i32), types(i32), func(f *core.Func) {
		f.GlobalGet(sum).LocalGet(0).Op(core.OpI32Add).GlobalSet(sum)
		f.GlobalGet(sum)
	})
	g.fn("freed", nil, types(i32), func(f *core.Func) { f.GlobalGet(freed) })
	g.fn("boom", nil, nil, func(f *core.Func) { f.Op(core.OpUnreachable) })
	g.fn("nap", nil, nil, func(f *core.Func) { f.Call(nap) })
	g.fn("loop", nil, nil, func(f *core.Func) { f.Block(core.OpLoop).Call(check).Br(0).End() })
	// The result is where the parameter is; two words tell where that is.
	g.fn("echo", types(i32, i32), types(i32), func(f *core.Func) {
		f.I32(16).LocalGet(0).Mem(core.OpI32Store, 2, 0)
		f.I32(16).LocalGet(1).Mem(core.OpI32Store, 2, 4)
		f.I32(16)
	})
	g.fn("post-echo", types(i32), nil, func(f *core.Func) {
		f.GlobalGet(freed).I32(1).Op(core.OpI32Add).GlobalSet(freed)
	})
	step := k.module(1, g.Builder, fromHost(napHost), fromCheck)

	str := prim(wit.String)
	post := allOptions
	post.PostReturn = true
	fns := []struct {
		name   string
		ft     *wit.FuncType
		caller canon.Options
		callee canon.Options
	}{
		{"add", fn(prim(wit.U32), prim(wit.U32)), canon.Options{}, canon.Options{}},
		{"freed", fn(prim(wit.U32)), canon.Options{}, canon.Options{}},
		{"boom", fn(nil), canon.Options{}, canon.Options{}},
		{"nap", fn(nil), canon.Options{}, canon.Options{}},
		{"loop", fn(nil), canon.Options{}, canon.Options{}},
		{"echo", fn(str, str), allOptions, post},
	}
	app := newGuest(nil)
	appMem := k.module(2, app.Builder)
	// A memory whose realloc traps.
	mean := newGuest(nil)
	mean.fn("no", types(i32, i32, i32, i32), types(i32), func(f *core.Func) { f.Op(core.OpUnreachable) })
	meanMem := k.module(2, mean.Builder)
	var sources []plan.Source
	b := &core.Builder{}
	index := map[string]uint32{}
	lower := func(name string, caller plan.Side, ft *wit.FuncType, from, to canon.Options) {
		m := k.adapter(caller, side(1, step), step, name, ft, from, to)
		sources = append(sources, fromHost(m))
		flat := canon.FlattenFuncType(ft, canon.Lower)
		index[fmt.Sprint(caller.Memory.Instance, name)] = b.ImportFunc(fmt.Sprint(len(sources)-1), "f", b.Type(coreTypes(flat.Params), coreTypes(flat.Results)))
	}
	for _, f := range fns {
		lower(f.name, side(2, appMem), f.ft, f.caller, f.callee)
	}
	meanSide := plan.Side{Instance: 2, Memory: ref(meanMem, "memory"), Realloc: ref(meanMem, "no")}
	lower("echo", meanSide, fn(str, str), allOptions, post)
	export := func(name, of string, ft *wit.FuncType) {
		flat := canon.FlattenFuncType(ft, canon.Lift)
		f := b.Func(b.Type(coreTypes(flat.Params), coreTypes(flat.Results)))
		for n := range flat.Params {
			f.LocalGet(uint32(n))
		}
		if ft.Result == str {
			f.I32(32).Call(index[of]).I32(32)
		} else {
			f.Call(index[of])
		}
		b.Export(name, core.ExternFunc, f.Index)
	}
	for _, f := range fns {
		export(f.name, fmt.Sprint(appMem, f.name), f.ft)
	}
	export("mean-echo", fmt.Sprint(meanMem, "echo"), fn(str, str))
	main := k.module(2, b, sources...)
	for _, f := range fns {
		k.exportAs(2, main, appMem, f.name, f.ft, f.caller)
	}
	k.exportAs(2, main, meanMem, "mean-echo", fn(str, str), allOptions)
	return k
}

// naps is a host whose nap waits for what it is given.
func naps(nap func(ctx context.Context)) []*Interface {
	return []*Interface{{Name: "test:host/nap", Funcs: map[string]Func{"nap": func(c *Call, _ []value.Value) (value.Value, error) {
		nap(c.Context())
		return value.Value{}, nil
	}}}}
}

func instance(t testing.TB, c *Composition) *Instance {
	t.Helper()
	i, err := c.Instantiate(context.Background(), InstanceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closed(t, i) })
	return i
}

func closed(t testing.TB, i *Instance) {
	t.Helper()
	if err := i.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestSharedState: what one instance does to a singleton, the others see.
func TestSharedState(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		c := counter(t, cfg)
		for n := range uint32(5) {
			i := instance(t, c)
			if got := call1(t, i, "add", value.U32(10)).U32(); got != (n+1)*10 {
				t.Fatalf("sum %d after %d", got, n+1)
			}
			long := strings.Repeat("ö", 5000)
			if got := call1(t, i, "echo", value.String(long)).Str(); got != long {
				t.Errorf("echo gave %d bytes", len(got))
			}
			closed(t, i)
		}
		if got := call1(t, instance(t, c), "freed").U32(); got != 5 {
			t.Errorf("post-return was called %d times", got)
		}
	})
}

// TestSharedByMany has goroutines call one singleton at once, each by instances of
// its own.
func TestSharedByMany(t *testing.T) {
	c := counter(t, Config{})
	first := instance(t, c)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				i, err := c.Instantiate(context.Background(), InstanceOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				for n := range uint32(3) {
					if _, err := i.Call(context.Background(), "", "add", value.U32(1)); err != nil {
						t.Error(err)
					}
					if _, err := i.Call(context.Background(), "", "make", value.U32(n+1)); err != nil {
						t.Error(err)
					}
				}
				if _, err := i.Call(context.Background(), "", "drop", value.U32(2)); err != nil {
					t.Error(err)
				}
				if err := i.Close(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := call1(t, first, "add", value.U32(0)).U32(); got != 8*50*3 {
		t.Errorf("the sum is %d", got)
	}
	// Destructors that did not find their turn at once run later.
	for call1(t, first, "dropped").U32() != 8*50*(1+2+3) {
		if t.Context().Err() != nil {
			t.Fatal("resources were not dropped")
		}
		time.Sleep(time.Millisecond)
	}
	if out := c.shared[0].now.Load().out.Load(); out != 0 {
		t.Errorf("%d handles are counted at the end", out)
	}
}

// TestSharedResources: handles to a singleton's resources are dropped with the
// instance that has them, however that ends.
func TestSharedResources(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		c := counter(t, cfg)
		watch := instance(t, c)
		dropped := func(what string, want uint32) {
			t.Helper()
			if got := call1(t, watch, "dropped").U32(); got != want {
				t.Errorf("%s: dropped %d, want %d", what, got, want)
			}
		}
		i := instance(t, c)
		a, b := call1(t, i, "make", value.U32(1)), call1(t, i, "make", value.U32(10))
		if got := call1(t, i, "get", b).U32(); got != 10 {
			t.Errorf("get = %d", got)
		}
		dropped("held", 0)
		call1(t, i, "take", a)
		dropped("given back", 1)
		closed(t, i)
		dropped("closed", 11)

		i = instance(t, c)
		call1(t, i, "make", value.U32(100))
		if _, err := i.Call(t.Context(), "", "get", value.U32(7)); err == nil { // an unknown handle
			t.Error("no trap")
		}
		dropped("trapped", 11)
		closed(t, i)
		dropped("closed after a trap", 111)
		if out := c.shared[0].now.Load().out.Load(); out != 0 {
			t.Errorf("%d handles are counted at the end", out)
		}
	})
}

// TestSharedHandleQuota: the handles of all instances to a singleton's resources are
// bounded together.
func TestSharedHandleQuota(t *testing.T) {
	c := counter(t, Config{MaxHandles: 3})
	i, j := instance(t, c), instance(t, c)
	call1(t, i, "make", value.U32(1))
	call1(t, i, "make", value.U32(10))
	call1(t, j, "make", value.U32(100))
	_, err := j.Call(t.Context(), "", "make", value.U32(1000))
	var trap *Trap
	if !errors.As(err, &trap) || trap.Code != canon.TrapTooManyHandles || trap.Component != "app" {
		t.Errorf("got %v", err)
	}
	closed(t, j)
	if got := call1(t, i, "dropped").U32(); got != 1100 { // the one that did not fit, too
		t.Errorf("dropped %d", got)
	}
	call1(t, i, "make", value.U32(5))
}

// TestSharedTrap: a singleton that traps is made anew.
func TestSharedTrap(t *testing.T) {
	var log bytes.Buffer
	c := counter(t, Config{Log: zerolog.New(&log)})
	i, holder, other := instance(t, c), instance(t, c), instance(t, c)
	call1(t, i, "add", value.U32(10))
	call1(t, holder, "make", value.U32(3))
	call1(t, other, "add", value.U32(1))

	_, err := i.Call(t.Context(), "", "boom")
	var trap *Trap
	if !errors.As(err, &trap) || trap.Code != canon.TrapUnreachable || trap.Component != "lib" {
		t.Fatalf("got %v", err)
	}
	if _, err := i.Call(t.Context(), "", "add", value.U32(1)); err == nil {
		t.Error("the instance that called it can go on")
	}
	if !holder.Stale() || other.Stale() {
		t.Errorf("stale: %v with a resource, %v without", holder.Stale(), other.Stale())
	}
	// Who has nothing of it calls the new one; whose handle means nothing there, not.
	if got := call1(t, other, "add", value.U32(1)).U32(); got != 1 {
		t.Errorf("the new one begins with a sum of %d", got-1)
	}
	_, err = holder.Call(t.Context(), "", "get", value.U32(1))
	want := "trap in lib, function get: " + canon.TrapCannotEnter.String() + ": it trapped before, and with it went the resources of it that are held here"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	closed(t, holder)
	if got := call1(t, other, "dropped").U32(); got != 0 {
		t.Errorf("the new one was told to drop %d", got)
	}
	wantLog := `{"level":"error","composition":"test","singleton":"lib","error":"trap in lib, function boom: ` + canon.TrapUnreachable.String() + `","message":"singleton failed; the next request has a new one"}
{"level":"info","composition":"test","singleton":"lib","made":2,"message":"singleton was made anew, without its state"}
`
	if log.String() != wantLog {
		t.Errorf("log:\n%s", &log)
	}
}

// TestSharedInnocent: a singleton survives calls that fail because of their caller.
func TestSharedInnocent(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		c := counter(t, cfg)
		call1(t, instance(t, c), "add", value.U32(7))
		for n := range uint32(3) {
			_, err := instance(t, c).Call(t.Context(), "", "mean-echo", value.String("hello"))
			var trap *Trap
			if !errors.As(err, &trap) || trap.Component != "app" {
				t.Errorf("got %v", err)
			}
			i := instance(t, c)
			if got := call1(t, i, "add", value.U32(0)).U32(); got != 7 {
				t.Fatalf("the state is lost: %d", got)
			}
			if got := call1(t, i, "freed").U32(); got != n+1 {
				t.Errorf("post-return was called %d times, want %d", got, n+1)
			}
			if _, err := instance(t, c).Call(t.Context(), "", "take", value.U32(1)); !errors.As(err, &trap) || trap.Code != canon.TrapUnknownHandle {
				t.Errorf("got %v", err)
			}
		}
	})
}

// TestSharedFromGo: Go code calls a singleton's functions, which the composition
// exports, and has its resources.
func TestSharedFromGo(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		k := newKit(t, "lib")
		k.p.Components[0].Store = 1
		l := k.resourceLib(1)
		k.export(1, l.step, "make", l.mk, canon.Options{}, 0)
		k.export(1, l.step, "get", l.get, canon.Options{}, 0)
		k.export(1, l.step, "take", l.take, canon.Options{}, 0)
		k.export(1, l.step, "dropped", l.count, canon.Options{})
		comp := k.compile(cfg)
		i, other := instance(t, comp), instance(t, comp)
		a, b, c := call1(t, i, "make", value.U32(1)), call1(t, i, "make", value.U32(10)), call1(t, i, "make", value.U32(100))
		if got := call1(t, i, "get", b).U32(); got != 10 {
			t.Errorf("get = %d", got)
		}
		var bad *ArgumentError
		if _, err := i.Call(t.Context(), "", "get", value.U32(1)); !errors.As(err, &bad) {
			t.Errorf("got %v", err)
		}
		if _, err := other.Call(t.Context(), "", "take", c); !errors.As(err, &bad) {
			t.Errorf("another instance took it: %v", err)
		}
		call1(t, i, "take", a)
		if err := i.Drop(t.Context(), b); err != nil {
			t.Error(err)
		}
		if got := call1(t, other, "dropped").U32(); got != 11 {
			t.Errorf("dropped %d", got)
		}
		closed(t, i)
		if got := call1(t, other, "dropped").U32(); got != 111 {
			t.Errorf("dropped %d at the end", got)
		}
		if err := i.Drop(t.Context(), c); err == nil {
			t.Error("dropped twice")
		}
		i = instance(t, comp)
		a = call1(t, i, "make", value.U32(1000))
		i.broken = errors.New("a trap")
		if err := i.Drop(t.Context(), a); err == nil {
			t.Error("dropped by an instance that trapped")
		}
		closed(t, i)
		if got := call1(t, other, "dropped").U32(); got != 1111 {
			t.Errorf("dropped %d at the end of one that trapped", got)
		}
		if out := comp.shared[0].now.Load().out.Load(); out != 0 {
			t.Errorf("%d handles are counted at the end", out)
		}
	})
}
