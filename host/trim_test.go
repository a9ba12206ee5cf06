package host

import (
	"context"
	"sync"
	"testing"

	"github.com/sidecall/sidecall/host/value"
)

// TestTrim: what waits is given back, and nobody can tell but by the time it takes.
func TestTrim(t *testing.T) {
	ctx := context.Background()
	c := storeKit(t).withStates().compile(Config{})
	use := func() {
		i, err := c.Instantiate(ctx, InstanceOptions{})
		if err != nil {
			t.Error(err)
			return
		}
		if got := call1(t, i, "get", value.U32(600)).U32(); got != 0 {
			t.Errorf("a new instance has %d", got)
		}
		call1(t, i, "put", value.U32(600), value.U32(7))
		if err := i.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	for range 3 {
		use()
	}
	if got := c.Stats().Spares; got == 0 {
		t.Fatal("no instance waits: there is nothing to give back")
	}
	if err := c.Trim(); err != nil {
		t.Fatal(err)
	}
	if got := c.Stats().Spares; got != 0 {
		t.Errorf("%d instances wait, want 0", got)
	}
	for n := range c.memory {
		if got := c.memory[n].Load(); got != 0 {
			t.Errorf("component %d has %d bytes of memory", n, got)
		}
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				use()
				if err := c.Trim(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Trim(); err != nil {
		t.Errorf("after Close: %v", err)
	}
}
