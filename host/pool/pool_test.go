package pool_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/pool"
	"github.com/sidecall/sidecall/linker/plan"
)

// flags is the module that every plan begins with: two globals for its one instance.
const flags = "\x00asm\x01\x00\x00\x00" +
	"\x06\x0b\x02\x7f\x01\x41\x01\x0b\x7f\x01\x41\x01\x0b" +
	"\x07\x0b\x02\x02l0\x03\x00\x02e0\x03\x01"

// composition has no components: what matters here is how often it is instantiated.
func composition(t testing.TB) *host.Composition {
	t.Helper()
	c, err := host.Compile(t.Context(), &plan.Plan{
		Name:      "test",
		Instances: []plan.Instance{{Component: -1, Parent: -1}},
		Modules:   []plan.Module{{Name: "flags", Bytes: []byte(flags), Generated: true}},
		Steps:     []plan.Step{{}},
	}, host.Config{Engine: "interpreter"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newPool closes what it made at the end of the test: an instance that was left
// open keeps its composition from being closed.
func newPool(t testing.TB, p pool.Policy) *pool.Pool {
	t.Helper()
	c := composition(t)
	pl := pool.New(c, p, host.InstanceOptions{})
	t.Cleanup(func() {
		if err := pl.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return pl
}

func take(t testing.TB, p *pool.Pool) *pool.Lease {
	t.Helper()
	l, err := p.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func giveBack(t testing.TB, l *pool.Lease, err error) {
	t.Helper()
	if err := l.Return(err); err != nil {
		t.Fatal(err)
	}
}

func TestPolicies(t *testing.T) {
	failed := errors.New("the call failed")
	for _, test := range []struct {
		name    string
		policy  pool.Policy
		results []error // of one lease after the other
		want    pool.Stats
	}{
		{"per request", pool.Policy{}, []error{nil, nil, nil}, pool.Stats{Made: 3}},
		{"per request, failed", pool.Policy{}, []error{nil, failed, nil}, pool.Stats{Made: 3, Discarded: 1}},
		{"pool", pool.Policy{Kind: pool.Reuse, Size: 4}, []error{nil, nil, nil}, pool.Stats{Made: 1, Idle: 1}},
		{"pool, failed", pool.Policy{Kind: pool.Reuse, Size: 4}, []error{nil, failed, nil}, pool.Stats{Made: 2, Discarded: 1, Idle: 1}},
		{"pool, replaced", pool.Policy{Kind: pool.Reuse, MaxInvocations: 2}, []error{nil, nil, nil}, pool.Stats{Made: 2, Idle: 1}},
		{"singleton", pool.Policy{Kind: pool.Singleton}, []error{nil, nil, failed, nil}, pool.Stats{Made: 2, Discarded: 1, Idle: 1}},
		{"singleton, replaced", pool.Policy{Kind: pool.Singleton, MaxInvocations: 1}, []error{nil, nil}, pool.Stats{Made: 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPool(t, test.policy)
			for _, err := range test.results {
				l := take(t, p)
				if s := p.Stats(); s.Busy != 1 {
					t.Errorf("%d are busy with one lease", s.Busy)
				}
				giveBack(t, l, err)
			}
			if got := p.Stats(); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// TestBound takes more leases than there are places.
func TestBound(t *testing.T) {
	p := newPool(t, pool.Policy{Kind: pool.Reuse, Size: 2})
	a, b := take(t, p), take(t, p)
	if a.Instance() == b.Instance() {
		t.Error("one instance for two leases")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := p.Take(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third lease: %v", err)
	}
	giveBack(t, a, nil)
	c := take(t, p)
	if c.Instance() != a.Instance() {
		t.Error("the instance that was returned was not used again")
	}
	giveBack(t, b, nil)
	giveBack(t, c, nil)
}

// TestParallel has many goroutines share few instances, no two of them one.
func TestParallel(t *testing.T) {
	p := newPool(t, pool.Policy{Kind: pool.Reuse, Size: 3, MaxInvocations: 7})
	var users sync.Map
	var most, now atomic.Int32
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 50 {
				l, err := p.Take(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				if _, taken := users.LoadOrStore(l.Instance(), g); taken {
					t.Error("one instance for two leases")
				}
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				users.Delete(l.Instance())
				now.Add(-1)
				var result error
				if i%10 == 9 {
					result = errors.New("failed")
				}
				if err := l.Return(result); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if most.Load() > 3 {
		t.Errorf("%d leases at a time, 3 are allowed", most.Load())
	}
	if s := p.Stats(); s.Busy != 0 || s.Idle > 3 {
		t.Errorf("at the end: %+v", s)
	}
}

// TestIdle closes instances that were not used for a while.
func TestIdle(t *testing.T) {
	c := composition(t)
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(c, pool.Policy{Kind: pool.Reuse, IdleTimeout: time.Minute}, host.InstanceOptions{})
		giveBack(t, take(t, p), nil)
		time.Sleep(59 * time.Second)
		l := take(t, p)
		time.Sleep(2 * time.Minute) // busy instances do not expire
		giveBack(t, l, nil)
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if s := p.Stats(); s.Made != 1 || s.Idle != 1 {
			t.Errorf("before its time: %+v", s)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s := p.Stats(); s.Idle != 0 {
			t.Errorf("after its time: %+v", s)
		}
		if err := p.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestWarm(t *testing.T) {
	for _, k := range []pool.Kind{pool.PerRequest, pool.Reuse, pool.Singleton} {
		t.Run(k.String(), func(t *testing.T) {
			p := newPool(t, pool.Policy{Kind: k, MaxInvocations: 1})
			if err := p.Warm(t.Context()); err != nil {
				t.Fatal(err)
			}
			giveBack(t, take(t, p), nil)
			if got, want := p.Stats(), (pool.Stats{Made: 1}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestClose(t *testing.T) {
	c := composition(t)
	p := pool.New(c, pool.Policy{Kind: pool.Reuse}, host.InstanceOptions{})
	l, idle := take(t, p), take(t, p)
	giveBack(t, idle, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := p.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("close with a lease out: %v", err)
	}
	if _, err := p.Take(t.Context()); !errors.Is(err, pool.ErrClosed) {
		t.Errorf("take after close: %v", err)
	}
	time.AfterFunc(time.Millisecond, func() {
		if err := l.Return(nil); err != nil {
			t.Error(err)
		}
	})
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("an instance was left open: %v", err)
	}
}

// TestCannotInstantiate uses a composition that is closed.
func TestCannotInstantiate(t *testing.T) {
	c := composition(t)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	p := pool.New(c, pool.Policy{Kind: pool.Singleton}, host.InstanceOptions{})
	for range 2 { // the failure of the first takes no place
		if _, err := p.Take(t.Context()); !errors.Is(err, host.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
	if got, want := p.Stats(), (pool.Stats{Failed: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
