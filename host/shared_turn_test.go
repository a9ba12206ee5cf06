package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
)

// TestSharedWait: who waits for a singleton does so no longer than its deadline, and
// when its instance is closed.
func TestSharedWait(t *testing.T) {
	in, out := make(chan struct{}), make(chan struct{})
	c := counter(t, Config{Interfaces: naps(func(context.Context) {
		in <- struct{}{}
		<-out
	})})
	sleeper, late, gone := instance(t, c), instance(t, c), instance(t, c)
	call1(t, late, "make", value.U32(10))
	slept := make(chan error, 1)
	go func() {
		_, err := sleeper.Call(context.Background(), "", "nap")
		slept <- err
	}()
	<-in
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := late.Call(ctx, "", "add", value.U32(1))
	if want := "call of add interrupted: waiting for lib, which is singleton: context deadline exceeded"; err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	closed(t, late) // its resource waits for the turn, Close does not

	waits := make(chan error, 1)
	go func() {
		_, err := gone.Call(context.Background(), "", "add", value.U32(1))
		waits <- err
	}()
	for gone.hostCtx.Load() == nil { // it waits, or is about to
		time.Sleep(time.Millisecond)
	}
	closed(t, gone)
	if err := <-waits; !errors.Is(err, ErrClosed) {
		t.Errorf("closed while waiting: %v", err)
	}
	close(out)
	if err := <-slept; err != nil {
		t.Error(err)
	}
	for call1(t, sleeper, "dropped").U32() != 10 {
		if t.Context().Err() != nil {
			t.Fatal("the resource was not dropped")
		}
		time.Sleep(time.Millisecond)
	}
}

// TestSharedGrace: a singleton may end what it does when the caller's time is over.
func TestSharedGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := counter(t, Config{Interfaces: naps(func(ctx context.Context) {
			if _, bounded := ctx.Deadline(); bounded {
				t.Error("the caller's deadline is the singleton's")
			}
			time.Sleep(graceOfShared / 2)
			if ctx.Err() != nil {
				t.Error("the singleton's context ended with the caller's")
			}
		})})
		i := instance(t, c)
		call1(t, i, "add", value.U32(4))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		if _, err := i.Call(ctx, "", "nap"); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if got := call1(t, instance(t, c), "add", value.U32(0)).U32(); got != 4 {
			t.Errorf("the state is lost: %d", got)
		}
	})
}

// TestSharedGraceEnds: it may not go on for ever, neither by itself nor in the host.
func TestSharedGraceEnds(t *testing.T) {
	c := counter(t, Config{Interfaces: naps(func(ctx context.Context) { <-ctx.Done() })})
	for _, function := range []string{"loop", "nap"} {
		i := instance(t, c)
		call1(t, i, "add", value.U32(4))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		_, err := i.Call(ctx, "", function) // of nap the host makes nothing bad, and it returns
		if function == "loop" && !errors.Is(err, context.DeadlineExceeded) || function == "nap" && err != nil {
			t.Errorf("%s: got %v", function, err)
		}
		want := map[string]uint32{"loop": 0, "nap": 4}[function]
		if got := call1(t, instance(t, c), "add", value.U32(0)).U32(); got != want {
			t.Errorf("after %s the sum is %d, want %d", function, got, want)
		}
	}
}

// TestSharedFairly: calls have their turn in the order in which they came.
func TestSharedFairly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := make(chan struct{})
		c := counter(t, Config{Interfaces: naps(func(context.Context) { <-out })})
		sleeper := instance(t, c)
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = sleeper.Call(context.Background(), "", "nap") })
		synctest.Wait() // it sleeps
		var sums [5]uint32
		for n := range sums {
			i := instance(t, c)
			wg.Go(func() {
				sum, err := i.Call(context.Background(), "", "add", value.U32(1))
				if err != nil {
					t.Error(err)
					return
				}
				sums[n] = sum.U32()
			})
			synctest.Wait() // it waits
		}
		close(out)
		wg.Wait()
		for n, sum := range sums {
			if int(sum) != n+1 {
				t.Errorf("caller %d was number %d", n+1, sum)
			}
		}
	})
}

// TestSharedCannotBeMade: instances are not made either, and later ones try again.
func TestSharedCannotBeMade(t *testing.T) {
	k := counterKit(t)
	g := newGuest(nil)
	f := g.Func(g.Type(nil, nil))
	f.Op(core.OpUnreachable)
	g.Start(f.Index)
	k.module(1, g.Builder)
	c := k.compile(Config{})
	for range 2 {
		_, err := c.Instantiate(context.Background(), InstanceOptions{})
		var trap *Trap
		if !errors.As(err, &trap) || trap.Component != "lib" || !strings.HasPrefix(err.Error(), "instantiate component lib: ") {
			t.Errorf("got %v", err)
		}
	}
}

// TestSharedClosed: a composition ends its singletons, also while destructors wait.
func TestSharedClosed(t *testing.T) {
	c := counterKit(t).compile(Config{})
	i := instance(t, c)
	for range 3000 {
		call1(t, i, "make", value.U32(1))
	}
	closed(t, i)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Instantiate(context.Background(), InstanceOptions{}); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// crossings tells who was called.
type crossings struct {
	mu  sync.Mutex
	got []string
}

type crossingKey struct{}

func (c *crossings) Begin(ctx context.Context, call *TracedCall) (context.Context, func(error)) {
	return context.WithValue(ctx, crossingKey{}, call.Function), func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got = append(c.got, fmt.Sprintf("%s → %s %s: %v", call.Caller, call.Callee, call.Function, err != nil))
	}
}

// TestSharedTrace: the trace of a call goes along into the singleton.
func TestSharedTrace(t *testing.T) {
	calls := &crossings{}
	var inside any
	c := counter(t, Config{Tracer: calls, Interfaces: naps(func(ctx context.Context) { inside = ctx.Value(crossingKey{}) })})
	i := instance(t, c)
	call1(t, i, "add", value.U32(1))
	call1(t, i, "nap")
	if _, err := i.Call(t.Context(), "", "boom"); err == nil {
		t.Error("no trap")
	}
	if want := "[app → lib add: false app → lib nap: false app → lib boom: true]"; fmt.Sprint(calls.got) != want {
		t.Errorf("got  %v\nwant %s", calls.got, want)
	}
	if inside != "nap" {
		t.Errorf("the host sees the span of %v", inside)
	}
}

// BenchmarkShared measures calls over the border beside the same calls within one
// store, by Go as well.
func BenchmarkShared(b *testing.B) {
	for _, store := range []int{0, 1} {
		k := counterKit(b)
		k.p.Components[0].Store = store
		i := instance(b, k.compile(Config{}))
		for _, bench := range []struct {
			name string
			arg  value.Value
		}{{"add", value.U32(1)}, {"echo", value.String(strings.Repeat("x", 64))}} {
			f, err := i.Func("", bench.name)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%s", []string{"one store", "border"}[store], bench.name), func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					if _, err := f.Call(context.Background(), bench.arg); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
