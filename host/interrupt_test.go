package host

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// endless is a component whose export "run" loops for ever, with a check as the
// load-time pass inserts it: a countdown, and a call when it ends.
func endless(t testing.TB) *kit {
	k := newKit(t, "app")
	var check uint32
	g := newGuest(func(b *core.Builder) { check = b.ImportFunc("0", plan.CheckName, b.Type(nil, nil)) })
	left := g.Global(core.GlobalType{Val: i32, Mutable: true}, new(core.Code).I32(1))
	g.fn("run", nil, nil, func(f *core.Func) {
		f.Block(core.OpLoop)
		f.GlobalGet(left).I32(1).Op(core.OpI32Sub).GlobalSet(left)
		f.GlobalGet(left).Op(core.OpI32Eqz).Block(core.OpIf).I32(10_000).GlobalSet(left).Call(check).End()
		f.Br(0).End()
	})
	step := k.module(1, g.Builder, fromCheck)
	k.export(1, step, "run", fn(nil), canon.Options{})
	return k
}

func TestInterrupt(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		for _, c := range []struct {
			name string
			ctx  func() (context.Context, context.CancelFunc)
			want error
		}{
			{"deadline", func() (context.Context, context.CancelFunc) {
				return context.WithTimeout(context.Background(), 50*time.Millisecond)
			}, context.DeadlineExceeded},
			{"cancel", func() (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(context.Background())
				time.AfterFunc(50*time.Millisecond, cancel)
				return ctx, cancel
			}, context.Canceled},
		} {
			t.Run(c.name, func(t *testing.T) {
				i := endless(t).start(cfg)
				ctx, cancel := c.ctx()
				defer cancel()
				start := time.Now()
				_, err := i.Call(ctx, "", "run")
				var interrupt *InterruptError
				if !errors.As(err, &interrupt) || !errors.Is(err, c.want) || len(interrupt.Stack) == 0 {
					t.Errorf("got %v, stack %v", err, interrupt)
				}
				// Loaded machines, and the race detector, get more time than the 100 ms
				// that a call may take to end; TestInterruptIsPrompt is stricter.
				if d := time.Since(start); d > time.Second {
					t.Errorf("interrupted after %v", d)
				}
				_, err = i.Call(context.Background(), "", "run")
				var trap *Trap
				if !errors.As(err, &trap) || trap.Code != canon.TrapCannotEnter {
					t.Errorf("second call: %v", err)
				}
			})
		}
	})
}

// TestInterruptIsPrompt: of several calls at least one ends soon after its deadline.
func TestInterruptIsPrompt(t *testing.T) {
	c := endless(t).compile(Config{})
	late := time.Hour
	for range 10 {
		i, err := c.Instantiate(context.Background(), InstanceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
		_, _ = i.Call(ctx, "", "run")
		deadline, _ := ctx.Deadline()
		late = min(late, time.Since(deadline))
		cancel()
		if err := i.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%v after the deadline", late)
	if late > 50*time.Millisecond {
		t.Errorf("calls end %v after their deadline at best", late)
	}
}

// TestDoneBefore: a call whose context is done before it begins runs nothing, and
// leaves the instance usable.
func TestDoneBefore(t *testing.T) {
	ran := false
	k, cfg := hostCaller(t, func(*Call, []value.Value) (value.Value, error) { ran = true; return value.Value{}, nil })
	i := k.start(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := i.Call(ctx, "", "run"); !errors.Is(err, context.Canceled) || ran {
		t.Errorf("got %v, ran %t", err, ran)
	}
	call1(t, i, "run")
}

func TestCloseInterrupts(t *testing.T) {
	i, err := endless(t).compile(Config{}).Instantiate(context.Background(), InstanceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := i.Call(context.Background(), "", "run")
		ended <- err
	}()
	time.Sleep(20 * time.Millisecond)
	if _, err := i.Call(context.Background(), "", "run"); !errors.Is(err, ErrBusy) {
		t.Errorf("a second call at once: %v", err)
	}
	if err := i.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, ErrClosed) {
		t.Errorf("the call ended with %v", err)
	}
	if _, err := i.Call(context.Background(), "", "run"); !errors.Is(err, ErrClosed) {
		t.Errorf("a call after close: %v", err)
	}
	if err := i.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

// TestBlockedHostFunction: the context that a function of the host sees ends at
// the caller's deadline and when the instance is closed.
func TestBlockedHostFunction(t *testing.T) {
	entered := make(chan struct{}, 1)
	f := func(c *Call, _ []value.Value) (value.Value, error) {
		entered <- struct{}{}
		<-c.Context().Done()
		return value.Value{}, c.Context().Err()
	}
	k, cfg := hostCaller(t, f)
	c := k.compile(cfg)
	for _, close := range []bool{false, true} {
		i, err := c.Instantiate(context.Background(), InstanceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() {
			_, err := i.Call(ctx, "", "run")
			ended <- err
		}()
		<-entered
		want := context.Canceled
		if close {
			want = ErrClosed
			if err := i.Close(context.Background()); err != nil {
				t.Error(err)
			}
		} else {
			cancel()
		}
		if err := <-ended; !errors.Is(err, want) {
			t.Errorf("close %t: got %v, want %v", close, err, want)
		}
		cancel()
		_ = i.Close(context.Background())
	}
}

// TestStubbornHostFunction: Close gives up when its context ends, and the instance
// is released when the function returns at last.
func TestStubbornHostFunction(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	k, cfg := hostCaller(t, func(*Call, []value.Value) (value.Value, error) {
		close(entered)
		<-release
		return value.Value{}, nil
	})
	c, err := Compile(context.Background(), k.plan(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	i, err := c.Instantiate(context.Background(), InstanceOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() {
		_, err := i.Call(context.Background(), "", "run")
		ended <- err
	}()
	<-entered
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := i.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close: %v", err)
	}
	if err := c.Close(); err == nil || err.Error() != "composition test cannot be closed: 1 of its instances are open" {
		t.Errorf("close of the composition: %v", err)
	}
	close(release)
	<-ended
	for range 100 {
		if c.Close() == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the instance was never released")
}

// TestCollectorIsNotHeldUp: while a guest loops, the Go garbage collector gets its
// turn.
func TestCollectorIsNotHeldUp(t *testing.T) {
	i := endless(t).start(Config{Engine: "compiler"})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = i.Call(ctx, "", "run")
	}()
	time.Sleep(10 * time.Millisecond)
	guest := collection()
	cancel()
	<-ended

	// The machine may be busy with other things: what counts is what a guest adds to
	// a loop in Go, which the collector can stop anywhere.
	var stop atomic.Bool
	looping := make(chan struct{})
	go func() {
		defer close(looping)
		for !stop.Load() {
		}
	}()
	loop := collection()
	stop.Store(true)
	<-looping
	t.Logf("a collection takes %v while a guest loops, %v while Go does", guest, loop)
	if guest > loop+10*time.Millisecond {
		t.Errorf("a collection takes %v while a guest loops, %v while Go does: want at most 10ms more", guest, loop)
	}
}

// collection is the shortest time of some garbage collections.
func collection() (best time.Duration) {
	for range 20 {
		start := time.Now()
		runtime.GC()
		if d := time.Since(start); best == 0 || d < best {
			best = d
		}
	}
	return best
}

// TestLongLoopOfTheHost: a list whose elements the host moves one by one is
// interrupted too.
func TestLongLoopOfTheHost(t *testing.T) {
	k := newKit(t, "app")
	g := &core.Builder{}
	g.Memory(core.MemoryType{Range: core.Range{Min: 160}})
	g.Export("memory", core.ExternMemory, 0)
	f := g.Func(g.Type(types(i32, i32, i32, i32), types(i32)))
	f.I32(0)
	g.Export("realloc", core.ExternFunc, f.Index)
	f = g.Func(g.Type(nil, types(i32)))
	f.I32(8).I32(64).Mem(core.OpI32Store, 2, 0).I32(8).I32(1<<23).Mem(core.OpI32Store, 2, 4).I32(8)
	g.Export("list", core.ExternFunc, f.Index)
	step := k.module(1, g)
	k.export(1, step, "list", fn(wit.NewList(prim(wit.Bool))), allOptions)
	i := k.start(Config{MaxValueBytes: 1 << 30})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if _, err := i.Call(ctx, "", "list"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
