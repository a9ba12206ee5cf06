package host

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"sync"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
)

// footprint is what a process holds.
type footprint struct{ goroutines, mappings, files, heap int }

func measure(t *testing.T) footprint {
	runtime.GC()
	runtime.GC()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Skip("no /proc to count mappings in")
	}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return footprint{runtime.NumGoroutine(), bytes.Count(maps, []byte("\n")), len(files), int(m.HeapAlloc)}
}

// TestNothingLeaks instantiates, calls and closes many times, with every other
// instance ending in a trap, and some that do not come to be.
func TestNothingLeaks(t *testing.T) {
	times := 10_000
	if testing.Short() || raceEnabled {
		times = 500
	}
	k := newKit(t, "lib", "app")
	l := k.resourceLib(1)
	k.resourceApp(l)
	c := k.compile(Config{})

	bad := newKit(t, "app")
	bad.module(1, newGuest(nil).Builder)
	g := newGuest(nil)
	f := g.Func(g.Type(nil, nil))
	f.Op(core.OpUnreachable)
	g.Start(f.Index)
	bad.module(1, g.Builder)
	b := bad.compile(Config{})

	ctx := context.Background()
	turn := func(n int) {
		i, err := c.Instantiate(ctx, InstanceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		call1(t, i, "make", value.U32(1))
		if n%2 == 0 {
			ctx, cancel := context.WithCancel(ctx)
			if _, err := i.Call(ctx, "", "take", value.U32(7)); err == nil {
				t.Fatal("no trap")
			}
			cancel()
		}
		if err := i.Close(ctx); err != nil {
			t.Fatal(err)
		}
		if n%10 == 0 {
			if _, err := b.Instantiate(ctx, InstanceOptions{}); err == nil {
				t.Fatal("no trap")
			}
		}
	}
	for n := range 200 {
		turn(n)
	}
	before := measure(t)
	for n := range times {
		turn(n)
	}
	after := measure(t)
	t.Logf("before %+v, after %+v", before, after)
	if after.goroutines > before.goroutines || after.files > before.files {
		t.Errorf("goroutines or files leak: before %+v, after %+v", before, after)
	}
	if after.mappings > before.mappings+20 {
		t.Errorf("mappings leak: before %+v, after %+v", before, after)
	}
	if after.heap > before.heap+times*100 {
		t.Errorf("the heap grows by more than 100 bytes for each instance: before %+v, after %+v", before, after)
	}
}

// TestCompositionsLeaveNothing compiles and closes compositions.
func TestCompositionsLeaveNothing(t *testing.T) {
	ctx := context.Background()
	turn := func() {
		k := newKit(t, "lib", "app")
		k.resourceApp(k.resourceLib(1))
		c, err := Compile(ctx, k.plan(), Config{})
		if err != nil {
			t.Fatal(err)
		}
		i, err := c.Instantiate(ctx, InstanceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		call1(t, i, "make", value.U32(1))
		if err := errors.Join(i.Close(ctx), c.Close()); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		turn()
	}
	settle()
	before := measure(t)
	for range 100 {
		turn()
	}
	settle()
	after := measure(t)
	t.Logf("before %+v, after %+v", before, after)
	if after.goroutines > before.goroutines || after.files > before.files || after.mappings > before.mappings+20 || after.heap > before.heap+100*1000 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// settle lets finalizers run, which wazero frees machine code with.
func settle() {
	for range 5 {
		runtime.GC()
		runtime.Gosched()
	}
}

// TestHammer uses one composition from many goroutines.
func TestHammer(t *testing.T) {
	k := stringPair(t, "hello", canon.UTF8, canon.UTF16)
	c := k.compile(Config{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 30 {
				i, err := c.Instantiate(context.Background(), InstanceOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				for range 5 {
					if got := call1(t, i, "run", value.U32(10)).U32(); got != 50 {
						t.Errorf("got %d", got)
					}
					if got := call1(t, i, "take", value.String("abc")).U32(); got != 3 {
						t.Errorf("got %d", got)
					}
				}
				if err := i.Close(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestHammerOneInstance: calls that come while another runs fail, and nothing else.
func TestHammerOneInstance(t *testing.T) {
	i := stringPair(t, "hello", canon.UTF8, canon.UTF8).start(Config{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				got, err := i.Call(context.Background(), "", "run", value.U32(50))
				if err != nil && !errors.Is(err, ErrBusy) || err == nil && got.U32() != 250 {
					t.Errorf("%v %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}
