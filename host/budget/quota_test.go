package budget

import (
	"errors"
	"sync"
	"testing"
)

func TestTakeTakesOfTheWholeChainOrOfNone(t *testing.T) {
	process := New(Spec{Owner: "this process", What: "memory", Limit: 100, Change: "ulimit -v"})
	app := New(Spec{Owner: "component app", What: "memory", Limit: 80, Change: "--max-memory", Parent: process})
	log := New(Spec{Owner: "component log", What: "memory", Limit: 80, Parent: process})
	if err := app.Take(70); err != nil {
		t.Fatal(err)
	}
	if err := log.Take(40); err == nil || log.Used() != 0 || process.Used() != 70 {
		t.Fatalf("took 40 of 30: %v, %d and %d are used", err, log.Used(), process.Used())
	}
	if got := log.Left(); got != 30 {
		t.Errorf("%d are left, want 30: those of the process", got)
	}
	var full *Error
	if err := app.Take(11); !errors.As(err, &full) {
		t.Fatalf("got %v", err)
	}
	if want := "component app may have 80B of memory: 70B are in use, 11B more were asked for; the limit is set by --max-memory"; full.Error() != want {
		t.Errorf("got  %s\nwant %s", full, want)
	}
	if err := app.Take(1 << 63); err == nil {
		t.Error("took more than there are numbers")
	}
	app.Give(70)
	if app.Used() != 0 || process.Used() != 0 {
		t.Errorf("%d and %d are used after all was given back", app.Used(), process.Used())
	}
	if err := app.Fits(81); err == nil || app.Fits(80) != nil {
		t.Errorf("81 of 80 fit: %v", err)
	}
}

func TestTakeAsksForWhatIsOnlyKept(t *testing.T) {
	process := New(Spec{Limit: 100})
	pool, app := New(Spec{Limit: 100, Parent: process}), New(Spec{Limit: 100, Parent: process})
	if err := pool.Take(60); err != nil {
		t.Fatal(err)
	}
	asked := 0
	r := &Reclaimer{Reclaim: func(n uint64) { asked++; pool.Give(min(n, pool.Used())) }}
	process.Add(r)
	if err := app.Take(40); err != nil || asked != 0 {
		t.Fatalf("%v, asked %d times although there was room", err, asked)
	}
	if err := app.Take(50); err != nil || pool.Used() != 10 {
		t.Fatalf("%v, the pool keeps %d", err, pool.Used())
	}
	if err := app.Take(101); err == nil || pool.Used() != 10 {
		t.Error("the pool was asked for what can never fit")
	}
	process.Remove(r)
	if err := app.Take(10); err == nil {
		t.Error("the pool was asked after it was removed")
	}
}

func TestQuotaIsExactAmongGoroutines(t *testing.T) {
	process := New(Spec{Limit: 1000})
	var took sync.Map
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			q, mine := New(Spec{Limit: 1000, Parent: process}), uint64(0)
			for range 1000 {
				if q.Take(3) == nil {
					mine += 3
				}
				if mine > 300 {
					q.Give(3)
					mine -= 3
				}
			}
			took.Store(n, mine)
		})
	}
	wg.Wait()
	sum := uint64(0)
	took.Range(func(_, n any) bool { sum += n.(uint64); return true })
	if process.Used() != sum || sum > 1000 {
		t.Errorf("%d are used, %d were taken", process.Used(), sum)
	}
}

// TestRoom: what is kept for later counts as room, and is given back; nothing is taken.
func TestRoom(t *testing.T) {
	outer := New(Spec{Owner: "this process", What: "memory", Limit: 100})
	inner := New(Spec{Owner: "app", What: "memory", Limit: 60, Parent: outer})
	if err := outer.Take(70); err != nil {
		t.Fatal(err)
	}
	kept := uint64(30)
	outer.Add(&Reclaimer{Reclaim: func(uint64) { outer.Give(kept); kept = 0 }})
	if err := inner.Room(30); err != nil || kept == 0 {
		t.Errorf("what is free: %v, %d are kept", err, kept)
	}
	if err := inner.Room(60); err != nil || kept != 0 || outer.Used() != 40 || inner.Used() != 0 {
		t.Errorf("what is kept: %v, %d are kept, %d and %d used", err, kept, outer.Used(), inner.Used())
	}
	var full *Error
	if err := inner.Room(61); !errors.As(err, &full) || full.Owner != "app" {
		t.Errorf("above the inner limit: %v", err)
	}
	_ = outer.Take(1) // there is room
	if err := inner.Room(60); !errors.As(err, &full) || full.Owner != "this process" || full.Used != 41 {
		t.Errorf("above what the outer has left: %v", err)
	}
	if err := (*Quota)(nil).Room(1 << 40); err != nil {
		t.Error(err)
	}
}
