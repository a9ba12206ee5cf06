package host

import (
	"context"
	"testing"

	"github.com/sidecall/sidecall/host/value"
)

// TestStats: what is counted is what open instances have, whether they are new or
// made of used ones, and nothing when all are closed.
func TestStats(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		for _, reused := range []bool{false, true} {
			k := storeKit(t)
			if reused {
				k = k.withStates()
			}
			c := k.compile(cfg)
			ctx := context.Background()
			var initial uint64
			for round := range 4 {
				if s := c.Stats(); s.Instances != 0 || s.Components[0].Memory != 0 {
					t.Fatalf("round %d, before: %+v", round, s)
				}
				i, err := c.Instantiate(ctx, InstanceOptions{})
				if err != nil {
					t.Fatal(err)
				}
				s := c.Stats()
				if round == 0 {
					initial = s.Components[0].Memory
				}
				if s.Instances != 1 || s.Components[0].Name != "lib" || s.Components[0].Memory != initial || initial == 0 {
					t.Fatalf("round %d: %+v, at first %d bytes", round, s, initial)
				}
				if _, err := i.Call(ctx, "", "take", value.U32(5<<16)); err != nil {
					t.Fatal(err)
				}
				if s := c.Stats(); s.Components[0].Memory < initial+4<<16 {
					t.Errorf("round %d, after growing: %+v", round, s)
				}
				if err := i.Close(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if s := c.Stats(); reused != (s.Spares == 1) {
				t.Errorf("used again %v: %+v", reused, s)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
